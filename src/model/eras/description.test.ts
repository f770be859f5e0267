import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { audioAt, probeAt, push, Rehearsal } from '../../../test/timeline/rehearsal.ts'
import type { MediaProbe, TrackDescription } from '../../media/track.ts'

const [VIDEO, AUDIO] = probeAt(0).tracks as [TrackDescription, TrackDescription]
const unread = (track: TrackDescription, streamType: number): TrackDescription => ({
  kind: 'other',
  pid: track.pid,
  streamType,
})
const madeOf = (seconds: number, tracks: TrackDescription[], times = probeAt(seconds).times): MediaProbe => ({
  ...probeAt(seconds),
  tracks,
  times: tracks.map((_, i) => times[i] ?? null),
})
const shown = (r: Rehearsal) => r.slots.map(({ era, objects }) => `${era}: ${Object.keys(objects)}`)

function put(r: Rehearsal, stream: string, i: number, probe: MediaProbe): void {
  r.put(`${stream}-${i}`, probe)
  r.list(stream, i, [{ name: `${stream}-${i}` }])
}

describe('what an era says of its streams', () => {
  it('is how segments are built, and what each track of the first one took', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    put(r, 'a', 0, probeAt(10))
    put(r, 'b', 0, audioAt(10))
    const [a, b] = r.eras.get(1)!.streams
    assert.equal(a?.container, 'mpeg-ts')
    assert.deepEqual(a?.bitrates, [3600, 400])
    assert.equal(b?.container, 'packed-audio')
    assert.deepEqual(b?.bitrates, [4000])
    assert.deepEqual(b?.tracks, audioAt(0).tracks)
  })

  it('is told once for each track, by the first segment that can, and begins no era: headers are the same throughout', () => {
    const r = new Rehearsal()
    r.parent('a')
    put(r, 'a', 0, madeOf(10, [unread(VIDEO, 0x1b), AUDIO]))
    put(r, 'a', 1, madeOf(12, [VIDEO, unread(AUDIO, 0x0f)]))
    const light = { ...VIDEO, contentLight: { maxContent: 1000, maxPictureAverage: 400 } } as TrackDescription
    put(r, 'a', 2, madeOf(14, [light, AUDIO]))
    put(r, 'a', 3, madeOf(16, [VIDEO, AUDIO]))
    assert.deepEqual(shown(r), ['1: 1', '1: 1', '1: 1', '1: 1'])
    assert.deepEqual(r.eras.get(1)?.streams[0]?.tracks, [VIDEO, AUDIO])
    assert.deepEqual(r.eras.get(1)?.streams[0]?.bitrates, [3600, 400])
  })

  it('is what AAC said of its channels before, where its frames do not say it again', () => {
    const r = new Rehearsal()
    r.parent('a')
    put(r, 'a', 0, madeOf(10, [VIDEO, AUDIO]))
    put(r, 'a', 1, madeOf(12, [VIDEO, unread(AUDIO, 0x0f)]))
    put(r, 'a', 2, madeOf(1000, [VIDEO, unread(AUDIO, 0x0f)]))
    put(r, 'a', 3, madeOf(1002, [VIDEO, unread(AUDIO, 0x11)]))
    put(r, 'a', 4, madeOf(2000, [VIDEO, unread(AUDIO, 0x11)]))
    assert.deepEqual(shown(r), ['1: 1', '1: 1', '2: 1', '2: 1', '3: 1'])
    assert.deepEqual(r.eras.get(2)?.streams[0]?.tracks, [VIDEO, AUDIO])
    assert.deepEqual(r.eras.get(3)?.streams[0]?.tracks, [VIDEO, unread(AUDIO, 0x11)])
  })

  it('is not written again by segments that tell nothing new', () => {
    const r = new Rehearsal()
    r.parent('a')
    push(r, ['a'], 0)
    r.eras.clear()
    for (let i = 1; i < 5; i++) push(r, ['a'], i)
    assert.equal(r.eras.size, 0)
  })

  it('goes on for a segment without any picture, at the time of its sound', () => {
    const r = new Rehearsal()
    r.parent('a')
    push(r, ['a'], 0)
    const sound = madeOf(12, [unread(VIDEO, 0x1b), AUDIO], [null, probeAt(12).times[1]!])
    put(r, 'a', 1, { ...sound, firstPts: sound.times[1]!.first, keyFrames: [] })
    push(r, ['a'], 2)
    assert.deepEqual(shown(r), ['1: 1', '1: 1', '1: 1'])
    assert.equal(r.slots[1]!.objects[1]!.times![0], null)
    assert.equal(r.slots[1]!.objects[1]!.keyFrames, undefined)
  })

  it('is another era’s when tracks appear or vanish, in the map or in the middle of a segment', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    const second = { ...AUDIO, pid: 258 } as TrackDescription
    const made = [[VIDEO, AUDIO], [VIDEO, AUDIO, second], [VIDEO, AUDIO, second], [VIDEO, AUDIO], [VIDEO]]
    made.forEach((tracks, i) => {
      put(r, 'a', i, madeOf(10 + 2 * i, tracks))
      put(r, 'b', i, probeAt(10 + 2 * i))
    })
    assert.deepEqual(shown(r), ['1: 1,2', '2: 1,2', '2: 1,2', '3: 1,2', '4: 1,2'])
    assert.deepEqual(
      r.slots.map(({ start }) => start / 90_000),
      [10, 12, 14, 16, 18],
      'timestamps run on',
    )
    assert.equal(r.eras.get(3)!.clock.utc - r.eras.get(1)!.clock.utc, 6000)
  })
})

