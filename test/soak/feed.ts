import assert from 'node:assert/strict'
import { apiOf, createHarvestJob, harvestOutcome, mediaPackage } from '../judges/aws.ts'
import { startFeed } from '../judges/feed.ts'
import { residentMemory } from '../judges/memory.ts'
import { eventually, run as runProgram } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'feed'

const HOURS = 2
const KILLS = 5

/**
 * Feeds hours of the past at the rate that MediaPackage allows, while the server is killed again and again: all
 * pictures are there once, without a seam, and the feed has not grown.
 */
export async function run({ log }: SoakContext): Promise<Record<string, string | number>> {
  const windrow = await Windrow.start({ environment: { WINDROW_INGEST_REQUESTS_PER_SECOND: '50' } })
  try {
    const began = performance.now()
    const { said, ended, child } = startFeed(windrow, 'c', '--create', '--past', `${HOURS}h`)
    let peak = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const before = await segmentsShown(windrow)
      await eventually('more of the feed', async () => (await segmentsShown(windrow)) > before + 60 || undefined)
      peak = Math.max(peak, residentMemory(child.pid!).peak)
      await windrow.kill()
      await windrow.start()
      log(`killed after ${((performance.now() - began) / 1000).toFixed(0)} s`)
    }
    assert.equal(await ended, 0, said())
    const seconds = (performance.now() - began) / 1000
    const { from, until, segments } = JSON.parse(said()) as Record<'from' | 'until', string> & { segments: number }
    assert.equal(segments, (Date.parse(until) - Date.parse(from)) / 2000)
    const client = mediaPackage(windrow)
    await createHarvestJob(client, 'all', 'c-hls', { startTime: from, endTime: until }, 'clips', 'all/index.m3u8')
    assert.equal(await harvestOutcome(client, 'all'), 'SUCCEEDED')
    const asset = `${windrow.bucketFolder('clips')}/all/index.m3u8`
    const entries = ['-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0']
    const probed = await runProgram('ffprobe', ['-v', 'error', ...entries, asset])
    const times = [...probed.toString().matchAll(/^\d+/gm)].map(([time]) => Number(time))
    times.sort((a, b) => a - b)
    const steps = new Set(times.slice(1).map((time, n) => time - times[n]!))
    assert.deepEqual([times.length, [...steps]], [segments * 50, [3600]])
    return {
      hours: HOURS,
      kills: KILLS,
      seconds: Math.round(seconds),
      pictures: times.length,
      'peak MiB': Math.floor(peak),
    }
  } finally {
    await windrow.stop()
  }
}

/** How many seconds of the channel have their place, divided by two. */
async function segmentsShown(windrow: Windrow): Promise<number> {
  const answer = (await apiOf(windrow)
    .ask('GET', 'channels/c/inputs')
    .catch(() => undefined)) as
    | { readonly inputs: readonly { readonly streams: readonly { readonly lastMediaSequence?: number }[] }[] }
    | undefined
  return answer?.inputs[0]?.streams[0]?.lastMediaSequence ?? 0
}
