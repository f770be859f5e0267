import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AUDIO, VIDEO } from '../../../test/timeline/rehearsal.ts'
import { type Ticks, ticks, ticksFromSeconds } from '../../media/time.ts'
import type { MediaProbe } from '../../media/track.ts'
import { jumpInside, type LengthEvidence, segmentLength } from './segment-length.ts'

const START = 900_000

/** Pictures from the start on, at times in seconds, and sound that lasts so many seconds, if any. */
function probe(pictures: readonly number[], { rate, sound }: { rate?: number; sound?: number } = {}): MediaProbe {
  const last = START + ticksFromSeconds(pictures.at(-1) ?? 0)
  const video = rate === undefined ? VIDEO : { ...VIDEO, frameRate: { numerator: rate, denominator: 1 } }
  const heard = { first: START, last: START + ticksFromSeconds(sound ?? 0) - 1920, bytes: 1 }
  return {
    container: 'mpeg-ts',
    tracks: sound === undefined ? [video] : [video, AUDIO],
    times: [{ first: START, last, bytes: 1, pictures: pictures.length }, ...(sound === undefined ? [] : [heard])],
    firstPts: START,
    lastPts: last,
    keyFrames: [],
    startsWithKeyFrame: true,
  }
}

const soundAlone = (seconds: number): MediaProbe => {
  const times = { first: START, last: START + ticksFromSeconds(seconds) - 1920, bytes: 1 }
  return {
    container: 'packed-audio',
    tracks: [AUDIO],
    times: [times],
    firstPts: times.first,
    lastPts: times.last,
    keyFrames: [],
    startsWithKeyFrame: true,
  }
}

const steady = (seconds: number, rate = 25) => Array.from({ length: seconds * rate }, (_, i) => i / rate)

/** In seconds; the next segment begins `next` seconds after this one. */
function length(
  told: number,
  of: MediaProbe,
  more: Partial<LengthEvidence> & { next?: number } = {},
): number | 'waits' {
  const { next, ...evidence } = more
  const found = segmentLength({
    probe: of,
    told: ticksFromSeconds(told),
    start: START as Ticks,
    nextPts: next === undefined ? undefined : START + ticksFromSeconds(next),
    targetDuration: ticksFromSeconds(Math.max(1, Math.ceil(told))),
    mayWait: true,
    ...evidence,
  })
  return found === 'waits' ? found : Math.round(found / 9) / 10_000
}

