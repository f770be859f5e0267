import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Random, seededRandom } from '../../../test/judges/random.ts'
import { audioAt, probeAt, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import { ticks, ticksFromSeconds, utcMs } from '../../media/time.ts'
import type { AdEvent, AdMarks } from '../ad-events/ad-event.ts'
import type { OutputSegment, Slot } from '../output-segment.ts'
import { addSlot, closeRun } from './segmenting.ts'
import { openOutputTimelineState } from './state.ts'

const BASE = 100
const SECOND = 90_000

type Life = {
  /** Seconds of a segment of sound; those of pictures last two. Without it, sound is in the pictures. */
  readonly sound?: number
  /** Segments that are listed and never put. */
  readonly lost?: readonly string[]
  /** The segments of pictures with ad tags before them. */
  readonly tagged?: readonly number[]
  readonly seconds?: number
  readonly open?: (r: Rehearsal) => void
}

/** Two variants in segments of two seconds, and sound in segments of its own. */
function live({ sound, lost = [], tagged = [], seconds = 40, open }: Life): Rehearsal {
  const r = new Rehearsal()
  const role = { kind: 'audio', groupId: 'a', name: 'a', isDefault: true, autoselect: true } as const
  r.streams([...variants('a', 'b'), ...(sound ? [{ index: 3, playlist: 'sound', role }] : [])])
  open?.(r)
  for (let at = 1; at <= seconds; at++) {
    r.pass(1)
    for (const playlist of at % 2 === 0 ? ['a', 'b'] : []) {
      const name = `${playlist}-${at / 2 - 1}`
      if (!lost.includes(name)) r.put(name, probeAt(BASE + at - 2))
      const adTags = tagged.includes(at / 2 - 1) && { adTags: [`#EXT-X-CUE-OUT:${at}`] }
      r.list(playlist, at / 2 - 1, [{ name, ...adTags }], at === seconds, sound)
    }
    if (!sound || at % sound !== 0) continue
    const name = `sound-${at / sound - 1}`
    if (!lost.includes(name)) r.put(name, audioAt(BASE + at - sound, 'packed-audio', sound))
    r.list('sound', at / sound - 1, [{ name, seconds: sound }], at === seconds, sound)
  }
  for (let i = 0; i < 100; i++) r.pass(0.5)
  return r
}

const starts = (segments: readonly OutputSegment[]) => segments.map(({ start }) => start / SECOND - BASE)

describe('an output timeline that is cut', () => {
  const open = (r: Rehearsal) => {
    r.open(1, 6)
    r.open(2, 6, true)
  }

  it('begins an output segment at each ad boundary, and counts anew from there', () => {
    const r = live({ tagged: [4, 5, 10], open })
    assert.deepEqual(starts(r.outputs(1)), [0, 6, 12, 18, 24, 30, 36])
    assert.deepEqual(starts(r.outputs(2)), [0, 6, 8, 10, 16, 20, 26, 32, 38])
    const facts = r.outputs(2).map(({ targetDuration, discontinuity, images, period }) => {
      return [targetDuration, discontinuity, images, period?.number]
    })
    assert.deepEqual(facts, Array(9).fill([6, false, 3, 1]))
  })

  it('is as one that is not cut where no ads are', () => {
    const r = live({ sound: 4, lost: ['a-6', 'b-9', 'sound-4'], open })
    assert.deepEqual(r.outputs(2), r.outputs(1))
  })

  it('waits for the end of a longer segment of another stream', () => {
    const r = live({ sound: 10, tagged: [2, 11], open })
    assert.deepEqual(starts(r.outputs(1)), [0, 10, 20, 30])
    assert.deepEqual(starts(r.outputs(2)), [0, 10, 20, 30])
    const fours = live({ sound: 4, tagged: [4, 7], open })
    assert.deepEqual(starts(fours.outputs(1)), [0, 8, 16, 24, 32])
    assert.deepEqual(starts(fours.outputs(2)), [0, 8, 16, 24, 32])
    const later = live({ sound: 4, tagged: [5, 9], open })
    assert.deepEqual(starts(later.outputs(2)), [0, 8, 12, 20, 28, 36])
  })

  it('leaves no output segment without a segment of a stream that has begun before', () => {
    const r = live({ sound: 4 })
    const slots = r.slots.slice(1).map((slot, i) => (i === 1 ? { ...slot, ...MARKS[0] } : slot))
    assert.deepEqual(starts(segmentsOf(r, slots, 10, false)).slice(0, 3), [2, 12, 24])
    assert.deepEqual(starts(segmentsOf(r, slots, 10, true)).slice(0, 3), [2, 8, 20])
  })

  it('makes the same when it is opened later', () => {
    const r = live({ sound: 4, tagged: [3, 5, 6, 12], lost: ['a-8'], open })
    r.open(3, 6, true)
    assert.deepEqual(r.outputs(3), r.outputs(2))
  })
})

const event = (number: number): AdEvent => ({
  number,
  kind: 'splice',
  id: number,
  start: ticks(0),
  startUtc: utcMs(0),
  opener: 'fc',
})

const END = { ...event(1), end: ticks(0), endUtc: utcMs(0) }

/** What may be at the start of a slot; only the last two are no boundaries. */
const MARKS: readonly Pick<Slot, 'ads' | 'adTags'>[] = [
  { ads: { era: 1, begins: [event(1)] } },
  { ads: { era: 1, ends: [END], goesOn: [event(2)] } },
  { ads: { era: 1, begins: [event(2)], ends: [END] } },
  { adTags: ['#EXT-X-CUE-IN'] },
  { ads: { era: 1, goesOn: [event(1)] } satisfies AdMarks },
  {},
]
const BOUNDARIES = 4

/** All output segments of these slots; the state is saved and read back after each. */
function segmentsOf(r: Rehearsal, slots: readonly Slot[], segmentSeconds: number, isCut: boolean): OutputSegment[] {
  let state = openOutputTimelineState(ticksFromSeconds(segmentSeconds), 1)
  if (isCut) state.isCut = true
  const published = slots.flatMap((slot) => {
    const done = addSlot(state, slot, r.eras.get(slot.era)!.streams)
    state = JSON.parse(JSON.stringify(state))
    return done
  })
  return [...published, ...closeRun(state)].map(({ segment }) => segment)
}

const withoutAds = ({ ads: _, adTags: __, ...slot }: Slot): Slot => slot

/** True when each stream that goes on through the slots begins in them, and none does through the next. */
function canPart(slots: readonly Slot[], next: Slot): boolean {
  const goingOn = new Set(slots.flatMap(({ continued = [] }) => continued))
  const begun = new Set(slots.flatMap(({ objects }) => Object.keys(objects).map(Number)))
  return [...goingOn].every((index) => begun.has(index)) && (next.continued ?? []).length === 0
}

function randomLife(random: Random): Life {
  const lost = Array.from({ length: 4 }, () => `${random.pick(['a', 'b', 'sound'])}-${random.integer(0, 29)}`)
  const both = random.integer(0, 29)
  return {
    ...(random.integer(0, 3) > 0 && { sound: random.pick([2, 3, 4, 6, 10]) }),
    lost: [...lost, `a-${both}`, `b-${both}`],
    seconds: 60,
  }
}

describe('output timelines of random slots with ads', () => {
  const lives = Array.from({ length: 24 }, (_, seed) => {
    const random = seededRandom(seed)
    const r = live(randomLife(random))
    // The first slots may be of sound that has begun before.
    const plain = r.slots.slice(random.integer(0, 3)).map(withoutAds)
    const rarity = random.integer(1, 8)
    const boundaries = new Set<string>()
    const marked = plain.map((slot) => {
      if (random.integer(0, rarity) > 0) return slot
      const mark = random.pick(MARKS)
      if (MARKS.indexOf(mark) < BOUNDARIES) boundaries.add(`${slot.era}/${slot.index}`)
      return { ...slot, ...mark }
    })
    const isBoundary = ({ era, index }: Slot) => boundaries.has(`${era}/${index}`)
    return { seed, r, plain, marked, isBoundary }
  })
  const durations = [1, 2, 4, 6, 10]

  it('are the same as without ads where they are not cut, or no ads begin or end', () => {
    for (const { seed, r, plain, marked, isBoundary } of lives) {
      const without = marked.map((slot) => (isBoundary(slot) ? withoutAds(slot) : slot))
      for (const duration of durations) {
        const expected = segmentsOf(r, plain, duration, false)
        for (const [slots, isCut] of [[marked, false] as const, [without, true] as const]) {
          const segments = segmentsOf(r, slots, duration, isCut)
          const bare = segments.map(({ shownAds: _, adBreaks: __, ...segment }) => ({
            ...segment,
            slots: segment.slots.map(withoutAds),
          }))
          assert.deepEqual(bare, expected, `life ${seed}, ${duration} s, ${isCut}`)
        }
      }
    }
  })

  it('have every slot once, in runs, and a boundary within one only as long as it cannot end', () => {
    let [atStart, within] = [0, 0]
    for (const { seed, r, marked, isBoundary } of lives) {
      for (const duration of durations) {
        const segments = segmentsOf(r, marked, duration, true)
        assert.deepEqual(
          segments.flatMap(({ slots }) => slots),
          marked,
        )
        assert.deepEqual(
          segments.map(({ number }) => number),
          segments.map((_, i) => i + 1),
        )
        for (const { number, slots } of segments) {
          if (isBoundary(slots[0]!)) atStart++
          const inner = slots.findIndex((slot, i) => i > 0 && isBoundary(slot))
          if (inner < 0) continue
          within++
          for (let i = inner; i < slots.length; i++) {
            assert.ok(!canPart(slots.slice(0, i), slots[i]!), `segment ${number} of life ${seed}, ${duration} s`)
          }
        }
      }
    }
    assert.ok(atStart > 300 && within > 50, `${atStart} at the start, ${within} within`)
  })
})
