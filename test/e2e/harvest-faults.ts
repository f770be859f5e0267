/** A programme that is over, and harvests of it, to be held against one that nobody disturbed. */
import { createHash } from 'node:crypto'
import type { ApiClient } from '../../src/cli/api-client.ts'
import type { HarvestReport } from '../../src/control/harvest-operations.ts'
import { createChannel, createHlsEndpoint, mediaPackage } from '../judges/aws.ts'
import { encodeLoop } from '../judges/loop.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import type { Windrow } from '../judges/windrow.ts'

const HOUR_MS = 3_600_000
const ROLE = 'arn:aws:iam::000000000000:role/harvest'

/** The whole of a programme, as the API takes it. */
export type Programme = { readonly startTime: string; readonly endTime: string }

/** Programmes one behind the other in one asset, as the API takes them. */
export type Ranges = { readonly ranges: readonly Programme[] }

/** SHA-256 by name, below the folder of the parent manifest. */
export type Asset = ReadonlyMap<string, string>

/** So many seconds, in segments of one, at an endpoint `verbatim` that shows them as they came. */
export async function publishProgramme(windrow: Windrow, seconds: number): Promise<Programme> {
  const client = mediaPackage(windrow)
  const ingest = await createChannel(client, 'news')
  await createHlsEndpoint(client, 'news', 'verbatim', { SegmentDurationSeconds: 1 })
  const pusher = new Pusher(ingest, await encodeLoop(), Date.now() - HOUR_MS)
  await pusher.pushParent()
  while (pusher.published < seconds) await pusher.pushNext()
  await pusher.end()
  const iso = (number: number) => new Date(pusher.dateOf(number)).toISOString()
  return { startTime: iso(0), endTime: iso(seconds) }
}

/** A job whose asset is in the folder of its own name. */
export async function askForHarvest(
  api: ApiClient,
  id: string,
  bucketName: string,
  programme: Programme | Ranges,
  originEndpointId = 'verbatim',
  options: object = {},
): Promise<void> {
  const s3Destination = { bucketName, manifestKey: `${id}/index.m3u8`, roleArn: ROLE }
  await api.ask('POST', 'harvest_jobs', { body: { id, originEndpointId, ...programme, s3Destination, ...options } })
}

export async function describeHarvest(api: ApiClient, id: string): Promise<HarvestReport> {
  return (await api.ask('GET', `harvest_jobs/${id}`)) as HarvestReport
}

export async function harvestEnd(api: ApiClient, id: string): Promise<HarvestReport> {
  return eventually(`harvest job ${id} to end`, async () => {
    const job = await describeHarvest(api, id)
    return job.status === 'IN_PROGRESS' ? undefined : job
  })
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Of jobs, as often and in the order as events tell that they have succeeded. */
export async function endsTold(api: ApiClient): Promise<readonly string[]> {
  type Event = { readonly detail: { readonly harvest_job: { readonly id: string; readonly status: string } } }
  const events = await pagesOf<Event>(api, 'events', 'events')
  return events.map(({ detail: { harvest_job: job } }) =>
    job.status === 'SUCCEEDED' ? job.id : `${job.id} ${job.status}`,
  )
}

/** Everything of a list, page by page. */
export async function pagesOf<T>(api: ApiClient, path: string, member: string): Promise<readonly T[]> {
  const all: T[] = []
  for (let nextToken: string | undefined; ; ) {
    const query = { maxResults: '1000', nextToken }
    const page = (await api.ask('GET', path, { query })) as Readonly<Record<string, readonly T[]>> & {
      readonly nextToken?: string
    }
    all.push(...(page[member] ?? []))
    if (page.nextToken === undefined) return all
    nextToken = page.nextToken
  }
}
