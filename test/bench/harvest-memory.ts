import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { utcMs } from '../../src/media/time.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { Windrow } from '../judges/windrow.ts'
import { harvest } from './harvesting.ts'
import { linkObjects } from './linked-objects.ts'
import { type Measure, SERVED_ON } from './measure.ts'
import { endpointGuidOf, inputAt, OBJECT_BYTES, pastKeys, writePast } from './past.ts'

/** A day, in segments of two seconds. */
const SEGMENTS = 43_200
const HOUR = 3600
const DAY = 24 * HOUR
/** What a process of its own harvests, one job after the other: how long each is, in seconds, and how many. */
const RUNS = [
  { name: 'a minute', seconds: 60, jobs: 1 },
  { name: 'an hour', seconds: HOUR, jobs: 1 },
  { name: '24 times an hour', seconds: HOUR, jobs: 24 },
  { name: '24 hours', seconds: DAY, jobs: 1 },
]

/**
 * The most memory that a process needs which harvests a minute, an hour and a day of three renditions. A process that
 * is busy for long keeps more, whatever it does: so the day is held against the same day in jobs of an hour.
 */
export async function benchHarvestMemory(): Promise<Measure[]> {
  const windrow = await Windrow.start({ under: SERVED_ON, environment: { WINDROW_LOG_LEVEL: 'warn' } })
  try {
    const client = mediaPackage(windrow)
    const { url } = await createChannel(client, 'tv')
    const ingest = inputAt(url)
    // Retention must not catch up with the day while it is being measured.
    const HlsPackage = { SegmentDurationSeconds: 2 }
    const endpoint = { ChannelId: 'tv', Id: 'tv', StartoverWindowSeconds: 14 * 86_400, HlsPackage }
    const { Url } = await client.send(new CreateOriginEndpointCommand(endpoint))
    const guid = endpointGuidOf(Url)
    await windrow.stop()
    const began = utcMs(Math.floor(Date.now() / 1000) * 1000 - SEGMENTS * 2000)
    await writePast(windrow.dataFolder, guid, ingest, began, SEGMENTS)
    const objects = join(windrow.dataFolder, 'objects')

    const found = new Map<string, { readonly peak: number; readonly wall: number }>()
    for (const { name, seconds, jobs } of RUNS) {
      await windrow.start()
      // When it has looked for what a crash left: the rows of these objects are missing.
      await sleep(1000)
      linkObjects(objects, pastKeys(SEGMENTS - (seconds * jobs) / 2, SEGMENTS), OBJECT_BYTES)
      let wall = 0
      for (let job = 0; job < jobs; job++) {
        const end = began + SEGMENTS * 2000 - job * seconds * 1000
        const id = `of-${seconds}-${jobs}-${job}`
        wall += (await harvest({ client, windrow }, id, 'tv', { start: end - seconds * 1000, end })).wall
        rmSync(join(windrow.bucketFolder('clips'), id), { recursive: true })
      }
      found.set(name, { peak: windrow.peakMemory, wall })
      await windrow.stop()
      rmSync(objects, { recursive: true })
    }
    const compared = (name: string, peer: string): Measure => {
      const [ours, theirs] = [found.get(name)!, found.get(peer)!]
      return {
        name: `harvest of ${name}, memory`,
        value: ours.peak,
        unit: 'MiB',
        peer,
        peerValue: theirs.peak,
        ratio: theirs.peak / ours.peak,
        note: `in ${ours.wall.toFixed(0)} s`,
      }
    }
    return [
      compared('an hour', 'a minute'),
      compared('24 times an hour', 'a minute'),
      compared('24 hours', '24 times an hour'),
    ]
  } finally {
    await windrow.kill()
  }
}
