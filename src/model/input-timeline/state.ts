import { msFromTicks, type Ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { AdEventsState } from '../ad-events/step.ts'
import { makesSlots } from '../eras/era.ts'
import type { ListedStream } from '../listed-playlist.ts'
import type { Era, EraOrigin, SlotObject, SourceStream } from '../output-segment.ts'
import { UnknownRecordVersion } from '../record-version.ts'
import type { SourceObject } from '../source-segment.ts'
import type { ListedInSlot } from './ad-tags.ts'
import type { FoundHabit, HabitCounts } from './habits.ts'
import type { CorrectedLength } from './segment-length.ts'

/** The version of a state that is saved. It grows when a field changes its meaning, not when one is added. */
const VERSION = 1

/**
 * The state of one input's timeline: small, plain data, saved whole with every change. Everything a restarted process
 * needs to go on exactly where the last one stood; what is finished lies in the segment index and not here.
 */
export type TimelineState = {
  /** The version of the record; absent in what the first versions saved. */
  version: number
  /** The id of the ingest endpoint whose input it is. */
  input: string
  /** The streams that the parent playlist names; absent until it has come. */
  streams?: readonly ListedStream[]
  /** The index of each stream the input has had, as `identifyStreams` gives them. */
  streamIndexes?: Readonly<Record<string, number>>
  /** True while `streams` is a single variant made up for an input without a multivariant playlist. */
  syntheticParent: boolean
  /** A number that grows when the set of streams changes. Eras begun under another revision end there. */
  streamsRevision: number
  /** The listings of the streams, by playlist name. */
  listings: Record<string, StreamListing>
  /** When the input or the server last came back after a silence: from then on each stream is waited for anew. */
  resumedAt?: UtcMs
  /** Eras that may still get slots, oldest first. Slots leave when they are sealed. */
  eras: OpenEra[]
  nextEra: number
  /** The ad events of the era of the newest sealed slot; absent as long as it has had none. */
  adEvents?: AdEventsState & { readonly era: number }
  /** End of the newest sealed slot on its era's clock: no later era's clock begins before it. */
  clockEnd?: UtcMs
  /** True once the input has ended (`hasEnded`), until something new is listed. */
  ended: boolean
  /** True once the input has left (`hasLeft`), until something new is listed. */
  left?: true
  /** The ad tags of intervals without media since the newest slot: they come before the next one. */
  withoutMedia?: readonly string[]
  /** What was corrected or left out so far. */
  habits?: HabitCounts
  /** What was noticed in the step that is being taken; never saved. */
  noted?: FoundHabit[]
}

/** The progress in the media playlist of one stream. */
export type StreamListing = {
  /** Era of the newest placed segment; absent before the first, and when the stream's next era is not known yet. */
  era?: number
  /** The id of the first era that the stream may still have segments of. */
  leastEra: number
  /** The time on the era's timeline at which the next segment should begin. */
  nextStart: Ticks
  /** Where media of the stream ended, while its newest segments are missing: their lengths may be told wrong. */
  gapFrom?: Ticks
  /** Of the newest placed segment; absent before the first. */
  duration?: Ticks
  /** From the first sample of that segment to its last. */
  span?: Ticks
  /** Highest media sequence listed. */
  lastSequence: number
  /** The highest media sequence listed before the newest playlist. */
  previousSequence: number
  /** The newest listed entries, oldest first: as many as `mostRemembered` allows. */
  recent: RecentEntry[]
  /**
   * Entries that are listed and not yet placed, in order. The first waits for its object and holds the others back.
   * While no parent playlist names the stream, only the newest are kept, as of `recent`.
   */
  queue: QueuedEntry[]
  /** EXT-X-TARGETDURATION, or the longest EXTINF where that is longer; between a second and a minute. */
  targetDuration: Ticks
  /** EXTINF of the newest segment listed; absent in what earlier versions saved. */
  lastDuration?: Ticks
  /** The server's clock when the playlist last listed something new. */
  lastListedAt: UtcMs
  ended: boolean
  /** The earliest of the overtaken playlists that have come since the newest, by its last media sequence. */
  overtaken?: { lastListed: number; at: UtcMs }
  /** The newest length that EXTINF told wrong, until it tells one right. */
  corrected?: CorrectedLength
  /** Of the first variant, where there are subtitles to place beside it: its newest segments, at most RECENT_PLACES. */
  places?: Place[]
  /** For subtitles: they were waited for in vain, and are not waited for again before they are in time. */
  isLate?: true
}

/** The place of a segment of the first variant. */
export type Place = { sequence: number; era: number; start: Ticks; duration: Ticks; date?: UtcMs }

export type RecentEntry = {
  sequence: number
  name: string
  /** The date under which it was listed; absent where the playlist gave it none. */
  programDateTime?: UtcMs
  /** The CRC-32 of the object that came. */
  crc32?: number
  /** True when no object came in time. */
  givenUp?: true
  /** Characters of the ad tags that were listed before it, their lines ended; absent where there were none. */
  adTags?: number
}

export type QueuedEntry = {
  sequence: number
  name: string
  duration: Ticks
  /**
   * True when the entry begins a new encoder timeline, by EXT-X-DISCONTINUITY or because the media sequence went back.
   */
  breaks: boolean
  programDateTime?: UtcMs
  /** The ad tags before it, where it has some and is not of a rendition. */
  adTags?: readonly string[]
  listedAt: UtcMs
  /**
   * The object is there, and waits: subtitles for their slot, other segments for the next one, which tells how long
   * they last.
   */
  isHere?: true
  /** The object, of audio or video that waits: what is put under its name meanwhile is another segment. */
  object?: SourceObject
}

export type EraAnchor = {
  time: Ticks
  utc: UtcMs
  /** From the source's own date. */
  isDated?: true
  /** The stream that the date is from, while those before it tell none; absent for the first. */
  datedBy?: number
}

export type OpenEra = {
  id: number
  origin: EraOrigin
  streamsRevision: number
  streams: SourceStream[]
  /**
   * A time of the era and its moment in UTC. Later dates follow from timestamps until the source's own dates disagree.
   */
  anchor: EraAnchor
  /**
   * The clock of the era: its first anchor, moved forward where the era before would otherwise end later on the clock.
   * It is final once the first slot is sealed.
   */
  clock: { time: Ticks; utc: UtcMs }
  /** True once a slot of the era was sealed: from then on its clock does not change. */
  hasShown?: true
  /** The id of the era whose timestamps go on in this one. */
  continues?: number
  openedAt: UtcMs
  /** The index of the next slot to be sealed. */
  nextIndex: number
  firstStart: Ticks
  /** Start of the last sealed slot; absent before there is one. */
  sealedFrom?: Ticks
  /** End of the last sealed slot, or the era's first start. */
  sealedUntil: Ticks
  /** When that slot was sealed, by the server's clock. */
  sealedAt?: UtcMs
  /** The open slots, in the order of their starts. */
  slots: OpenSlot[]
  /** Where the newest sealed segments of streams end, by stream, where that is beyond their slots. */
  reach?: Record<number, Ticks>
  /** How far the source's newest dates lie from the anchor, in ms, while they lie off it: at most STEADY_DATES. */
  dateOffsets?: number[]
}

/**
 * An interval that still waits for some streams. An entry is null where the stream has nothing usable. Audio and video
 * entries hold their own start and duration, because the slot's interval may still change.
 */
export type OpenSlot = {
  start: Ticks
  duration: Ticks
  startUtc: UtcMs
  openedAt: UtcMs
  /** The moment from which the slot waits for subtitles alone. */
  settledAt?: UtcMs
  entries: Record<number, SlotObject | null>
  /** The streams that begin anew in this slot although their timestamps go on. */
  breaks?: number[]
  /** The segments of variants that are in it, or missing there, those of each stream in their order. */
  listed?: readonly ListedInSlot[]
}

/** The most segments of the first variant that are remembered for subtitles to be placed beside them. */
export const RECENT_PLACES = 16
/** How many target durations a segment waits for the next one to tell how long it lasts. */
export const NEXT_TARGET_DURATIONS = 2
/** A stream that lists nothing new for this many target durations no longer holds the others back. */
export const SILENT_TARGET_DURATIONS = 3

/** The state of an input that has sent nothing yet. */
export function emptyTimeline(input = '', firstEra = 1): TimelineState {
  return {
    version: VERSION,
    input,
    syntheticParent: false,
    streamsRevision: 0,
    listings: {},
    eras: [],
    nextEra: firstEra,
    ended: false,
  }
}

/** An era as it is published. */
export function eraOf({ id, origin, streams, clock }: OpenEra): Era {
  return { id, origin, streams, clock }
}

/**
 * A state as it was saved, by this version or an earlier one. Throws UnknownRecordVersion when a newer one saved it.
 */
export function readTimeline(text: string, input: string): TimelineState {
  const saved = JSON.parse(text) as TimelineState | FirstTimelineState
  if (!('version' in saved)) return fromFirst(saved, input)
  if (saved.version !== VERSION) throw new UnknownRecordVersion('state of an input', saved.version)
  return saved
}

/** What the first versions saved. Their eras say no origin, and the oldest no clock: the anchor stands for it. */
type FirstTimelineState = Omit<TimelineState, 'version' | 'input' | 'eras'> & {
  readonly eras: readonly (Omit<OpenEra, 'clock' | 'origin'> & Pick<Partial<OpenEra>, 'clock'>)[]
}

function fromFirst(saved: FirstTimelineState, input: string): TimelineState {
  const eras = saved.eras.map((era): OpenEra => {
    const { time, utc } = era.anchor
    return { ...era, origin: { kind: 'input', input }, clock: era.clock ?? { time, utc } }
  })
  return { ...saved, version: VERSION, input, eras }
}

/** The state in which no wait has begun before `awakeSince`: until then, streams were not silent but unheard. */
export function waitedSince(state: TimelineState, awakeSince: UtcMs): TimelineState {
  const since = (moment: UtcMs) => utcMs(Math.max(moment, awakeSince))
  const listings = Object.entries(state.listings).map(([playlist, listing]) => {
    const queue = listing.queue.map((entry) => ({ ...entry, listedAt: since(entry.listedAt) }))
    return [playlist, { ...listing, queue }]
  })
  return { ...state, listings: Object.fromEntries(listings), resumedAt: since(state.resumedAt ?? awakeSince) }
}

/** True when a stream has listed nothing new for three target durations: the others go on without it. */
export function isSilent(state: TimelineState, listing: StreamListing, now: UtcMs): boolean {
  return silenceMs(state, listing, now) > SILENT_TARGET_DURATIONS * msFromTicks(listing.targetDuration)
}

/** The time for which a stream has listed nothing new, in ms; time before all streams came back does not count. */
export function silenceMs(state: TimelineState, listing: StreamListing, now: UtcMs): number {
  return now - Math.max(listing.lastListedAt, state.resumedAt ?? 0)
}

/** The listings of the audio and video streams whose playlists have come. */
export function followedListings(state: TimelineState): StreamListing[] {
  return (state.streams ?? []).filter(makesSlots).flatMap(({ playlist }) => state.listings[playlist] ?? [])
}

/** True when a stream has listed EXT-X-ENDLIST and all its entries are placed. */
export function isDone(listing: StreamListing): boolean {
  return listing.ended && listing.queue.length === 0
}

/** The stream that times slots and dates the era: of those with audio or video, the one of least index. */
export function leadStream<Stream extends Pick<SourceStream, 'index' | 'role'>>({
  streams = [],
}: {
  readonly streams?: readonly Stream[]
}): Stream | undefined {
  return streams.filter(makesSlots).reduce<Stream | undefined>((lead, stream) => {
    return lead && lead.index < stream.index ? lead : stream
  }, undefined)
}
