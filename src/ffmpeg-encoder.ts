import { Pool } from './concurrency/pool.ts'
import { runFfmpeg } from './ffmpeg-process.ts'
import { type EncodingOrder, type Movie, NoEncoder, type PictureEncoder } from './packaging/output-format.ts'

/** Half a minute of pictures of ultra-high definition takes some minutes of a core. */
const LIMITS = { timeoutMs: 900_000, mostBytes: 256 * 1024 * 1024 }
/** Encoding must not take the cores that serving needs. */
const AT_ONCE = 1
const CHECK_MS = 60_000

const refusal = (reason: string) => new NoEncoder(`cut FRAME_EXACT needs ffmpeg with libx264, and ${reason}.`)

/** Everything it reads comes through its standard input; in one thread, it decodes equal input alike. */
const QUIET = ['-nostdin', '-v', 'error', '-threads', '1', '-protocol_whitelist', 'pipe']
/** A picture that it cannot decode ends it. */
const STRICT = ['-xerror', '-err_detect', 'explode']
/** Times are as the movie has them, and pictures are neither repeated nor left out. */
const FROM_MOVIE = ['-ignore_editlist', '1', '-copyts', '-f', 'mp4', '-i', 'pipe:0', '-map', '0:v:0']
const AS_THEY_COME = ['-fps_mode', 'passthrough']

const LIBX264 = ['-c:v', 'libx264', '-preset', 'medium', '-crf', '16', '-bf', '0', '-forced-idr', '1']
const LIBX265 = ['-c:v', 'libx265', '-preset', 'medium', '-crf', '16', '-forced-idr', '1']
const IN_ONE_THREAD = ['-threads', '1', '-bitexact']

const H264_PROFILES = new Map([
  [66, 'baseline'],
  [77, 'main'],
  [88, 'main'],
  [100, 'high'],
  [110, 'high10'],
  [122, 'high422'],
  [244, 'high444'],
])

const HEVC_PROFILES = new Map([
  [1, 'main'],
  [2, 'main10'],
])

/**
 * Encodes pictures by running ffmpeg with libx264 or libx265, one run at a time, in one thread each: equal movies and
 * orders give equal bytes with one version of it.
 */
export function ffmpegEncoder(program: string | undefined): PictureEncoder {
  const places = new Pool([...Array(AT_ONCE).keys()])
  const run = (movie: Movie, args: readonly string[], signal: AbortSignal) =>
    places.run(async () => {
      signal.throwIfAborted()
      return runFfmpeg({ program, args, input: movie, ...LIMITS, refusal }, signal)
    })
  return {
    async check() {
      const args = ['-v', 'error', '-h', 'encoder=libx264']
      const said = await runFfmpeg(
        { program, args, input: [], timeoutMs: CHECK_MS, mostBytes: LIMITS.mostBytes, refusal },
        AbortSignal.timeout(CHECK_MS),
      )
      if (!said.includes('libx264')) throw refusal('it has no libx264')
    },
    h264: async (movie, order, signal) => run(movie, argsOf(order, h264Args(order)), signal),
    hevc: async (movie, order, signal) => run(movie, argsOf(order, hevcArgs(order)), signal),
  }
}

function h264Args({ profile, level, setsId, isInterlaced }: EncodingOrder): readonly string[] {
  const options = {
    'sps-id': setsId,
    threads: 1,
    'sliced-threads': 0,
    slices: 1,
    'open-gop': 0,
    scenecut: 0,
    keyint: 'infinite',
    aud: 0,
  }
  return [
    ...LIBX264,
    '-profile:v',
    named(H264_PROFILES, profile),
    '-level',
    (level / 10).toFixed(1),
    ...(isInterlaced ? ['-flags', '+ildct'] : []),
    '-x264-params',
    paramsOf(options),
    '-f',
    'h264',
  ]
}

function hevcArgs({ profile, level }: EncodingOrder): readonly string[] {
  const options = {
    // general_level_idc is thirty times a level.
    'level-idc': (level / 30).toFixed(1),
    pools: 'none',
    'frame-threads': 1,
    wpp: 0,
    slices: 1,
    'open-gop': 0,
    scenecut: 0,
    keyint: -1,
    bframes: 0,
    'repeat-headers': 1,
    info: 0,
    'log-level': 'error',
  }
  return [...LIBX265, '-profile:v', named(HEVC_PROFILES, profile), '-x265-params', paramsOf(options), '-f', 'hevc']
}

function argsOf(
  { from, until, keyFrames, bandwidth, isClosed }: EncodingOrder,
  encoding: readonly string[],
): readonly string[] {
  return [
    ...QUIET,
    ...(isClosed ? STRICT : []),
    ...FROM_MOVIE,
    ...AS_THEY_COME,
    '-vf',
    `select='gte(pts,${from - HALF_PICTURE})*lt(pts,${until - HALF_PICTURE})'`,
    '-force_key_frames',
    `expr:${keyFrames.map((key) => `eq(n,${key})`).join('+')}`,
    '-maxrate',
    `${bandwidth}`,
    '-bufsize',
    `${bandwidth}`,
    ...encoding,
    ...IN_ONE_THREAD,
    'pipe:1',
  ]
}

function named(profiles: ReadonlyMap<number, string>, profile: number): string {
  const name = profiles.get(profile)
  if (name === undefined) throw refusal(`that encodes no pictures of profile ${profile}`)
  return name
}

function paramsOf(options: Readonly<Record<string, string | number>>): string {
  return Object.entries(options)
    .map(([key, value]) => `${key}=${value}`)
    .join(':')
}

/** Less than half of what any picture is shown for, in ticks. */
const HALF_PICTURE = 90
