import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { outputSegments } from '../../test/origin/sample-channel.ts'
import { ticks } from '../media/time.ts'
import type { SegmentSummary } from './output-segment.ts'
import { adTagsIn, compactSegmentSummary, readSegmentSummary, segmentSummaryOf } from './segment-summary.ts'

const SEGMENTS = outputSegments(1, [{}, { slots: 2 }, { missing: [2] }, { discontinuity: true }])

describe('the summary of a segment', () => {
  it('that is kept says what one says that is looked at', () => {
    for (const segment of [...SEGMENTS, { ...SEGMENTS[0]!, shift: { ticks: ticks(900_000), ms: 7 } }]) {
      const shown = readSegmentSummary(segmentSummaryOf(segment))
      const kept = compactSegmentSummary(segmentSummaryOf(segment))
      const properties = Object.keys(shown) as (keyof SegmentSummary)[]
      assert.deepEqual(Object.fromEntries(properties.map((property) => [property, kept[property]])), shown)
      for (const optional of ['period', 'shift']) assert.equal(optional in kept, optional in segment)
      const { slots: _, ...rest } = segment
      assert.deepEqual({ ...shown, slots: [] }, { ...rest, slots: [] })
    }
  })

  it('tells the ad tags of all its slots', () => {
    const tags = ['#EXT-X-CUE:ID=""ad":["', '#EXT-X-CUE-OUT:4']
    const segment = SEGMENTS[1]!
    const slots = segment.slots.map((slot, i) => ({ ...slot, adTags: tags.slice(i) }))
    const tagged = segmentSummaryOf({ ...segment, slots })
    for (const read of [readSegmentSummary, compactSegmentSummary]) {
      assert.deepEqual(adTagsIn(read(tagged)), [...tags, tags[1]])
      assert.deepEqual(adTagsIn(read(segmentSummaryOf(segment))), [])
    }
    assert.ok(!JSON.stringify(segmentSummaryOf(segment)).includes('ad"'))
  })
})
