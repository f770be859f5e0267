import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { utcMs } from '../media/time.ts'
import type { Account } from '../model/arn.ts'
import { SAME_DATE, type ServerDate } from '../model/input-timeline/dates.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ChannelOverview } from '../model/overview/channel-overview.ts'
import type { View } from '../model/overview/reduced-content.ts'
import { Lookups } from '../stores/lookups.ts'
import type { ChannelUsage, SlotWalk } from '../stores/object-ledger.ts'
import type { Objects } from '../stores/objects.ts'
import { ProvenFiles } from '../stores/proven-files.ts'
import { provenObjects } from '../stores/proven-objects.ts'
import { type Resources, StoreUnavailable } from '../stores/resources.ts'
import type { IndexSharing, SegmentIndex } from '../stores/segment-index.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'
import { ChannelContent, type ChannelContentDeps } from './channel-content.ts'
import type { StepObserver } from './channel-step.ts'
import { ClaimedWork } from './claimed-work.ts'
import { LiveMedia } from './live-media.ts'
import { LoadedChannels } from './loaded-channels.ts'
import { newObjectKey } from './object-keys.ts'
import { areAlike, lengthsOf, type SegmentLengths } from './open-output-timeline.ts'
import { type OverviewedChannel, Overviews } from './overviews.ts'
import { type ArchiveLimits, ArchiveQuota } from './quota.ts'
import type { ArchiveReader } from './reader.ts'
import { replacementsOf } from './replacements.ts'
import { forgetOldContent, keptSince, type RetentionRules } from './retention.ts'
import { SecondLooks } from './second-looks.ts'
import { SwitchNotifier } from './switch-events.ts'
import { UnrecordedObjects } from './unrecorded-objects.ts'
import { restUnused } from './unused-output-timelines.ts'
import { windowsOf } from './windows.ts'
import type { ArchiveWriter } from './writer.ts'

/** After as long, the writer of an object that has no row counts as gone. */
const ABANDONED_MS = 3_600_000

/** Output timelines of endpoints that are remembered. Memory: a few hundred bytes each. */
const MOST_OUTPUT_TIMELINES = 10_000

/** The work of a shared archive besides its channels. */
const RETENTION = 'retention'
const SCRUB = 'scrub'
const workOf = (channelGuid: string) => `channel/${channelGuid}`

/** Rethrows what is not a store that does not answer, of which requests tell. */
function unlessUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}

/** An index that records only what is still staged. */
const recordingStaged = (index: SegmentIndex): SegmentIndex => ({
  ...index,
  commitTimeline: (ref, commit) =>
    index.commitTimeline(ref, { ...commit, staged: commit.objects.map(({ key }) => key) }),
})

export type Archive = ArchiveReader &
  ArchiveWriter & {
    /** Gives up what inputs have waited for too long, and switches inputs that have failed. To be called often. */
    tick(): Promise<void>
    /** The ingest endpoint whose input an origin endpoint shows; undefined while there is nothing to show. */
    activeInput(endpoint: OriginEndpoint): Promise<string | undefined>
    /** What there is of a channel in a window, read from the index. */
    overview(channel: OverviewedChannel, view: View): Promise<ChannelOverview>
    /** The number and the bytes of the objects kept for each channel that has any. */
    usage(): Promise<readonly ChannelUsage[]>
    /** Deletes the content that no endpoint and no harvest job needs any more. To be called now and then. */
    retain(): Promise<void>
    /** True when this process should delete what is kept for a time only, and not another one. */
    retains(): boolean
    /** Has an object that was found to be lost proven again before its file is sent unread. */
    distrustFile(key: string): void
    /** True when this process should read stored media again, and not another one. */
    scrubs(): boolean
    /**
     * Deletes the objects that a crash left without a row in the index, unless others write the archive too: theirs
     * have none yet either. To be called once, after start.
     */
    sweep(): Promise<void>
    /** Leaves to other processes, at once and for good, what only one should do. Serves on. */
    release(): Promise<void>
    /** Resolves when every write begun so far is done. */
    close(): Promise<void>
  }

