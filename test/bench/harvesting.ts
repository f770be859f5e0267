import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeHarvestJobCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createHarvestJob, createHlsEndpoint } from '../judges/aws.ts'
import { run } from '../judges/processes.ts'
import { cpuSeconds, type Measure, median, ROUNDS, SERVED_ON } from './measure.ts'
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

/** Seconds a piece of work took: of the clock, and of CPU. */
export type Cost = { readonly wall: number; readonly cpu: number }

/**
 * A window of ten minutes into a folder of the same file system, against `cp -r` of the asset that comes of it. Judged
 * by CPU: what the clock says depends on how the machine gets its pages that minute.
 */
export async function benchHarvesting(): Promise<Measure[]> {
  const programme = await startProgramme({ WINDROW_MAX_HARVEST_JOBS: '1000' })
  const { windrow, client } = programme
  try {
    const pusher = await openChannel(programme, 'tv')
    for (const { id, settings } of ENDPOINTS) await createHlsEndpoint(client, 'tv', id, settings)
    for (let count = 0; count < SEGMENTS; count++) await pusher.pushNext()
    await pusher.end()
    const window = { start: pusher.dateOf(0), end: pusher.dateOf(SEGMENTS) }
    const rounds = ENDPOINTS.map((): { bytes: number; ours: Cost; theirs: Cost }[] => [])
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, { id }] of ENDPOINTS.entries()) {
        const name = `${id}-${round}`
        const asset = join(windrow.bucketFolder(BUCKET), name)
        const ours = await harvest(programme, name, id, window)
        rounds[index]!.push({ bytes: sizeOf(asset), ours, theirs: await copy(asset, `${asset}-copy`) })
        for (const folder of [asset, `${asset}-copy`]) rmSync(folder, { recursive: true })
      }
    }
    return ENDPOINTS.map(({ what }, index) => {
      const rate = (who: 'ours' | 'theirs', clock: keyof Cost) =>
        median(rounds[index]!.map((round) => round.bytes / 1e6 / round[who][clock]))
      const [value, peerValue] = [rate('ours', 'cpu'), rate('theirs', 'cpu')]
      const byTheClock = `${Math.round(rate('ours', 'wall'))} against ${Math.round(rate('theirs', 'wall'))} MB/s`
      return {
        name: `harvest, ${what}`,
        value,
        unit: 'MB per CPU second',
        peer: 'cp -r',
        peerValue,
        ratio: value / peerValue,
        note: `by the clock ${byTheClock}`,
      }
    })
  } finally {
    await windrow.kill()
  }
}

/** From the request to the job's end. */
export async function harvest(
  { client, windrow }: Pick<Programme, 'client' | 'windrow'>,
  id: string,
  endpoint: string,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Cost> {
  const times = { startTime: new Date(start).toISOString(), endTime: new Date(end).toISOString() }
  const cpu = cpuSeconds(windrow.pid)
  const began = performance.now()
  await createHarvestJob(client, id, endpoint, times, BUCKET, `${id}/index.m3u8`)
  await ended(client, id, began)
  // What takes less than the kernel counts by still takes something.
  return { wall: (performance.now() - began) / 1000, cpu: Math.max(0.01, cpuSeconds(windrow.pid) - cpu) }
}

/** Resolves when a job that `began` has succeeded. */
export async function ended(client: MediaPackageClient, id: string, began: number): Promise<void> {
  for (;;) {
    const { Status } = await client.send(new DescribeHarvestJobCommand({ Id: id }))
    if (Status === 'SUCCEEDED') return
    if (Status !== 'IN_PROGRESS') throw new Error(`job ${id} is ${Status}`)
    // Rarely, measured by how long it takes: to ask is work for the server, and counts as that of the harvest.
    await sleep(Math.max(10, (performance.now() - began) / 20))
  }
}

const copy = (from: string, to: string) => costOf(`cp -r ${from} ${to}`)

/** Of a shell command, on the core that is measured. */
export async function costOf(work: string): Promise<Cost> {
  const [command, ...args] = [...SERVED_ON, 'bash', '-c', `${work} && times`]
  const began = performance.now()
  const said = (await run(command!, args)).toString()
  // The last line is of the children: user and system, as 0m0.123s.
  const [user, system] = [
    ...said
      .trim()
      .split('\n')
      .at(-1)!
      .matchAll(/(\d+)m([\d.]+)s/g),
  ]
  const seconds = (time: RegExpExecArray | undefined) => Number(time?.[1]) * 60 + Number(time?.[2])
  return { wall: (performance.now() - began) / 1000, cpu: Math.max(0.01, seconds(user) + seconds(system)) }
}

export function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
