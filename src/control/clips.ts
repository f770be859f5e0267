import type { UtcMs, UtcRange } from '../media/time.ts'
import { checkAsServed } from '../model/asset-encryption.ts'
import { type Clip, canBeClipped, checkClipExpiry, encryptedAsNow, isLiving, newEdition } from '../model/clip.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import { checkDestination, parsedInstant } from '../model/harvest-request.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { checkedId, quoteValue, refuse } from '../model/rules.ts'
import type { ShownSegments } from '../stores/clip-records.ts'
import { allOf } from '../stores/pages.ts'
import { ApiError } from './api-error.ts'
import type { CLIP_OPERATIONS } from './clip-operations.ts'
import { clipReport } from './clip-report.ts'
import type { ControlContext } from './control-context.ts'
import { entityTag, withEntityTag } from './entity-tags.ts'
import { harvestOptionsOf } from './given-options.ts'
import { harvestReport } from './harvest-report.ts'
import { newGuid } from './identifiers.ts'
import { storeClip } from './new-clip.ts'
import { createJob, expanded, harvestableEndpoint, jobFor } from './new-harvest-job.ts'
import { changeOptimistically, removeOptimistically } from './optimistic-change.ts'
import { givenOrder } from './page-tokens.ts'
import type { HandlersOf, InputsOf } from './typed-operation.ts'

/** The `expiresAt` of a clip that lasts until it is deleted. */
const NEVER = 'NEVER'
type Inputs = InputsOf<typeof CLIP_OPERATIONS>
type Created = Inputs['CreateClip']
/** What a change may say of the window; what is undefined stays as it is. */
type ChangedWindow = { readonly [K in 'startTime' | 'endTime' | 'cut']: Inputs['UpdateClip'][K] | undefined }

