import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { allSteps } from '../../media/steps.ts'
import { type UtcRange, utcMs } from '../../media/time.ts'
import { type Gap, reducedContent } from './reduced-content.ts'
import type { Lacking } from './segment-runs.ts'
import { SEAM_MS } from './slot-runs.ts'

const RUNS = Number(process.env['WINDROW_TEST_RUNS'] ?? 300)
/** Times are whole cells of so many milliseconds, from before the window until after it. */
const CELL = 20
const [FIRST, LAST] = [-100, 400]
const WINDOW: UtcRange = { start: utcMs(0), end: utcMs(300 * CELL) }

const range = (start: number, end: number): UtcRange => ({ start: utcMs(start * CELL), end: utcMs(end * CELL) })
const span = fc
  .tuple(fc.integer({ min: FIRST, max: LAST - 1 }), fc.integer({ min: 1, max: 60 }))
  .map(([start, length]) => range(start, Math.min(start + length, LAST)))
const lacking = fc
  .tuple(span, fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1 }))
  .map(([where, streams]): Lacking => ({ ...where, streams: streams.toSorted((a, b) => a - b) }))
const resolution = fc.constantFrom(1, 30, 100, 250, 1000, 3000)

/** The cells of the window, as the simplest of programs sees them. */
const CELLS = Array.from({ length: 300 }, (_, i) => i)
const isIn = (cell: number) => (each: UtcRange) => each.start <= cell * CELL && each.end >= (cell + 1) * CELL

function reduced(spans: readonly UtcRange[], lacks: readonly Lacking[], resolutionMs: number) {
  const extent = spans.length > 0 ? { start: min(spans), end: max(spans) } : undefined
  return allSteps(reducedContent({ spans, lacking: lacks, extent }, { window: WINDOW, resolutionMs }))
}

const min = (spans: readonly UtcRange[]) => utcMs(Math.min(...spans.map(({ start }) => start)))
const max = (spans: readonly UtcRange[]) => utcMs(Math.max(...spans.map(({ end }) => end)))

/** Cells without content that have some before them and behind them, anywhere: as holes of cells, without seams. */
function holesIn(spans: readonly UtcRange[]): readonly (readonly number[])[] {
  const isEmpty = (cell: number) => !spans.some(isIn(cell))
  const isHole = (cell: number) =>
    isEmpty(cell) && spans.some(({ start }) => start < cell * CELL) && spans.some(({ end }) => end > cell * CELL)
  const holes: number[][] = []
  for (const cell of CELLS) {
    if (!isHole(cell)) continue
    if (holes.at(-1)?.at(-1) === cell - 1) holes.at(-1)!.push(cell)
    else holes.push([cell])
  }
  return holes.filter(({ length }) => length * CELL > SEAM_MS)
}

const isWhole = ({ streams }: Gap) => streams === undefined
const steps = (resolutionMs: number) => (WINDOW.end - WINDOW.start) / resolutionMs

