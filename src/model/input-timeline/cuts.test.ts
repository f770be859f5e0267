import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { audioAt, probeAt, Rehearsal, variants } from '../../../test/timeline/rehearsal.ts'
import type { ListedStream } from '../listed-playlist.ts'
import { hasStream, type OutputSegment, objectsOf } from '../output-segment.ts'
import { intervalOfStream } from '../stream-interval.ts'

/** A stream of the encoder: how long its segments last, over and over, and how late each is put. */
type Cut = {
  readonly kind: 'variant' | 'audio'
  readonly seconds: readonly number[]
  readonly lateMs: readonly number[]
  /** RFC 8216 §6.2.4 wants the same of all, and encoders that write playlists one by one do not know of it. */
  readonly hasOwnTarget?: true
}

const BASE = 100

/** An encoder's life of so many seconds: each segment is put and listed when it is complete. */
function live(cuts: readonly Cut[], seconds: number, segmentSeconds: number): Rehearsal {
  const r = new Rehearsal()
  const targetOf = (...some: readonly Cut[]) => Math.ceil(Math.max(...some.flatMap((cut) => cut.seconds)))
  const audio = (index: number): ListedStream => {
    const role = { kind: 'audio', groupId: 'a', name: `a${index}`, isDefault: true, autoselect: true } as const
    return { index, playlist: `s${index}`, role }
  }
  r.streams(
    cuts.map(({ kind }, i) => (kind === 'audio' ? audio(i + 1) : { ...variants(`s${i + 1}`)[0]!, index: i + 1 })),
  )
  r.open(1, segmentSeconds)
  const puts = cuts.flatMap((cut, i) => putsOf(cut, seconds).map((put) => ({ ...put, cut, playlist: `s${i + 1}` })))
  const began = r.now
  for (const { at, from, length, n, isLast, cut, playlist } of puts.toSorted((a, b) => a.at - b.at)) {
    while (r.now < began + at) r.pass(Math.min(0.5, (began + at - r.now) / 1000))
    const probe =
      cut.kind === 'audio' ? audioAt(BASE + from, 'packed-audio', length) : probeAt(BASE + from, 640, length)
    r.put(`${playlist}-${n}`, probe)
    const target = cut.hasOwnTarget ? targetOf(cut) : targetOf(...cuts)
    r.list(playlist, n, [{ name: `${playlist}-${n}`, seconds: length }], isLast, target)
  }
  for (let i = 0; i < 140; i++) r.pass(0.5)
  return r
}

function putsOf({ seconds, lateMs }: Cut, total: number) {
  const puts: { from: number; length: number; n: number; at: number; isLast: boolean }[] = []
  for (let from = 0, n = 0; from < total - 0.001; n++) {
    // Whole pictures of 25 per second.
    const rest = Math.round((total - from) * 25) / 25
    const wanted = seconds[n % seconds.length]!
    const length = rest - wanted < 0.5 ? rest : wanted
    const at = Math.max(puts.at(-1)?.at ?? 0, (from + length) * 1000 + lateMs[n % lateMs.length]!)
    puts.push({ from, length, n, at, isLast: false })
    from = Math.round((from + length) * 25) / 25
  }
  puts[puts.length - 1]!.isLast = true
  return puts
}

/** Everything put is in exactly one slot, nothing is a gap, and each stream's intervals meet. */
function check(r: Rehearsal, streams: number, seconds: number): void {
  const keys = r.slots.flatMap((slot) => objectsOf(slot).map(({ key }) => r.names.get(key)))
  assert.equal(new Set(keys).size, keys.length, 'no object stands twice')
  assert.deepEqual(
    [...r.names.values()].filter((name) => !keys.includes(name)),
    [],
    'every object has its place',
  )
  const outputs = r.outputs(1)
  assert.ok(
    outputs.every(({ discontinuity }) => !discontinuity),
    'nothing breaks',
  )
  assert.equal(new Set(outputs.map(({ era }) => era)).size, 1)
  assert.equal(new Set(outputs.map(({ period }) => period?.number)).size, 1, 'one period')
  for (const { slots } of outputs) {
    for (const slot of slots) for (let n = 1; n <= streams; n++) assert.ok(hasStream(slot, n), `no gap of stream ${n}`)
  }
  r.slots.forEach((slot, i) => {
    const before = r.slots[i - 1]
    assert.ok(!before || slot.start >= before.start + before.duration - 9000, 'slots do not overlap')
  })
  for (let n = 1; n <= streams; n++) {
    const without = outputs.filter(({ slots }) => slots.every(({ objects }) => !objects[n]))
    assert.ok(
      without.every((output) => output === outputs.at(-1)),
      'a segment of every stream begins in each output segment',
    )
    meets(outputs, n, seconds)
  }
}

function meets(outputs: readonly OutputSegment[], n: number, seconds: number): void {
  let end = BASE * 90_000
  for (const output of outputs) {
    const { start, duration } = intervalOfStream(output, n)
    if (duration === 0) continue
    assert.ok(Math.abs(start - end) <= 4500, `stream ${n} begins at ${start / 90_000}, and ended at ${end / 90_000}`)
    end = start + duration
  }
  assert.ok(Math.abs(end - (BASE + seconds) * 90_000) <= 4500, `stream ${n} ends at ${end / 90_000}`)
}

const PROMPT = [0]

