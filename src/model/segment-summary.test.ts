import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments } from '../../test/origin/sample-channel.ts'
import { ticks } from '../media/time.ts'
import type { OutputSegment, SegmentSummary } from './output-segment.ts'
import { readSummaryPage, writeSummaryPage } from './segment-page.ts'
import { adTagsIn, inPlace, packedSegments, segmentSummaryOf } from './segment-summary.ts'

const SEGMENTS = outputSegments(1, [{}, { slots: 2 }, { missing: [2] }, { discontinuity: true }])
const MOVED = { ...SEGMENTS[0]!, number: 5, shift: { ticks: ticks(900_000), ms: 7 } }

/** All that a segment tells, as plain values. */
function toldBy(segment: SegmentSummary) {
  const { number, era, start, duration, startUtc, sealedAt, discontinuity, discontinuitySequence } = segment
  const { period, shift } = segment
  const times = { number, era, start, duration, startUtc, sealedAt, discontinuity, discontinuitySequence }
  const slots = segment.slots.map((slot) => ({
    ...slot,
    objects: Object.entries(slot.objects).map(([n, { size, times, keyFrames, start, duration }]) => {
      return { n, size, times: times?.map((own) => own && { ...own, bytes: 0 }), keyFrames, start, duration }
    }),
  }))
  return { ...times, slots, ...(period && { period }), ...(shift && { shift }) }
}

/** The same of the segment before it was stored. */
function toldBefore({ slots, ...segment }: OutputSegment) {
  const by = segment.shift?.ticks ?? 0
  const startUtc = (start: number) => segment.startUtc + Math.round(start / 90) - Math.round(segment.start / 90)
  const moved = slots.map(({ index: _, ...slot }) => ({
    ...slot,
    start: ticks(slot.start + by),
    startUtc: startUtc(slot.start + by),
    objects: Object.fromEntries(
      Object.entries(slot.objects).map(([n, object]) => [
        n,
        {
          ...object,
          times: object.times?.map((own) => own && { ...own, first: own.first + by, last: own.last + by }),
          keyFrames: object.keyFrames?.map((each) => ({ ...each, pts: each.pts + by })),
        },
      ]),
    ),
  }))
  return toldBy({ ...segment, slots: moved } as unknown as SegmentSummary)
}

describe('summaries of segments', () => {
  it('tell what manifests need of segments of any shape, however they are asked', () => {
    const packed = packedSegments([...SEGMENTS, MOVED].map(segmentSummaryOf))
    const expected = [...SEGMENTS, MOVED].map(toldBefore)
    assert.deepEqual(packed.map(toldBy), expected)
    assert.deepEqual(packed.toReversed().map(toldBy), expected.toReversed())
    assert.deepEqual(
      packed.filter((segment) => 'shift' in segment).map(({ number }) => number),
      [MOVED.number],
    )
  })

  it('pass between threads as pages of bytes', () => {
    const all = [...SEGMENTS, MOVED].map(segmentSummaryOf)
    const { segments, bytes } = readSummaryPage(writeSummaryPage(all))
    assert.deepEqual(segments.map(toldBy), packedSegments(all).map(toldBy))
    assert.ok(bytes > 400 * all.length && bytes < 1000 * all.length, `${bytes} bytes`)
    assert.deepEqual(readSummaryPage(writeSummaryPage([])).segments, [])
  })

  it('stay what they are in another place', () => {
    const [first] = packedSegments(SEGMENTS.map(segmentSummaryOf)) as [SegmentSummary]
    const period = { number: 7, start: ticks(5) }
    assert.deepEqual(toldBy(inPlace(first, { number: 7, period })), { ...toldBy(first), number: 7, period })
  })

  it('tell the ad tags of all their slots', () => {
    const tags = ['#EXT-X-CUE:ID=""ad":["', '#EXT-X-CUE-OUT:4']
    const segment = SEGMENTS[1]!
    const slots = segment.slots.map((slot, i) => ({ ...slot, adTags: tags.slice(i) }))
    const [tagged, bare] = packedSegments([{ ...segment, slots }, SEGMENTS[2]!].map(segmentSummaryOf))
    assert.deepEqual(adTagsIn(tagged!), [...tags, tags[1]])
    assert.deepEqual(adTagsIn(bare!), [])
    assert.ok(!JSON.stringify(segmentSummaryOf(segment)).includes('ad"'))
  })
})
