import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { msFromTicks, ticksFromSeconds, utcMs } from '../../media/time.ts'
import type { Era, SegmentSummary } from '../../model/output-segment.ts'
import { cutsOf } from '../cuts.ts'
import { placedCuts, shownPart } from './placed-cuts.ts'

const FRAME = 0.04

type Made = { readonly start: number; readonly date?: number } & Partial<{
  readonly keyAt: number
  readonly pictures: number
  readonly discontinuity: boolean
}>

/** Segments of two seconds, of 25 pictures a second; `pictures` of one are fewer where they are not steady. */
function windowOf(rate: object | undefined, ...made: readonly Made[]) {
  const description = { kind: 'video', codec: 'avc1.640028', width: 640, height: 360, frameRate: rate }
  const era = {
    id: 1,
    streams: [{ index: 1, role: { kind: 'variant', bandwidth: 1 }, tracks: [description] }],
  } as unknown as Era
  const segments = made.map(({ start, date = start, keyAt = start, pictures = 50, discontinuity = false }, at) => {
    const times = { first: ticksFromSeconds(start), last: ticksFromSeconds(start + 2 - FRAME), bytes: 1, pictures }
    const object = { size: 1, times: [times], keyFrames: [{ pts: ticksFromSeconds(keyAt), offset: 0, size: 1 }] }
    return {
      number: at + 1,
      era: 1,
      start: ticksFromSeconds(start),
      duration: ticksFromSeconds(2),
      startUtc: utcMs(date * 1000),
      discontinuity,
      slots: [{ objects: { 1: object } }],
    } as unknown as SegmentSummary
  })
  return { eras: [era], segments }
}

const STEADY = { numerator: 25, denominator: 1 }
const two = windowOf(STEADY, { start: 2 }, { start: 4 })
const open = windowOf(STEADY, { start: 2 }, { start: 4, keyAt: 4.08 })
const broken = windowOf(STEADY, { start: 2 }, { start: 4, keyAt: 4.08, discontinuity: true })
const uneven = windowOf(STEADY, { start: 2, pictures: 20 }, { start: 4, pictures: 20 })
const unknown = windowOf(undefined, { start: 2 }, { start: 4 })
const gap = windowOf(STEADY, { start: 2 }, { start: 4, date: 14, discontinuity: true })

type Placed = readonly [number, number] | undefined

describe('where a range that is cut to the frame begins and ends', () => {
  const cases: Readonly<
    Record<string, { of: typeof two; from: number; to: number; begins: Placed; ends: Placed; shows: readonly number[] }>
  > = {
    'with the nearest pictures': {
      of: two,
      from: 2.51,
      to: 4.49,
      begins: [1, 2.52],
      ends: [2, 4.48],
      shows: [2, 0.48],
    },
    'with the next segment': { of: two, from: 3.99, to: 5, begins: [2, 4], ends: [2, 5], shows: [1] },
    'with a picture at least': { of: two, from: 3.985, to: 4.01, begins: [2, 4], ends: [2, 4.04], shows: [0.04] },
    'with the last picture where nothing follows': {
      of: windowOf(STEADY, { start: 2 }),
      from: 3.99,
      to: 3.995,
      begins: [1, 3.96],
      ends: [1, 4],
      shows: [2],
    },
    'with the segment before, where the next one needs it': {
      of: open,
      from: 3.99,
      to: 5,
      begins: [1, 4],
      ends: [2, 5],
      shows: [2, 1],
    },
    'with a picture of the next segment, which needs the one before': {
      of: open,
      from: 3.99,
      to: 4.01,
      begins: [1, 4],
      ends: [2, 4.04],
      shows: [2, 0.04],
    },
    'with the next segment, which cannot need one before a discontinuity': {
      of: broken,
      from: 3.99,
      to: 5,
      begins: [2, 4],
      ends: [2, 5],
      shows: [1],
    },
    'at the end of the segment before': { of: two, from: 2.5, to: 4.01, begins: [1, 2.48], ends: [1, 4], shows: [2] },
    'at the moments where pictures are not steady': {
      of: uneven,
      from: 2.515,
      to: 4.515,
      begins: [1, 2.515],
      ends: [2, 4.515],
      shows: [2, 0.515],
    },
    'with the next segment where pictures are not steady': {
      of: uneven,
      from: 3.99,
      to: 3.995,
      begins: [2, 4],
      ends: [2, 4.04],
      shows: [0.04],
    },
    'a little later where the rate is not known': {
      of: unknown,
      from: 4.5,
      to: 4.501,
      begins: [2, 4.5],
      ends: [2, 4.504],
      shows: [0.504],
    },
    'with the first picture behind a gap': {
      of: windowOf(STEADY, { start: 4, date: 14 }),
      from: 13,
      to: 14.01,
      begins: undefined,
      ends: [1, 4.04],
      shows: [0.04],
    },
    'before a gap': { of: gap, from: 2.52, to: 14.01, begins: [1, 2.52], ends: [1, 4], shows: [2] },
    'behind a gap': { of: gap, from: 3.99, to: 15, begins: [2, 4], ends: [2, 5], shows: [1] },
    'in a gap': { of: windowOf(STEADY, { start: 2 }), from: 1, to: 9, begins: undefined, ends: undefined, shows: [2] },
  }
  for (const [what, { of, from, to, begins, ends, shows }] of Object.entries(cases)) {
    it(what, () => {
      const span = { start: utcMs(Math.round(from * 1000)), end: utcMs(Math.round(to * 1000)) }
      const [placed] = placedCuts(hlsEndpoint(), of, cutsOf(span, {}))
      const moments = [placed!.begins, placed!.ends].map(
        (moment) => moment && [moment.segment.number, msFromTicks(moment.time) / 1000],
      )
      assert.deepEqual(moments, [begins, ends])
      const shown = of.segments.flatMap((segment) => shownPart(segment, placed!) ?? [])
      assert.deepEqual(
        shown.map(({ duration }) => msFromTicks(duration) / 1000),
        shows,
      )
    })
  }
})
