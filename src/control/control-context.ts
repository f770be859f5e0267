import type { Clock } from '../clock.ts'
import type { UtcRange } from '../media/time.ts'
import type { Account } from '../model/arn.ts'
import type { HarvestForecast } from '../model/harvest-forecast.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Resources } from '../stores/resources.ts'
import type { PageTokens } from './page-tokens.ts'

/** Quotas, and the grace that fat fingers get. The defaults are AWS's. */
export type ControlLimits = {
  readonly maxChannels: number
  readonly maxOriginEndpointsPerChannel: number
  readonly maxHarvestJobsInProgress: number
  /** That begin in the future. */
  readonly maxHarvestJobsScheduled: number
  readonly maxManifestWindowSeconds: number
  /** How long content stays after its endpoint is deleted or its window made smaller. */
  readonly releaseGraceMs: number
}

export const DEFAULT_LIMITS: ControlLimits = {
  maxChannels: 30,
  maxOriginEndpointsPerChannel: 10,
  maxHarvestJobsInProgress: 10,
  maxHarvestJobsScheduled: 100,
  maxManifestWindowSeconds: 300,
  releaseGraceMs: 3_600_000,
}

/** A harvest job's record is kept this long, and its id taken. */
export const HARVEST_JOB_KEPT_MS = 90 * 86_400_000

/** What the API asks of the store. */
export type ControlResources = Pick<
  Resources,
  | 'cancelHarvestJob'
  | 'channelByGuid'
  | 'channelById'
  | 'createChannel'
  | 'createHarvestJob'
  | 'createOriginEndpoint'
  | 'deleteChannel'
  | 'deleteOriginEndpoint'
  | 'harvestJobById'
  | 'listChannels'
  | 'listEvents'
  | 'listHarvestJobs'
  | 'listHarvestObjects'
  | 'listOriginEndpoints'
  | 'originEndpointByGuid'
  | 'originEndpointById'
  | 'rewindEventSink'
  | 'updateChannel'
  | 'updateOriginEndpoint'
>

/** What the operations work with. */
export type ControlContext = {
  readonly resources: ControlResources
  readonly clock: Clock
  readonly account: Account
  readonly limits: ControlLimits
  readonly pages: PageTokens
  /** Where encoders and players reach this service; no slash at the end. */
  readonly publicUrl: () => string
  readonly harvest: HarvestService
  readonly extent: ExtentOf
}

/** What the API asks of whoever runs harvest jobs. */
export type HarvestService = {
  /** Called after a job, or a request to cancel one, is durable; must not throw. */
  readonly changed: (jobId: string) => void
  readonly forecast: (job: HarvestJob) => Promise<HarvestForecast>
  /** Removes at most `limit` objects a failed job left, and tells how many that were. Throws BucketRefused. */
  readonly removeLeftovers: (job: HarvestJob, limit: number) => Promise<number>
}

/** The span of time that an endpoint's archive holds, by the source's clock. */
export type ExtentOf = (endpoint: OriginEndpoint) => Promise<UtcRange | undefined>
