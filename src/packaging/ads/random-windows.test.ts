/** What manifests of random windows tell of random events, beside what somebody would who has seen all of them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SpliceSignal } from '../../media/splice-signal.ts'
import { TICKS_PER_SECOND, ticks, utcMs } from '../../media/time.ts'
import { begunBefore } from '../../model/ad-events/begun-before.ts'
import { adSignalsOf } from '../../model/ad-events/signal.ts'
import { atSlot, noAdEvents, takeSignals } from '../../model/ad-events/step.ts'
import type { EraAdEvent, SegmentSummary, Slot } from '../../model/output-segment.ts'
import { addSlot, closeRun } from '../../model/output-timeline/segmenting.ts'
import { openOutputTimelineState } from '../../model/output-timeline/state.ts'
import { packedSegments, segmentSummaryOf } from '../../model/segment-summary.ts'
import { hlsMarkers } from './hls-markers.ts'

const SLOTS = 40
const NOON = Date.UTC(2026, 5, 1, 12)
const SETTINGS = { adTriggers: ['SPLICE_INSERT', 'PROVIDER_ADVERTISEMENT'], adsOnDeliveryRestrictions: 'BOTH' } as const

/** Events with few ids, so that these are used again; some are cancelled, moved, repeated, late, or never end. */
const event = fc.record({
  id: fc.integer({ min: 1, max: 4 }),
  begin: fc.integer({ min: 1, max: 70 }),
  notice: fc.integer({ min: -3, max: 8 }),
  length: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
  what: fc.constantFrom('insert', 'insert to be ended', 'ad', 'programme'),
  later: fc.constantFrom('nothing', 'repeated', 'moved', 'cancelled', 'ended'),
})
type RandomEvent = Parameters<Parameters<typeof event.map>[0]>[0]

const pts = (seconds: number) => ticks(seconds * TICKS_PER_SECOND)

function signalOf({ id, begin, length, what }: RandomEvent): SpliceSignal {
  const duration = length === undefined ? {} : { duration: pts(length) }
  if (what === 'insert' || what === 'insert to be ended') {
    const autoReturn = length === undefined ? {} : { autoReturn: what === 'insert' }
    return {
      kind: 'splice-insert',
      id,
      isOut: true,
      time: pts(begin),
      ...duration,
      ...autoReturn,
      programId: 1,
      availNum: 0,
      availsExpected: 0,
    }
  }
  const typeId = what === 'ad' ? 0x30 : 0x10
  return { kind: 'segmentation', id, typeId, time: pts(begin), ...duration, segmentNum: 0, segmentsExpected: 0 }
}

function laterSignal(made: RandomEvent): SpliceSignal | undefined {
  const { id, begin, later, what } = made
  const isInsert = what.startsWith('insert')
  if (later === 'repeated') return signalOf(made)
  if (later === 'moved') return signalOf({ ...made, begin: begin + 3 })
  if (later === 'cancelled') return { kind: isInsert ? 'splice-insert' : 'segmentation', id, isCancel: true }
  if (later === 'nothing') return undefined
  const time = pts(begin + 5)
  if (isInsert) return { kind: 'splice-insert', id, isOut: false, time, programId: 1, availNum: 0, availsExpected: 0 }
  return { kind: 'segmentation', id, typeId: what === 'ad' ? 0x31 : 0x11, time, segmentNum: 0, segmentsExpected: 0 }
}

/** Slots of two seconds with what becomes of the events, so many in an output segment, and the rows of events. */
function stream(events: readonly RandomEvent[], slotsOfSegment = 1) {
  const messages = events.flatMap((made, n) => {
    const later = laterSignal(made)
    const first = Math.max(made.begin - made.notice, 0)
    return [
      { seconds: first, section: `${n}a`, signals: [signalOf(made)] },
      ...(later ? [{ seconds: first + 4, section: `${n}b`, signals: [later] }] : []),
    ]
  })
  const state = noAdEvents()
  const rows: EraAdEvent[] = []
  const slots = Array.from({ length: SLOTS }, (_, number): Slot => {
    const at = {
      era: 7,
      start: pts(2 * number),
      duration: pts(2),
      startUtc: utcMs(NOON + 2000 * number),
      sealedAt: utcMs(0),
    }
    const own = messages
      .filter(({ seconds }) => Math.floor(seconds / 2) === number)
      .toSorted((a, b) => a.seconds - b.seconds)
    const signals = own.flatMap(({ seconds, ...each }) => adSignalsOf({ ...each, arrival: pts(seconds) }))
    takeSignals(state, signals, 1800)
    const { marks } = atSlot(state, { ...at, index: number }, 1800)
    rows.push(...(marks.begins ?? []).map((begun) => ({ era: 7, event: begun })))
    return {
      ...at,
      index: number,
      objects: {},
      ...(Object.keys(marks).length > 0 && { ads: { era: 7, ...marks } }),
    }
  })
  const output = openOutputTimelineState(pts(2 * slotsOfSegment), 0)
  const published = [...slots.flatMap((slot) => addSlot(output, slot, [])), ...closeRun(output)]
  const whole = published.slice(0, Math.floor(SLOTS / slotsOfSegment))
  // As they are stored, and read again.
  const segments: readonly SegmentSummary[] = packedSegments(
    JSON.parse(JSON.stringify(whole.map(({ segment }) => segmentSummaryOf(segment)))),
  )
  return { slots, segments, rows }
}

