import assert from 'node:assert/strict'
import { createFile, MP4BoxBuffer } from 'mp4box'
import { encodeTs, ffprobePackets, run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import type { SampleTable, Track } from '../sample.ts'
import { DemuxBuffer } from '../ts/demux-buffer.ts'
import { demuxTs } from '../ts/demuxer.ts'
import { SMOOTH_TIMESCALE, smoothSamples, writeSmoothFragment } from './smooth.ts'

const { before, describe, it } = needing('ffmpeg')

const INTERVAL = { time: 2_196_432_000_123_457, duration: 20_000_000 }
const FOLLOWING = [
  { time: 2_196_432_020_123_457, duration: 20_000_000 },
  { time: 2_196_432_040_123_457, duration: 5 },
]

function tableOf(track: Track): SampleTable {
  const { samples } = track
  const firstShown = Math.min(...samples.dts.map((dts, i) => dts + samples.compositionOffsets[i]!))
  return smoothSamples(samples, track.timescale, firstShown)
}

function fragment(track: Track): Uint8Array {
  const { media } = track
  const samples = tableOf(track)
  return Buffer.concat(
    writeSmoothFragment({ sequenceNumber: 7, samples, media: [media], interval: INTERVAL, following: FOLLOWING }),
  )
}

/** MD5 of every decoded frame, without frames added or left out for a constant rate. */
async function decoded(media: Uint8Array, stream: string, input: readonly string[] = []): Promise<string[]> {
  const args = [
    '-v',
    'error',
    '-xerror',
    ...input,
    '-i',
    'pipe:0',
    '-map',
    `0:${stream}`,
    '-vsync',
    '0',
    '-f',
    'framemd5',
    'pipe:1',
  ]
  const lines = String(await run('ffmpeg', args, media)).split('\n')
  return lines.filter((line) => /^\d/.test(line)).map((line) => line.split(',')[5]!.trim())
}

/** `ftyp` and `moov` of a fragmented file written by ffmpeg's Smooth Streaming muxer. */
async function foreignHeader(ts: Uint8Array, kind: 'v' | 'a'): Promise<Buffer> {
  const bitstream = kind === 'a' ? ['-bsf:a', 'aac_adtstoasc'] : []
  const copy = ['-v', 'error', '-i', 'pipe:0', '-map', `0:${kind}`, '-c', 'copy', ...bitstream]
  const muxer = ['-movflags', 'isml+frag_keyframe+empty_moov+delay_moov', '-f', 'ismv', 'pipe:1']
  const file = await run('ffmpeg', [...copy, ...muxer], ts)
  return file.subarray(0, file.indexOf('moof') - 4)
}

describe('a Smooth Streaming fragment', () => {
  let ts: Buffer
  let video: Track
  let audio: Track
  before(async () => {
    ts = await encodeTs('both', ['-r', '30000/1001'])
    const buffer = new DemuxBuffer()
    buffer.fill([ts])
    const { tracks } = demuxTs(buffer)
    ;[video, audio] = [tracks.find(({ kind }) => kind === 'video')!, tracks.find(({ kind }) => kind === 'audio')!]
  })

  it('decodes behind the header of a foreign muxer to the pictures and sound of the source', async () => {
    for (const [track, stream] of [
      [video, 'v:0'],
      [audio, 'a:0'],
    ] as const) {
      const file = Buffer.concat([await foreignHeader(ts, stream[0] as 'v' | 'a'), fragment(track)])
      assert.deepEqual(await decoded(file, stream, ['-ignore_editlist', '1']), await decoded(ts, stream))
    }
  })

  it('shows its first picture at its own beginning, and the others as far behind it as the source', async () => {
    const file = Buffer.concat([await foreignHeader(ts, 'v'), fragment(video)])
    const [found, source] = [await ffprobePackets(file, 'v'), await ffprobePackets(ts, 'v')]
    const [first, firstFound] = [source, found].map((packets) => Math.min(...packets.map(({ pts }) => pts)))
    assert.deepEqual(
      found.map(({ pts }) => pts - firstFound!),
      source.map(({ pts }) => Math.round(((pts - first!) * SMOOTH_TIMESCALE) / 90_000)),
    )
    // ffmpeg moves a run up by its most negative offset; what is decoded first is shown first, at 0.
    const { compositionOffsets } = tableOf(video)
    assert.equal(firstFound, -Math.min(...compositionOffsets))
    assert.equal(compositionOffsets[0], 0)
  })

  it('rounds each time by itself: a thousand frames end where they should', () => {
    const count = 1000
    const samples: SampleTable = {
      count,
      sizes: new Uint32Array(count),
      dts: Float64Array.from({ length: count }, (_, i) => 2 ** 40 + i * 1024),
      compositionOffsets: new Int32Array(count),
      durations: new Uint32Array(count).fill(1024),
      sync: new Uint8Array(count).fill(1),
    }
    const { durations } = smoothSamples(samples, 44_100, 2 ** 40)
    assert.equal(
      durations.reduce((sum, duration) => sum + duration, 0),
      Math.round((count * 1024 * SMOOTH_TIMESCALE) / 44_100),
    )
  })

  it('says where it and the next ones stand, in the bytes MS-SSTR asks for', () => {
    const bytes = Buffer.from(fragment(audio))
    const hex = (value: number) => value.toString(16).padStart(16, '0')
    const tfxd = `0000002c${Buffer.from('uuid').toString('hex')}6d1d9b0542d544e680e2141daff757b201000000${hex(INTERVAL.time)}${hex(INTERVAL.duration)}`
    const told = FOLLOWING.map(({ time, duration }) => hex(time) + hex(duration)).join('')
    const tfrf = `0000003d${Buffer.from('uuid').toString('hex')}d4807ef2ca3946958e5426cb9e46a79f0100000002${told}`
    assert.ok(bytes.includes(Buffer.from(tfxd + tfrf, 'hex')))
    const file = createFile()
    const buffer = MP4BoxBuffer.fromArrayBuffer(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      0,
    )
    file.appendBuffer(buffer, true)
    assert.deepEqual(
      file.boxes.map(({ type }) => type),
      ['moof', 'mdat'],
    )
    const traf = file.moofs[0]!.trafs[0]!
    assert.deepEqual(
      traf.boxes?.map(({ type }) => type),
      ['tfhd', 'trun', 'uuid', 'uuid'],
    )
  })

  it('has the boxes ffmpeg puts in the same place', async () => {
    const args = ['-v', 'error', '-i', 'pipe:0', '-map', '0:v', '-c', 'copy', '-f', 'ismv', 'pipe:1']
    const theirs = await run('ffmpeg', args, ts)
    const tfxd = Buffer.from('6d1d9b0542d544e680e2141daff757b201000000', 'hex')
    assert.ok(theirs.includes(tfxd) && Buffer.from(fragment(video)).includes(tfxd))
  })
})
