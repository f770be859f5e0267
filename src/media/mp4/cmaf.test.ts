import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodedFrames, encodeTs, ffprobePackets, run } from '../../../test/fuzz/media-samples.ts'
import { mp4boxFile } from '../../../test/judges/mp4box-file.ts'
import { needing } from '../../../test/programs.ts'
import { MalformedMedia } from '../bytes.ts'
import type { SampleTable, Track } from '../sample.ts'
import { ticks } from '../time.ts'
import type { AudioDescription, VideoDescription } from '../track.ts'
import { DemuxBuffer } from '../ts/demux-buffer.ts'
import { demuxTs } from '../ts/demuxer.ts'
import { TsProbe } from '../ts/probe.ts'
import { readCmafFragments, readCmafHeader, writeCmafHeader, writeCmafSegment } from './cmaf.ts'
import type { MovieTrack } from './movie.ts'

const { before, describe, it } = needing('ffmpeg')

const PACKAGER = new URL('../../../node_modules/shaka-packager/bin/packager-linux-x64', import.meta.url).pathname

/** A track with the description that the probe gives it. */
type Described = Track & { readonly description: VideoDescription | AudioDescription }

function demux(ts: Uint8Array, near?: number): readonly Described[] {
  const probe = new TsProbe()
  probe.push(ts)
  const { tracks: descriptions } = probe.end()
  const buffer = new DemuxBuffer()
  buffer.fill([ts])
  return demuxTs(buffer, near === undefined ? {} : { near: ticks(near) }).tracks.map((track) => {
    const description = descriptions.find(({ pid }) => pid === track.pid)
    assert.ok(description?.kind === 'video' || description?.kind === 'audio')
    return { ...track, description }
  })
}

function movieTrack({ timescale, description }: Described): MovieTrack {
  const language = description.kind === 'audio' ? description.language : undefined
  return { id: 1, timescale, ...(language !== undefined && { language }), entry: description }
}

const header = (track: Described) => writeCmafHeader(movieTrack(track))
const segment = ({ samples, media }: Pick<Track, 'samples' | 'media'>, sequenceNumber = 1) =>
  Buffer.concat(writeCmafSegment({ sequenceNumber, trackId: 1, samples, media: [media] }))

/** A sample table from hand-written entries. */
function samples(entries: readonly { size: number; duration: number; offset?: number; sync?: boolean }[]): SampleTable {
  const durations = entries.map(({ duration }) => duration)
  return {
    count: entries.length,
    sizes: Uint32Array.from(entries, ({ size }) => size),
    dts: Float64Array.from(durations, (_, i) => durations.slice(0, i).reduce((sum, duration) => sum + duration, 1000)),
    compositionOffsets: Int32Array.from(entries, ({ offset = 0 }) => offset),
    durations: Uint32Array.from(durations),
    sync: Uint8Array.from(entries, ({ sync = false }) => (sync ? 1 : 0)),
  }
}

