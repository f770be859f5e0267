import type { ChangeStreams } from '../changes/streams.ts'
import type { Clock } from '../clock.ts'
import type { EffectiveSetting } from '../config/effective-setting.ts'
import type { OutgoingBytes } from '../http/outgoing-bytes.ts'
import type { MetricSamples } from '../measurement/metric-samples.ts'
import type { UtcMs, UtcRange } from '../media/time.ts'
import type { Account } from '../model/arn.ts'
import type { Clip } from '../model/clip.ts'
import type { HarvestForecast } from '../model/harvest-forecast.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { TimelineState } from '../model/input-timeline/state.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ChannelOverview } from '../model/overview/channel-overview.ts'
import type { View } from '../model/overview/reduced-content.ts'
import type { ReadableBuckets } from '../stores/buckets.ts'
import type { ShownSegments } from '../stores/clip-records.ts'
import type { IndexSnapshots } from '../stores/index-snapshots.ts'
import type { Resources } from '../stores/resources.ts'
import type { KeyServerRules } from './mediapackage-v1/key-server-url.ts'
import type { PageTokens } from './page-tokens.ts'
import type { ProcessStatus } from './status.ts'

/** Quotas, and the grace period for mistakes. The defaults are AWS's. */
export type ControlLimits = {
  readonly maxChannels: number
  readonly maxOriginEndpointsPerChannel: number
  readonly maxHarvestJobsInProgress: number
  /** Harvest jobs that begin in the future. */
  readonly maxHarvestJobsScheduled: number
  readonly maxHarvestSchedules: number
  readonly maxHarvestRules: number
  readonly maxClips: number
  /** Bytes of all clips together, each counted by itself. */
  readonly maxClipBytes: number
  /** Milliseconds of the longest window that is served as one MP4 file. */
  readonly longestMp4Ms: number
  /** Bytes of all segments that are kept; absent without a limit. Others hold them to it: it is only shown. */
  readonly maxArchiveBytes?: number | undefined
  readonly maxManifestWindowSeconds: number
  /** Milliseconds for which content stays after its endpoint is deleted or its window is reduced. */
  readonly releaseGraceMs: number
  readonly keyServers: KeyServerRules
}

export const DEFAULT_LIMITS: ControlLimits = {
  maxChannels: 30,
  maxOriginEndpointsPerChannel: 10,
  maxHarvestJobsInProgress: 10,
  maxHarvestJobsScheduled: 100,
  maxHarvestSchedules: 100,
  maxHarvestRules: 100,
  maxClips: 1000,
  maxClipBytes: 100 * 2 ** 30,
  longestMp4Ms: 3_600_000,
  maxManifestWindowSeconds: 300,
  releaseGraceMs: 3_600_000,
  keyServers: { allowedHosts: new Set(), certificateArns: new Set() },
}

/** Time for which a harvest job's record is kept, and its id reserved. */
export const HARVEST_JOB_KEPT_MS = 90 * 86_400_000

/** The operations of the store that the API uses. */
export type ControlResources = Pick<
  Resources,
  | 'cancelHarvestJob'
  | 'channelByGuid'
  | 'channelById'
  | 'clipById'
  | 'clipsWithin'
  | 'createChannel'
  | 'createClip'
  | 'createHarvestJob'
  | 'createHarvestRule'
  | 'createHarvestSchedule'
  | 'createOriginEndpoint'
  | 'deleteChannel'
  | 'deleteClip'
  | 'deleteHarvestRule'
  | 'deleteHarvestSchedule'
  | 'deleteOriginEndpoint'
  | 'harvestJobById'
  | 'harvestJobsWithin'
  | 'harvestObjectsNamed'
  | 'harvestRuleById'
  | 'harvestScheduleById'
  | 'listChannels'
  | 'listClips'
  | 'listEvents'
  | 'listHarvestJobs'
  | 'listHarvestObjects'
  | 'listHarvestRules'
  | 'listHarvestSchedules'
  | 'listOriginEndpoints'
  | 'listRuleRuns'
  | 'listScheduleRuns'
  | 'originEndpointByGuid'
  | 'originEndpointById'
  | 'resourceCounts'
  | 'rewindEventSink'
  | 'updateChannel'
  | 'updateClip'
  | 'updateHarvestRule'
  | 'updateHarvestSchedule'
  | 'updateOriginEndpoint'
>

