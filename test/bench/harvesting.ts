import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeHarvestJobCommand, type MediaPackageClient } from '@aws-sdk/client-mediapackage'
import { createHarvestJob, createHlsEndpoint } from '../judges/aws.ts'
import { run, temporaryFolder } from '../judges/processes.ts'
import { cpuSeconds, type Measure, median, SERVED_ON } from './measure.ts'
import { openChannel, type Programme, startProgramme } from './programme.ts'

const SEGMENTS = 300
const ROUNDS = 3
const BUCKET = 'clips'

/** `parts` is of those that are made anew: how many segments of the linked asset have the bytes of one of theirs. */
const ENDPOINTS = [
  { id: 'linked', what: 'one slot per segment, linked', settings: { SegmentDurationSeconds: 2 } },
  { id: 'joined', what: 'three slots per segment, joined', settings: { SegmentDurationSeconds: 6 }, parts: 3 },
  {
    id: 'filtered',
    what: 'audio split off, filtered',
    settings: { SegmentDurationSeconds: 2, UseAudioRenditionGroup: true },
    parts: 1,
  },
] as const

type Round = { readonly bytes: number; readonly ours: Cost; readonly theirs: Cost; readonly script?: Cost }

/** Seconds a piece of work took: of the clock, and of CPU. */
export type Cost = { readonly wall: number; readonly cpu: number }

/**
 * A window of ten minutes into a folder of the same file system, against `cp -r` of the asset that comes of it. What is
 * made anew is also held against a script that joins as many bytes, hashes and syncs them. Judged by CPU: what the
 * clock says depends on how the machine gets its pages that minute.
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
    const rounds = ENDPOINTS.map((): Round[] => [])
    for (let round = 0; round < ROUNDS; round++) {
      const folderOf = (id: string) => join(windrow.bucketFolder(BUCKET), `${id}-${round}`)
      for (const [index, endpoint] of ENDPOINTS.entries()) {
        const { id } = endpoint
        const asset = folderOf(id)
        const ours = await harvest(programme, `${id}-${round}`, id, window)
        const theirs = await copy(asset, `${asset}-copy`)
        const script =
          'parts' in endpoint && (await joinedByScript(folderOf('linked'), `${asset}-script`, endpoint.parts))
        rounds[index]!.push({ bytes: sizeOf(asset), ours, theirs, ...(script && { script }) })
        rmSync(`${asset}-copy`, { recursive: true })
        if (script) for (const folder of [asset, `${asset}-script`]) rmSync(folder, { recursive: true })
      }
      rmSync(folderOf('linked'), { recursive: true })
    }
    return ENDPOINTS.flatMap(({ what }, index) => {
      const name = `harvest, ${what}`
      const of = rounds[index]!
      const beside = measure(name, 'cp -r', of, ({ theirs }) => theirs)
      if (of.some(({ script }) => !script)) return [beside]
      return [beside, measure(`${name}, beside a script`, 'cat, sha256sum and sync', of, ({ script }) => script!)]
    })
  } finally {
    await windrow.kill()
  }
}

function measure(name: string, peer: string, rounds: readonly Round[], peerOf: (round: Round) => Cost): Measure {
  const rate = (costOf: (round: Round) => Cost, clock: keyof Cost) =>
    median(rounds.map((round) => round.bytes / 1e6 / costOf(round)[clock]))
  const ours = ({ ours }: Round) => ours
  const [value, peerValue] = [rate(ours, 'cpu'), rate(peerOf, 'cpu')]
  const byTheClock = `${Math.round(rate(ours, 'wall'))} against ${Math.round(rate(peerOf, 'wall'))} MB/s`
  const note = `by the clock ${byTheClock}`
  return { name, value, unit: 'MB per CPU second', peer, peerValue, ratio: value / peerValue, note }
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

/** Joins so many segments of a folder at a time, one behind the other, hashes what comes of it, and syncs that. */
function joinedByScript(from: string, to: string, parts: number): Promise<Cost> {
  const segments = readdirSync(from)
    .filter((name) => name.endsWith('.ts'))
    .toSorted((a, b) => numberIn(a) - numberIn(b))
    .map((name) => join(from, name))
  const lines = [`set -e`, `mkdir ${to}`]
  for (let at = 0; at < segments.length; at += parts) {
    lines.push(`cat ${segments.slice(at, at + parts).join(' ')} > ${to}/${at}.ts`)
  }
  lines.push(`sha256sum ${to}/*.ts > ${to}/sums`, `sync -f ${to}`)
  const script = join(temporaryFolder('script'), 'join.sh')
  writeFileSync(script, lines.join('\n'))
  return costOf(`bash ${script}`)
}

/** The last number in the name of a segment. */
const numberIn = (name: string) => Number(/(\d+)\.ts$/.exec(name)?.[1])

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
