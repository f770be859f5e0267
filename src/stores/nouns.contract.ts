import { ticks, type UtcRange, utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { HarvestJob, HarvestOutcome } from '../model/harvest-job.ts'
import type { HarvestRecord } from '../model/harvest-run.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { type Era, objectsOf, type Slot, type SourceStream } from '../model/output-segment.ts'
import { slotSummaryOf } from '../model/slot-summary.ts'
import type { SourceObject } from '../model/source-segment.ts'
import type { HarvestClaim } from './harvest-records.ts'
import type { Page, PageRequest } from './pages.ts'
import type { Resources } from './resources.ts'
import type { SegmentIndex } from './segment-index.ts'
import type { OutputSegmentRow, TimelineCommit } from './timeline-store.ts'

/** An empty store, against which the suites of both database ports run. */
export type ContractStore = {
  readonly resources: Resources
  readonly segmentIndex: SegmentIndex
  /** Closes the store and opens it again with what it kept. */
  restart(): Promise<ContractStore>
}

export const NOW = utcMs(Date.UTC(2026, 0, 1))
export const DAY_MS = 86_400_000
export const later = (ms: number) => utcMs(NOW + ms)

export function channel(id: string, changes: Partial<Channel> = {}): Channel {
  const guid = `guid-${id}`
  return {
    guid,
    id,
    tags: { team: 'größe ✓' },
    createdAt: NOW,
    ingestEndpoints: [
      { id: guid, username: 'u1', password: 'p1' },
      { id: `${guid}-2`, username: 'u2', password: 'p2' },
    ],
    revision: 1,
    ...changes,
  }
}

export function originEndpoint(id: string, channelId: string, changes: Partial<OriginEndpoint> = {}): OriginEndpoint {
  return {
    guid: `guid-${id}`,
    id,
    channelId,
    channelGuid: `guid-${channelId}`,
    manifestName: 'index',
    startoverWindowSeconds: 0,
    timeDelaySeconds: 0,
    whitelist: [],
    origination: 'ALLOW',
    packaging: {
      container: 'ISM',
      segment: { durationSeconds: 2, name: 'index' },
      streamSelection: { minVideoBitsPerSecond: 0, maxVideoBitsPerSecond: 2147483647, streamOrder: 'ORIGINAL' },
      manifests: [{ type: 'MSS', name: 'index', windowSeconds: 60 }],
    },
    tags: {},
    createdAt: NOW,
    modifiedAt: NOW,
    revision: 1,
    ...changes,
  }
}

export function harvestJob(id: string, endpoint: OriginEndpoint, changes: Partial<HarvestJob> = {}): HarvestJob {
  return {
    id,
    channelId: endpoint.channelId,
    originEndpointId: endpoint.id,
    startTime: 'as the client wrote it',
    endTime: 'the same',
    start: later(-60_000),
    end: NOW,
    s3Destination: { bucketName: 'b', manifestKey: 'a/index.m3u8', roleArn: 'arn:aws:iam::1:role/r' },
    status: 'IN_PROGRESS',
    createdAt: NOW,
    endpoint,
    ...changes,
  }
}

export function event(id: string): ServiceEvent {
  return { id, at: NOW, detailType: 'MediaPackage HarvestJob Notification', resources: [], detail: { id } }
}

export const INPUT: InputRef = { channelGuid: 'guid-news', ingestEndpointId: 'guid-news' }
export const SLOT_MS = 2000

export function sourceObject(key: string, receivedAt = NOW): SourceObject {
  return { key, name: `${key}.ts`, size: 7, crc32: 1, sha256: '00', receivedAt }
}

/** Slot `index` of `era`, with one object per key; it lasts two seconds, and is sealed when it ends. */
export function slot(index: number, keys: readonly string[], { era = 0, at = NOW as number } = {}): Slot {
  const startUtc = utcMs(at + index * SLOT_MS)
  const objects = Object.fromEntries(keys.map((key, n) => [n + 1, { key, size: 7, crc32: 1, sha256: '00' }]))
  const duration = ticks(SLOT_MS * 90)
  const sealedAt = utcMs(startUtc + SLOT_MS)
  return { era, index, start: ticks(index * duration), duration, startUtc, sealedAt, objects }
}

export function era(id: number, streams: readonly SourceStream[] = []): Era {
  const origin = { kind: 'input', input: INPUT.ingestEndpointId } as const
  return { id, origin, streams, clock: { time: ticks(id * 1000), utc: later(id) } }
}

/** The output segment made of these slots. */
export function outputSegment(outputTimeline: number, number: number, slots: readonly Slot[]): OutputSegmentRow {
  const first = slots[0]!
  return {
    outputTimeline,
    number,
    era: first.era,
    start: first.start,
    duration: ticks(slots.reduce((sum, { duration }) => sum + duration, 0)),
    startUtc: first.startUtc,
    sealedAt: slots.at(-1)!.sealedAt,
    discontinuity: false,
    discontinuitySequence: 0,
    firstSlot: first.index,
    slotCount: slots.length,
    eraClock: later(first.era),
  }
}

export function commit(
  expectedVersion: number,
  { slots = [], ...parts }: Partial<Omit<TimelineCommit, 'slots'> & { readonly slots: readonly Slot[] }> = {},
): TimelineCommit {
  const nothing = { objects: [], settled: [], eras: [], outputSegments: [] }
  const rows = slots.map((slot) => ({ slot, summary: slotSummaryOf(slot) }))
  return { expectedVersion, state: `state ${expectedVersion + 1}`, ...nothing, ...parts, slots: rows }
}

/** Limits that are never reached. */
export const MANY = {
  maxChannels: 100,
  maxPerChannel: 100,
  maxInProgress: 100,
  maxScheduled: 100,
  idFreeAfterMs: 90 * DAY_MS,
}

/** Creates a job that is due at once. */
export function storeJob(resources: Resources, job: HarvestJob, limits = MANY) {
  return resources.createHarvestJob(job, limits, job.createdAt)
}

/** Claims the next job, which must exist. */
export async function claimed(resources: Resources, now = NOW, owner = 'worker'): Promise<HarvestRecord> {
  const job = await resources.claimHarvestJob({ owner, now, leaseMs: LEASE_MS })
  if (!job) throw new Error('there is no job to claim')
  return job
}

export const LEASE_MS = 10_000

export const claimOf = ({ id, run: { fence } }: HarvestRecord): HarvestClaim => ({ id, fence })

export const FAILED: HarvestOutcome = { state: 'FAILED', failure: { code: 'NoSuchBucket', message: 'There is none.' } }

/** Claims every job that is due, and ends it. */
export async function finishAll(
  resources: Resources,
  outcome: HarvestOutcome = { state: 'SUCCEEDED' },
  now = NOW,
): Promise<void> {
  for (;;) {
    const job = await resources.claimHarvestJob({ owner: 'worker', now, leaseMs: LEASE_MS })
    if (!job) return
    await resources.finishHarvestJob(claimOf(job), { at: NOW, outcome, event: event(`end of ${job.id}`) })
  }
}

/** The ids on each page of a listing. */
export async function idsOf(
  list: (page: PageRequest) => Promise<Page<{ id: string }>>,
  limit: number,
): Promise<string[][]> {
  const pages: string[][] = []
  let after: string | undefined
  do {
    const page = await list(after === undefined ? { limit } : { limit, after })
    pages.push(page.items.map(({ id }) => id))
    after = page.next
  } while (after !== undefined)
  return pages
}

export const OTHER: InputRef = { channelGuid: 'guid-news', ingestEndpointId: 'guid-news-2' }
export const FOREIGN: InputRef = { channelGuid: 'guid-sport', ingestEndpointId: 'guid-sport' }
export const NOTHING_SPARED = { inUse: [], limit: 1000 }

/** A time within slots. */
export const within = (first: number, last = first): UtcRange => ({
  start: later((first + 0.25) * SLOT_MS),
  end: later((last + 0.75) * SLOT_MS),
})

/** The first ten slots of an input, kept in a store. */
export async function keepSlots({ segmentIndex }: ContractStore, input = INPUT): Promise<readonly Slot[]> {
  const slots = Array.from({ length: 10 }, (_, i) => slot(i, [`${input.channelGuid}/${i}`]))
  await segmentIndex.commitTimeline(input, commit(0, { slots }))
  return slots
}

/** The slots of an input that are left when all of it is to be deleted. */
export async function sparedSlots({ segmentIndex }: ContractStore, input = INPUT): Promise<readonly number[]> {
  await segmentIndex.forget(input, later(1e9), NOTHING_SPARED)
  return (await segmentIndex.slots(input, undefined, 99)).map(({ index }) => index)
}

export const keysOf = (one: Slot) => objectsOf(one).map(({ key }) => key)
export const numbersOf = (segments: readonly { readonly number: number }[]) => segments.map(({ number }) => number)
