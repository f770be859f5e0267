import type { UtcMs } from '../media/time.ts'
import type { OriginEndpoint } from './origin-endpoint.ts'

export type HarvestJobStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED'

export type S3Destination = {
  readonly bucketName: string
  /** Path and file name of the parent manifest. */
  readonly manifestKey: string
  readonly roleArn: string
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
}

/** How a job ended, for the record and its event. */
export type HarvestOutcome =
  | { readonly status: 'SUCCEEDED' }
  | { readonly status: 'FAILED' /** One sentence for a person. */; readonly message: string }