export type ArchiveDeps = {
  readonly segmentIndex: SegmentIndex
  readonly resources: Pick<
    Resources,
    'channelByGuid' | 'originEndpointByGuid' | 'retentionDemands' | 'forgetDeletedChannel' | 'appendEvent'
  >
  readonly objects: Objects
  /** The store below `objects`, where those are a cache. */
  readonly stored?: Objects
  /** The clock by which content ages and inputs are waited for: it passes evenly, and never steps. */
  readonly clock: Clock
  /** How far the server's date is ahead of `clock`; when absent, they are the same. */
  readonly serverDate?: () => ServerDate
  /** The date by which grace periods end: long ago while the date may be wrong. When absent, the date. */
  readonly graceDate?: Clock
  readonly log: Log
  readonly retention: RetentionRules
  /** The most bytes kept; no limit when absent. */
  readonly limits?: ArchiveLimits
  /** The account named in the ARNs of events. */
  readonly account: Account
  readonly observer?: StepObserver
  /** Present when other processes may write the archive too; `owner` is what they know this one by. */
  readonly shared?: IndexSharing & { readonly owner: string } & Pick<ChannelContentDeps, 'readMs'>
}

/** Opens the archive: one timeline per input, over the segment index and the object store. */
export async function openArchive(deps: ArchiveDeps): Promise<Archive> {
  const { segmentIndex, objects, stored = objects, clock, log, serverDate = () => SAME_DATE } = deps
  const date = () => utcMs(clock() + serverDate().believed)
  // An endpoint without content is asked for again next time.
  const outputTimelines = new Lookups<OutputTimeline>({ most: MOST_OUTPUT_TIMELINES, clock })
  const { shared } = deps
  const unrecorded = new UnrecordedObjects({ ...deps, staged: shared?.staged, unfinished: shared?.unfinished })
  const work = shared && new ClaimedWork({ ...shared, clock })
  const isOurs = (name: string) => work?.has(name) ?? true
  const switches = new SwitchNotifier({ ...deps, date })
  const index = shared ? recordingStaged(segmentIndex) : segmentIndex
  const quota = new ArchiveQuota({ ...deps, limits: deps.limits ?? {}, usage: () => segmentIndex.usage(), date })
  const overviews = new Overviews({ segmentIndex, clock })
  const walks = new Map<string, SlotWalk>()
  let closing = false

  const proven = provenObjects(objects, stored)
  const files = new ProvenFiles({ stored, prove: proven.prove, clock })
  // Files are near.
  const liveMedia = shared && new LiveMedia({ read: proven.read, clock })

  const channels = new LoadedChannels({
    feed: shared?.feed,
    shown: (content) => liveMedia?.changed(content),
    // One that was opened in a commit that is lost is there no more.
    distrusted: () => outputTimelines.doubt(),
    clock,
    make: (guid, changed) =>
      new ChannelContent(guid, {
        segmentIndex: index,
        ...(shared && {
          changing: (channel, work) => shared.changing(channel, (index) => work(recordingStaged(index))),
          readMs: shared.readMs,
        }),
        clock,
        serverDate,
        log,
        changed,
        observer: deps.observer,
      }),
  })
  const contentOf = (channelGuid: string) => channels.use(channelGuid)

  /**
   * The ingest endpoint a new output timeline follows first: that of an output timeline that is alike, else the first
   * of the channel that has content.
   */
  async function firstInput(channelGuid: string, lengths: SegmentLengths): Promise<string | undefined> {
    const channel = await deps.resources.channelByGuid(channelGuid)
    const content = contentOf(channelGuid)
    await content.read('whole')
    const alike = content.state.outputs.all().findLast(({ outputTimeline }) => areAlike(outputTimeline, lengths))
    return (
      alike?.outputTimeline.ingestEndpointId ??
      channel?.ingestEndpoints.find(({ id }) => content.state.inputs.hasContent(id))?.id
    )
  }

  async function openOutputTimeline(endpoint: OriginEndpoint): Promise<OutputTimeline | undefined> {
    const { guid, revision, channelGuid } = endpoint
    const lengths = lengthsOf(endpoint)
    const { segmentDurationSeconds: seconds, isCut } = lengths
    const existing = await segmentIndex.outputTimelineOf({ guid, revision }, seconds, isCut)
    const ingestEndpointId = existing?.ingestEndpointId ?? (await firstInput(channelGuid, lengths))
    if (ingestEndpointId === undefined) return undefined
    const ref = { channelGuid, ingestEndpointId }
    const outputTimeline = existing ?? (await segmentIndex.openOutputTimeline({ guid, revision }, ref, seconds, isCut))
    await contentOf(channelGuid).fill(outputTimeline)
    return outputTimeline
  }

  const outputTimelineOf = (endpoint: OriginEndpoint) =>
    outputTimelines.find(`${endpoint.guid}/${endpoint.revision}`, () => openOutputTimeline(endpoint))

  async function passTime(content: ChannelContent): Promise<void> {
    await content.passTime()
    await switches.notify(content)
  }

  const version = (channelGuid: string) => channels.version(channelGuid)
  const secondLooks = shared && new SecondLooks()
  const windows = windowsOf({ segmentIndex, version, outputTimelineOf, contentOf, secondLooks })

  return {
    async createObject({ channelGuid }) {
      await quota.admit(channelGuid)
      const key = newObjectKey(channelGuid, date())
      return { key, writer: await unrecorded.create(key, clock()) }
    },

    async storeSegment(ref, object, habits = []) {
      try {
        await contentOf(ref.channelGuid).apply(ref.ingestEndpointId, { kind: 'object', habits }, object)
        unrecorded.recorded(object.key)
        quota.stored(ref.channelGuid, object.size)
      } catch (error) {
        unrecorded.recordingFailed(object.key)
        throw error
      }
    },

    storeParentPlaylist: ({ channelGuid, ingestEndpointId }, streams, habits = []) =>
      contentOf(channelGuid).apply(ingestEndpointId, { kind: 'parent playlist', streams, habits }),
    storeMediaPlaylist: ({ channelGuid, ingestEndpointId }, playlist, habits = []) =>
      contentOf(channelGuid).apply(ingestEndpointId, { kind: 'media playlist', playlist, habits }),

    version,

    ...windows,

    ...proven,
    ...liveMedia?.noting(proven),

    async replacements({ channelGuid }, replaced) {
      const content = contentOf(channelGuid)
      await content.read()
      return replacementsOf(channelGuid, replaced, segmentIndex, (ids) => content.erasById(ids))
    },
    hasProvenFile: (object) => files.has(object),
    distrustFile: (key) => files.distrust(key),
    location: (key) => objects.location(key),

    async tick() {
      await work?.renew([RETENTION, SCRUB, ...channels.all().map(({ guid }) => workOf(guid))]).catch(unlessUnavailable)
      const ours = channels.all().filter(({ guid }) => isOurs(workOf(guid)))
      await Promise.all(
        ours.map((content) =>
          passTime(content).catch((error: unknown) => {
            // Requests tell of a database that does not answer.
            if (error instanceof StoreUnavailable) return
            log.error(
              { event: 'channel-tick-failed', channelGuid: content.guid, error },
              'the periodic update of a channel failed',
            )
          }),
        ),
      )
    },

    async activeInput(endpoint) {
      const outputTimeline = await outputTimelineOf(endpoint)
      return outputTimeline && contentOf(outputTimeline.channelGuid).state.followedBy(outputTimeline)
    },

    overview: (channel, view) => overviews.overview(channel, view),

    usage: () => segmentIndex.usage(),

    async retain() {
      await unrecorded.removeDoubtful()
      for (const content of channels.all()) if (isOurs(workOf(content.guid))) await restUnused(content, deps)
      const { clock, retention, graceDate = date } = deps
      const demands = await deps.resources.retentionDemands(graceDate(), retention.graceMs)
      overviews.kept(new Map(demands.map((demand) => [demand.channelGuid, keptSince(demand, retention, clock())])))
      if (isOurs(RETENTION)) {
        await unrecorded.abandon(utcMs(clock() - ABANDONED_MS), () => closing)
        await forgetOldContent(demands, { ...deps, channels, walks, isClosing: () => closing })
      }
      for (const demand of demands) channels.get(demand.channelGuid)?.trim(keptSince(demand, retention, clock()))
      channels.unloadIdle((guid) => isOurs(workOf(guid)))
      await quota.refresh()
    },

    retains: () => isOurs(RETENTION),

    scrubs: () => isOurs(SCRUB),

    sweep: () => unrecorded.sweep(() => closing),

    async release() {
      await work?.release().catch(unlessUnavailable)
    },

    async close() {
      closing = true
      await unrecorded.swept()
      await channels.close()
      await liveMedia?.close()
      await work?.release().catch(unlessUnavailable)
    },
  }
}
