import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addressWithState, stateInAddress } from '../../console/src/tables/table-address.ts'
import { PAGE_SIZES, type TableDescription, type TableState } from '../../console/src/tables/table-description.ts'
import { offeredValues, shownRows } from '../../console/src/tables/table-rows.ts'

type Job = { readonly id: string; readonly status: string; readonly size?: number }

const JOBS: TableDescription<Job> = {
  columns: [
    { id: 'id', header: 'Id', text: ({ id }) => id },
    { id: 'status', header: 'Status', text: ({ status }) => status },
    { id: 'size', header: 'Size', text: ({ size }) => `${size ?? '–'} B`, sortBy: ({ size }) => size },
  ],
  filters: [{ id: 'status', label: 'Status', of: ({ status }) => status }],
  keyOf: ({ id }) => id,
}
const OTHER = { ...JOBS, prefix: 'objects' }
const START: TableState = { text: '', filters: {}, page: 1, pageSize: 25 }

const text = fc.string({ maxLength: 50, unit: fc.constantFrom('a', ' ', '&', '=', '%', '+', '#', '?', 'ß', '🎬') })
const states: fc.Arbitrary<TableState> = fc.record(
  {
    text,
    filters: fc.record({ status: text.filter((value) => value !== '') }, { requiredKeys: [], noNullPrototype: true }),
    sort: fc.record(
      { column: fc.constantFrom('id', 'status', 'size'), isDescending: fc.boolean() },
      { noNullPrototype: true },
    ),
    page: fc.integer({ min: 1, max: 1_000_000 }),
    pageSize: fc.constantFrom(...PAGE_SIZES),
  },
  { requiredKeys: ['text', 'filters', 'page', 'pageSize'], noNullPrototype: true },
)

describe('the address of a table', () => {
  it('keeps everything that somebody looks at, beside that of another table and of others', () => {
    fc.assert(
      fc.property(states, states, (state, other) => {
        const both = addressWithState(addressWithState('tab=a', JOBS, state), OTHER, other)
        assert.deepEqual(stateInAddress(both, JOBS), state)
        assert.deepEqual(stateInAddress(both, OTHER), other)
        assert.equal(new URLSearchParams(both).get('tab'), 'a')
      }),
    )
  })

  it('says nothing of what is as it is at first', () => {
    assert.equal(addressWithState('text=a&status=B&sort=-id&page=3&rows=50', JOBS, START), '')
    assert.equal(
      addressWithState('', JOBS, { ...START, text: 'goal', sort: { column: 'size', isDescending: true }, page: 2 }),
      'text=goal&sort=-size&page=2',
    )
  })

  it('may have anything, of which only what makes sense counts', () => {
    assert.deepEqual(stateInAddress('?page=0&rows=7&sort=-secret&status=', JOBS), START)
    assert.deepEqual(stateInAddress('page=1.5&page=2&sort=-', JOBS), START)
    assert.equal(stateInAddress(`text=${'x'.repeat(10_000)}`, JOBS).text.length, 200)
    fc.assert(fc.property(fc.string(), (query) => void stateInAddress(query, JOBS)))
  })
})

describe('the rows of a table', () => {
  const rows: readonly Job[] = [
    { id: 'goal-10', status: 'FAILED', size: 5 },
    { id: 'goal-9', status: 'SUCCEEDED', size: 40 },
    { id: 'news', status: 'FAILED' },
    { id: 'Goal-1', status: 'SUCCEEDED', size: 300 },
  ]
  const ids = (change: Partial<TableState>) => shownRows(rows, JOBS, { ...START, ...change }).rows.map(({ id }) => id)

  it('have all the words, in any column and case, and the values that are chosen', () => {
    assert.deepEqual(ids({ text: 'GOAL  fail' }), ['goal-10'])
    assert.deepEqual(ids({ filters: { status: 'SUCCEEDED' }, text: 'goal' }), ['goal-9', 'Goal-1'])
    assert.deepEqual(ids({ text: 'nothing' }), [])
  })

  it('are in the order of a column: numbers by their size, also in names, and what has none last', () => {
    const sort = (column: string, isDescending = false) => ({ sort: { column, isDescending } })
    assert.deepEqual(ids(sort('size')), ['goal-10', 'goal-9', 'Goal-1', 'news'])
    assert.deepEqual(ids(sort('size', true)), ['Goal-1', 'goal-9', 'goal-10', 'news'])
    assert.deepEqual(ids(sort('id')), ['Goal-1', 'goal-9', 'goal-10', 'news'])
    assert.deepEqual(ids({}), ['goal-10', 'goal-9', 'news', 'Goal-1'])
  })

  it('are shown once, on pages of which there is always one', () => {
    const many = Array.from({ length: 53 }, (_, n) => ({ id: `${n % 52}`, status: 'FAILED' }))
    const { page, pages, count, rows: last } = shownRows(many, JOBS, { ...START, page: 99 })
    assert.deepEqual([page, pages, count, last.length], [3, 3, 52, 2])
    assert.deepEqual(shownRows([], JOBS, { ...START, page: 2 }), { rows: [], count: 0, page: 1, pages: 1 })
  })

  it('offer the values that there are, and the one that was chosen', () => {
    const [filter] = JOBS.filters
    assert.deepEqual(offeredValues(rows, filter!), ['FAILED', 'SUCCEEDED'])
    assert.deepEqual(offeredValues([], filter!, 'FAILED'), ['FAILED'])
    assert.deepEqual(offeredValues(rows, { ...filter!, values: ['A'] }, 'B'), ['A', 'B'])
  })
})
