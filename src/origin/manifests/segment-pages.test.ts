import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments } from '../../../test/origin/sample-channel.ts'
import type { NumberRange } from '../../model/segment-numbers.ts'
import { writeSummaryPage } from '../../model/segment-page.ts'
import { segmentSummaryOf } from '../../model/segment-summary.ts'
import { SegmentPages } from './segment-pages.ts'

const ALL = outputSegments(
  1,
  Array.from({ length: 800 }, () => ({})),
)

describe('pages of output segments', () => {
  const asked: NumberRange[] = []
  const readPage = async (range: NumberRange) => {
    asked.push(range)
    const segments = ALL.filter(({ number }) => number > range.after && number <= range.last)
    return writeSummaryPage(segments.map(segmentSummaryOf))
  }
  const read = async (pages: SegmentPages, after: number, last: number, outputTimeline = 1) => {
    asked.length = 0
    const segments = await pages.read(outputTimeline, { after, last }, readPage)
    assert.deepEqual(
      segments.map(({ number }) => number),
      Array.from({ length: last - after }, (_, i) => after + i + 1),
    )
    return asked.map((range) => range.last)
  }

  it('are read once when they are full, again while they are not, and for each output timeline', async () => {
    const pages = new SegmentPages(() => 0)
    assert.deepEqual(await read(pages, 100, 600), [256, 512, 768])
    assert.deepEqual(await read(pages, 50, 600), [768])
    assert.deepEqual(await read(pages, 0, 256), [])
    assert.deepEqual(await read(pages, 511, 515), [768])
    assert.deepEqual(await read(pages, 550, 768), [768])
    assert.deepEqual(await read(pages, 550, 769), [1024])
    assert.deepEqual(await read(pages, 100, 600, 2), [256, 512, 768])
  })

  it('are fewer in memory where their segments tell much of ad events', async () => {
    const ends = [{ era: 1, number: 1, end: ALL[0]!.start, endUtc: ALL[0]!.startUtc, closer: 'f'.repeat(32 * 1024) }]
    const [first] = ALL
    const asked: number[] = []
    const reading = (isLong: boolean) => async (range: NumberRange) => {
      asked.push(range.last)
      const numbers = Array.from({ length: range.last - range.after }, (_, i) => range.after + i + 1)
      const shownAds = isLong && { shownAds: { ends } }
      return writeSummaryPage(numbers.map((number) => segmentSummaryOf({ ...first!, ...shownAds, number })))
    }
    for (const [isLong, again] of [
      [false, []],
      [true, [256]],
    ] as const) {
      const pages = new SegmentPages(() => 0)
      await pages.read(1, { after: 0, last: 14 * 256 }, reading(isLong))
      asked.length = 0
      await pages.read(1, { after: 0, last: 256 }, reading(isLong))
      assert.deepEqual(asked, again)
    }
  })

  it('fail when one cannot be read, and try it again', async () => {
    const pages = new SegmentPages(() => 0)
    const failing = (range: NumberRange) => (range.last === 512 ? Promise.reject(new Error('away')) : readPage(range))
    await assert.rejects(pages.read(1, { after: 0, last: 600 }, failing), /away/)
    assert.deepEqual(await read(pages, 0, 600), [512, 768])
  })
})
