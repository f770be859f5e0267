import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeHarvestJobCommand } from '@aws-sdk/client-mediapackage'
import { createHarvestJob, createHlsEndpoint } from '../judges/aws.ts'
import { run } from '../judges/belongings.ts'
import { type Measure, median, ROUNDS, SERVED_ON } from './measure.ts'
import { openChannel, type Programme, startProgramme } from './programme.ts'

const SEGMENTS = 300
const BUCKET = 'clips'

const ENDPOINTS = [
  { id: 'linked', what: 'one slot per segment, linked', settings: { SegmentDurationSeconds: 2 } },
  { id: 'joined', what: 'three slots per segment, joined', settings: { SegmentDurationSeconds: 6 } },
  {
    id: 'filtered',
    what: 'audio split off, filtered',
    settings: { SegmentDurationSeconds: 2, UseAudioRenditionGroup: true },
  },
] as const

/** A window of ten minutes into a folder of the same file system, against `cp -r` of the asset that comes of it. */
export async function benchHarvesting(): Promise<Measure[]> {
  const programme = await startProgramme({ WINDROW_MAX_HARVEST_JOBS: '1000' })
  const { windrow, client } = programme
  try {
    const pusher = await openChannel(programme, 'tv')
    for (const { id, settings } of ENDPOINTS) await createHlsEndpoint(client, 'tv', id, settings)
    for (let count = 0; count < SEGMENTS; count++) await pusher.pushNext()
    await pusher.end()
    const window = { start: pusher.dateOf(0), end: pusher.dateOf(SEGMENTS) }
    const rates = ENDPOINTS.map(() => ({ ours: [] as number[], theirs: [] as number[] }))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, { id }] of ENDPOINTS.entries()) {
        const name = `${id}-${round}`
        const asset = join(windrow.bucketFolder(BUCKET), name)
        const seconds = await harvest(programme, name, id, window)
        const megabytes = sizeOf(asset) / 1e6
        rates[index]!.ours.push(megabytes / seconds)
        rates[index]!.theirs.push(megabytes / (await copy(asset, `${asset}-copy`)))
        for (const folder of [asset, `${asset}-copy`]) rmSync(folder, { recursive: true })
      }
    }
    return ENDPOINTS.map(({ what }, index) => {
      const [value, peerValue] = [median(rates[index]!.ours), median(rates[index]!.theirs)]
      return { name: `harvest, ${what}`, value, unit: 'MB/s', peer: 'cp -r', peerValue, ratio: value / peerValue }
    })
  } finally {
    await windrow.kill()
  }
}

/** Seconds from the request to the job's end. */
async function harvest(
  { client }: Programme,
  id: string,
  endpoint: string,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<number> {
  const times = { startTime: new Date(start).toISOString(), endTime: new Date(end).toISOString() }
  const began = performance.now()
  await createHarvestJob(client, id, endpoint, times, BUCKET, `${id}/index.m3u8`)
  for (;;) {
    const { Status } = await client.send(new DescribeHarvestJobCommand({ Id: id }))
    if (Status === 'SUCCEEDED') return (performance.now() - began) / 1000
    if (Status !== 'IN_PROGRESS') throw new Error(`job ${id} is ${Status}`)
    await sleep(2)
  }
}

async function copy(from: string, to: string): Promise<number> {
  const [command, ...args] = [...SERVED_ON, 'cp', '-r', from, to]
  const began = performance.now()
  await run(command!, args)
  return (performance.now() - began) / 1000
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
