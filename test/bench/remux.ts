import { execFile } from 'node:child_process'
import { closeSync, openSync, readSync, writevSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeCmafSegment } from '../../src/media/mp4/cmaf.ts'
import { DemuxBuffer } from '../../src/media/ts/demux-buffer.ts'
import { demuxTs } from '../../src/media/ts/demuxer.ts'
import { median, ROUNDS } from './measure.ts'

const exec = promisify(execFile)

/** Six seconds of 1080p at about 6.4 Mb/s, noise so that the bits are real entropy, looped by `LOOPS`. */
const SECONDS = 6
const LOOPS = 80
/** Rounds of 370 MB until V8 compiles nothing more. */
const WARMING_ROUNDS = 12

export type BenchResult = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly ratio: number
}
type Range = { readonly offset: number; readonly size: number }

/**
 * Transport stream to CMAF, file to /dev/null, in MB of input per second of CPU (user and system): ours, segment by
 * segment, against `ffmpeg -c copy` over the whole file at once, so that its start counts for little. Rounds alternate;
 * the figures are medians.
 */
export async function benchRemux(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'windrow-remux-'))
  try {
    const { file, segments } = await makeSource(folder)
    const megabytes = segments.reduce((sum, { size }) => sum + size, 0) / 1e6
    const buffer = new DemuxBuffer()
    const ours: number[] = []
    const theirs: number[] = []
    // A server is warm when it matters, and its code compiled, as that of ffmpeg is.
    for (let round = 0; round < WARMING_ROUNDS; round++) remux(file, segments, buffer)
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(megabytes / (await ffmpegSeconds(file)))
      ours.push(megabytes / remux(file, segments, buffer))
    }
    const [value, reference] = [median(ours), median(theirs)]
    return [
      { name: 'remux TS to CMAF', value, unit: 'MB/s per core', ratio: value / reference },
      { name: 'remux TS to MP4, ffmpeg -c copy', value: reference, unit: 'MB/s per core', ratio: 1 },
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function makeSource(folder: string): Promise<{ file: string; segments: Range[] }> {
  const once = join(folder, 'once.ts')
  const file = join(folder, 'all.ts')
  const playlist = join(folder, 'all.m3u8')
  const picture = 'testsrc2=size=1920x1080:rate=25,noise=alls=12:allf=t'
  const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', `${SECONDS}`]
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-x264-params', 'cabac=1:scenecut=0', '-pix_fmt', 'yuv420p']
  const rate = ['-g', '50', '-bf', '2', '-b:v', '6200k', '-maxrate', '6400k', '-bufsize', '6400k']
  await exec('ffmpeg', ['-v', 'error', ...inputs, ...x264, ...rate, '-c:a', 'aac', '-b:a', '128k', once])
  const loop = ['-v', 'error', '-stream_loop', `${LOOPS - 1}`, '-i', once, '-c', 'copy', '-f', 'hls']
  const hls = [
    '-hls_time',
    `${SECONDS}`,
    '-hls_list_size',
    '0',
    '-hls_flags',
    'single_file',
    '-hls_segment_filename',
    file,
  ]
  await exec('ffmpeg', [...loop, ...hls, playlist])
  const ranges = (await readFile(playlist, 'utf8')).matchAll(/^#EXT-X-BYTERANGE:(\d+)@(\d+)$/gm)
  return { file, segments: Array.from(ranges, ([, size, offset]) => ({ size: Number(size), offset: Number(offset) })) }
}

/** CPU seconds. */
function remux(file: string, segments: readonly Range[], buffer: DemuxBuffer): number {
  const before = process.cpuUsage()
  const input = openSync(file, 'r')
  const output = openSync('/dev/null', 'w')
  for (const [index, { offset, size }] of segments.entries()) {
    const read = readSync(input, buffer.load(size), 0, size, offset)
    if (read !== size) throw new Error(`${read} of ${size} bytes read`)
    for (const [at, { samples, media }] of demuxTs(buffer).tracks.entries()) {
      writevSync(output, writeCmafSegment({ sequenceNumber: index + 1, trackId: at + 1, samples, media: [media] }))
    }
  }
  closeSync(input)
  closeSync(output)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** CPU seconds. */
async function ffmpegSeconds(file: string): Promise<number> {
  const muxer = ['-f', 'mp4', '-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-bsf:a', 'aac_adtstoasc']
  const command = ['ffmpeg', '-v', 'error', '-i', file, '-c', 'copy', ...muxer, '-y', '/dev/null']
  const { stdout } = await exec('bash', ['-c', '"$@" >&2; times', 'bash', ...command])
  // The second line is of the children: user, system.
  const [, minutes, seconds, systemMinutes, systemSeconds] = /\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s/.exec(stdout)!
  return Number(minutes) * 60 + Number(seconds) + Number(systemMinutes) * 60 + Number(systemSeconds)
}

if (import.meta.main) console.table(await benchRemux())
