import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { archiveOf, at } from '../../test/harvest/sample-harvest.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { SegmentRange } from '../archive/reader.ts'
import type { SegmentSummary } from '../model/output-segment.ts'
import type { SegmentBatch } from './output-format.ts'
import { type PagedWindow, readWindow } from './paged-window.ts'

const SEGMENTS = 300
const archive = archiveOf(SEGMENTS)
const all = archive.window!.segments

async function windowFrom(start: number, end: number): Promise<PagedWindow> {
  const window = await readWindow(archive, hlsEndpoint(), { start: at(start), end: at(end) })
  assert.ok(window)
  return window
}

const numbers = (segments: readonly SegmentSummary[]) => segments.map(({ number }) => number)
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

async function listed<Batch>(batches: AsyncIterable<Batch>): Promise<readonly Batch[]> {
  const all: Batch[] = []
  for await (const batch of batches) all.push(batch)
  return all
}

const batchesOf = (window: PagedWindow, after?: number) => listed(window.batches(after))

describe('a window that is read page by page', () => {
  it('is read whole, some segments at a time, each once and in order', async () => {
    const window = await windowFrom(0, SEGMENTS * 6)
    assert.deepEqual(numbers(window.summary.segments), from(1, SEGMENTS))
    const batches = await batchesOf(window)
    assert.ok(batches.length > 2)
    assert.deepEqual(
      batches.flatMap(({ segments }) => segments),
      all,
    )
    assert.deepEqual(
      (await listed(window.summaryBatches())).flatMap(({ segments }) => numbers(segments)),
      from(1, SEGMENTS),
    )
  })

  it('tells of what lies next to some segments, as far as it is part of the window', async () => {
    const window = await windowFrom(6, (SEGMENTS - 1) * 6)
    for (const batches of [await batchesOf(window), await listed(window.summaryBatches())]) {
      for (const { before, segments, after } of batches as readonly SegmentBatch<SegmentSummary>[]) {
        const [first = 0] = numbers(segments)
        const last = numbers(segments).at(-1) ?? 0
        assert.deepEqual(numbers(before), from(Math.max(first - 30, 2), first - 1))
        assert.deepEqual(numbers(after), from(last + 1, Math.min(last + 30, SEGMENTS - 1)))
      }
    }
    // Whole, for what of theirs may be shown later.
    for (const { before } of await batchesOf(window))
      for (const each of before) assert.deepEqual(each, all[each.number - 1])
  })

  it('can be taken up after a segment, with those before it', async () => {
    const [batch, ...others] = await batchesOf(await windowFrom(0, SEGMENTS * 6), 290)
    assert.deepEqual(numbers(batch?.segments ?? []), from(291, SEGMENTS))
    assert.deepEqual(numbers(batch?.before ?? []), from(261, 290))
    assert.deepEqual(others, [])
    assert.deepEqual(await batchesOf(await windowFrom(0, 60), 10), [])
  })

  it('says so when something of it is gone', async () => {
    const window = await windowFrom(0, SEGMENTS * 6)
    for (const lost of [1, 100, SEGMENTS]) {
      const { window: kept } = archive
      archive.window = { ...kept!, segments: all.filter(({ number }) => number !== lost) }
      await assert.rejects(batchesOf(window), /has been deleted/)
      archive.window = kept
      // What came before is not needed any more.
      await batchesOf(window, lost)
    }
  })

  it('is read no further than to its end', async () => {
    const { range } = archive
    let pages = 0
    archive.range = async (...asked) => {
      const found = await range.apply(archive, asked)
      const page: SegmentRange['page'] = (range) => {
        pages++
        return found!.page(range)
      }
      return found && { ...found, page }
    }
    const part = (await windowFrom(0, SEGMENTS * 6)).part(({ number }) => number <= 7)
    archive.range = range
    const batches = await batchesOf(part!)
    assert.deepEqual(
      batches.flatMap(({ segments }) => numbers(segments)),
      from(1, 7),
    )
    // One is read ahead.
    assert.equal(pages, 2)
  })

  it('has parts, which are windows too', async () => {
    const part = (await windowFrom(0, SEGMENTS * 6)).part(({ number }) => number >= 5 && number <= 7)
    assert.deepEqual(numbers(part?.summary.segments ?? []), [5, 6, 7])
    assert.deepEqual(
      (await batchesOf(part!)).flatMap(({ segments }) => numbers(segments)),
      [5, 6, 7],
    )
    assert.equal(
      part?.part(() => false),
      undefined,
    )
  })
})
