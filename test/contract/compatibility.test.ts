import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { apiOperationsModule } from '../../scripts/api-operations.ts'
import { sdkOperationsModule } from '../../scripts/sdk-operations.ts'
import { OPERATIONS } from '../../src/control/mediapackage-v1/operations.ts'
import { pathTemplate, type Shape, type Structure } from '../../src/control/operation.ts'

/** The part about the API: what follows tells of media. */
const [PAGE = ''] = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8').split(
  '\n## Ingest and playback\n',
)
const VERDICTS = ['same', 'differs', 'no effect yet']

/** The rows of each table of the page that stands under a heading, cells without their backticks. */
function tables(): Map<string, string[][]> {
  const found = new Map<string, string[][]>()
  let heading = ''
  for (const line of PAGE.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '').replaceAll('`', '')
    if (!line.startsWith('| `')) continue
    const cells = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('`', ''))
    found.set(heading, [...(found.get(heading) ?? []), cells])
  }
  return found
}

/** Requests and answers are told under the resource they are about. */
function documentedName({ name }: Structure): string {
  if (!name.endsWith('Request') && !name.endsWith('Response')) return name.replace('CreateOrUpdateParameters', '')
  if (/tag/i.test(name)) return 'Tags'
  if (name.startsWith('List')) return 'Listings'
  return /OriginEndpoint|HarvestJob/.exec(name)?.[0] ?? 'Channel'
}

/** Every member that can be sent or is answered, by the heading it belongs under. */
function members(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  const visit = (shape: Shape) => {
    if (shape.kind === 'list' || shape.kind === 'map') visit(shape.of)
    if (shape.kind !== 'structure') return
    const heading = documentedName(shape)
    for (const member of shape.members) {
      found.set(heading, (found.get(heading) ?? new Set()).add(member.name))
      visit(member.shape)
    }
  }
  for (const { input, output } of OPERATIONS) {
    visit(input)
    if (output) visit(output)
  }
  return found
}

it('console/src/api/operations.ts is what `npm run docs` would write', () => {
  const text = readFileSync(new URL('../../console/src/api/operations.ts', import.meta.url), 'utf8')
  assert.equal(text, apiOperationsModule(), 'run "npm run docs"')
})

it('src/control/mediapackage-v1/sdk-operations.ts is what `npm run docs` would write', () => {
  const path = new URL('../../src/control/mediapackage-v1/sdk-operations.ts', import.meta.url)
  assert.equal(readFileSync(path, 'utf8'), sdkOperationsModule(), 'run "npm run docs"')
})

describe('docs/compatibility.md', () => {
  const documented = tables()

  it('lists the operations as they are', () => {
    const expected = OPERATIONS.map((operation) => {
      const { name, method, status } = operation
      return [name, [`${method} ${pathTemplate(operation)}`, String(status)]] as const
    })
    const rows = documented.get('Operations') ?? []
    assert.equal(rows.length, expected.length)
    const found = rows.map(([name = '', http, status]) => [name, [http, status]] as const)
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected))
  })

  for (const [heading, names] of members()) {
    it(`has a row for each member of ${heading}`, () => {
      const rows = documented.get(heading)?.map(([name]) => name) ?? []
      assert.deepEqual(rows.sort(), [...names].sort())
    })
  }

  it('says of each member whether it is the same', () => {
    for (const [heading, rows] of documented) {
      for (const cells of rows) {
        const verdict = cells[heading === 'Operations' ? 3 : 1] ?? ''
        assert.ok(VERDICTS.includes(verdict), `${heading}: ${cells.join(' | ')}`)
        if (verdict !== 'same') assert.ok(cells.at(-1), `${heading}: ${cells[0]} does not say why`)
      }
    }
  })

  it('has no tables of shapes that are gone', () => {
    const known = new Set(['Operations', ...members().keys()])
    assert.deepEqual(
      [...documented.keys()].filter((heading) => !known.has(heading)),
      [],
    )
  })
})