/** The context that operations run in. */
export type ControlContext = {
  readonly resources: ControlResources
  /** The date that is believed. */
  readonly clock: Clock
  /** The clock by which inputs are waited for. */
  readonly steady: Clock
  /** The date as the machine shows it, by which signatures are good or not. */
  readonly wall: Clock
  readonly account: Account
  readonly limits: ControlLimits
  readonly pages: PageTokens
  /** The URL at which encoders and players reach this service, without a trailing slash. */
  readonly publicUrl: () => string
  readonly harvest: HarvestService
  readonly clips: ClipService
  /** The buckets of harvests, to be looked into. */
  readonly buckets: ReadableBuckets
  readonly keyFrames: KeyFrames
  /** What clients have asked for and not read yet. */
  readonly outgoing: OutgoingBytes
  readonly extent: ExtentOf
  readonly overview: OverviewOf
  readonly inputState: InputStateOf
  readonly followedInputs: FollowedInputsOf
  readonly status: () => Promise<ProcessStatus>
  readonly monitoring: ProcessMonitoring
  readonly changes: Pick<ChangeStreams, 'isFull' | 'open' | 'size'>
  /** The number of content keys that an endpoint has in a key period; 0 where none are on record, or can be read. */
  readonly keysOnRecord: (endpoint: OriginEndpoint, period: number) => Promise<number>
  /** True of the URL of the server's own key server, which may be anywhere. */
  readonly isOwnKeyServer: (url: string) => boolean
  /** Absent where the index is in PostgreSQL. */
  readonly indexSnapshots?: IndexSnapshots | undefined
}

/** What a process knows of its settings and its metrics. */
export type ProcessMonitoring = {
  /** Tells the samples of this process from those of others, and of one that was started before. */
  readonly processId: string
  readonly settings: readonly EffectiveSetting[]
  /** See `MetricSamples`. */
  readonly samples: MetricSamples['since']
}

/** Port: the operations of harvesting that the API uses. */
export type HarvestService = {
  /** Called after a job, or a request to cancel one, is durable; must not throw. */
  readonly changed: (jobId: string) => void
  readonly forecast: (job: HarvestJob) => Promise<HarvestForecast>
  /** The first range of a job whose tracks are not those of its first range, and in a sentence which one is not. */
  readonly firstDifference: (
    job: HarvestJob,
  ) => Promise<{ readonly range: number; readonly difference: string } | undefined>
  /** Deletes at most `limit` objects that a failed job left; resolves to their number. Throws BucketRefused. */
  readonly removeLeftovers: (job: HarvestJob, limit: number) => Promise<number>
}

/** Port: what clips need of the archive. */
export type ClipService = {
  /**
   * What a clip of a span is made of: for each format, of the first of the endpoints that has it, or of any. `held` is
   * the clip that is changed, `shown` what must still be there when the clip is stored. Throws RuleViolation, with the
   * nearest span that works.
   */
  readonly content: (request: {
    readonly endpoints: readonly OriginEndpoint[]
    readonly span: UtcRange
    readonly now: UtcMs
    readonly held?: Clip
  }) => Promise<Pick<Clip, 'sources' | 'pinned' | 'bytes'> & { readonly shown: readonly ShownSegments[] }>
  /** Bytes of all segments that are kept. */
  readonly archivedBytes: () => Promise<number>
}

/** Port: pictures of what a channel's inputs have sent. */
export type KeyFrames = {
  /**
   * The newest key frame of one of some inputs at or before a moment by the source's clock, or of all without one: of
   * the smallest rendition that has at least so many lines, or of the largest where none has. `busy` when too many wait
   * for one already. Rejects with StoreUnavailable.
   */
  find(request: KeyFrameRequest): Promise<KeyFramePicture | 'no content' | 'no picture' | 'busy'>
}

export type KeyFrameRequest = {
  readonly inputs: readonly InputRef[]
  readonly time?: UtcMs | undefined
  readonly height?: number | undefined
}

export type KeyFramePicture = {
  /** When it is shown, by the source's clock. */
  readonly time: UtcMs
  /** A fragmented MP4 file of one sample. */
  readonly movie: Uint8Array
  /** Another one for another picture; never one of other bytes. */
  readonly tag: string
  /** True when later requests for the same moment get the same picture, as long as it is kept. */
  readonly isSettled: boolean
}

/** The span of time that an endpoint's archive holds, by the source's clock; undefined when it is empty. */
export type ExtentOf = (endpoint: OriginEndpoint) => Promise<UtcRange | undefined>

/** What there is of a channel, with these inputs and endpoints, in a window. */
export type OverviewOf = (
  channel: {
    readonly channelGuid: string
    readonly ingestEndpointIds: readonly string[]
    readonly endpoints: readonly OriginEndpoint[]
  },
  view: View,
) => Promise<ChannelOverview>

/** Reads the state of an input's timeline as it was saved last; undefined when nothing is saved of it. */
export type InputStateOf = (input: InputRef) => Promise<TimelineState | undefined>

/** The ids of the ingest endpoints whose inputs output timelines of a channel follow: what players see is from them. */
export type FollowedInputsOf = (channelGuid: string) => Promise<ReadonlySet<string>>
