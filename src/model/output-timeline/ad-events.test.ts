import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChannelRehearsal, type InputName } from '../../../test/timeline/channel-rehearsal.ts'
import { EPOCH, probeAt, variants } from '../../../test/timeline/rehearsal.ts'
import { ticks, ticksFromSeconds, utcMs } from '../../media/time.ts'
import { shownAdsIn } from '../ad-events/segment-ads.ts'
import type { OutputSegment } from '../output-segment.ts'
import { enterSegment } from './ad-events.ts'

const BASE = 100
const SEGMENTS = 40

type Life = {
  /** Milliseconds by which the second input's dates are later. */
  readonly later: number
  /** The segments that an encoder sends. */
  readonly sends: Readonly<Record<InputName, (i: number) => boolean>>
  /** With this segment, the pictures of the second input become others. */
  readonly changed: number
  /** The segments with which an event begins and ends. */
  readonly event: readonly [number, number]
}

/** Two locked inputs in segments of two seconds, both of which signal the event. */
function live({ later, sends, changed, event: [begin, end] }: Life): readonly OutputSegment[] {
  const r = new ChannelRehearsal()
  r.streams('A', variants('a'))
  r.streams('B', variants('a'))
  r.open(0, 2, 'A', 1, true)
  const signal = (isOut: boolean, time: number) => {
    const command = { kind: 'splice-insert', id: 7, isOut, programId: 1, availNum: 0, availsExpected: 0 } as const
    return { ...command, time: ticksFromSeconds(time) }
  }
  for (let i = 0; i < SEGMENTS; i++) {
    for (const input of ['A', 'B'] as const) {
      r.pass(1)
      if (!sends[input](i)) continue
      const at = BASE + 2 * i
      const isSaid = i === begin || i === end
      const messages = [{ arrival: ticksFromSeconds(at), section: `fc${i}`, signals: [signal(i === begin, at)] }]
      const probe = probeAt(at, input === 'B' && i >= changed ? 656 : 640)
      r.put(input, `a-${i}`, { ...probe, ...(isSaid && { messages }) })
      const date = utcMs(EPOCH + 2000 * i + (input === 'B' ? later : 0))
      r.list(input, 'a', i, [{ name: `a-${i}`, date }])
    }
  }
  r.pass(60)
  return r.outputs(0)
}

/** The dates with which segments show the beginning of the event, one after the other, as a new viewer sees them. */
function shownBeginnings(segments: readonly OutputSegment[]): readonly number[] {
  const known = new Map<string, number>()
  const key = (era: number, number: number) => `${era}.${number}`
  for (const { slots, shift } of segments) {
    for (const { ads } of slots) {
      for (const { number, startUtc } of ads?.begins ?? [])
        known.set(key(ads!.era, number), startUtc - (shift?.ms ?? 0))
    }
  }
  return segments.flatMap(({ shownAds: { begins = [], goesOn = [] } = {} }) => {
    return [...shownAdsIn(begins), ...shownAdsIn(goesOn)].map(({ era, number, shift }) => {
      return known.get(key(era, number))! + (shift?.ms ?? 0) - EPOCH
    })
  })
}

describe('an ad event', () => {
  for (const [which, begin] of [
    ['began while the other one was', 5],
    ['begins', 15],
  ] as const) {
    for (const later of [0, 200, -200]) {
      it(`goes on with its dates where the input that is shown when it ${which} begins another era: ${later} ms`, () => {
        const sends = { A: (i: number) => i < 10, B: () => true }
        const segments = live({ later, sends, changed: 25, event: [begin, 35] })
        const ends = segments.flatMap(({ shownAds }) => shownAds?.ends ?? [])
        assert.deepEqual(
          ends.map(({ isAssumed }) => isAssumed),
          [undefined],
        )
        const shown = shownBeginnings(segments)
        assert.equal(shown.length, 35 - begin)
        assert.deepEqual([...new Set(shown)], [2000 * begin])
      })
    }
  }

  it('ends as the other input says with whose segment it ends, though nothing says so where it began', () => {
    const sends = { A: (i: number) => i < 20, B: () => true }
    const [end, ...others] = live({ later: 200, sends, changed: 99, event: [5, 20] }).flatMap(
      ({ shownAds }) => shownAds?.ends ?? [],
    )
    assert.deepEqual(others, [])
    assert.equal(end?.isAssumed, undefined)
    assert.equal(end?.closer, 'fc20')
  })

  it('has the times of its own era where that is shown as it is, after it was shown on another timeline', () => {
    const seconds = (time: number) => ticks(ticksFromSeconds(time))
    const about = { number: 0, kind: 'splice', id: 7, startUtc: EPOCH } as const
    const begins = [{ ...about, start: seconds(600), opener: 'fc' }]
    const of = { input: 'B', duration: seconds(2), isNewPeriod: true }
    const shift = { ticks: 3600 * 90_000, ms: 0 }
    const shifted = {
      ...of,
      era: 1,
      start: seconds(4200),
      startUtc: EPOCH,
      shift,
      slots: [{ ads: { era: 2, begins } }],
    }
    const { known, shownAds } = enterSegment(undefined, shifted)
    assert.deepEqual(shownAds?.begins, [{ era: 2, numbers: [0], shift }])
    const at = { start: seconds(602), startUtc: utcMs(EPOCH + 2000) }
    const alias = { ...of, ...at, era: 9, slots: [{ ads: { era: 2, goesOn: [about] } }] }
    assert.deepEqual(enterSegment(known, alias).shownAds, { goesOn: [{ era: 2, numbers: [0] }] })
  })
})