describe('streams cut otherwise than the first', () => {
  const cases: Record<string, { cuts: Cut[]; segmentSeconds: number }> = {
    'sound of 10 s, listed when it is there, whose pictures tell 2 s': {
      cuts: [
        { kind: 'variant', seconds: [2], lateMs: PROMPT, hasOwnTarget: true },
        { kind: 'audio', seconds: [10], lateMs: [400] },
      ],
      segmentSeconds: 10,
    },
    'a ladder of 2.00 and 1.92 s': {
      cuts: [
        { kind: 'variant', seconds: [2], lateMs: PROMPT },
        { kind: 'variant', seconds: [1.92], lateMs: PROMPT },
      ],
      segmentSeconds: 6,
    },
    'a ladder of 1.92 and 2.00 s, each segment by itself': {
      cuts: [
        { kind: 'variant', seconds: [1.92], lateMs: PROMPT },
        { kind: 'variant', seconds: [2], lateMs: PROMPT },
      ],
      segmentSeconds: 2,
    },
    'sound twice as long': {
      cuts: [
        { kind: 'variant', seconds: [2], lateMs: PROMPT },
        { kind: 'audio', seconds: [4], lateMs: PROMPT },
      ],
      segmentSeconds: 2,
    },
    'sound half as long': {
      cuts: [
        { kind: 'variant', seconds: [2], lateMs: PROMPT },
        { kind: 'audio', seconds: [1], lateMs: PROMPT },
      ],
      segmentSeconds: 6,
    },
    'sound of ten seconds': {
      cuts: [
        { kind: 'variant', seconds: [2], lateMs: PROMPT },
        { kind: 'audio', seconds: [10], lateMs: PROMPT },
      ],
      segmentSeconds: 6,
    },
    'pictures of six seconds, sound of two': {
      cuts: [
        { kind: 'variant', seconds: [6], lateMs: PROMPT },
        { kind: 'audio', seconds: [2], lateMs: PROMPT },
      ],
      segmentSeconds: 6,
    },
  }
  for (const [name, { cuts, segmentSeconds }] of Object.entries(cases)) {
    it(`lose nothing: ${name}`, () => check(live(cuts, 60, segmentSeconds), cuts.length, 60))
  }

  it('say when their pictures begin and end, however near that is to others', () => {
    const r = live(
      [
        { kind: 'variant', seconds: [2], lateMs: PROMPT },
        { kind: 'variant', seconds: [2.04, 1.96], lateMs: PROMPT },
      ],
      20,
      2,
    )
    const ends = r.outputs(1).map((output) => {
      const { start, duration } = intervalOfStream(output, 2)
      return (start + duration) / 90 - BASE * 1000
    })
    assert.deepEqual(ends.slice(0, 4), [2040, 4000, 6040, 8000])
  })

  it('do not share an output segment across a hole where packed audio would close it', () => {
    for (const [container, seconds] of [
      ['packed-audio', [2, 4]],
      ['mpeg-ts', [7]],
    ] as const) {
      const r = new Rehearsal()
      const role = { kind: 'audio', groupId: 'a', name: 'b', isDefault: true, autoselect: true } as const
      r.streams([variants('a')[0]!, { index: 2, playlist: 'b', role }])
      r.open(1, 6)
      for (const [n, from] of [10, 13, 15].entries()) {
        r.pass(2)
        r.put(`a-${n}`, probeAt(from))
        r.put(`b-${n}`, audioAt(from, container))
        for (const playlist of ['a', 'b']) r.list(playlist, n, [{ name: `${playlist}-${n}` }], n === 2)
      }
      assert.deepEqual(
        r.outputs(1).map(({ duration, discontinuity }) => [duration / 90_000, discontinuity]),
        seconds.map((each) => [each, false]),
      )
    }
  })

  it('lose nothing where sound that begins in a slot is there before the pictures that tell the slot', () => {
    const cuts: Cut[] = [
      { kind: 'variant', seconds: [3.04], lateMs: [3200] },
      { kind: 'audio', seconds: [2, 2.68, 1.28], lateMs: PROMPT },
      { kind: 'audio', seconds: [3.96, 3.48], lateMs: PROMPT },
    ]
    check(live(cuts, 60, 2), cuts.length, 60)
  })

  it('lose nothing, whatever their cuts and whichever comes first', () => {
    const seconds = fc.array(
      fc.integer({ min: 24, max: 200 }).map((frames) => frames / 25),
      { minLength: 1, maxLength: 4 },
    )
    const lateMs = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 5 })
    const cut = (kind: Cut['kind']) => fc.record({ kind: fc.constant(kind), seconds, lateMs })
    const cuts = fc.tuple(
      cut('variant'),
      fc.oneof(cut('variant'), cut('audio')),
      fc.oneof(cut('variant'), cut('audio')),
    )
    const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 40)
    fc.assert(
      fc.property(cuts, fc.constantFrom(2, 4, 6), (all, segmentSeconds) => {
        check(live(all, 60, segmentSeconds), all.length, 60)
      }),
      { seed: 20_260_110, numRuns: runs },
    )
  })
})

describe('what is left of the sound at the end', () => {
  it('is not shown when it is less than a quarter of a second, and makes no gap of the pictures', () => {
    for (const rest of [0.04, 0.2]) {
      const r = live(
        [
          { kind: 'variant', seconds: [2], lateMs: PROMPT },
          { kind: 'audio', seconds: [2, 2, 2, 2, 2, rest], lateMs: PROMPT },
        ],
        10,
        2,
      )
      const before = r.outputs(1).length
      r.put('rest', audioAt(BASE + 10, 'packed-audio', rest))
      r.list('s2', 5, [{ name: 'rest', seconds: rest }], true)
      for (let i = 0; i < 60; i++) r.pass(0.5)
      assert.equal(r.outputs(1).length, before)
      assert.equal(before, 5)
      assert.deepEqual(Object.keys(r.state.habits ?? {}), ['sound-outlasts-pictures'])
    }
  })
})