/** One function for each operation on clips. */
export function clipHandlers(context: ControlContext): HandlersOf<typeof CLIP_OPERATIONS> {
  const { account, clips, clock, limits, pages, resources } = context
  const quotas = { maxClips: limits.maxClips, maxBytes: limits.maxClipBytes }

  const described = (clip: Clip) => {
    const playback = { publicUrl: context.publicUrl(), longestMp4Ms: limits.longestMp4Ms }
    return withEntityTag(clipReport(clip, playback), clipTag(clip))
  }

  async function living(id: string): Promise<Clip | undefined> {
    const clip = await resources.clipById(id)
    return clip && isLiving(clip, clock()) ? clip : undefined
  }

  async function existing(id: string): Promise<Clip> {
    const clip = await living(id)
    if (!clip) throw noClip(id)
    return clip
  }

  /** The endpoints that a clip may be played from. */
  async function endpointsOf({ channelId, originEndpointId }: Pick<Created, 'channelId' | 'originEndpointId'>) {
    if (originEndpointId !== undefined) {
      if (channelId !== undefined) refuse('channelId', 'must not be given beside originEndpointId')
      return [await harvestableEndpoint(resources, originEndpointId)]
    }
    if (channelId === undefined) return refuse('channelId', 'is required, or originEndpointId')
    const channel = await resources.channelById(channelId)
    if (!channel) return refuse('channelId', `there is no channel with the id ${quoteValue(channelId)}`)
    const usable: OriginEndpoint[] = []
    for await (const endpoint of allOf((page) => resources.listOriginEndpoints({ ...page, channelId }))) {
      if (canBeClipped(endpoint)) usable.push(endpoint)
    }
    if (usable.length === 0) {
      refuse('channelId', `${channelId} has no origin endpoint that can be harvested: with a startover window`)
    }
    return usable
  }

  /** When a clip is to end; undefined where that is not said. */
  const givenEnd = (expiresAt: string | undefined): UtcMs | typeof NEVER | undefined => {
    if (expiresAt === undefined || expiresAt === NEVER) return expiresAt
    const at = parsedInstant('expiresAt', expiresAt)
    checkClipExpiry(at, clock())
    return at
  }

  function refuseAs(result: 'content-deleted' | 'no-endpoint' | 'clip-quota' | 'byte-quota'): never {
    if (result === 'content-deleted') refuse('startTime', 'must not be of content that is being deleted')
    if (result === 'no-endpoint') refuse('originEndpointId', 'the origin endpoint has been deleted')
    const most =
      result === 'clip-quota'
        ? `${limits.maxClips} clips (max-clips)`
        : `${limits.maxClipBytes} bytes pinned by clips (max-clip-bytes)`
    throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${most}`)
  }

  return {
    async CreateClip(input) {
      const { startTime, endTime, cut = 'SEGMENT', originEndpointId } = input
      const id = input.id === undefined ? newGuid() : checkedId('id', input.id)
      const [start, end] = [parsedInstant('startTime', startTime), parsedInstant('endTime', endTime)]
      const ends = givenEnd(input.expiresAt)
      if (input.id !== undefined && (await living(id)))
        refuse('id', `a clip with the id ${quoteValue(id)} already exists`)
      const endpoints = await endpointsOf(input)
      const asked = { id, startTime, endTime, start, end, cut, ...lastingUntil(ends) }
      const request = { ...asked, endpoints, ...(originEndpointId !== undefined && { originEndpointId }) }
      const result = await storeClip(context, request)
      if (result === 'duplicate') refuse('id', `a clip with the id ${quoteValue(id)} already exists`)
      if (typeof result === 'object') return described(result)
      refuseAs(result)
    },

    async ListClips(input) {
      const { channelId } = input
      const order = givenOrder(input)
      const listing = ['ListClips', channelId, ...order.listing] as const
      const request = { ...pages.request(input, listing), ...order.request }
      const page = await resources.listClips({ ...request, ...(channelId !== undefined && { channelId }) })
      const now = clock()
      const items = page.items.filter((clip) => isLiving(clip, now))
      return { clips: items.map(described), nextToken: pages.token(page, listing) }
    },

    async DescribeClip({ id }) {
      return described(await existing(id))
    },

    /** Changes the members that are given. */
    async UpdateClip({ id, startTime, endTime, cut, expiresAt }, condition) {
      const ends = givenEnd(expiresAt)
      let shown: readonly ShownSegments[] = []
      const changed = await changeOptimistically({
        read: async () => {
          const stored = await living(id)
          if (!stored) return undefined
          condition?.(clipTag(stored))
          const { clip, ...needed } = await withContent(stored, { startTime, endTime, cut })
          shown = needed.shown
          return clip
        },
        change: ({ expiresAt: former, ...clip }) => ({ ...clip, ...lastingUntil(ends ?? former), modifiedAt: clock() }),
        async write(clip) {
          const result = await resources.updateClip(clip, quotas, shown)
          if (result === 'content-deleted') return 'conflict'
          if (result === 'conflict' || result === 'missing') return result
          return result === 'updated' ? result : refuseAs(result)
        },
        missing: () => noClip(id),
      })
      return described(changed)
    },

    async DeleteClip({ id }, condition) {
      await existing(id)
      await removeOptimistically({
        read: () => living(id),
        condition,
        tagOf: clipTag,
        remove: (revision) => resources.deleteClip(id, revision),
        missing: () => noClip(id),
      })
      return {}
    },

    async MaterialiseClip({ id, jobId = newGuid(), s3Destination, deliverables, encryption }) {
      const clip = await existing(id)
      checkedId('jobId', jobId)
      const { start, end, startTime, endTime, cut } = clip
      const [source] = clip.sources
      const endpoint = encryptedAsNow(source!.endpoint, await resources.originEndpointById(source!.endpoint.id))
      const options = harvestOptionsOf({
        cut,
        ...(deliverables && { deliverables }),
        ...(encryption && { encryption }),
      })
      const values = { channel: endpoint.channelId, endpoint: endpoint.id, id: jobId, start, end }
      const members = { id: jobId, s3Destination: expanded(s3Destination, values) }
      checkDestination(members.s3Destination, endpoint, options.deliverables)
      checkAsServed(endpoint, options)
      const asked = { originEndpointId: endpoint.id, startTime, endTime, endpoint, start, end }
      const job: HarvestJob = { ...jobFor(context, members, asked, options), clip: clip.id }
      await createJob(context, { job, usable: { start, end } })
      return harvestReport((await resources.harvestJobById(jobId))!, account, clock())
    },

    async DescribeUsage() {
      const counts = await resources.resourceCounts(clock())
      const archived = await clips.archivedBytes()
      return {
        clips: { used: counts.clips, quota: limits.maxClips },
        pinnedBytes: { used: counts.pinnedBytes, quota: limits.maxClipBytes },
        archiveBytes: { used: archived, quota: limits.maxArchiveBytes },
        channels: { used: counts.channels, quota: limits.maxChannels },
        harvestJobsInProgress: {
          used: counts.harvestJobsInProgress - counts.harvestJobsScheduled,
          quota: limits.maxHarvestJobsInProgress,
        },
        harvestJobsScheduled: { used: counts.harvestJobsScheduled, quota: limits.maxHarvestJobsScheduled },
        harvestSchedules: { used: counts.harvestSchedules, quota: limits.maxHarvestSchedules },
        harvestRules: { used: counts.harvestRules, quota: limits.maxHarvestRules },
      }
    },
  }

  /** The clip with another window or cut, where it gets one. */
  async function withContent(
    clip: Clip,
    { startTime, endTime, cut = clip.cut }: ChangedWindow,
  ): Promise<{ readonly clip: Clip; readonly shown: readonly ShownSegments[] }> {
    const span: UtcRange = {
      start: startTime === undefined ? clip.start : parsedInstant('startTime', startTime),
      end: endTime === undefined ? clip.end : parsedInstant('endTime', endTime),
    }
    const times = { startTime: startTime ?? clip.startTime, endTime: endTime ?? clip.endTime }
    if (span.start === clip.start && span.end === clip.end && cut === clip.cut) {
      return { clip: { ...clip, ...times }, shown: [] }
    }
    const isWithin = clip.start <= span.start && span.end <= clip.end
    const held = clip.sources.map(({ endpoint }) => endpoint)
    const endpoints = isWithin ? held : (await endpointsOf(askedFor(clip))).map((each) => stillEncrypted(each, held))
    const now = clock()
    const { shown, ...content } = await clips.content({ endpoints, span, now, held: clip })
    const { edition: formerEdition } = clip
    const edition = newEdition(now, formerEdition)
    return { clip: { ...clip, ...times, ...span, ...content, cut, edition, formerEdition }, shown }
  }
}

const clipTag = ({ id, createdAt, revision }: Clip) => entityTag(id, createdAt, revision)

const lastingUntil = (end: UtcMs | typeof NEVER | undefined) =>
  end === undefined || end === NEVER ? {} : { expiresAt: end }

/** What was encrypted when a clip was made stays so. */
function stillEncrypted(endpoint: OriginEndpoint, held: readonly OriginEndpoint[]): OriginEndpoint {
  if (endpoint.packaging.encryption) return endpoint
  return encryptedAsNow(
    endpoint,
    held.find(({ guid }) => guid === endpoint.guid),
  )
}

const askedFor = ({ channelId, originEndpointId }: Clip) =>
  originEndpointId === undefined ? { channelId } : { originEndpointId }

function noClip(id: string): ApiError {
  return new ApiError('NotFoundException', `There is no clip with the id ${quoteValue(id)}`)
}
