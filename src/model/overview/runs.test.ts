import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allSteps } from '../../media/steps.ts'
import { ticks, utcMs } from '../../media/time.ts'
import type { Era, SourceStream } from '../output-segment.ts'
import { marksIn } from './marks.ts'
import { lackingInSegments, lackingInSlots, type SegmentInTime, segmentRuns } from './segment-runs.ts'
import { type SlotInTime, slotRuns } from './slot-runs.ts'

const stream = (index: number, kind: 'variant' | 'subtitles' = 'variant'): SourceStream => ({
  index,
  playlist: `${index}.m3u8`,
  role:
    kind === 'variant'
      ? { kind, bandwidth: 1 }
      : { kind, groupId: 's', name: 's', isDefault: false, autoselect: false },
  tracks: [
    {
      kind: 'audio',
      pid: 257,
      codec: 'mp4a.40.2',
      configuration: '1190',
      samplesPerFrame: 1024,
      sampleRate: 48_000,
      channels: index,
    },
  ],
})

function era(id: number, streams: readonly SourceStream[] = [stream(1), stream(2), stream(3, 'subtitles')]): Era {
  return { id, origin: { kind: 'input', input: 'in' }, streams, clock: { time: ticks(0), utc: utcMs(id * 1000) } }
}

const ALL = [1, 2, 3]
/** A slot of two seconds. */
const slot = (eraId: number, index: number, start: number, streams: readonly number[] = ALL): SlotInTime => {
  return { era: eraId, index, start: utcMs(start), end: utcMs(start + 2000), streams }
}

describe('runs of slots', () => {
  it('go on over dates that are rounded, and over none that are apart', () => {
    const slots = [slot(1, 0, 0), slot(1, 1, 2001), slot(1, 2, 4080), slot(1, 3, 6200), slot(1, 4, 8200)]
    assert.deepEqual(slotRuns(slots, [era(1)]).runs, [
      { era: 1, first: 0, last: 2, start: 0, end: 6080 },
      { era: 1, first: 3, last: 4, start: 6200, end: 10_200 },
    ])
  })

  it('tell the streams of audio and video that have no media, in lists that are equal only where they are one', () => {
    const slots = [slot(1, 0, 0, [1, 2]), slot(1, 1, 2000, [1]), slot(1, 2, 4000, [1, 3]), slot(1, 3, 6000, [])]
    const { runs } = slotRuns(slots, [era(1)])
    assert.deepEqual(
      runs.map(({ first, last, missing }) => [first, last, missing]),
      [
        [0, 0, undefined],
        [1, 2, [2]],
        [3, 3, [1, 2]],
      ],
    )
    assert.deepEqual(lackingInSlots(runs), [
      { start: 2000, end: 6000, streams: [2] },
      { start: 6000, end: 8000, streams: [1, 2] },
    ])
  })

  it('are of one era each, also where two are sealed in turns, and tell whether an era has the tracks of that before', () => {
    const slots = [slot(2, 7, 0), slot(3, 0, 9000), slot(2, 8, 2000), slot(3, 1, 11_000), slot(4, 0, 13_000)]
    const { runs, eras } = slotRuns(slots, [era(1), era(2), era(3, [stream(1)]), era(4, [stream(1)])])
    assert.deepEqual(
      runs.map(({ era, first, last }) => [era, first, last]),
      [
        [2, 7, 8],
        [3, 0, 1],
        [4, 0, 0],
      ],
    )
    assert.deepEqual(eras, [
      { id: 2, time: 2000, hasSameTracks: true },
      { id: 3, time: 3000, hasSameTracks: false },
      { id: 4, time: 4000, hasSameTracks: true },
    ])
    assert.deepEqual(slotRuns([slot(1, 0, 0)], [era(1)]).eras, [{ id: 1, time: 1000 }])
  })
})

/** An output segment of one slot of two seconds. */
const segment = (number: number, more: Partial<SegmentInTime> = {}): SegmentInTime => ({
  number,
  start: utcMs(number * 2000),
  end: utcMs(number * 2000 + 2000),
  discontinuity: false,
  input: 'in',
  slotEra: 1,
  firstSlot: number,
  slotCount: 1,
  shiftMs: 0,
  ...more,
})

const lacking = (...args: Parameters<typeof lackingInSegments>) => allSteps(lackingInSegments(...args))

describe('runs of output segments', () => {
  it('end where playback does not go on, where another input is shown and where numbers are left out', () => {
    const other = { input: 'other', slotEra: 9, shiftMs: 40 }
    const all = [
      segment(1),
      segment(2),
      segment(3, { discontinuity: true }),
      segment(4),
      segment(5, { ...other, firstSlot: 70 }),
      segment(6, { ...other, firstSlot: 71 }),
      segment(8, other),
    ]
    const { runs, ads } = segmentRuns(all)
    assert.deepEqual(
      runs.map(({ first, last, input, discontinuity }) => [first, last, input, discontinuity]),
      [
        [1, 2, 'in', false],
        [3, 4, 'in', true],
        [5, 6, 'other', false],
        [8, 8, 'other', false],
      ],
    )
    assert.deepEqual(runs[2]?.slots, { era: 9, first: 70, last: 71 })
    assert.deepEqual(ads, [])
  })

  it('lack what their slots lack, at the dates at which these are shown', () => {
    const { runs } = segmentRuns([
      segment(1),
      segment(2),
      segment(3, { input: 'other', firstSlot: 1, shiftMs: 2000 }),
      segment(4, { input: 'other', firstSlot: 2, shiftMs: 2000 }),
    ])
    const slots = (lacking: number) =>
      slotRuns(
        [1, 2, 3].map((i) => slot(1, i, i * 2000 + (lacking === 2 ? 2000 : 0), i >= lacking ? [1] : ALL)),
        [era(1)],
      ).runs
    // Slots 2 and 3 of the one input, of which 3 is not shown; slot 2 of the other, shown two seconds later.
    assert.deepEqual(
      lacking(
        runs,
        new Map([
          ['in', slots(2).map((run) => ({ ...run, start: utcMs(run.start - 2000), end: utcMs(run.end - 2000) }))],
        ]),
      ),
      [{ start: 4000, end: 6000, streams: [2] }],
    )
    assert.deepEqual(lacking(runs, new Map([['other', slots(2)]])), [{ start: 8000, end: 10_000, streams: [2] }])
    assert.deepEqual(lacking(runs, new Map([['other', slots(4)]])), [])
  })
})

describe('marks of a view', () => {
  it('stand for what is too near to be told apart, and are in the window', () => {
    const at = (time: number) => ({ time: utcMs(time) })
    const view = { window: { start: utcMs(1000), end: utcMs(9000) }, resolutionMs: 500 }
    const marks = marksIn([3100, 999, 1000, 2800, 9000, 3300, 8999].map(at), view)
    assert.deepEqual(
      marks.map(({ time, last, count }) => [time, last.time, count]),
      [
        [1000, 1000, 1],
        [2800, 3100, 2],
        [3300, 3300, 1],
        [8999, 8999, 1],
      ],
    )
  })
})