describe('a change of parameters in one stream', () => {
  for (const order of ['ab', 'ba']) {
    it(`is a new era for all, at once and without a gap: ${order}`, () => {
      const r = new Rehearsal()
      r.parent('a', 'b')
      r.open(1, 2)
      for (let i = 0; i < 6; i++) {
        for (const stream of order) put(r, stream, i, probeAt(10 + 2 * i, stream === 'a' && i >= 3 ? 1280 : 640))
        r.pass(2)
      }
      assert.deepEqual(shown(r), ['1: 1,2', '1: 1,2', '1: 1,2', '2: 1,2', '2: 1,2', '2: 1,2'])
      assert.deepEqual(
        r.outputs(1).map(({ discontinuity }) => discontinuity),
        [false, false, false, true, false, false],
      )
      assert.deepEqual(r.gaps, [])
    })
  }

  it('takes along what another stream has already put behind it', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    push(r, ['a', 'b'], 0)
    for (let i = 1; i < 4; i++) push(r, ['b'], i)
    for (let i = 1; i < 4; i++) put(r, 'a', i, probeAt(10 + 2 * i, i >= 2 ? 1280 : 640))
    assert.deepEqual(shown(r), ['1: 1,2', '1: 1,2', '2: 1,2', '2: 1,2'])
    assert.equal(r.eras.get(2)!.streams[1]!.tracks.length, 2, 'the era knows what the other stream is made of')
    assert.deepEqual(r.gaps, [])
  })

  it('lets a missing segment of another stream stand in the new era', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    push(r, ['a', 'b'], 0)
    put(r, 'a', 1, probeAt(12, 1280))
    r.list('b', 1, [{ name: 'never' }])
    r.pass(2.1)
    put(r, 'a', 2, probeAt(14, 1280))
    push(r, ['b'], 2)
    assert.deepEqual(shown(r), ['1: 1,2', '2: 1', '2: 1,2'])
  })

  it('that comes too late for its slot leaves the era alone, until the stream is in time again', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    push(r, ['a', 'b'], 0)
    for (let i = 1; i < 6; i++) {
      push(r, ['a'], i)
      r.pass(2)
    }
    for (let i = 1; i < 3; i++) put(r, 'b', i, probeAt(10 + 2 * i, 1280))
    assert.equal(r.state.nextEra, 2)
    assert.equal(r.gaps.length, 2)
    put(r, 'b', 6, probeAt(22, 1280))
    push(r, ['a'], 6)
    assert.equal(shown(r).at(-1), '2: 1,2')
    assert.deepEqual(
      r.eras.get(2)!.streams.map(({ tracks }) => (tracks[0]?.kind === 'video' ? tracks[0].width : 0)),
      [640, 1280],
    )
  })

  it('of a stream that lost a dispute and comes back is never shown as what it was', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    push(r, ['a', 'b'], 0)
    for (let i = 1; i < 8; i++) {
      push(r, ['a'], i)
      put(r, 'b', i, probeAt(5000 + 2 * i))
      r.pass(2)
    }
    for (let i = 8; i < 14; i++) {
      push(r, ['a'], i)
      put(r, 'b', i, probeAt(10 + 2 * i, 1280))
      r.pass(2)
    }
    for (const { era, objects } of r.slots) {
      const [track] = r.eras.get(era)!.streams[1]!.tracks
      if (objects[2] && objects[2].times![0]!.first > 2_000_000) {
        assert.equal(track?.kind === 'video' && track.width, 1280)
      }
    }
    assert.match(shown(r).at(-1)!, /: 1,2$/)
  })
})

describe('an input of sound alone', () => {
  it('is archived and given no numbers, and said to be refused once', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (let i = 0; i < 3; i++) {
      put(r, 'a', i, audioAt(10 + 2 * i))
      put(r, 'b', i, audioAt(10 + 2 * i, 'mpeg-ts'))
    }
    assert.equal(r.slots.length, 3)
    assert.deepEqual(r.numbers(1), [])
    assert.equal(r.refusals, 1)
    r.open(2, 2)
    assert.deepEqual(r.numbers(2), [])
  })

  it('is shown from the era in which one variant has pictures', () => {
    const r = new Rehearsal()
    r.parent('a', 'b')
    r.open(1, 2)
    for (const stream of ['a', 'b']) put(r, stream, 0, audioAt(10))
    put(r, 'a', 1, audioAt(12))
    put(r, 'b', 1, probeAt(12))
    put(r, 'a', 2, audioAt(14))
    put(r, 'b', 2, probeAt(14))
    assert.deepEqual(shown(r), ['1: 1,2', '2: 1,2', '2: 1,2'])
    assert.deepEqual(r.numbers(1), [1, 2])
  })

  it('is not one whose pictures are of a codec the probe cannot describe', () => {
    const r = new Rehearsal()
    r.parent('a')
    r.open(1, 2)
    put(r, 'a', 0, madeOf(10, [unread(VIDEO, 0x02), AUDIO]))
    assert.deepEqual(r.numbers(1), [1])
  })
})
