import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createChannel, createHlsEndpoint, harvested, mediaPackage } from '../judges/aws.ts'
import { encodeLoop, type Television } from '../judges/loop.ts'
import { run as runProgram } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'long-files'

const SEGMENT_SECONDS = 6
/** So little that a day of it is written within minutes. */
const TELEVISION: Television = {
  segmentSeconds: SEGMENT_SECONDS,
  frameRate: 25,
  picture: '',
  renditions: [{ name: 'one', size: '160x90', bandwidth: 200_000 }],
}
/** Dates that are further away than a day are not believed. */
const DAY_SECONDS = 85_800
/** All begin a minute after the stream. */
const WINDOWS = { 'a minute': 60, 'an hour': 3600, 'a day': DAY_SECONDS - 60 }
/** What a window of a day may take more than one of a minute. */
const MOST_MORE_MIB = 96

/** MP4 files of a minute, an hour and a day: memory does not grow with them. */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start()
  const figures: Record<string, string | number> = {}
  const peaks: number[] = []
  try {
    const client = mediaPackage(windrow)
    const loop = await encodeLoop(TELEVISION)
    const begin = Date.now() - DAY_SECONDS * 1000
    const pusher = new Pusher(await createChannel(client, 'tv'), loop, begin)
    await pusher.pushParent()
    await createHlsEndpoint(client, 'tv', 'tv', { SegmentDurationSeconds: SEGMENT_SECONDS })
    for (let count = 0; count < DAY_SECONDS / SEGMENT_SECONDS; count++) await pusher.pushNext()
    await pusher.end()
    log(`a day is there: ${Math.round(pusher.bytesTaken / 1e6)} MB`)
    for (const [what, seconds] of Object.entries(WINDOWS)) {
      // Begins to note the most memory anew (proc(5)).
      writeFileSync(`/proc/${windrow.pid}/clear_refs`, '5')
      const id = `s${seconds}`
      const began = performance.now()
      const start = begin + 60_000
      const window = { start, end: start + seconds * 1000 }
      const made = { file: 'movie.mp4', deliverables: [{ kind: 'MP4' }] }
      const folder = await harvested(windrow, { id, originEndpointId: 'tv', ...window, ...made })
      const took = (performance.now() - began) / 1000
      const file = join(folder, 'movie.mp4')
      await assertWhole(file, seconds)
      const peak = Math.round(windrow.peakMemory)
      peaks.push(peak)
      figures[what] =
        `${Math.round(statSync(file).size / 1e6)} MB in ${took.toFixed(1)} s, at most ${peak} MiB of memory`
      log(`${what}: ${figures[what]}`)
    }
  } finally {
    await windrow.stop()
  }
  const more = peaks.at(-1)! - peaks[0]!
  if (more > MOST_MORE_MIB) throw new Error(`a day takes ${more} MiB more than a minute`)
  return figures
}

/** ffprobe reads as many pictures as there must be, and the file is as long. */
async function assertWhole(file: string, seconds: number): Promise<void> {
  const entries = ['-count_packets', '-show_entries', 'stream=nb_read_packets:format=duration', '-of', 'csv=p=0']
  const read = (await runProgram('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...entries, file])).toString()
  const [pictures, duration] = read.trim().split('\n').map(Number)
  if (pictures !== 25 * seconds) throw new Error(`${file} has ${pictures} pictures`)
  if (!(Math.abs(duration! - seconds) < 0.1)) throw new Error(`${file} is ${duration} s long`)
}
