import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { probeAt, Rehearsal } from '../../../test/timeline/rehearsal.ts'

/** How one segment of one stream reaches us. */
type Arrival = 'put, then listed' | 'listed, then put' | 'put twice' | 'never put' | 'no media'

const arrival = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Arrival>('put, then listed') },
  { weight: 3, arbitrary: fc.constant<Arrival>('listed, then put') },
  { weight: 1, arbitrary: fc.constant<Arrival>('put twice') },
  { weight: 1, arbitrary: fc.constant<Arrival>('never put') },
  { weight: 1, arbitrary: fc.constant<Arrival>('no media') },
)

/**
 * An encoder's life from start to stop: per segment, how each stream's copy arrives and whether the streams swap order.
 */
const run = fc.record({
  base: fc.integer({ min: 0, max: 95_440 }),
  segments: fc.array(fc.record({ arrivals: fc.tuple(arrival, arrival, arrival), reversed: fc.boolean() }), {
    // A playlist that goes back by one is one overtaken on the way; from three on, a sequence that goes back tells.
    minLength: 3,
    maxLength: 12,
  }),
})

const STREAMS = ['a', 'b', 'c']

describe('a timeline, whatever order things arrive in', () => {
  it('numbers without holes, places every usable segment once and at its own time, in the same slot for all streams', () => {
    const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 60)
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), fc.constantFrom(2, 4, 6), (lives, segmentSeconds) => {
        fc.pre(
          lives.every(({ segments }) =>
            STREAMS.every((_, s) => showsSoon(segments.map(({ arrivals }) => arrivals[s]!))),
          ),
        )
        const r = new Rehearsal()
        r.parent(...STREAMS)
        r.open(1, segmentSeconds)
        let usable = 0
        for (const { base, segments } of lives) usable += live(r, base, segments)
        r.pass(60)
        check(r, usable)
      }),
      { seed: 20_260_101, numRuns: runs },
    )
  })
})

/** An encoder's life whose segments all come in time, while its playlists and the server have their moods. */
const life = fc.record({
  base: fc.integer({ min: 0, max: 95_440 }),
  segments: fc.array(
    fc.record({
      lost: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      cut: fc.integer({ min: -30, max: 30 }),
      reversed: fc.boolean(),
      away: fc.boolean(),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  ended: fc.boolean(),
  pauseSeconds: fc.constantFrom(0.5, 3, 7, 90),
})

describe('a timeline, whatever its playlists do', () => {
  it('places every segment once, in slots all streams share, and stays small', () => {
    const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 60)
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 5 }), fc.constantFrom(2, 4, 6), (lives, segmentSeconds) => {
        const r = new Rehearsal()
        r.parent(...STREAMS)
        r.open(1, segmentSeconds)
        let usable = 0
        for (const one of lives) {
          usable += listed(r, one)
          r.parent(...STREAMS)
        }
        r.pass(60)
        r.pass(60)
        check(r, usable)
        assert.ok(
          r.slots.every(({ objects }) => Object.keys(objects).length === STREAMS.length),
          'slots are shared',
        )
        assert.ok(JSON.stringify(r.state).length < 8000)
      }),
      { seed: 20_260_102, numRuns: runs },
    )
  })
})

/**
 * Plays a life with playlists of three segments, of which some are lost on the way; the third stream is cut otherwise.
 */
function listed(
  r: Rehearsal,
  { base, segments, ended, pauseSeconds }: typeof life extends fc.Arbitrary<infer T> ? T : never,
): number {
  const lengthOf = (s: number, i: number) => {
    const { cut } = segments[i]!
    return s === 2 ? 2 + ((segments[i + 1]?.cut ?? cut) - cut) / 100 : 2
  }
  segments.forEach(({ lost, cut, reversed, away }, i) => {
    const isLast = i === segments.length - 1
    for (const s of reversed ? [2, 1, 0] : [0, 1, 2]) {
      const first = Math.max(i - 2, 0)
      const names = segments.slice(first, i + 1).map((_, at) => {
        return { name: `${STREAMS[s]}-${first + at}.ts`, seconds: lengthOf(s, first + at) }
      })
      const start = base + 2 * i + (s === 2 ? 0.5 + cut / 100 : 0)
      r.put(`${STREAMS[s]}-${i}.ts`, probeAt(start, 640, lengthOf(s, i)))
      // Never two in a row: what no playlist ever lists is nobody's fault but the encoder's.
      if (isLast || i % 2 === 0 || !lost[s]) r.list(STREAMS[s]!, first, names, ended && isLast)
    }
    if (away) r.restart(30)
    else r.pass(2)
  })
  r.pass(pauseSeconds)
  return STREAMS.length * segments.length
}

/** A stream without anything usable for three target durations is not waited for: its return may come too late. */
function showsSoon(arrivals: readonly Arrival[]): boolean {
  return arrivals.slice(0, 2).some((how) => how !== 'never put' && how !== 'no media')
}

/** Plays one life; returns how many segments came as usable media in time. */
function live(
  r: Rehearsal,
  base: number,
  segments: readonly { arrivals: readonly Arrival[]; reversed: boolean }[],
): number {
  let usable = 0
  segments.forEach(({ arrivals, reversed }, i) => {
    const order = reversed ? [2, 1, 0] : [0, 1, 2]
    for (const s of order) {
      const name = `${STREAMS[s]}-${i}.ts`
      const how = arrivals[s]!
      const list = () => r.list(`${STREAMS[s]}`, i, [{ name }])
      const put = () => r.put(name, probeAt(base + 2 * i + s * 0.01))
      if (how !== 'never put' && how !== 'no media') usable++
      if (how === 'listed, then put') {
        list()
        r.pass(0.3)
        put()
        continue
      }
      if (how === 'put twice') put()
      if (how === 'no media') r.put(name, 'garbage')
      else if (how !== 'never put') put()
      list()
    }
    r.pass(2)
  })
  // The encoder is gone for longer than anyone waits.
  r.pass(7)
  return usable
}

function check(r: Rehearsal, usable: number): void {
  const outputs = r.outputs(1)
  assert.deepEqual(
    r.numbers(1),
    outputs.map((_, i) => i + 1),
    'numbers are consecutive',
  )
  outputs.forEach((segment, i) => {
    const before = outputs[i - 1]
    const expected = (before?.discontinuitySequence ?? 0) + (segment.discontinuity ? 1 : 0)
    assert.equal(segment.discontinuitySequence, expected)
    if (before && before.era !== segment.era) assert.ok(segment.discontinuity, 'a new era is a discontinuity')
    for (const slot of segment.slots) assert.equal(slot.era, segment.era)
  })
  const given = outputs.flatMap(({ slots }) => slots)
  assert.deepEqual(given, r.slots, 'every sealed slot is in exactly one output segment, in order')
  const keys = r.slots.flatMap(({ objects }) => Object.values(objects).map(({ key }) => key))
  assert.equal(new Set(keys).size, keys.length, 'no object stands twice')
  assert.equal(keys.length, usable, 'every usable segment has its place')
  r.slots.forEach((slot, i) => {
    const before = r.slots[i - 1]
    if (before?.era === slot.era) {
      assert.ok(slot.index > before.index && slot.start >= before.start + before.duration - 9000)
      assert.ok(slot.startUtc > before.startUtc)
    } else if (before) assert.ok(slot.era > before.era)
  })
}
