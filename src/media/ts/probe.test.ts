import assert from 'node:assert/strict'
import { probeTs as probe } from '../../../test/fuzz/demuxed.ts'
import { encodeTs, extradata, ffprobePackets } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { MalformedMedia } from '../bytes.ts'
import { PACKET_SIZE } from './packet.ts'

const { before, describe, it } = needing('ffmpeg')

/** Offsets of the packets of `pid`. */
function packetsOf(ts: Uint8Array, pid: number): number[] {
  const offsets: number[] = []
  for (let at = 0; at < ts.length; at += PACKET_SIZE) {
    if ((((ts[at + 1]! & 0x1f) << 8) | ts[at + 2]!) === pid) offsets.push(at)
  }
  return offsets
}

/** Times of the video, or the first audio, of a segment, as ffprobe reads them. */
async function expectedTimes(ts: Uint8Array, select: 'v' | 'a:0') {
  const packets = await ffprobePackets(ts, select)
  const pts = packets.map((packet) => packet.pts)
  const times = { firstPts: Math.min(...pts), lastPts: Math.max(...pts) }
  if (select !== 'v') return { ...times, keyFrames: [] }
  const end = (packetsOf(ts, 0x100).at(-1) ?? 0) + PACKET_SIZE
  const keyFrames = packets.flatMap(({ flags, pts, pos }, i) =>
    flags.startsWith('K') ? [{ pts, offset: pos, size: (packets[i + 1]?.pos ?? end) - pos }] : [],
  )
  return { ...times, keyFrames }
}

