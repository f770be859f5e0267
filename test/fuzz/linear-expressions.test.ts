import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { expressionsOf, repeats } from '../regular-expressions.ts'
import { isTest, readTree } from '../source-tree.ts'
import { LINEAR_EXPRESSIONS } from './linear-expressions.ts'

/** They read what the operator writes, or what `npm run docs` has written. */
const TRUSTED = /^src\/(?:cli\/|config\/|main\.ts|pino-log\.ts|control\/mediapackage-v1\/operations\.ts)/

/** Characters that are repeated at each place of an example, beside its own. */
const REPEATED = [' ', '\t', 'a', 'A', '0', '1', '"', '\\', '/', '.', ',', '=', ':', '-', '_', '<', '#', '?', '\n']
const [SHORT, LONG] = [500, 5000]
/** Milliseconds, and times as long for ten times as much: a hundred times where work grows with the square. */
const [NOTICED_MS, MOST_RATIO] = [3, 40]

function leastMs(expression: RegExp, text: string, times: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n < times; n++) {
    expression.lastIndex = 0
    const before = performance.now()
    expression.exec(text)
    least = Math.min(least, performance.now() - before)
  }
  return least
}

/** A text that an expression takes long for: its example with something repeated in it, and an end it cannot match. */
function slowText(expression: RegExp, example: string): readonly string[] {
  for (const unit of new Set([...REPEATED, ...Array.from(example)])) {
    for (let at = 0; at <= example.length; at++) {
      for (const end of new Set([example.slice(at), ''])) {
        const text = (size: number) => `${example.slice(0, at)}${unit.repeat(size)}${end}\0`
        if (leastMs(expression, text(LONG), 1) < NOTICED_MS) continue
        const [short, long] = [leastMs(expression, text(SHORT), 9), leastMs(expression, text(LONG), 9)]
        if (long > NOTICED_MS && long / short > MOST_RATIO) return [`${example.slice(0, at)}${unit} … ${end}`]
      }
    }
  }
  return []
}

describe('the regular expressions on text from outside', () => {
  const found = readTree(['src'], ['.ts'])
    .filter((file) => !isTest(file) && !TRUSTED.test(file.path))
    .flatMap(expressionsOf)
    .filter(({ source }) => repeats(source))

  it('are listed, each with the reason for which its work grows no faster than the text', () => {
    const listed = Object.entries(LINEAR_EXPRESSIONS).flatMap(([path, all]) =>
      all.map(([source]) => `${path} ${source}`),
    )
    assert.deepEqual([...new Set(found.map(({ path, source }) => `${path} ${source}`))].sort(), listed.sort())
  })

  for (const [path, expressions] of Object.entries(LINEAR_EXPRESSIONS)) {
    it(`of ${path} match their examples, and take no longer for each character the more there are`, () => {
      for (const [source, example] of expressions) {
        if (example === undefined) continue
        const { flags } = found.find((each) => each.path === path && each.source === source)!
        const expression = new RegExp(source, flags)
        assert.match(example, expression)
        assert.deepEqual(slowText(expression, example), [], source)
      }
    })
  }

  it('would be noticed when they take long', () => {
    assert.ok(slowText(/\s+=/, ' =').length > 0)
    assert.ok(slowText(/,\s*\s*x/, ', x').length > 0)
  })

  const noticed = [
    { text: 'const A = /^a+$/u', repeats: true },
    { text: 'text.replace(/[*+]/g, "")', repeats: false },
    { text: 'if (/a{2,}/.test(text)) return', repeats: true },
    { text: 'texts.some((text) => /\\d*x/.test(text))', repeats: true },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    { text: 'new RegExp(`^${NUMBER}$`)', repeats: true },
  ]
  for (const { text, repeats: expected } of noticed) {
    it(`would be found in "${text}"`, () => {
      const all = expressionsOf({ path: 'src/x.ts', text })
      assert.deepEqual(
        all.map(({ source }) => repeats(source)),
        [expected],
      )
    })
  }
})