describe('how long a segment lasts', () => {
  it('is what EXTINF tells where the timestamps agree', () => {
    assert.equal(length(2, probe(steady(2), { rate: 25 })), 2)
    assert.equal(length(2, probe(steady(2))), 2)
    assert.equal(length(2.002, probe(steady(2), { rate: 25 })), 2.002)
    assert.equal(length(1.99, soundAlone(2)), 1.99)
  })

  it('is what the timestamps tell where steady pictures and sound end together, or sound is alone', () => {
    for (const told of [0, 1, 3, 6, 3600]) {
      assert.equal(length(told, probe(steady(2), { rate: 25, sound: 2 })), 2, `EXTINF ${told}`)
      assert.equal(length(told, soundAlone(2)), 2, `EXTINF ${told}, sound alone`)
    }
  })

  it('is told by the next segment where pictures alone leave it open', () => {
    for (const told of [0, 1, 3, 6]) {
      assert.equal(length(told, probe(steady(2))), 'waits')
      assert.equal(length(told, probe(steady(2)), { next: 2 }), 2, `EXTINF ${told}`)
    }
    const slides = [0, 0.1, 0.2]
    assert.equal(length(2, probe(slides, { rate: 10 })), 'waits')
    assert.equal(length(2, probe(slides, { rate: 10 }), { next: 2 }), 2)
    assert.equal(length(0, probe(slides, { rate: 10 }), { next: 2 }), 2)
  })

  it('is told by the next segment where pictures come at no steady rate, however well EXTINF agrees', () => {
    const phone = [0, 0.033, 0.066, 0.14, 0.18, 0.2, 0.3, 0.34]
    assert.equal(length(0.4, probe(phone)), 'waits')
    assert.equal(length(0.4, probe(phone), { next: 0.377 }), 0.377)
  })

  it('is not told by a next segment that begins elsewhere', () => {
    assert.equal(length(2, probe([0]), { next: 900, mayWait: false }), 2)
    assert.equal(length(6, probe(steady(2)), { next: -5 }), 2)
  })

  it('is, of the last segment, what the stream’s habit makes of EXTINF, and else no more than the media bear out', () => {
    const corrected = { told: ticksFromSeconds(6), real: ticksFromSeconds(2) }
    assert.equal(length(6, probe([0, 0.04]), { mayWait: false, corrected }), 2)
    assert.equal(length(6, probe(steady(2)), { mayWait: false }), 2)
    assert.equal(length(2.5, probe(steady(2)), { mayWait: false }), 2.5)
  })

  it('of steady pictures at the end is what they last, whatever EXTINF told of another', () => {
    const corrected = { told: ticks(0), real: ticksFromSeconds(4) }
    for (const told of [0, 0.5, 3]) {
      assert.equal(length(told, probe(steady(1), { rate: 25 }), { mayWait: false, corrected }), 1, `EXTINF ${told}`)
    }
    const slides = [0, 2, 5]
    assert.equal(length(0, probe(slides), { mayWait: false, corrected }), 7.5, 'no shorter than its pictures')
  })

  it('of a single picture is not nothing because EXTINF says so', () => {
    assert.equal(length(0, probe([0])), 'waits')
    assert.equal(length(0, probe([0]), { next: 2.4, targetDuration: ticksFromSeconds(3) }), 2.4)
  })

  it('is not what EXTINF tells where the sound goes on for longer', () => {
    const slides = [0, 0.76]
    assert.equal(length(1.52, probe(slides, { sound: 3.04 })), 'waits')
    assert.equal(length(1.52, probe(slides, { sound: 1.6 })), 1.52)
  })

  it('of slides at a steady rate is what the sound beside them lasts, also at the end, whatever EXTINF tells', () => {
    const slides = probe([0, 0.1, 0.2], { rate: 10, sound: 2 })
    for (const told of [0, 0.3, 2]) {
      assert.equal(length(told, slides), 'waits', `EXTINF ${told}`)
      assert.equal(length(told, slides, { next: 2 }), 2, `EXTINF ${told}, and the next`)
      assert.equal(length(told, slides, { mayWait: false }), 2, `EXTINF ${told}, and no next`)
    }
    assert.equal(length(0.3, probe([0, 0.1, 0.2], { rate: 10, sound: 0.5 })), 0.3)
    assert.equal(length(0.3, probe([0, 0.07, 0.2], { sound: 2 }), { mayWait: false }), 2)
    assert.equal(
      length(2, probe(steady(2), { rate: 25, sound: 4 })),
      2,
      'sound may be ahead by as much as pictures last',
    )
  })

  it('is never hours because a timestamp, or EXTINF, says so', () => {
    assert.equal(length(2, probe([0, 0.04, 80_000]), { mayWait: false }), 2)
    assert.ok((length(95_444, probe([0]), { mayWait: false }) as number) <= 60)
    assert.equal(length(95_444, probe(steady(2), { rate: 25, sound: 2 })), 2)
  })

  it('is not the way to where a source goes on that jumped ahead, though EXTINF agrees', () => {
    for (const jump of [20, 45, 130, 3586, 40_000]) {
      const beside = { next: jump, mayWait: false }
      assert.equal(length(jump, probe(steady(2), { rate: 25, sound: 2 }), beside), 2, `${jump} s`)
      assert.equal(length(jump, soundAlone(2), beside), 2, `${jump} s, sound alone`)
      if (jump > 60) {
        assert.equal(length(jump, probe(steady(2), { rate: 25 }), beside), 2, `${jump} s, pictures alone`)
        assert.equal(length(jump, probe(steady(2), { rate: 25, sound: jump }), beside), 2, `${jump} s, in the sound`)
        assert.ok((length(jump, probe([0]), beside) as number) <= 60, `${jump} s, a single picture`)
      }
    }
  })

  it('crosses the wrap of 33 bits', () => {
    const of = probe(steady(2))
    const near = 2 ** 33 - 90_000
    const times = [{ ...of.times[0]!, first: near, last: near + (of.lastPts - of.firstPts) }]
    const wrapped = { ...of, times, firstPts: near, lastPts: times[0]!.last }
    const nextPts = (near + 180_000) % 2 ** 33
    assert.equal(length(6, wrapped, { start: ticks(near), nextPts }), 2)
  })
})

describe('timestamps that jump ahead inside a segment', () => {
  it('are told by pictures and frames of sound that cannot last as long', () => {
    const jumping = (jump: number) => [...steady(1), ...steady(1).map((at) => 1 + jump + at)]
    assert.equal(jumpInside(probe(jumping(3586), { rate: 25 })), 3588 - 500)
    assert.equal(jumpInside(probe(jumping(400), { rate: 25, sound: 400 })), 402 - 0)
    const { times, ...rest } = soundAlone(3588)
    assert.ok(jumpInside({ ...rest, times: [{ ...times[0]!, bytes: 18_207 }] })! > 3500)
  })

  it('are not those of long segments, of slides, or of quiet sound', () => {
    const { times, ...rest } = soundAlone(600)
    const quiet = { ...rest, times: [{ ...times[0]!, bytes: 600 * 300 }] }
    const slides = Array.from({ length: 20 }, (_, i) => 9 * i)
    for (const each of [probe(steady(120), { rate: 25 }), probe(slides, { rate: 25 }), quiet]) {
      assert.equal(jumpInside(each), undefined)
    }
  })
})
