import assert from 'node:assert/strict'
import { readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { probeTs } from '../../../test/fuzz/demuxed.ts'
import { encodeTs, ffprobePackets } from '../../../test/fuzz/media-samples.ts'
import { FakeArchive, NOON, ORIGIN, variant, windowOf } from '../../../test/origin/sample-channel.ts'
import { needing } from '../../../test/programs.ts'
import { SMOOTH_TIMESCALE, smoothSamples } from '../../media/mp4/smooth.ts'
import { rescale, ticks } from '../../media/time.ts'
import type { Era, OutputSegment } from '../../model/output-segment.ts'
import { trackSetOf } from '../tracks/track-set.ts'
import { intervalOf } from '../tracks/track-times.ts'
import { samplesOf } from './segment-samples.ts'

const { describe, it } = needing('ffmpeg')

/** Two seconds of every segment begin with a key frame. */
const KEY_FRAMES = ['-force_key_frames', 'expr:gte(t,n_forced*2)', '-sc_threshold', '0', '-t', '8', '-g', '999']
const SELECTION = { minVideoBitsPerSecond: 0, maxVideoBitsPerSecond: 2 ** 31, streamOrder: 'ORIGINAL' } as const

/** The segments of a stream that is cut at its key frames, as an index has them; the last one is not kept. */
function channelOf(ts: Buffer) {
  const multiplex = readMultiplex(ts)
  const cuts = multiplex.packets.flatMap(({ randomAccess }, i) => (randomAccess ? [i] : []))
  const sources = cuts.map((from, i) =>
    writeMultiplex({ ...multiplex, packets: multiplex.packets.slice(from, cuts[i + 1]) }, new Map()),
  )
  const probes = sources.map((source) => probeTs(source))
  const [first] = probes
  const stream = { ...variant(1, 1_000_000, first!.tracks), container: 'mpeg-ts' as const }
  const era: Era = {
    id: 1,
    origin: ORIGIN,
    clock: { time: ticks(first!.firstPts), utc: NOON },
    streams: [{ ...stream, decodeDelay: first!.decodeDelay ?? 0 }],
  }
  const segments = probes.slice(0, -1).map(({ firstPts, times, keyFrames }, i): OutputSegment => {
    const slot = {
      start: ticks(firstPts),
      duration: ticks(probes[i + 1]!.firstPts - firstPts),
      startUtc: NOON,
      sealedAt: NOON,
    }
    const object = { key: `${i}`, size: sources[i]!.length, crc32: 0, sha256: `${i}`, times, keyFrames }
    return {
      ...slot,
      number: i,
      era: 1,
      discontinuity: false,
      discontinuitySequence: 0,
      slots: [{ ...slot, era: 1, index: i, isMeasured: true, objects: { 1: object } }],
    }
  })
  const archive = new FakeArchive(windowOf(segments, { eras: [era] }))
  for (const [i, source] of sources.entries()) archive.overrides.set(`${i}`, source)
  return { segments, track: trackSetOf(era, SELECTION).video[0]!, media: archive.media() }
}

/** Each segment of the channel ends where the next one begins, in its samples and in manifests. */
async function runsOn(ts: Buffer): Promise<void> {
  const { segments, track, media } = channelOf(ts)
  assert.ok(segments.length >= 3)
  const shown: number[] = []
  let manifestEnd: number | undefined
  let decodedEnd: number | undefined
  for (const segment of segments) {
    const { start, duration } = intervalOf(track, segment)!
    const { samples } = (await samplesOf(track, segment, media))!
    const sum = samples.durations.reduce((total, each) => total + each, 0)
    assert.equal(sum, duration)
    assert.equal(start, manifestEnd ?? start)
    assert.equal(samples.dts[0], decodedEnd ?? samples.dts[0])
    manifestEnd = start + duration
    decodedEnd = samples.dts[0]! + sum
    for (const [i, dts] of samples.dts.entries()) {
      if (i > 0) assert.equal(dts, samples.dts[i - 1]! + samples.durations[i - 1]!)
      shown.push(dts + samples.compositionOffsets[i]!)
    }
    const smooth = smoothSamples(samples, track.timescale, start)
    const smoothSum = smooth.durations.reduce((total, each) => total + each, 0)
    assert.ok(Math.abs(smoothSum - rescale(duration, track.timescale, SMOOTH_TIMESCALE)) <= 1)
  }
  // Every picture is shown when others say.
  const packets = await ffprobePackets(ts, 'v')
  const expected = packets.slice(0, shown.length).map(({ pts }) => rescale(pts, 90_000, track.timescale))
  assert.deepEqual(shown, expected)
}

const dropped = "select='gt(random(1),0.2)+not(mod(n,50))'"
const cases: [string, readonly string[]][] = [
  ['a steady rate, B-pictures', ['-bf', '2']],
  ['29.97 pictures a second', ['-r', '30000/1001', '-bf', '2']],
  ['pictures that were dropped', ['-vf', dropped, '-vsync', 'vfr', '-bf', '0']],
  ['pictures that were dropped, B-pictures', ['-vf', dropped, '-vsync', 'vfr', '-bf', '2']],
  ['slides', ['-vf', "select='lt(mod(n,50),3)'", '-vsync', 'vfr', '-bf', '0']],
  ['slides, B-pictures', ['-vf', "select='lt(mod(n,50),3)'", '-vsync', 'vfr', '-bf', '2']],
  ['one picture for each segment', ['-vf', "select='not(mod(n,50))'", '-vsync', 'vfr', '-bf', '0']],
  [
    'times of whole milliseconds',
    ['-vf', "fps=24000/1001,settb=1/1000,setpts='round(PTS)'", '-vsync', 'passthrough', '-enc_time_base', '1/1000'],
  ],
  ['half the rate its SPS states', ['-bf', '2', '-bsf:v', 'h264_metadata=tick_rate=100']],
  ['twice the rate its SPS states', ['-bf', '2', '-bsf:v', 'h264_metadata=tick_rate=25']],
  [
    'HEVC, pictures that were dropped',
    [
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=error:bframes=2',
      '-vf',
      dropped,
      '-vsync',
      'vfr',
    ],
  ],
]

describe('the end of a segment', () => {
  for (const [name, args] of cases) {
    it(`is where the next one begins: ${name}`, async () => {
      await runsOn(await encodeTs('video', [...KEY_FRAMES, ...args]))
    })
  }

  it('is that of its last picture where only EXTINF tells how long its slot lasts: earlier versions believed it', async () => {
    const { segments, track, media } = channelOf(await encodeTs('video', [...KEY_FRAMES, '-bf', '2']))
    const [segment] = segments as [OutputSegment]
    const { isMeasured: _, ...slot } = segment.slots[0]!
    const told = (seconds: number, slots = slot) => {
      const duration = ticks(slot.duration + seconds * 90_000)
      return { ...segment, duration, slots: [{ ...slots, duration }] }
    }
    const { duration } = intervalOf(track, segment)!
    assert.equal(duration, 2 * track.timescale)
    for (const seconds of [0, 0.16, 0.4]) {
      assert.equal(intervalOf(track, told(seconds))?.duration, duration)
      const { samples } = (await samplesOf(track, told(seconds), media))!
      assert.equal(
        samples.durations.reduce((sum, each) => sum + each, 0),
        duration,
      )
    }
    const measured = told(0.16, segment.slots[0])
    assert.equal(intervalOf(track, measured)?.duration, duration + 0.16 * track.timescale)
  })
})
