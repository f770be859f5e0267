import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audioAt, EPOCH, probeAt, Rehearsal, VIDEO, variants } from '../../../test/timeline/rehearsal.ts'
import { ticksFromSeconds, utcMs } from '../../media/time.ts'
import type { MediaProbe } from '../../media/track.ts'
import { utcAt } from '../eras/era.ts'
import type { ListedStream } from '../listed-playlist.ts'

const SOUND: ListedStream = {
  index: 2,
  playlist: 'sound',
  role: { kind: 'audio', groupId: 'a', name: 'a', isDefault: true, autoselect: true },
}

const steady = (probe: MediaProbe): MediaProbe => {
  const [video, ...others] = probe.tracks
  const rate = { numerator: 25, denominator: 1 }
  return { ...probe, tracks: [{ ...VIDEO, ...video, frameRate: rate } as typeof VIDEO, ...others] }
}

/** Pictures without sound beside them. */
const pictures = (at: number): MediaProbe => {
  const { tracks, times, ...rest } = steady(probeAt(at))
  return { ...rest, tracks: tracks.slice(0, 1), times: times.slice(0, 1) }
}

/** The last frames of the sound are of after the jump, as ffmpeg writes them. */
const straddling = (at: number, jump: number): MediaProbe => {
  const { times, ...rest } = steady(probeAt(at))
  return { ...rest, times: [times[0]!, { ...times[1]!, last: times[1]!.last + ticksFromSeconds(jump) }] }
}

type Source = { readonly streams: readonly ListedStream[]; readonly media: (at: number, jump: number) => MediaProbe[] }

const SOURCES: Record<string, Source> = {
  'pictures and sound in one': { streams: variants('a'), media: (at) => [steady(probeAt(at))] },
  'sound that has begun to jump': {
    streams: variants('a'),
    media: (at, jump) => [jump > 0 ? straddling(at, jump) : steady(probeAt(at))],
  },
  'pictures alone': { streams: variants('a'), media: (at) => [pictures(at)] },
  'sound of its own': { streams: [...variants('a'), SOUND], media: (at) => [pictures(at), audioAt(at)] },
}

/**
 * A source of segments of two seconds that jumps ahead after the fifth and comes back after the tenth; EXTINF tells the
 * way to where it goes on, as ffmpeg does.
 */
function jumpingThereAndBack({ streams, media }: Source, jump: number, isDated: boolean): Rehearsal {
  const r = new Rehearsal()
  r.streams(streams)
  r.open(1, 2)
  for (let i = 0; i < 16; i++) {
    const at = 100 + 2 * i + (i >= 5 && i < 10 ? jump : 0)
    media(at, i === 4 ? jump : 0).forEach((probe, n) => {
      const { playlist } = streams[n]!
      r.put(`${playlist}-${i}`, probe)
      const date = isDated ? { date: utcMs(EPOCH + 2000 * i) } : {}
      const seconds = i === 4 ? 2 + jump : 2
      r.list(playlist, i, [{ name: `${playlist}-${i}`, seconds, ...date }], false, Math.ceil(seconds))
    })
    for (let n = 0; n < 4; n++) r.pass(0.5)
  }
  for (let n = 0; n < 400; n++) r.pass(0.5)
  return r
}

describe('a source that jumps ahead and comes back', () => {
  for (const [name, source] of Object.entries(SOURCES)) {
    for (const jump of [90, 3584, 40_000]) {
      it(`of ${name}, by ${jump} s, moves no clock and no target duration`, () => {
        for (const isDated of [true, false]) {
          const r = jumpingThereAndBack(source, jump, isDated)
          assert.equal(r.slots.length, 16, 'nothing is hidden')
          const longest = Math.max(...r.outputs(1).map(({ duration }) => duration))
          assert.ok(longest <= 4 * 90_000, `a segment of ${longest / 90_000} s`)
          r.slots.forEach(({ era, start, startUtc, objects }, i) => {
            const clock = utcAt(r.eras.get(era)!.clock, start)
            assert.ok(Math.abs(clock - EPOCH - 2000 * i) <= 5000, `slot ${i} at ${(clock - EPOCH) / 1000} s`)
            assert.ok(Math.abs(startUtc - EPOCH - 2000 * i) <= 5000)
            for (const object of Object.values(objects)) {
              for (const track of object.times ?? []) assert.ok(!track || track.last - track.first <= 5 * 90_000)
            }
          })
        }
      })
    }
  }

  it('in the middle of a segment has a gap there, and goes on', () => {
    for (const told of [2, 3586]) {
      const r = new Rehearsal()
      r.parent('a')
      r.open(1, 2)
      for (let i = 0; i < 8; i++) {
        const of = steady(probeAt(100 + 2 * i + (i > 4 ? 3584 : 0)))
        const last = of.lastPts + 3584 * 90_000
        const [first, ...others] = of.times
        const cut = { ...of, lastPts: last, times: [{ ...first!, last }, ...others] }
        r.put(`a-${i}`, i === 4 ? cut : of)
        r.list('a', i, [{ name: `a-${i}`, seconds: i === 4 ? told : 2, date: utcMs(EPOCH + 2000 * i) }])
        for (let n = 0; n < 4; n++) r.pass(0.5)
      }
      for (let n = 0; n < 40; n++) r.pass(0.5)
      assert.equal(r.slots.length, 7)
      assert.match(r.gaps.join(), /^a-4: its timestamps jump ahead by \d+ s inside it$/)
      const { era, start } = r.slots.at(-1)!
      assert.equal(utcAt(r.eras.get(era)!.clock, start), EPOCH + 14_000)
    }
  })
})
