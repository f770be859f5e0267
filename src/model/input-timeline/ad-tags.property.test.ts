import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { probeAt, Rehearsal } from '../../../test/timeline/rehearsal.ts'

const STREAMS = ['a', 'b'] as const
const BASE = 100

/** How a segment of one variant reaches us: its ad tags may come with a second playlist, but before itself. */
const arrival = fc.oneof(
  { weight: 5, arbitrary: fc.constant('put, then listed' as const) },
  { weight: 3, arbitrary: fc.constant('listed, then put' as const) },
  { weight: 2, arbitrary: fc.constant('listed, listed with its tags, then put' as const) },
  { weight: 4, arbitrary: fc.constant('never put' as const) },
)

const segment = fc.record({
  tags: fc.constantFrom(0, 0, 0, 1, 2, 5),
  arrivals: fc.tuple(arrival, arrival),
  reversed: fc.boolean(),
  repeated: fc.boolean(),
  away: fc.boolean(),
})

type Segment = typeof segment extends fc.Arbitrary<infer T> ? T : never

describe('ad tags, whatever order things arrive in', () => {
  it('come out in the order in which they are listed, and once', () => {
    const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 60)
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 12 }), (between) => {
        // What nobody puts at the end is followed by nothing.
        const good: Segment = {
          tags: 1,
          arrivals: ['put, then listed', 'put, then listed'],
          reversed: false,
          repeated: false,
          away: false,
        }
        const segments = [good, ...between, good, good]
        const r = new Rehearsal()
        r.parent(...STREAMS)
        segments.forEach((_, i) => {
          play(r, segments, i)
        })
        r.pass(60)
        const linesOf = (i: number) => Array.from({ length: segments[i]!.tags }, (_, n) => `#EXT-X-CUE:ID="${i}.${n}"`)
        const listed = segments.flatMap((_, i) => linesOf(i))
        assert.deepEqual(
          r.slots.flatMap(({ adTags = [] }) => adTags),
          listed,
        )
        for (const { start, adTags = [] } of r.slots) {
          const own = linesOf(Math.round(start / 90_000 - BASE) / 2)
          assert.deepEqual(adTags.slice(adTags.length - own.length), own, 'each slot has those of its segment')
        }
        assert.ok(Object.keys(r.state.habits ?? {}).every((habit) => !habit.startsWith('ad-tags')))
      }),
      { seed: 20_261_201, numRuns: runs },
    )
  })
})

function play(r: Rehearsal, segments: readonly Segment[], i: number): void {
  const { arrivals, reversed, repeated, away } = segments[i]!
  for (const s of reversed ? ([1, 0] as const) : ([0, 1] as const)) {
    const put = () => r.put(`${STREAMS[s]}-${i}`, probeAt(BASE + 2 * i))
    const list = (withTags = true) => {
      const first = Math.max(0, i - 3)
      const listed = segments.slice(first, i + 1).map(({ tags }, at) => {
        const adTags = Array.from({ length: tags }, (_, n) => `#EXT-X-CUE:ID="${first + at}.${n}"`)
        const isTagged = tags > 0 && (withTags || first + at < i)
        return { name: `${STREAMS[s]}-${first + at}`, ...(isTagged && { adTags }) }
      })
      r.list(STREAMS[s], first, listed)
    }
    if (arrivals[s] === 'put, then listed') put()
    if (arrivals[s] === 'listed, listed with its tags, then put') list(false)
    list()
    if (arrivals[s].endsWith('then put')) put()
    if (repeated) list()
  }
  if (away) r.restart(1)
  r.pass(2)
}
