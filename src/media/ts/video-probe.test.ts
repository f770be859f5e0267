import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acrossPackets, severalPictures } from '../../../test/fixtures/edits.ts'
import { readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { asMp4, demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import { encodeTs, extradata, ffprobePackets, run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { someOf } from '../../../test/whole.ts'
import type { VideoDescription } from '../track.ts'

const { describe, it } = needing('ffmpeg')

const PACKAGER = new URL('../../../node_modules/shaka-packager/bin/packager-linux-x64', import.meta.url).pathname

const hevc = (parameters: string, ...args: string[]) => {
  const always = 'keyint=5:scenecut=0:repeat-headers=1:log-level=error:pools=2:frame-threads=1'
  const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `${always}:${parameters}`]
  return encodeTs('video', ['-t', '0.4', ...x265, ...args])
}
const h264 = (parameters: string, ...args: string[]) =>
  encodeTs('video', ['-t', '0.4', '-x264-params', parameters, ...args])

const MASTERING = 'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)'
const HDR10 = `hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400:${MASTERING}`

/** Code points of ISO/IEC 23091-2 by the names ffprobe gives them. */
const CODE_POINTS: Record<string, number> = {
  bt709: 1,
  bt2020: 9,
  bt2020nc: 9,
  smpte170m: 6,
  smpte2084: 16,
  'arib-std-b67': 18,
}

/** The description of the video stream, from ffprobe. */
async function ffprobeSays(media: Uint8Array) {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_streams', '-show_frames', '-read_intervals', '%+#1']
  const { streams, frames } = JSON.parse(String(await run('ffprobe', [...args, '-of', 'json', 'pipe:0'], media)))
  const [stream] = streams
  const [numerator, denominator] = stream.r_frame_rate.split('/').map(Number)
  const [ratioWidth, ratioHeight] = (stream.sample_aspect_ratio ?? '1:1').split(':').map(Number)
  const sideData = (type: string) =>
    frames[0].side_data_list?.find((data: { side_data_type: string }) => data.side_data_type === type)
  const light = sideData('Content light level metadata')
  return {
    width: stream.width,
    height: stream.height,
    frameRate: { numerator, denominator },
    ...(ratioWidth === ratioHeight ? {} : { sampleAspectRatio: { width: ratioWidth, height: ratioHeight } }),
    ...(stream.color_primaries === undefined
      ? {}
      : {
          colour: {
            primaries: CODE_POINTS[stream.color_primaries],
            transfer: CODE_POINTS[stream.color_transfer],
            matrix: CODE_POINTS[stream.color_space],
            fullRange: stream.color_range === 'pc',
          },
        }),
    ...(light === undefined
      ? {}
      : { contentLight: { maxContent: light.max_content, maxPictureAverage: light.max_average } }),
    ...(sideData('Mastering display metadata') === undefined ? {} : { masteringDisplay: mastering(frames[0]) }),
  }
}

/** The 24 bytes of ST 2086 from ffprobe's fractions, with green and blue before red. */
function mastering(frame: { side_data_list: Record<string, string>[] }): string {
  const data = frame.side_data_list.find(({ side_data_type }) => side_data_type === 'Mastering display metadata')!
  const units = (name: string, perUnit: number) => {
    const [numerator, denominator] = data[name]!.split('/').map(Number)
    return Math.round((numerator! * perUnit) / denominator!)
  }
  const bytes = Buffer.alloc(24)
  const points = ['green', 'blue', 'red', 'white_point'].flatMap((name) => [`${name}_x`, `${name}_y`])
  for (const [i, name] of points.entries()) bytes.writeUInt16BE(units(name, 50_000), 2 * i)
  bytes.writeUInt32BE(units('max_luminance', 10_000), 16)
  bytes.writeUInt32BE(units('min_luminance', 10_000), 20)
  return bytes.toString('hex')
}

/** The codec string that shaka-packager finds in a file. */
async function shakaSays(mp4: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-codec-'))
  try {
    const input = join(folder, 'in.mp4')
    await writeFile(input, mp4)
    const dump = await run(PACKAGER, [`in=${input}`, '--dump_stream_info', '--quiet'])
    return /codec_string: (\S+)/.exec(String(dump))![1]!
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('VideoProbe', () => {
  const described: [string, 'avcC' | 'hvcC', () => Promise<Buffer>][] = [
    ['H.264 High', 'avcC', () => h264('bframes=2')],
    ['H.264 Main, 4:3 samples', 'avcC', () => h264('sar=4/3', '-profile:v', 'main')],
    [
      'H.264 with colours, full range',
      'avcC',
      () => h264('colorprim=bt709:transfer=bt709:colormatrix=bt709:fullrange=on'),
    ],
    ['H.264 High 4:2:2, 10 bits', 'avcC', () => h264('bframes=2', '-pix_fmt', 'yuv422p10le')],
    ['H.264 High 4:4:4', 'avcC', () => h264('cqm=jvt', '-pix_fmt', 'yuv444p')],
    ['H.264 with HRD and filler', 'avcC', () => h264('nal-hrd=cbr:vbv-maxrate=500:vbv-bufsize=500:bitrate=500')],
    ['H.264 interlaced, cropped, 30000/1001', 'avcC', () => h264('tff=1', '-s', '322x180', '-r', '30000/1001')],
    ['HEVC Main', 'hvcC', () => hevc('bframes=2', '-pix_fmt', 'yuv420p')],
    ['HEVC Main 10 HDR10', 'hvcC', () => hevc(HDR10, '-pix_fmt', 'yuv420p10le')],
    [
      'HEVC Main 10 HLG',
      'hvcC',
      () => hevc('colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc', '-pix_fmt', 'yuv420p10le'),
    ],
    ['HEVC 4:2:2, 10 bits', 'hvcC', () => hevc('bframes=2', '-pix_fmt', 'yuv422p10le')],
    [
      'HEVC with HRD, high tier',
      'hvcC',
      () => hevc('hrd=1:vbv-maxrate=500:vbv-bufsize=500:bitrate=500:level-idc=41:high-tier=1', '-pix_fmt', 'yuv420p'),
    ],
    [
      'HEVC, odd sizes, 30000/1001, wide samples',
      'hvcC',
      () => hevc('sar=40\\:33', '-s', '326x182', '-r', '30000/1001', '-pix_fmt', 'yuv420p'),
    ],
    [
      'HEVC with temporal layers and scaling lists',
      'hvcC',
      () => hevc('temporal-layers=1:scaling-list=default:bframes=3', '-pix_fmt', 'yuv420p'),
    ],
    [
      'HEVC in slices, without wavefronts',
      'hvcC',
      () => hevc('slices=2:ref=4', '-s', '320x256', '-pix_fmt', 'yuv420p'),
    ],
  ]
  for (const [name, box, make] of someOf(described, 2)) {
    it(`${name}: says what ffprobe, ffmpeg and shaka-packager say`, async () => {
      const ts = await make()
      const [track] = probeTs(ts).tracks as VideoDescription[]
      const { kind, pid, codec, configuration, ...said } = track!
      assert.deepEqual([kind, pid], ['video', 0x100])
      assert.deepEqual(said, await ffprobeSays(ts))
      assert.equal(configuration, await extradata(ts, box))
      const mp4 = asMp4(demux(ts).tracks[0]!, [track!])
      assert.deepEqual(await ffprobeSays(mp4), said)
      // Hexadecimal digits may be of either case.
      assert.equal((await shakaSays(mp4)).toUpperCase(), codec.toUpperCase())
    })
  }

  it('describes every segment of a stream alike', async () => {
    for (const segment of [
      hevc(`${HDR10}:keyint=10`, '-t', '2', '-pix_fmt', 'yuv420p10le'),
      h264('keyint=10', '-t', '2'),
    ]) {
      const ts = await segment
      const [first] = probeTs(ts).tracks
      const { packets, ...program } = readMultiplex(ts)
      for (const from of [3, 10, 17, 20, 38]) {
        const later = writeMultiplex({ ...program, packets: packets.slice(from) }, new Map())
        assert.equal(JSON.stringify(probeTs(later).tracks[0]), JSON.stringify(first), `from picture ${from}`)
      }
    }
  })

  it('finds the packets of HEVC key frames', async () => {
    const ts = await hevc('open-gop=1:bframes=3:keyint=8:min-keyint=8', '-t', '2', '-pix_fmt', 'yuv420p')
    const packets = await ffprobePackets(ts, 'v')
    const expected = packets.flatMap(({ flags, pts, pos }, i) =>
      flags.startsWith('K') ? [{ pts, offset: pos, size: (packets[i + 1]?.pos ?? ts.length) - pos }] : [],
    )
    assert.ok(expected.length > 4)
    assert.deepEqual(probeTs(ts).keyFrames, expected)
  })

  it('takes in the rest of a key frame that stands in the next PES packet', async () => {
    const ts = await h264('bframes=0:keyint=10', '-t', '2')
    const whole = await decodedKeyFrames(ts, probeTs(ts).keyFrames)
    const cut = writeMultiplex(acrossPackets(readMultiplex(ts)), new Map())
    const { keyFrames } = probeTs(cut)
    assert.equal(keyFrames.length, 5)
    assert.deepEqual(await decodedKeyFrames(cut, keyFrames), whole)
  })

  it('sees only the first picture of a PES packet', async () => {
    const ts = await h264('bframes=0:keyint=5', '-t', '2')
    const several = writeMultiplex(severalPictures(readMultiplex(ts), 10), new Map())
    assert.equal(probeTs(ts).keyFrames.length, 10)
    assert.equal(probeTs(several).keyFrames.length, 5)
  })

  it('indexes a hundred key frames and no more', async () => {
    const ts = await encodeTs('video', ['-t', '5', '-g', '1', '-bf', '0', '-s', '64x64'])
    const { keyFrames, startsWithKeyFrame } = probeTs(ts)
    assert.equal(keyFrames.length, 100)
    assert.equal(startsWithKeyFrame, true)
  })

  it('carries video whose parameter sets it cannot read', async () => {
    const ts = await h264('bframes=0')
    const sps = ts.indexOf(Buffer.of(0, 0, 1, 0x67))
    for (let at = sps; at >= 0; at = ts.indexOf(Buffer.of(0, 0, 1, 0x67), at + 1)) ts.fill(0xff, at + 7, at + 12)
    assert.deepEqual(probeTs(ts).tracks, [{ kind: 'other', pid: 0x100, streamType: 0x1b }])
  })
})

/** MD5 of the picture that ffmpeg decodes from the program tables and the packets of each key frame alone. */
async function decodedKeyFrames(ts: Buffer, keyFrames: readonly { offset: number; size: number }[]): Promise<string[]> {
  const tables = ts.subarray(0, 3 * 188)
  const args = ['-v', 'error', '-f', 'mpegts', '-i', 'pipe:0', '-map', '0:v', '-frames:v', '1', '-f', 'md5', 'pipe:1']
  return Promise.all(
    keyFrames.map(async ({ offset, size }) =>
      String(await run('ffmpeg', args, Buffer.concat([tables, ts.subarray(offset, offset + size)]))),
    ),
  )
}
