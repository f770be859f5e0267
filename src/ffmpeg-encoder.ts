import { Pool } from './concurrency/pool.ts'
import { runFfmpeg } from './ffmpeg-process.ts'
import { type EncodingOrder, NoEncoder, type PictureEncoder } from './packaging/output-format.ts'

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

const PROFILES = new Map([
  [66, 'baseline'],
  [77, 'main'],
  [88, 'main'],
  [100, 'high'],
  [110, 'high10'],
  [122, 'high422'],
  [244, 'high444'],
])

/**
 * Encodes pictures by running ffmpeg with libx264, one run at a time, in one thread each: equal movies and orders give
 * equal bytes with one version of it.
 */
export function ffmpegEncoder(program: string | undefined): PictureEncoder {
  const places = new Pool([...Array(AT_ONCE).keys()])
  return {
    async check() {
      const args = ['-v', 'error', '-h', 'encoder=libx264']
      const said = await runFfmpeg(
        { program, args, input: [], timeoutMs: CHECK_MS, mostBytes: LIMITS.mostBytes, refusal },
        AbortSignal.timeout(CHECK_MS),
      )
      if (!said.includes('libx264')) throw refusal('it has no libx264')
    },
    h264: (movie, order, signal) =>
      places.run(async () => {
        signal.throwIfAborted()
        return runFfmpeg({ program, args: argsOf(order), input: movie, ...LIMITS, refusal }, signal)
      }),
  }
}

function argsOf(order: EncodingOrder): readonly string[] {
  const { from, until, keyFrames, profile, level, setsId, isInterlaced, bandwidth, isClosed } = order
  const name = PROFILES.get(profile)
  if (name === undefined) throw refusal(`that encodes no pictures of profile ${profile}`)
  const x264 = {
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
    ...QUIET,
    ...(isClosed ? STRICT : []),
    ...FROM_MOVIE,
    ...AS_THEY_COME,
    '-vf',
    `select='gte(pts,${from - HALF_PICTURE})*lt(pts,${until - HALF_PICTURE})'`,
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-profile:v',
    name,
    '-level',
    (level / 10).toFixed(1),
    '-crf',
    '16',
    '-maxrate',
    `${bandwidth}`,
    '-bufsize',
    `${bandwidth}`,
    '-bf',
    '0',
    '-forced-idr',
    '1',
    '-force_key_frames',
    `expr:${keyFrames.map((key) => `eq(n,${key})`).join('+')}`,
    ...(isInterlaced ? ['-flags', '+ildct'] : []),
    '-x264-params',
    Object.entries(x264)
      .map(([key, value]) => `${key}=${value}`)
      .join(':'),
    '-threads',
    '1',
    '-bitexact',
    '-f',
    'h264',
    'pipe:1',
  ]
}

/** Less than half of what any picture is shown for, in ticks. */
const HALF_PICTURE = 90
