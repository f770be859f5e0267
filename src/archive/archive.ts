import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { Account } from '../model/arn.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, OutputSegment } from '../model/output-segment.ts'
import type { Objects } from '../stores/objects.ts'
import type { Resources } from '../stores/resources.ts'
import type { ChannelUsage, Numbering, SegmentIndex } from '../stores/segment-index.ts'
import { ChannelContent } from './channel-content.ts'
import type { ArchiveReader } from './reader.ts'
import { sweepUnknownObjects } from './recovery.ts'
import { forgetOldContent, type RetentionRules } from './retention.ts'
import { tellSwitches } from './switch-events.ts'
import type { ArchiveWriter } from './writer.ts'

/** A window of 24 hours of one-second segments. */
const MOST_SEGMENTS = 86_400
const HOUR_MS = 3_600_000
/** How far from a moment `outputSegmentsNear` looks, and how much it gives. */
const NEAR_MS = 60_000
const MOST_NEAR = 200

export type Archive = ArchiveReader &
  ArchiveWriter & {
    /** Lets time pass for every input that waits for something. Called often. */
    tick(): Promise<void>
    /** The ingest endpoint whose input an origin endpoint shows; undefined while there is nothing to show. */
    activeInput(endpoint: OriginEndpoint): Promise<string | undefined>
    /** What is kept of each channel that has anything, in objects and bytes. */
    usage(): Promise<readonly ChannelUsage[]>
    /** Deletes what no endpoint and no harvest job needs any more. Called now and then. */
    retain(): Promise<void>
    /** Deletes objects a crash left without a row. Called once, after start. */
    sweep(): Promise<void>
    /** Resolves when every write begun so far is done. */
    close(): Promise<void>
  }

export type ArchiveHost = {
  readonly segmentIndex: SegmentIndex
  readonly resources: Pick<
    Resources,
    'channelByGuid' | 'originEndpointByGuid' | 'retentionDemands' | 'forgetDeletedChannel' | 'appendEvent'
  >
  readonly objects: Objects
  readonly clock: Clock
  readonly log: Log
  readonly retention: RetentionRules
  /** Whose the events are. */
  readonly account: Account
}