/** Where each event begins and ends, from all marks: with the first segment that does not begin before its slot. */
function lives({ slots, segments, rows }: ReturnType<typeof stream>) {
  const size = Math.floor(slots.length / segments.length)
  return rows.flatMap(({ event }) => {
    const find = (isThere: (marks: NonNullable<Slot['ads']>) => unknown) =>
      slots.findIndex(({ ads }) => ads && isThere(ads))
    const begin = find(({ begins }) => begins?.some(({ number }) => number === event.number))
    const end = find(({ ends }) => ends?.some(({ number }) => number === event.number))
    const [first, last] = [Math.ceil(begin / size), end < 0 ? Infinity : Math.ceil(end / size)]
    // What begins and ends within one segment is not shown.
    return first < last ? [{ event, first, last }] : []
  })
}

const windowAt = (all: readonly SegmentSummary[], rows: readonly EraAdEvent[], from: number, to: number) => {
  const segments = all.slice(from, to)
  const wanted = new Set(begunBefore(segments).flatMap(({ numbers }) => numbers))
  return { segments, adEvents: rows.filter(({ event }) => wanted.has(event.number)) }
}

const stories = fc.tuple(
  fc.array(event, { maxLength: 14 }),
  fc.array(fc.tuple(fc.integer({ min: 0, max: SLOTS - 2 }), fc.integer({ min: 1, max: SLOTS })), {
    minLength: 1,
    maxLength: 6,
  }),
)

describe('markers of random windows', () => {
  it('are those that somebody would write who has seen all events', () => {
    fc.assert(
      fc.property(stories, fc.constantFrom(1, 1, 2, 3), ([events, windows], slotsOfSegment) => {
        const made = stream(events, slotsOfSegment)
        const { segments, rows } = made
        const all = lives(made)
        for (const [from, length] of windows) {
          const to = Math.min(from + length, segments.length)
          const window = windowAt(segments, rows, from, to)
          const tags = [...hlsMarkers({ adMarkers: 'DATERANGE', ...SETTINGS }, window)]
          const found = tags.map(([{ number }, { dateRanges }]) => [
            number,
            dateRanges.map((line) => [line.includes('END-DATE'), /ID="(\d+)/.exec(line)![1]]),
          ])
          const idOf = ({ id }: EraAdEvent['event']) => `${id}`
          const expected = segments.slice(from, to).flatMap(({ number }) => {
            const going = number === from ? all.filter(({ first, last }) => first < number && last > number) : []
            const told = [
              ...going.map(({ event }) => [false, idOf(event)]),
              ...all.filter(({ last }) => last === number).map(({ event }) => [true, idOf(event)]),
              ...all
                .filter(({ first, last }) => first === number && last > number)
                .map(({ event }) => [false, idOf(event)]),
            ]
            return told.length > 0 ? [[number, told]] : []
          })
          const sorted = (all: unknown) =>
            (all as [number, unknown[]][]).map(([number, told]) => [
              number,
              told.map((each) => JSON.stringify(each)).sort(),
            ])
          assert.deepEqual(sorted(found), sorted(expected))
          const ids = new Set(
            tags.flatMap(([, { dateRanges }]) =>
              dateRanges.map((line) => /ID="(.*?)",START-DATE="(.*?)"/.exec(line)!.slice(1).join()),
            ),
          )
          assert.equal(new Set([...ids].map((each) => each.split(',')[0])).size, ids.size, 'one ID, one date')
          const cues = new Map(
            [...hlsMarkers({ adMarkers: 'SCTE35_ENHANCED', ...SETTINGS }, window)].map(([{ number }, own]) => [
              number,
              own.cues,
            ]),
          )
          const ads = all.filter(({ event: { typeId } }) => typeId !== 0x10)
          for (const { number } of window.segments) {
            const own = cues.get(number) ?? []
            const isOut = ads.some(({ first, last }) => first <= number && last > number)
            const wasOut = ads.some(({ first, last }) => first < number && last >= number)
            const has = (tag: string) =>
              own.some((line) => line.startsWith(tag) && !/CONT/.test(line.slice(tag.length)))
            assert.equal(has('#EXT-X-CUE-OUT') || has('#EXT-X-CUE-OUT-CONT'), isOut, `segment ${number}: ${own}`)
            const goesOn = ads.some(({ first, last }) => first < number && last > number)
            assert.equal(has('#EXT-X-CUE-IN'), wasOut && !goesOn, `segment ${number}: ${own}`)
          }
        }
      }),
      { seed: 16, numRuns: 200 },
    )
  })

  it('are the same for a segment, wherever the window begins, but for its first one', () => {
    fc.assert(
      fc.property(stories, fc.constantFrom(1, 2), ([events, windows], slotsOfSegment) => {
        const { segments, rows } = stream(events, slotsOfSegment)
        for (const adMarkers of ['DATERANGE', 'SCTE35_ENHANCED'] as const) {
          const markersIn = (from: number, to: number) => {
            const found = hlsMarkers({ adMarkers, ...SETTINGS }, windowAt(segments, rows, from, to))
            return new Map([...found].map(([{ number }, tags]) => [number, JSON.stringify(tags)]))
          }
          const whole = markersIn(0, segments.length)
          for (const [from, length] of windows) {
            const to = Math.min(from + length, segments.length)
            const part = markersIn(from, to)
            for (let number = from + 1; number < to; number++) assert.equal(part.get(number), whole.get(number))
            const isWhole = adMarkers === 'SCTE35_ENHANCED' && slotsOfSegment === 1 && from < to
            if (isWhole) assert.equal(part.get(from), whole.get(from))
          }
        }
      }),
      { seed: 61, numRuns: 200 },
    )
  })
})
