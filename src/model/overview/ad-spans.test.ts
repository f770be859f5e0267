import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type SketchedMarks, segmentsWith } from '../../../test/timeline/ad-marks.ts'
import { TICKS_PER_SECOND, ticks, utcMs } from '../../media/time.ts'
import type { AdEvent } from '../ad-events/ad-event.ts'
import { keyOf } from '../ad-events/segment-ads.ts'
import { endUtcOf, type OutputSegment } from '../output-segment.ts'
import { AdSpans, factsOf, namesIn } from './ad-spans.ts'
import { segmentRuns } from './segment-runs.ts'

const utc = (seconds: number) => utcMs(1000 * seconds)
const event = (number: number, start: number, more: Partial<AdEvent> = {}): AdEvent => ({
  number,
  kind: 'segmentation',
  id: 100 + number,
  typeId: 0x30,
  start: ticks(start * TICKS_PER_SECOND),
  startUtc: utc(start),
  opener: 'fc',
  ...more,
})
const end = (number: number, at: number) => ({ number, end: ticks(at * TICKS_PER_SECOND), endUtc: utc(at) })

/** The events of some segments of two seconds, read as pages of so many. */
function spansOf(segments: readonly OutputSegment[], events: readonly AdEvent[], size: number, into = new AdSpans()) {
  into.begin()
  for (let i = 0; i < segments.length; i += size) {
    const page = segments.slice(i, i + size)
    const { ads } = segmentRuns(
      page.map((each) => ({
        number: each.number,
        start: each.startUtc,
        end: endUtcOf(each),
        discontinuity: each.discontinuity,
        input: 'in',
        slotEra: 1,
        firstSlot: each.number,
        slotCount: 1,
        shiftMs: 0,
        ads: each.shownAds,
      })),
    )
    const named = new Set(namesIn(ads).map(keyOf))
    const known = events.map((each) => [keyOf({ era: 1, number: each.number }), factsOf(each)] as const)
    into.add({ ads, events: new Map(known.filter(([key]) => named.has(key))), start: page[0]!.startUtc })
  }
  return into
}

const always = { window: { start: utc(0), end: utc(1000) }, resolutionMs: 1 }
const told = (spans: AdSpans, view = always) =>
  spans.shown(view, () => 'all').map((s) => [s.id, s.start, s.end, s.count])

const idsFrom = (spans: AdSpans, start: number) =>
  told(spans, { ...always, window: { start: utc(start), end: utc(1000) } }).map(([id]) => id)

describe('ad events of a view', () => {
  const first = event(1, 3, { plannedDuration: ticks(7 * TICKS_PER_SECOND) })
  const second = event(2, 12)
  const marks: Record<number, SketchedMarks> = {
    2: { begins: [first] },
    3: { goesOn: [1] },
    4: { goesOn: [1] },
    5: { ends: [end(1, 10)] },
    6: { begins: [second] },
    7: { goesOn: [2] },
  }
  const segments = segmentsWith(marks, 12, 0)

  it('are the same however many output segments are read at a time', () => {
    const whole = told(spansOf(segments, [first, second], 99))
    assert.deepEqual(whole, [
      [101, 3000, 10_000, 1],
      // Assumed: nothing tells of it any more.
      [102, 12_000, 16_000, 1],
    ])
    for (const size of [1, 2, 3, 4, 5]) {
      assert.deepEqual(told(spansOf(segments, [first, second], size)), whole, `pages of ${size}`)
    }
  })

  it('are told once where several output timelines show them', () => {
    const spans = spansOf(segments, [first, second], 3)
    assert.equal(told(spansOf(segments, [first, second], 4, spans)).length, 2)
  })

  it('are known by their names where they have begun before, and lie in the window', () => {
    const spans = spansOf(segments.slice(3), [first, second], 2)
    assert.deepEqual(told(spans)[0], [101, 3000, 10_000, 1])
    assert.deepEqual(idsFrom(spans, 9), [101, 102])
    assert.deepEqual(idsFrom(spans, 10), [102])
  })

  it('are left behind where segments are left out with which they ended', () => {
    const left = [...segments.slice(0, 8), ...segments.slice(9)]
    for (const size of [1, 3, 8, 99]) {
      const spans = spansOf(left, [first, second], size)
      assert.deepEqual(told(spans)[1], [102, 12_000, undefined, 1])
      assert.deepEqual(idsFrom(spans, 17), [102])
      assert.deepEqual(idsFrom(spans, 18), [], `pages of ${size}`)
    }
  })

  it('stand for those that are too near to be told apart, but for those that are long', () => {
    const short = [1, 2, 3, 4].map((n) => event(n, n * 4, { id: n }))
    const all: Record<number, SketchedMarks> = {}
    for (const each of short) {
      const place = each.number * 2
      all[place] = { begins: [each] }
      all[place + 1] = { ends: [end(each.number, each.number * 4 + 2)] }
    }
    const spans = spansOf(segmentsWith(all, 20, 0), short, 5)
    assert.deepEqual(told(spans, { ...always, resolutionMs: 9000 }), [
      [1, 4000, 14_000, 3],
      [4, 16_000, 18_000, 1],
    ])
    assert.equal(told(spans, { ...always, resolutionMs: 2000 }).length, 4)
  })
})
