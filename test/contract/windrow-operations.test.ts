import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { pathTemplate } from '../../src/control/operation.ts'
import { WINDROW_MEDIA_OPERATIONS, WINDROW_OPERATIONS } from '../../src/control/windrow-operations.ts'

const PAGES = ['harvesting.md', 'ingest.md', 'clips.md', 'timeline.md', 'monitoring.md'].map((name) =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'),
)

it('the pages of docs list the operations of our own as they are, each once', () => {
  const rows = [...PAGES.join('\n').matchAll(/^\| `(\w+)` \| `(\w+ \/\S+)` \| (\d+) \|/gm)].map((row) => row.slice(1))
  const expected = [...WINDROW_OPERATIONS, ...WINDROW_MEDIA_OPERATIONS].map((operation) => [
    operation.name,
    `${operation.method} ${pathTemplate(operation)}`,
    String(operation.status),
  ])
  const inLines = (rows: readonly (readonly string[])[]) => rows.map((row) => row.join(' ')).toSorted()
  assert.deepEqual(inLines(rows), inLines(expected))
})