/** Opens the archive: one timeline per input, over the segment index and the object store. */
export async function openArchive(host: ArchiveHost): Promise<Archive> {
  const { segmentIndex, objects, clock, log } = host
  const channels = new Map<string, ChannelContent>()
  const versions = new Map<string, number>()
  const numberings = new Map<string, Promise<Numbering | undefined>>()
  /** Keys handed out whose rows are not committed yet. */
  const unrecorded = new Set<string>()
  /** Keys among them whose commits failed. */
  const doubtful = new Set<string>()
  let closing = false
  let sweeping: Promise<void> = Promise.resolve()

  function contentOf(channelGuid: string): ChannelContent {
    const known = channels.get(channelGuid)
    if (known) return known
    const changed = () => versions.set(channelGuid, (versions.get(channelGuid) ?? 0) + 1)
    const content = new ChannelContent(channelGuid, { segmentIndex, clock, log, changed })
    channels.set(channelGuid, content)
    return content
  }

  /** A new numbering begins with input 1, or 2 if only that has content. */
  async function firstInput(channelGuid: string): Promise<string | undefined> {
    const channel = await host.resources.channelByGuid(channelGuid)
    const content = contentOf(channelGuid)
    await content.ready()
    return channel?.ingestEndpoints.find(({ id }) => content.hasContent(id))?.id
  }

  async function openNumbering(endpoint: OriginEndpoint, seconds: number): Promise<Numbering | undefined> {
    const { guid, revision, channelGuid } = endpoint
    const existing = await segmentIndex.numberingOf({ guid, revision }, seconds)
    const ingestEndpointId = existing?.ingestEndpointId ?? (await firstInput(channelGuid))
    if (ingestEndpointId === undefined) return undefined
    const ref = { channelGuid, ingestEndpointId }
    const numbering = existing ?? (await segmentIndex.openNumbering({ guid, revision }, ref, seconds))
    await contentOf(channelGuid).fill(numbering)
    return numbering
  }

  async function numberingOf(endpoint: OriginEndpoint): Promise<Numbering | undefined> {
    const id = `${endpoint.guid}/${endpoint.revision}`
    const known = numberings.get(id)
    if (known) return known
    const opening = openNumbering(endpoint, endpoint.package.segmentDurationSeconds)
    numberings.set(id, opening)
    const drop = () => numberings.delete(id)
    // Neither a failure nor "nothing there yet" is remembered.
    opening.then((numbering) => numbering ?? drop(), drop)
    return opening
  }

  /** After a failed commit nobody knows whether the row exists, until the index is asked. */
  async function removeDoubtful(): Promise<void> {
    const keys = [...doubtful]
    if (keys.length === 0) return
    for (const key of await segmentIndex.unknownObjects(keys)) await objects.remove(key)
    for (const key of keys) {
      doubtful.delete(key)
      unrecorded.delete(key)
    }
  }

  async function passTime(content: ChannelContent): Promise<void> {
    await content.passTime()
    await tellSwitches(content, host)
  }

  function channelForgotten(channelGuid: string): void {
    channels.delete(channelGuid)
    versions.delete(channelGuid)
  }

  async function windowOf(
    content: ChannelContent,
    segments: readonly OutputSegment[],
  ): Promise<ArchiveWindow | undefined> {
    const newest = segments.at(-1)
    if (!newest) return undefined
    const version = versions.get(content.guid) ?? 0
    return { version, eras: await content.erasOf(segments), segments, ended: content.hasEnded }
  }

  return {
    async createObject({ channelGuid }) {
      const hour = new Date(Math.floor(clock() / HOUR_MS) * HOUR_MS).toISOString().slice(0, 13)
      const key = `${channelGuid}/${hour}/${randomBytes(16).toString('hex')}`
      unrecorded.add(key)
      try {
        const writer = await objects.create(key)
        const abort = () => writer.abort().finally(() => unrecorded.delete(key))
        return { key, writer: { write: (chunk) => writer.write(chunk), commit: () => writer.commit(), abort } }
      } catch (error) {
        unrecorded.delete(key)
        throw error
      }
    },

    async storeSegment(ref, object) {
      try {
        await contentOf(ref.channelGuid).apply(ref.ingestEndpointId, { kind: 'object' }, object)
        unrecorded.delete(object.key)
      } catch (error) {
        doubtful.add(object.key)
        throw error
      }
    },

    storeParentPlaylist: ({ channelGuid, ingestEndpointId }, streams) =>
      contentOf(channelGuid).apply(ingestEndpointId, { kind: 'parent playlist', streams }),
    storeMediaPlaylist: ({ channelGuid, ingestEndpointId }, playlist) =>
      contentOf(channelGuid).apply(ingestEndpointId, { kind: 'media playlist', playlist }),

    version: (channelGuid) => versions.get(channelGuid) ?? 0,

    async live(endpoint, seconds) {
      const numbering = await numberingOf(endpoint)
      if (!numbering) return undefined
      const content = contentOf(numbering.channelGuid)
      return windowOf(content, (await content.tail(numbering)).newest(seconds))
    },

    async between(endpoint, start, end) {
      const numbering = await numberingOf(endpoint)
      if (!numbering) return undefined
      const content = contentOf(numbering.channelGuid)
      const segments = await segmentIndex.outputSegmentsBetween(numbering.id, start, end, MOST_SEGMENTS)
      const newest = (await content.tail(numbering)).newestSegment
      const window = await windowOf(content, segments)
      return window && { ...window, ended: window.ended && newest?.number === segments.at(-1)?.number }
    },

    async outputSegment(endpoint, number) {
      const numbering = await numberingOf(endpoint)
      if (!numbering) return undefined
      const content = contentOf(numbering.channelGuid)
      const recent = (await content.tail(numbering)).byNumber(number)
      const segment = recent ?? (await segmentIndex.outputSegment(numbering.id, number))
      const [era] = segment ? await content.erasOf([segment]) : []
      return segment && era && { segment, era }
    },

    async outputSegmentsNear(endpoint, utc) {
      const numbering = await numberingOf(endpoint)
      if (!numbering) return { segments: [], eras: [] }
      const content = contentOf(numbering.channelGuid)
      const [from, to] = [utcMs(utc - NEAR_MS), utcMs(utc + NEAR_MS)]
      const recent = (await content.tail(numbering)).beginningBetween(from, to, numbering.firstNumber)
      // What begins at the very end begins before the millisecond after it.
      const found =
        recent ?? (await segmentIndex.outputSegmentsBetween(numbering.id, from, utcMs(to + 1), MOST_SEGMENTS))
      const segments = nearest(
        found.filter(({ startUtc }) => startUtc >= from),
        utc,
      )
      return { segments, eras: await content.erasOf(segments) }
    },

    async era(endpoint, id) {
      const numbering = await numberingOf(endpoint)
      const [era] = numbering ? await contentOf(numbering.channelGuid).erasById([id]) : []
      return era
    },

    async extent(endpoint) {
      const numbering = await numberingOf(endpoint)
      if (!numbering) return undefined
      const forever = utcMs(Number.MAX_SAFE_INTEGER)
      const [oldest] = await segmentIndex.outputSegmentsBetween(numbering.id, utcMs(0), forever, 1)
      const newest = (await contentOf(numbering.channelGuid).tail(numbering)).newestSegment
      if (!oldest || !newest) return undefined
      return { start: oldest.startUtc, end: endOf(newest) }
    },

    read: (key, range) => objects.read(key, range),
    open: (key, range) => objects.open(key, range),
    file: (key) => objects.file(key),

    async tick() {
      await Promise.all(
        [...channels.values()].map((content) =>
          passTime(content).catch((error: unknown) => {
            log.error({ channelGuid: content.guid, error }, 'could not let time pass for a channel')
          }),
        ),
      )
    },

    async activeInput(endpoint) {
      const numbering = await numberingOf(endpoint)
      return numbering && contentOf(numbering.channelGuid).followedBy(numbering)
    },

    usage: () => segmentIndex.usage(),

    async retain() {
      await removeDoubtful()
      await forgetOldContent({ ...host, contentOf, channelForgotten, isClosing: () => closing })
    },

    async sweep() {
      sweeping = sweepUnknownObjects({
        segmentIndex,
        objects,
        log,
        isUnrecorded: (key) => unrecorded.has(key),
        isClosing: () => closing,
      })
      await sweeping
    },

    async close() {
      closing = true
      await sweeping.catch(() => {})
      await Promise.all([...channels.values()].map((content) => content.settled()))
    },
  }
}

/** The `MOST_NEAR` that begin nearest to a moment, oldest first. */
function nearest(segments: readonly OutputSegment[], utc: UtcMs): readonly OutputSegment[] {
  if (segments.length <= MOST_NEAR) return segments
  const distance = ({ startUtc }: OutputSegment) => Math.abs(startUtc - utc)
  const kept = segments.toSorted((a, b) => distance(a) - distance(b)).slice(0, MOST_NEAR)
  return kept.sort((a, b) => a.number - b.number)
}

function endOf(segment: OutputSegment): UtcMs {
  return utcMs(segment.startUtc + Math.round(segment.duration / 90))
}
