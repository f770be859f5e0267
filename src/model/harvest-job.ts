import type { UtcMs, UtcRange } from '../media/time.ts'
import {
  type Deliverable,
  type DeliverableKind,
  type NamedDeliverable,
  namedDeliverables,
  type PresentationKind,
} from './deliverable.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import type { OriginEndpoint } from './origin-endpoint.ts'

export type HarvestJobStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED'

export type S3Destination = {
  readonly bucketName: string
  /** Path and file name of the parent manifest. */
  readonly manifestKey: string
  readonly roleArn: string
}

/** The options of a job for media that is missing. The defaults match MediaPackage. */
export type HarvestOptions = {
  /**
   * For media missing inside the window: leave it out behind a discontinuity, end the asset before the first gap, or
   * fail.
   */
  readonly gapPolicy: 'DISCONTINUITY' | 'CLAMP' | 'FAIL'
  /** For an encoder that stopped before the window's end: end the asset there, or fail. */
  readonly earlyEndPolicy: 'CLAMP' | 'FAIL'
  /** True writes a `harvest.json` report beside the asset. */
  readonly report: boolean
  /** What is made of the window; absent where it is what the endpoint has. */
  readonly deliverables?: readonly Deliverable[]
  /**
   * Where the asset begins and ends: with the segments that the window touches, or at its pictures, to the frame, where
   * players can without encoding, or in all of them, with pictures encoded anew at the edges.
   */
  readonly cut?: 'SEGMENT' | 'FRAME' | 'FRAME_EXACT'
  /**
   * Of encrypted endpoints: as they serve it, which is the default, with nothing in the clear that they encrypt; or all
   * of it in the clear.
   */
  readonly encryption?: 'AS_SERVED' | 'NONE'
}

export const DEFAULT_HARVEST_OPTIONS: HarvestOptions = {
  gapPolicy: 'DISCONTINUITY',
  earlyEndPolicy: 'CLAMP',
  report: false,
}

/** A span of an origin endpoint that an asset shows behind those before it. */
export type HarvestRange = UtcRange & {
  readonly originEndpointId: string
  /** The GUID of the endpoint's channel, whose content is kept for the job. */
  readonly channelGuid: string
  /** The times as the client wrote them. */
  readonly startTime: string
  readonly endTime: string
}

/** The schedule, or the rule, that made a job; both absent where a client did. */
export type JobMaker = { readonly scheduleId?: string; readonly ruleId?: string }

/** A MediaPackage HarvestJob. Only `status` ever changes. */
export type HarvestJob = JobMaker & {
  readonly id: string
  readonly channelId: string
  readonly originEndpointId: string
  /** The time as the client wrote it, which responses repeat. */
  readonly startTime: string
  readonly endTime: string
  readonly start: UtcMs
  readonly end: UtcMs
  readonly s3Destination: S3Destination
  readonly status: HarvestJobStatus
  readonly createdAt: UtcMs
  /** The endpoint as it was when the job was created: deleting or changing it later does not affect the job. */
  readonly endpoint: OriginEndpoint
  /** The options of the job; the defaults when absent. */
  readonly options?: HarvestOptions
  /** The id of the clip that it writes: what that has pinned is there, whatever the startover window is. */
  readonly clip?: string
  /**
   * What the asset shows, one behind the other, where that is more than one range. The job's own endpoint and times are
   * those of the first, and all are packaged as its endpoint is.
   */
  readonly ranges?: readonly HarvestRange[]
  /** The endpoints of further ranges, each once, as they were when the job was created. */
  readonly otherEndpoints?: readonly OriginEndpoint[]
}

/** The jobs that would each ask for one range of a job, in their order: the job itself where it has no others. */
export function jobsOfRanges(job: HarvestJob): readonly HarvestJob[] {
  const { ranges, otherEndpoints = [], ...whole } = job
  if (!ranges) return [job]
  const endpoints = [job.endpoint, ...otherEndpoints]
  return ranges.map(({ originEndpointId, startTime, endTime, start, end }) => {
    const endpoint = endpoints.find(({ id }) => id === originEndpointId) ?? job.endpoint
    return { ...whole, channelId: endpoint.channelId, originEndpointId, startTime, endTime, start, end, endpoint }
  })
}

/** The outcome of a job, for its record and its event. */
export type HarvestOutcome =
  | { readonly state: 'SUCCEEDED' }
  | { readonly state: 'FAILED' | 'CANCELLED'; readonly failure: HarvestFailure }

/** The status for an outcome; the API has no cancellation, so a cancelled job counts as failed. */
export function statusAfter({ state }: HarvestOutcome): Exclude<HarvestJobStatus, 'IN_PROGRESS'> {
  return state === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED'
}

/** The folder of a key with its trailing slash; empty at the top of the bucket. */
export function folderOfKey(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

/** The kind of presentation that an endpoint serves. */
export function ownKindOf({
  packaging: { container, manifests },
}: Pick<OriginEndpoint, 'packaging'>): PresentationKind {
  if (container === 'TS') return 'HLS'
  if (container === 'ISM') return 'MSS'
  return manifests.some(({ type }) => type === 'DASH') ? 'DASH' : 'CMAF'
}

/** The kinds of a job's deliverables: of its endpoint's format, where it names none. */
export function kindsOf({ endpoint, options }: Asked): readonly DeliverableKind[] {
  return options?.deliverables?.map(({ kind }) => kind) ?? [ownKindOf(endpoint)]
}

type Asked = {
  readonly endpoint: Pick<OriginEndpoint, 'packaging'>
  readonly options?: Pick<HarvestOptions, 'deliverables'> | undefined
}

/** True where the asset of a job begins and ends at pictures. */
export function isCutToFrame({ options }: Pick<HarvestJob, 'options'>): boolean {
  return options?.cut === 'FRAME' || options?.cut === 'FRAME_EXACT'
}

/** The deliverables of a job with their names; undefined where it asks for none. Its request has been checked. */
export function deliverablesOf({
  options,
  s3Destination: { manifestKey },
}: Pick<HarvestJob, 'options' | 's3Destination'>): readonly NamedDeliverable[] | undefined {
  return options?.deliverables && namedDeliverables(options.deliverables, fileOfKey(manifestKey))
}

/** What follows the folder of a key. */
export function fileOfKey(key: string): string {
  return key.slice(folderOfKey(key).length)
}
