import { linkSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateOriginEndpointCommand } from '@aws-sdk/client-mediapackage'
import { utcMs } from '../../src/media/time.ts'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { Windrow } from '../judges/windrow.ts'
import { harvest } from './harvesting.ts'
import { type Measure, SERVED_ON } from './measure.ts'
import { OBJECT_BYTES, pastKeys, writePast } from './past.ts'

/** A day, in segments of two seconds. */
const SEGMENTS = 43_200
/** File systems bound the links of one file. */
const LINKS_OF_A_FILE = 10_000
const SPANS = [
  { name: '1 minute', seconds: 60 },
  { name: '1 hour', seconds: 3600 },
  { name: '24 hours', seconds: 86_400 },
]

/** The most memory that jobs of a minute, an hour and a day of three renditions need, each in a process of its own. */
export async function benchHarvestMemory(): Promise<Measure[]> {
  const windrow = await Windrow.start({ under: SERVED_ON, environment: { WINDROW_LOG_LEVEL: 'warn' } })
  try {
    const client = mediaPackage(windrow)
    const { url } = await createChannel(client, 'tv')
    const [channelGuid = '', ingestEndpointId = ''] = new URL(url).pathname.split('/').slice(3)
    // Retention must not catch up with the day while it is being measured.
    const HlsPackage = { SegmentDurationSeconds: 2 }
    const endpoint = { ChannelId: 'tv', Id: 'tv', StartoverWindowSeconds: 14 * 86_400, HlsPackage }
    const { Url = '' } = await client.send(new CreateOriginEndpointCommand(endpoint))
    const [, guid = ''] = /\/out\/v1\/(\w+)\//.exec(Url) ?? []
    await windrow.stop()
    const began = utcMs(Math.floor(Date.now() / 1000) * 1000 - SEGMENTS * 2000)
    await writePast(windrow.dataFolder, guid, { channelGuid, ingestEndpointId }, began, SEGMENTS)
    const objects = join(windrow.dataFolder, 'objects')

    const found: { readonly name: string; readonly peak: number; readonly wall: number }[] = []
    for (const { name, seconds } of SPANS) {
      await windrow.start()
      // When it has looked for what a crash left: the rows of these objects are missing.
      await sleep(1000)
      makeObjects(objects, SEGMENTS - seconds / 2)
      const end = began + SEGMENTS * 2000
      const id = `of-${seconds}`
      const { wall } = await harvest({ client, windrow }, id, 'tv', { start: end - seconds * 1000, end })
      found.push({ name, peak: windrow.peakMemory, wall })
      await windrow.stop()
      for (const folder of [join(windrow.bucketFolder('clips'), id), objects]) rmSync(folder, { recursive: true })
    }
    const [minute] = found
    return found.slice(1).map(({ name, peak, wall }) => ({
      name: `harvest of ${name}, memory`,
      value: peak,
      unit: 'MiB',
      peer: 'of a minute',
      peerValue: minute!.peak,
      ratio: minute!.peak / peak,
      note: `in ${wall.toFixed(0)} s`,
    }))
  } finally {
    await windrow.kill()
  }
}

/** Files for the segments of the past from one on: links to a few that hold nothing. */
function makeObjects(root: string, first: number): void {
  let links = 0
  let source = ''
  let folder = ''
  for (const key of pastKeys(first, SEGMENTS)) {
    const path = join(root, key)
    if (dirname(path) !== folder) {
      folder = dirname(path)
      mkdirSync(folder, { recursive: true })
    }
    if (links++ % LINKS_OF_A_FILE === 0) {
      writeFileSync(path, '')
      truncateSync(path, OBJECT_BYTES)
      source = path
    } else linkSync(source, path)
  }
}
