import assert from 'node:assert/strict'
import { asMp4, demux, packetTimes, probeTs, sampleTimes, sampleUnits } from '../../../test/fuzz/demuxed.ts'
import { encodeTs, ffprobePackets, packetHashes } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { someOf } from '../../../test/whole.ts'
import { PTS_MODULUS, ticks } from '../time.ts'
import { DemuxBuffer } from './demux-buffer.ts'
import { demuxTs } from './demuxer.ts'
import { PACKET_SIZE } from './packet.ts'

const { before, describe, it } = needing('ffmpeg')

/** NAL unit types of each sample. */
const nalTypes = (track: Parameters<typeof sampleUnits>[0]) =>
  sampleUnits(track).map((units) => units.map((unit) => unit[0]! & 0x1f))

/**
 * The stream with the access unit delimiters of ffmpeg's multiplexer replaced by zeros before the next start code.
 */
function withoutDelimiters(ts: Buffer): Buffer {
  const copy = Buffer.from(ts)
  const delimiter = Buffer.of(0, 0, 0, 1, 9, 0xf0)
  for (let at = copy.indexOf(delimiter); at >= 0; at = copy.indexOf(delimiter, at)) copy.fill(0, at, at + 6)
  return copy
}

describe('demuxTs', () => {
  let both: Buffer
  before(async () => {
    both = await encodeTs('both', ['-map', '0:v', '-map', '1:a', '-map', '1:a', '-metadata:s:a:1', 'language=fra'])
  })

  const judged: [string, () => Promise<Buffer>][] = [
    ['B-frames and two audio tracks', async () => both],
    ['several slices per picture', () => encodeTs('video', ['-x264-params', 'slices=8'])],
    ['a slice per macroblock row', () => encodeTs('video', ['-x264-params', 'slice-max-mbs=20:aud=0', '-t', '0.4'])],
    ['no access unit delimiters', async () => withoutDelimiters(await encodeTs('video', ['-x264-params', 'slices=8']))],
    ['Baseline without DTS', () => encodeTs('video', ['-profile:v', 'baseline', '-bf', '0'])],
    ['open GOPs', () => encodeTs('video', ['-x264-params', 'open-gop=1', '-g', '10'])],
    ['a wrap of the clock', () => encodeTs('both', ['-output_ts_offset', '95441.5'])],
    ['times close to 0', () => encodeTs('both', ['-muxdelay', '0', '-muxpreload', '0'])],
    ['interlaced pictures', () => encodeTs('video', ['-x264-params', 'tff=1'])],
    ['44.1 kHz stereo', () => encodeTs('audio', ['-ar', '44100', '-ac', '2'])],
  ]
  for (const [name, make] of someOf(judged, 2)) {
    it(`${name}: times, key frames and bytes are those ffmpeg finds`, async () => {
      const ts = await make()
      const tracksSaid = probeTs(ts).tracks
      const { tracks, dropped, continuityErrors } = demux(ts)
      assert.equal(dropped + continuityErrors, 0)
      let audio = 0
      for (const track of tracks) {
        const select = track.kind === 'video' ? 'v:0' : `a:${audio++}`
        const expected = packetTimes(await ffprobePackets(ts, select))
        const found = sampleTimes(track)
        if (track.timescale === 44_100) {
          // ffprobe adds up rounded durations from one PES packet's PTS to the next.
          assert.equal(found.length, expected.length)
          for (const [i, { pts }] of found.entries()) assert.ok(Math.abs(pts - expected[i]!.pts) <= 16, `frame ${i}`)
        } else assert.deepEqual(found, expected)
        assert.deepEqual(
          await packetHashes(asMp4(track, tracksSaid), track.kind, '0:0'),
          await packetHashes(ts, track.kind, `0:${select}`),
        )
      }
    })
  }

  it('keeps slices and SEI, and takes delimiters and parameter sets out', () => {
    const video = demux(both).tracks[0]!
    const types = nalTypes(video)
    assert.deepEqual(types[0], [6, 5])
    assert.ok(types.flat().every((type) => type === 1 || type === 5 || type === 6))
  })

  it('takes only what is wanted', () => {
    const tracks = demux(both, { keep: ({ language }) => language === 'fra' }).tracks
    assert.deepEqual(
      tracks.map(({ pid, kind }) => [pid, kind]),
      [[0x102, 'audio']],
    )
  })

  it('places times in the turn of the clock that is nearest', () => {
    const near = ticks(5 * PTS_MODULUS)
    const [placed] = demux(both, { near }).tracks
    const [plain] = demux(both).tracks
    assert.deepEqual(
      placed!.samples.dts.map((dts) => dts - near),
      plain!.samples.dts,
    )
  })

  it('gives the same from a buffer used before for something longer', () => {
    const buffer = new DemuxBuffer()
    buffer.fill([Buffer.alloc(both.length * 2, '\0\0\x01')])
    buffer.fill([both])
    assert.deepEqual(demuxTs(buffer), demux(both))
  })

  it('drops a PES packet that began before the segment, and counts it', () => {
    const packets = Array.from({ length: both.length / PACKET_SIZE }, (_, i) => both.subarray(i * 188, i * 188 + 188))
    // Behind PAT and PMT, without the first packet of the first picture.
    const late = Buffer.concat(
      packets.filter((packet, i) => (i > 2 && (packet.readUInt16BE(1) & 0x5fff) !== 0x4100) || i < 3),
    )
    const whole = demux(both).tracks[0]!
    const { tracks, dropped } = demux(late)
    assert.equal(dropped, 1)
    assert.ok(tracks.every((track) => track.kind === 'audio'))
    const second = packets.findIndex((packet, i) => i > 4 && (packet.readUInt16BE(1) & 0x5fff) === 0x4100)
    const cut = demux(Buffer.concat([...packets.slice(0, 3), ...packets.slice(second - 1)]))
    assert.equal(cut.dropped, 1)
    assert.deepEqual(cut.tracks[0]!.samples.sizes, whole.samples.sizes.slice(1))
  })

  it('steps over a gap in audio and takes its times up again', async () => {
    const ts = await encodeTs('audio')
    const starts: number[] = []
    for (let at = 0; at < ts.length; at += PACKET_SIZE)
      if ((ts.readUInt16BE(at + 1) & 0x5fff) === 0x4100) starts.push(at)
    const gap = Buffer.concat([ts.subarray(0, starts[3]), ts.subarray(starts[4])])
    const whole = demux(ts).tracks[0]!
    const found = demux(gap).tracks[0]!
    const missing = whole.samples.count - found.samples.count
    assert.ok(missing > 0)
    assert.equal(found.samples.dts.at(-1), whole.samples.dts.at(-1))
    assert.equal(Math.max(...found.samples.durations), (missing + 1) * 1024)
  })

  it('drops pictures whose time goes back, and counts them', async () => {
    const again = await encodeTs('video', ['-t', '1'])
    const later = await encodeTs('video', ['-output_ts_offset', '3', '-t', '1'])
    const buffer = new DemuxBuffer()
    buffer.fill([both, again, later])
    const { tracks, dropped } = demuxTs(buffer)
    const { dts, sync, count } = tracks[0]!.samples
    assert.equal(dropped, 25)
    assert.equal(count, 50 + 25)
    assert.equal(sync[50], 1)
    assert.ok(dts.every((time, i) => i === 0 || time > dts[i - 1]!))
    assert.deepEqual(nalTypes(tracks[0]!)[50], [6, 5])
  })
})
