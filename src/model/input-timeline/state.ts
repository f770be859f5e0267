import { msFromTicks, type Ticks, type UtcMs } from '../../media/time.ts'
import { makesSlots } from '../eras/era.ts'
import type { ListedStream } from '../listed-playlist.ts'
import type { SlotObject, SourceStream } from '../output-segment.ts'

/**
 * The state of one input's timeline: small, plain data, saved whole with every change. Everything a restarted process
 * needs to go on exactly where the last one stood; what is finished lies in the segment index and not here.
 */
export type TimelineState = {
  /** The streams the parent playlist names; absent until one came. */
  streams?: readonly ListedStream[]
  /** True while `streams` was made up because the parent is a media playlist. */
  syntheticParent: boolean
  /** Grows when the set of streams changes: eras begun under another revision end there. */
  streamsRevision: number
  /** By playlist name. */
  listings: Record<string, StreamListing>
  /** When the input, or the server, came back after a silence: from then on each stream is waited for anew. */
  resumedAt?: UtcMs
  /** Eras that may still get slots, oldest first. Slots leave when they are sealed. */
  eras: OpenEra[]
  nextEra: number
  /** End of the newest sealed slot on its era's clock: no later era's clock begins before it. */
  clockEnd?: UtcMs
  /** As `hasEnded` has it, until something new is listed. */
  ended: boolean
  /** As `hasLeft` has it, until something new is listed. */
  left?: true
}

/** How far one stream's media playlist has been followed. */
export type StreamListing = {
  /** Era of the newest placed segment; absent before the first, and when the stream's next era is not known yet. */
  era?: number
  /** The stream is done with every era before this one. */
  leastEra: number
  /** Where the next segment is expected to begin, on the era's timeline. */
  nextStart: Ticks
  /** Highest media sequence listed. */
  lastSequence: number
  /** What it was before the newest playlist. */
  previousSequence: number
  /** The newest listed entries, oldest first, at most RECENT_ENTRIES. */
  recent: RecentEntry[]
  /**
   * Listed, not yet placed, in order. The first one waits for its object and holds the others back. While no parent
   * playlist names the stream, only the newest RECENT_ENTRIES are kept.
   */
  queue: QueuedEntry[]
  /** EXT-X-TARGETDURATION, or the longest EXTINF where that is longer; between a second and a minute. */
  targetDuration: Ticks
  /** The server's clock when the playlist last listed something new. */
  lastListedAt: UtcMs
  ended: boolean
  /** Of the first variant, where there are subtitles to place beside it: its newest segments, at most RECENT_PLACES. */
  places?: Place[]
  /** Of subtitles: they were waited for in vain, and are not waited for again before they are in time. */
  isLate?: true
}

/** Where a segment of the first variant stands. */
export type Place = { sequence: number; era: number; start: Ticks; duration: Ticks; date?: UtcMs }

export type RecentEntry = {
  sequence: number
  name: string
  /** Of the object that came. */
  crc32?: number
  /** No object came in time. */
  givenUp?: true
}

export type QueuedEntry = {
  sequence: number
  name: string
  duration: Ticks
  /** The entry begins a new encoder timeline: EXT-X-DISCONTINUITY, or the media sequence went back. */
  breaks: boolean
  programDateTime?: UtcMs
  listedAt: UtcMs
  /** Of subtitles: the object is there, and its slot is not. */
  isHere?: true
}

export type OpenEra = {
  id: number
  streamsRevision: number
  streams: SourceStream[]
  /** This time of the era is that moment; later times follow from PTS until the source's own date disagrees. */
  anchor: { time: Ticks; utc: UtcMs /** From the source's own date. */; isDated?: true }
  /**
   * As Era has it: the first anchor, moved forward when the first slot is sealed if that is where another era ended.
   */
  clock: { time: Ticks; utc: UtcMs }
  /** A slot of it was sealed: the clock stands. */
  hasShown?: true
  /** The era whose timestamps run on in this one: only what its streams are made of has changed. */
  continues?: number
  openedAt: UtcMs
  /** Index of the next slot to be sealed. */
  nextIndex: number
  firstStart: Ticks
  /** End of the last sealed slot, or the era's first start. */
  sealedUntil: Ticks
  /** The server's clock at that. */
  sealedAt?: UtcMs
  /** By start. */
  slots: OpenSlot[]
}

/** An interval still waiting for some streams. `null`: the stream has nothing usable there. */
export type OpenSlot = {
  start: Ticks
  duration: Ticks
  startUtc: UtcMs
  openedAt: UtcMs
  /** Since when it waits for subtitles alone. */
  settledAt?: UtcMs
  entries: Record<number, SlotObject | null>
  /** Streams that begin anew here, while their timestamps run on. */
  breaks?: number[]
}

/** How many listed entries a stream remembers to tell a stale playlist from a restarted encoder. */
export const RECENT_ENTRIES = 64
/** How many segments of the first variant are remembered for subtitles to be placed beside them. */
export const RECENT_PLACES = 16
/** A stream that lists nothing new for this many target durations no longer holds the others back. */
export const SILENT_TARGET_DURATIONS = 3

export function emptyTimeline(firstEra = 1): TimelineState {
  return {
    syntheticParent: false,
    streamsRevision: 0,
    listings: {},
    eras: [],
    nextEra: firstEra,
    ended: false,
  }
}

/** A state as it was saved. Eras that earlier versions opened have no clock: their anchor stands for it. */
export function readTimeline(text: string): TimelineState {
  const state = JSON.parse(text) as Omit<TimelineState, 'eras'> & {
    eras: (Omit<OpenEra, 'clock'> & Partial<OpenEra>)[]
  }
  const eras = state.eras.map((era) => ({ ...era, clock: era.clock ?? { time: era.anchor.time, utc: era.anchor.utc } }))
  return { ...state, eras }
}

/** A state read back after the server was away: what it could not hear meanwhile is nobody's silence. */
export function waitedAnew(state: TimelineState, now: UtcMs): TimelineState {
  const listings = Object.entries(state.listings).map(([playlist, listing]) => {
    return [playlist, { ...listing, queue: listing.queue.map((entry) => ({ ...entry, listedAt: now })) }]
  })
  return { ...state, listings: Object.fromEntries(listings), resumedAt: now }
}

/** A stream that lists nothing new: it may be dead, and the others go on without it. */
export function isSilent(state: TimelineState, listing: StreamListing, now: UtcMs): boolean {
  const heardAt = Math.max(listing.lastListedAt, state.resumedAt ?? 0)
  return now - heardAt > SILENT_TARGET_DURATIONS * msFromTicks(listing.targetDuration)
}

/** The playlists of the streams that make slots, as far as they have come. */
export function followedListings(state: TimelineState): StreamListing[] {
  return (state.streams ?? []).filter(makesSlots).flatMap(({ playlist }) => state.listings[playlist] ?? [])
}

/** True when the stream lists nothing more. */
export function isDone(listing: StreamListing): boolean {
  return listing.ended && listing.queue.length === 0
}
