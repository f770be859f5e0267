import type { UtcMs } from '../media/time.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import type { OriginEndpoint } from './origin-endpoint.ts'

export type HarvestJobStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED'

export type S3Destination = {
  readonly bucketName: string
  /** Path and file name of the parent manifest. */
  readonly manifestKey: string
  readonly roleArn: string
}

/** What a job does about media that is not there. The defaults are what MediaPackage does. */
export type HarvestOptions = {
  /**
   * Where media is missing inside the window: leave it out behind a discontinuity, end the asset before the first
   * such place, or fail.
   */
  readonly gapPolicy: 'DISCONTINUITY' | 'CLAMP' | 'FAIL'
  /** Where the encoder stopped before the window's end: end the asset there, or fail. */
  readonly earlyEndPolicy: 'CLAMP' | 'FAIL'
  /** Put a `harvest.json` that tells what was done beside the asset. */
  readonly report: boolean
}

export const DEFAULT_HARVEST_OPTIONS: HarvestOptions = {
  gapPolicy: 'DISCONTINUITY',
  earlyEndPolicy: 'CLAMP',
  report: false,
}

/** A MediaPackage HarvestJob. Only `status` ever changes. */
export type HarvestJob = {
  readonly id: string
  readonly channelId: string
  readonly originEndpointId: string
  /** As the client wrote it; echoed back. */
  readonly startTime: string
  readonly endTime: string
  readonly start: UtcMs
  readonly end: UtcMs
  readonly s3Destination: S3Destination
  readonly status: HarvestJobStatus
  readonly createdAt: UtcMs
  /** The endpoint as it was when the job was created: deleting or changing it later does not touch the job. */
  readonly endpoint: OriginEndpoint
  /** Absent: the defaults. */
  readonly options?: HarvestOptions
}

/** How a job ended, for the record and its event. */
export type HarvestOutcome =
  | { readonly state: 'SUCCEEDED' }
  | { readonly state: 'FAILED' | 'CANCELLED'; readonly failure: HarvestFailure }

/** The API knows no cancellation: such a job failed. */
export function statusAfter({ state }: HarvestOutcome): Exclude<HarvestJobStatus, 'IN_PROGRESS'> {
  return state === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED'
}