describe('CMAF', () => {
  let ts: Buffer
  let video: Described
  let audio: Described
  before(async () => {
    ts = await encodeTs('both', ['-metadata:s:a:0', 'language=deu', '-x264-params', 'slices=3'])
    ;[video, audio] = demux(ts) as [Described, Described]
  })

  it('decodes in ffmpeg to the pictures and sound of the source, without an error', async () => {
    for (const [track, stream] of [
      [video, 'v:0'],
      [audio, 'a:0'],
    ] as const) {
      const file = Buffer.concat([header(track), segment(track)])
      assert.deepEqual(await decodedFrames(file, stream), await decodedFrames(ts, stream))
    }
  })

  it('has the times and key frames of the source in ffprobe', async () => {
    for (const [track, select] of [
      [video, 'v'],
      [audio, 'a'],
    ] as const) {
      const scale = track.timescale / 90_000
      const expected = (await ffprobePackets(ts, select)).map(({ pts, dts, flags }) => [
        pts * scale,
        dts * scale,
        flags[0],
      ])
      const found = await ffprobePackets(Buffer.concat([header(track), segment(track)]), select)
      assert.deepEqual(
        found.map(({ pts, dts, flags }) => [pts, dts, flags[0]]),
        expected,
      )
      assert.deepEqual(
        found.map(({ size }) => size),
        [...track.samples.sizes],
      )
    }
  })

  it('carries decoding times beyond 32 bits', async () => {
    const [track] = demux(ts, 2 ** 40)
    const [first] = await ffprobePackets(Buffer.concat([header(track!), segment(track!)]), 'v')
    assert.equal(first!.dts, track!.samples.dts[0])
    assert.ok(first!.dts > 2 ** 39)
  })

  it('describes the tracks as mp4box and ffprobe read them', async () => {
    const info = mp4boxFile(Buffer.concat([header(video), segment(video)])).getInfo()
    const [track] = info.tracks
    assert.partialDeepStrictEqual(track, {
      codec: 'avc1.64000c',
      timescale: 90_000,
      video: { width: 320, height: 180 },
    })
    assert.equal(info.isFragmented, true)
    assert.ok(info.brands.includes('cmfc'))
    const audioInfo = mp4boxFile(Buffer.concat([header(audio), segment(audio)])).getInfo().tracks[0]
    assert.partialDeepStrictEqual(audioInfo, {
      codec: 'mp4a.40.2',
      timescale: 48_000,
      language: 'deu',
      audio: { sample_rate: 48_000, channel_count: 1 },
    })
    const entries = 'stream=codec_name,profile,sample_rate,channels:stream_tags=language'
    const args = ['-v', 'error', '-show_entries', entries, '-of', 'csv=p=0', 'pipe:0']
    assert.equal(
      String(await run('ffprobe', args, Buffer.concat([header(audio), segment(audio)]))).trim(),
      'aac,LC,48000,1,deu',
    )
  })

  it('is taken by shaka-packager, several fragments in a row', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'windrow-cmaf-'))
    try {
      const [later] = demux(await encodeTs('video', ['-output_ts_offset', '10', '-x264-params', 'slices=3']))
      const input = join(folder, 'in.mp4')
      await writeFile(input, Buffer.concat([header(video), segment(video, 1), segment(later!, 2)]))
      const dump = await run(PACKAGER, [`in=${input}`, '--dump_stream_info', '--quiet'])
      assert.match(String(dump), /codec_string: avc1\.64000c\s+time_scale: 90000[\s\S]*width: 320\s+height: 180/)
      const output = join(folder, 'out.mp4')
      await run(PACKAGER, [`in=${input},stream=video,output=${output}`, '--quiet'])
      const packets = JSON.parse(
        String(
          await run('ffprobe', [
            '-v',
            'error',
            '-count_packets',
            '-show_entries',
            'stream=nb_read_packets',
            '-of',
            'json',
            output,
          ]),
        ),
      )
      assert.equal(packets.streams[0].nb_read_packets, '100')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('reads back what it wrote', () => {
    for (const track of [video, audio]) {
      const { entry, ...rest } = readCmafHeader(header(track))
      const { entry: written, ...expected } = movieTrack(track)
      assert.deepEqual(rest, expected)
      assert.partialDeepStrictEqual(written, entry)
      const [read, more] = readCmafFragments(segment(track, 7))
      assert.equal(more, undefined)
      assert.equal(read!.sequenceNumber, 7)
      assert.equal(read!.trackId, 1)
      assert.deepEqual(read!.samples, track.samples)
      assert.deepEqual(Buffer.from(read!.media), Buffer.from(track.media))
    }
  })

  it('reads back every shape of run', () => {
    const shapes: Parameters<typeof samples>[0][] = [
      [{ size: 1, duration: 1 }],
      [
        { size: 5, duration: 10, sync: true },
        { size: 5, duration: 10, sync: true },
      ],
      [
        { size: 5, duration: 10, sync: true },
        { size: 6, duration: 10 },
        { size: 7, duration: 10 },
      ],
      [
        { size: 5, duration: 10 },
        { size: 6, duration: 11, sync: true },
        { size: 7, duration: 0 },
      ],
      [
        { size: 5, duration: 10, offset: 20 },
        { size: 5, duration: 10, offset: 0 },
      ],
      [
        { size: 5, duration: 10, offset: -20 },
        { size: 5, duration: 10, offset: 30 },
      ],
    ]
    for (const shape of shapes) {
      const table = samples(shape)
      const media = new Uint8Array(table.sizes.reduce((sum, size) => sum + size, 0)).map((_, i) => i)
      const bytes = segment({ samples: table, media })
      const [read] = readCmafFragments(bytes)
      assert.deepEqual(read!.samples, table)
      assert.deepEqual(Buffer.from(read!.media), Buffer.from(media))
      const [moof] = mp4boxFile(bytes).moofs
      const run = moof!.trafs[0]!.truns[0]!
      assert.equal(run.sample_count, table.count)
      assert.equal(run.data_offset, bytes.length - media.length - (bytes.indexOf('moof') - 4))
    }
  })

  it('says as little as the samples allow', () => {
    const uniform = samples(Array.from({ length: 100 }, () => ({ size: 5, duration: 10, sync: true })))
    const [moof] = writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples: uniform, media: [new Uint8Array(500)] })
    assert.ok(moof!.length < 150, `${moof!.length} bytes`)
  })

  it('does not copy media', () => {
    const { samples, media } = video
    const pieces = [media.subarray(0, 100), media.subarray(100)]
    const [, ...written] = writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples, media: pieces })
    assert.deepEqual(
      written.map((piece, i) => piece === pieces[i]),
      [true, true],
    )
  })

  describe('refuses', () => {
    const refused = (attempt: () => unknown, message: RegExp) =>
      assert.throws(attempt, (error) => error instanceof MalformedMedia && message.test(error.message))

    it('to write times before 0', () => {
      const negative = samples([{ size: 1, duration: 1 }])
      negative.dts[0] = -1
      refused(() => segment({ samples: negative, media: new Uint8Array(1) }), /decoding time -1/)
    })
    it('a box longer than its file', () =>
      refused(() => readCmafHeader(header(video).subarray(0, -1)), /moov of \d+ bytes at byte 24/))
    it('a header of something else', () => refused(() => readCmafHeader(segment(video)), /0 ftyp boxes/))
    it('samples outside their mdat', () => {
      const bytes = segment(video)
      bytes.writeUInt32BE(bytes.readUInt32BE(bytes.indexOf('trun') + 12) + 1, bytes.indexOf('trun') + 12)
      refused(() => readCmafFragments(bytes), /outside their mdat/)
    })
    it('a run that announces more samples than it has', () => {
      const bytes = segment(video)
      bytes.writeUInt32BE(0xffffffff, bytes.indexOf('trun') + 8)
      refused(() => readCmafFragments(bytes), /4294967295 samples/)
    })
  })
})