describe('content of a view', () => {
  it('is what a simple program finds, where the resolution is as fine as can be', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        const { content, gaps } = reduced(spans, [], 1)
        const holes = holesIn(spans).map((cells) => range(cells[0]!, cells.at(-1)! + 1))
        assert.deepEqual(
          gaps.map(({ start, end }) => ({ start, end })),
          holes,
        )
        for (const cell of CELLS) {
          if (spans.some(isIn(cell))) assert.ok(content.some(isIn(cell)), `cell ${cell} has content`)
          if (holes.some(isIn(cell))) assert.ok(!content.some(isIn(cell)), `cell ${cell} is in a hole`)
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('hides no gap and no content, tells no wide gap as content, and counts the gaps', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), resolution, (spans, resolutionMs) => {
        const { content, gaps } = reduced(spans, [], resolutionMs)
        const holes = holesIn(spans)
        for (const cell of CELLS) {
          if (spans.some(isIn(cell))) assert.ok(content.some(isIn(cell)), `cell ${cell} has content`)
        }
        for (const hole of holes) {
          for (const cell of hole) assert.ok(gaps.some(isIn(cell)), `cell ${cell} is in a gap`)
          const isWide = hole.length * CELL >= resolutionMs
          if (isWide) for (const cell of hole) assert.ok(!content.some(isIn(cell)), `cell ${cell} of a wide gap`)
        }
        assert.equal(
          gaps.reduce((sum, { count }) => sum + count, 0),
          holes.length,
        )
      }),
      { numRuns: RUNS },
    )
  })

  it('tells which streams lack media, and hides none', () => {
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 3 }),
        fc.array(lacking, { maxLength: 12 }),
        resolution,
        (spans, lacks, r) => {
          const { gaps } = reduced(spans, lacks, r)
          const parts = gaps.filter((gap) => !isWhole(gap))
          for (const each of lacks) {
            for (const cell of CELLS.filter((cell) => isIn(cell)(each))) {
              const named = parts.filter(isIn(cell)).flatMap(({ streams = [] }) => streams)
              for (const stream of each.streams) assert.ok(named.includes(stream), `cell ${cell}, stream ${stream}`)
            }
          }
          for (const { count, start, end, streams } of parts) {
            if (end - start < r || count > 1) continue
            // One that stands for itself is as it is.
            const own = lacks.filter((each) => each.streams.join() === streams?.join())
            for (const cell of CELLS.filter((cell) => isIn(cell)({ start, end }))) {
              const isNear = own.some(
                ({ start: from, end: to }) => from <= cell * CELL + SEAM_MS && to >= cell * CELL - SEAM_MS,
              )
              assert.ok(isNear, `cell ${cell} lacks ${streams}`)
            }
          }
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('has no more entries than the resolution has steps, however much there is', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 60 }), fc.integer({ min: 2, max: 9 }), resolution, (spans, every, r) => {
        // One behind the other, many more than steps.
        const many = Array.from({ length: 150 }, (_, i) => range(2 * i, 2 * i + 1 + (i % every === 0 ? 0 : 1)))
        for (const content of [spans, many]) {
          const lacks = content === many ? many.map((each) => ({ ...each, streams: [1] })) : []
          const found = reduced(content, lacks, r)
          assert.ok(found.content.length <= steps(r) + 2, `${found.content.length} of content`)
          const whole = found.gaps.filter(isWhole)
          assert.ok(whole.length <= 2 * steps(r) + 2, `${whole.length} gaps`)
          assert.ok(found.gaps.length - whole.length <= 2 * steps(r) + 2, `${found.gaps.length} gaps of streams`)
        }
      }),
      { numRuns: RUNS },
    )
  })
})

describe('gaps of a view', () => {
  const minute = (from: number, to: number): UtcRange => ({ start: utcMs(from), end: utcMs(to) })
  const view = { window: minute(0, 60_000), resolutionMs: 1000 }
  const of = (spans: readonly UtcRange[], extent: UtcRange | undefined, lacks: readonly Lacking[] = []) =>
    allSteps(reducedContent({ spans, lacking: lacks, extent }, view))

  it('that are narrower than a step of the resolution do not interrupt content, and are one within a step', () => {
    const spans = [minute(0, 10_000), minute(10_300, 10_500), minute(10_900, 20_000), minute(25_000, 60_000)]
    assert.deepEqual(of(spans, minute(0, 60_000)), {
      content: [minute(0, 20_000), minute(25_000, 60_000)],
      gaps: [
        { ...minute(10_000, 10_900), count: 2 },
        { ...minute(20_000, 25_000), count: 1 },
      ],
    })
  })

  it('reach to the ends of a window where there is content beyond them, and only there', () => {
    const content = [minute(20_000, 30_000)]
    assert.deepEqual(of(content, minute(20_000, 30_000)).gaps, [])
    assert.deepEqual(of(content, minute(-9, 70_000)).gaps, [
      { ...minute(0, 20_000), count: 1 },
      { ...minute(30_000, 60_000), count: 1 },
    ])
    assert.deepEqual(of([], minute(-9, 70_000)).gaps, [{ ...minute(0, 60_000), count: 1 }])
    assert.deepEqual(of([], undefined), { content: [], gaps: [] })
  })

  it('are told of each set of streams, and of narrow ones together', () => {
    const lacks = [
      { ...minute(5000, 8000), streams: [2] },
      { ...minute(8000, 9000), streams: [2] },
      { ...minute(20_000, 20_200), streams: [3] },
      { ...minute(20_600, 20_800), streams: [1] },
    ]
    assert.deepEqual(of([minute(0, 60_000)], minute(0, 60_000), lacks).gaps, [
      { ...minute(5000, 9000), streams: [2], count: 1 },
      { ...minute(20_000, 20_800), streams: [1, 3], count: 2 },
    ])
  })
})