describe('TsProbe', () => {
  let both: Buffer
  before(async () => {
    both = await encodeTs('both', ['-metadata:s:a:0', 'language=deu', '-r', '30000/1001'])
  })

  it('finds tracks, times and key frames as ffprobe does', async () => {
    const { tracks, container, times, decodeDelay, ...rest } = probe(both)
    assert.equal(container, 'mpeg-ts')
    assert.deepEqual(tracks, [
      {
        kind: 'video',
        pid: 0x100,
        codec: 'avc1.64000d',
        configuration: await extradata(both, 'avcC'),
        width: 320,
        height: 180,
        frameRate: { numerator: 30000, denominator: 1001 },
      },
      {
        kind: 'audio',
        pid: 0x101,
        codec: 'mp4a.40.2',
        configuration: '1188',
        sampleRate: 48000,
        channels: 1,
        samplesPerFrame: 1024,
        language: 'deu',
      },
    ])
    assert.deepEqual(rest, { ...(await expectedTimes(both, 'v')), startsWithKeyFrame: true })
    assert.equal(decodeDelay, rest.firstPts - (await ffprobePackets(both, 'v'))[0]!.dts)
    const audio = await expectedTimes(both, 'a:0')
    assert.deepEqual(
      times.map((track) => [track?.first, track?.last]),
      [
        [rest.firstPts, rest.lastPts],
        [audio.firstPts, audio.lastPts],
      ],
    )
  })

  it('finds the same however the chunks are cut', () => {
    const whole = probe(both)
    for (const size of [1, 7, 187, 188, 189, 1000, 65_536]) assert.deepEqual(probe(both, size), whole, `cut at ${size}`)
  })

  it('counts on through a wrap of the 33-bit clock', async () => {
    const ts = await encodeTs('video', ['-output_ts_offset', '95441.5'])
    const { firstPts, lastPts, keyFrames } = probe(ts)
    assert.ok(firstPts < 2 ** 33 && lastPts > 2 ** 33, `${firstPts} … ${lastPts}`)
    assert.equal(lastPts - firstPts, 49 * 3600)
    assert.equal(keyFrames.length, 2)
  })

  it('takes the times of the first audio track where there is no video', async () => {
    const ts = await encodeTs('audio', ['-map', '0:a', '-map', '0:a', '-metadata:s:a:1', 'language=fra'])
    const { tracks, firstPts, lastPts, keyFrames, startsWithKeyFrame } = probe(ts)
    assert.deepEqual(
      tracks.map((track) => track.kind === 'audio' && track.language),
      [undefined, 'fra'],
    )
    assert.deepEqual({ firstPts, lastPts, keyFrames }, await expectedTimes(ts, 'a:0'))
    assert.equal(startsWithKeyFrame, true)
  })

  it('takes open-GOP recovery points for key frames', async () => {
    const ts = await encodeTs('video', ['-x264-params', 'open-gop=1', '-g', '10', '-t', '1'])
    assert.deepEqual(probe(ts).keyFrames, (await expectedTimes(ts, 'v')).keyFrames)
    assert.ok(probe(ts).keyFrames.length > 1)
  })

  it('sees that a segment does not start with a key frame', async () => {
    const [, second] = packetsOf(both, 0x100).filter((at) => (both[at + 1]! & 0x40) !== 0)
    const tail = Buffer.concat([both.subarray(0, 3 * PACKET_SIZE), both.subarray(second)])
    assert.equal(probe(tail).startsWithKeyFrame, false)
    assert.equal(probe(tail).keyFrames.length, probe(both).keyFrames.length - 1)
  })

  it('reads Main profile, odd sizes by cropping, and interlaced pictures', async () => {
    const main = await encodeTs('video', ['-s', '322x182', '-profile:v', 'main', '-t', '0.2'])
    assert.partialDeepStrictEqual(probe(main).tracks[0], { codec: 'avc1.4d400d', width: 322, height: 182 })
    const interlaced = await encodeTs('video', ['-s', '320x200', '-x264-params', 'tff=1', '-t', '0.2'])
    assert.partialDeepStrictEqual(probe(interlaced).tracks[0], { width: 320, height: 200 })
  })

  it('carries streams it does not understand as other', async () => {
    const ts = await encodeTs('both', ['-c:a', 'mp2', '-t', '0.4'])
    assert.deepEqual(probe(ts).tracks[1], { kind: 'other', pid: 0x101, streamType: 3 })
  })

  describe('counts damage it can step over', () => {
    const damage = (change: (ts: Buffer, video: number[]) => Buffer): number | undefined => {
      const copy = Buffer.from(both)
      return probe(change(copy, packetsOf(copy, 0x100))).continuityErrors
    }
    const without = (ts: Buffer, at: number) => Buffer.concat([ts.subarray(0, at), ts.subarray(at + PACKET_SIZE)])

    it('none in a good segment', () => assert.equal(probe(both).continuityErrors, undefined))
    it('a missing packet', () =>
      assert.equal(
        damage((ts, video) => without(ts, video[40]!)),
        1,
      ))
    it('a lost sync byte', () => {
      const errors = damage((ts, video) => {
        ts[video[40]!] = 0x46
        return ts
      })
      assert.equal(errors, 2)
    })
    it('a transport error', () => {
      const errors = damage((ts, video) => {
        ts[video[40]! + 1]! |= 0x80
        return ts
      })
      assert.equal(errors, 2)
    })
    it('a last packet cut short', () =>
      assert.equal(
        damage((ts) => ts.subarray(0, -50)),
        1,
      ))
    it('but not a packet sent twice', () => {
      const errors = damage((ts, video) =>
        Buffer.concat([ts.subarray(0, video[40]! + PACKET_SIZE), ts.subarray(video[40]!)]),
      )
      assert.equal(errors, undefined)
    })
  })

  describe('refuses', () => {
    const refused = (ts: Uint8Array, message: RegExp) =>
      assert.throws(
        () => probe(ts, 1000),
        (error) => error instanceof MalformedMedia && message.test(error.message),
      )

    it('nothing at all', () => refused(new Uint8Array(0), /less than one/))
    it('bytes without a sync byte', () => refused(Buffer.alloc(4000, 'x'), /no sync byte at byte 0/))
    it('sync lost on the way', () => {
      refused(Buffer.concat([both.subarray(0, 1880), Buffer.alloc(5000)]), /two packets in a row .* at byte 2068/)
    })
    it('no PAT', () => refused(both.subarray(packetsOf(both, 0)[0]! + 2 * PACKET_SIZE, 4000), /no program association/))
    it('no PMT', () => refused(both.subarray(0, 2 * PACKET_SIZE), /no program map/))
    it('no PES packet with a PTS', () => refused(both.subarray(0, 3 * PACKET_SIZE), /no PES packet/))
    it('scrambled packets', () => {
      const copy = Buffer.from(both)
      copy[packetsOf(copy, 0x100)[3]! + 3]! |= 0x80
      refused(copy, /scrambled packet at byte/)
    })
    it('scrambled PES packets', () => {
      const copy = Buffer.from(both)
      const at = packetsOf(copy, 0x101)[0]!
      copy[copy.indexOf('\0\0\x01', at, 'latin1') + 6]! |= 0x10
      refused(copy, /scrambled PES/)
    })
  })
})
