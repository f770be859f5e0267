import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseJson } from './json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a body that is no JSON', () => {
  for (const [text, found] of [
    ['', 'unexpected end at line 1, column 1'],
    ['{"a": 1', 'unexpected end at line 1, column 8'],
    ['{"a": 1,}', 'unexpected "}" at line 1, column 9'],
    ['[,]', 'unexpected "," at line 1, column 2'],
    ['{"a" 1}', 'unexpected "1" at line 1, column 6'],
    ['{1: 2}', 'unexpected "1" at line 1, column 2'],
    ['{}\n{}', 'unexpected "{" at line 2, column 1'],
    ['{\n  "a": [1, {"b": nul}]\n}', 'unexpected "n" at line 2, column 18'],
    ['{"a": "x\ny"}', 'unexpected "\\"" at line 1, column 7'],
    ['[01]', 'unexpected "1" at line 1, column 3'],
    ['\ufeff{}', 'unexpected "\ufeff" at line 1, column 1'],
    ["{'a': 1}", 'unexpected "\'" at line 1, column 2'],
  ] as const) {
    it(`says where: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseJson(bytes(text)), { message: `request body: is not JSON: ${found}` })
    })
  }

  it('is not UTF-8', () => {
    assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)), { message: 'request body: is not UTF-8' })
  })

  it('ends where a cut fell, wherever it fell', () => {
    const document = fc.json({ stringUnit: 'binary' }).map((json) => `{"a":${json}}`)
    fc.assert(
      fc.property(document, fc.nat(), (text, cut) => {
        const short = text.slice(0, cut % text.length)
        if (!short.isWellFormed()) return
        assert.throws(() => parseJson(bytes(short)), /is not JSON: (unexpected end|unexpected ["\\tfn-]+)/)
      }),
      { seed: 20260304 },
    )
  })
})

describe('a body that is JSON', () => {
  it('is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => assert.deepEqual(parseJson(bytes(text)), JSON.parse(text))),
      { seed: 20260304 },
    )
  })
})
