import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ticksFromSeconds } from '../../media/time.ts'
import type { ObjectSummary, SegmentSummary } from '../../model/output-segment.ts'
import { decodableFrom, hasSteadyPictures } from './picture-times.ts'
import type { SingleVideo } from './track-set.ts'

/** A segment from the tenth second on, and the seconds at which its streams have key frames, slot by slot. */
function segmentWith(...slots: readonly (readonly (readonly number[])[])[]): SegmentSummary {
  const object = (seconds: readonly number[]): ObjectSummary => {
    return { size: 1, keyFrames: seconds.map((at) => ({ pts: ticksFromSeconds(at), offset: 0, size: 1 })) }
  }
  const placed = slots.map((streams) => ({ objects: Object.fromEntries(streams.map((s, at) => [at + 1, object(s)])) }))
  return { start: ticksFromSeconds(10), slots: placed } as unknown as SegmentSummary
}

const tracks = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ kind: 'video', stream: { index: at + 1 } }) as unknown as SingleVideo)

describe('the moment from which decoding can begin', () => {
  const cases: Readonly<Record<string, { segment: SegmentSummary; at: number; of?: number; from: number }>> = {
    'that of a key frame': { segment: segmentWith([[10, 11]], [[12]]), at: 11, from: 11 },
    'the last key frame before another picture': { segment: segmentWith([[10, 11]], [[12]]), at: 11.96, from: 11 },
    'in a later slot': { segment: segmentWith([[10, 11]], [[12]]), at: 13.2, from: 12 },
    'the beginning of a segment without key frames': { segment: segmentWith([[]]), at: 11, from: 10 },
    'where all renditions have one': { segment: segmentWith([[10, 11], [10]]), at: 11.5, of: 2, from: 10 },
    'the earliest of renditions, whose times are rounded': {
      segment: segmentWith([
        [10, 11.001],
        [10, 11],
      ]),
      at: 11.5,
      of: 2,
      from: 11,
    },
  }
  for (const [what, { segment, at, of = 1, from }] of Object.entries(cases)) {
    it(what, () => {
      const begins = decodableFrom({ segment, time: ticksFromSeconds(at) }, tracks(of))
      assert.equal(begins, ticksFromSeconds(from))
    })
  }
})

describe('pictures at a steady rate', () => {
  const video = (frameRate?: object) =>
    ({ kind: 'video', stream: { index: 1 }, position: 0, description: { frameRate } }) as unknown as SingleVideo
  const rate = { numerator: 25, denominator: 1 }
  /** A second of pictures in each slot, from its first picture to its last. */
  const withPictures = (...counts: readonly (number | undefined)[]) => {
    const times = (pictures: number | undefined) => ({
      first: ticksFromSeconds(10),
      last: ticksFromSeconds(11),
      pictures,
    })
    const slots = counts.map((pictures) => ({ objects: { 1: { size: 1, times: [times(pictures)] } } }))
    return { slots } as unknown as SegmentSummary
  }
  for (const { what, counts, hasRate = true, is } of [
    { what: 'as many as the rate makes', counts: [26, 26], is: true },
    { what: 'fewer in one of the slots', counts: [26, 20], is: false },
    { what: 'not counted', counts: [undefined], is: true },
    { what: 'without a rate', counts: [26], hasRate: false, is: false },
  ]) {
    it(what, () => assert.equal(hasSteadyPictures(withPictures(...counts), video(hasRate ? rate : undefined)), is))
  }
})
