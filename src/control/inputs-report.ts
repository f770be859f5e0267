import { isoDateTime, TICKS_PER_SECOND, type UtcMs, utcMs } from '../media/time.ts'
import { utcAt } from '../model/eras/era.ts'
import { HABITS, type HabitCounts, type HabitName } from '../model/input-timeline/habits.ts'
import {
  followedListings,
  isSilent,
  type OpenEra,
  type StreamListing,
  type TimelineState,
} from '../model/input-timeline/state.ts'
import type { ListedStream } from '../model/listed-playlist.ts'
import type { SourceStream } from '../model/output-segment.ts'
import type { TrackDescription } from '../model/source-segment.ts'
import type {
  HabitReport,
  InputReport,
  InputSummary,
  ListingReport,
  LivenessReport,
  StreamReport,
  TrackReport,
} from './input-operations.ts'

/** The present moment by the clock with which times of the state were recorded, and its date. */
export type ReportClocks = { readonly now: UtcMs; readonly date: UtcMs }

/** An input as `/windrow/v1/channels/{id}/inputs` tells it. Members that are undefined are left out. */
export function inputReport(
  ingestEndpointId: string,
  state: TimelineState | undefined,
  clocks: ReportClocks,
): InputReport {
  const { streams = [], listings = {}, eras = [], habits = {} } = state ?? {}
  const named = new Set(streams.map(({ playlist }) => playlist))
  return {
    ingestEndpointId,
    ...howItIs(state, clocks),
    hasParentPlaylist: state?.streams !== undefined && !state.syntheticParent,
    streams: streams.map((stream) => streamReport(stream, listings[stream.playlist], eras, clocks)),
    // Followed for as long as a parent playlist may still name them.
    unnamedPlaylists: Object.keys(listings).filter((playlist) => !named.has(playlist)),
    openEras: eras.map(({ id, openedAt, anchor, sealedUntil }) => ({
      id,
      openedAt: dateOf(openedAt, clocks),
      shownUntil: isoDateTime(utcAt(anchor, sealedUntil)),
      datesFrom: anchor.isDated ? 'EXT-X-PROGRAM-DATE-TIME' : 'SERVER',
    })),
    habits: habitReports(habits, clocks),
  }
}

/** An input in a line: how it is, and the last segment that it listed. */
export function inputSummary(
  ingestEndpointId: string,
  state: TimelineState | undefined,
  clocks: ReportClocks,
): InputSummary {
  const newest = Object.values(state?.listings ?? {}).toSorted((a, b) => b.lastListedAt - a.lastListedAt)[0]
  return {
    ingestEndpointId,
    ...howItIs(state, clocks),
    lastSegment: newest?.recent.at(-1)?.name,
  }
}

function howItIs(state: TimelineState | undefined, clocks: ReportClocks): LivenessReport {
  const all = Object.values(state?.listings ?? {})
  if (!state || all.length === 0) return { state: 'NOTHING_YET' }
  const followed = followedListings(state)
  const heard = followed.length > 0 ? followed : all
  const lastHeardAt = utcMs(Math.max(...heard.map(({ lastListedAt }) => lastListedAt)))
  const times = { lastHeardAt: dateOf(lastHeardAt, clocks) }
  if (state.ended) return { state: 'ENDED', ...times }
  const isLive = heard.some((listing) => !isSilent(state, listing, clocks.now))
  return isLive ? { state: 'LIVE', ...times } : { state: 'SILENT', silentSince: dateOf(lastHeardAt, clocks), ...times }
}

function streamReport(
  stream: ListedStream,
  listing: StreamListing | undefined,
  eras: readonly OpenEra[],
  clocks: ReportClocks,
): StreamReport {
  const found = eras.flatMap((era) => era.streams.filter(({ playlist }) => playlist === stream.playlist)).at(-1)
  return {
    index: stream.index,
    playlist: stream.playlist,
    role: stream.role,
    container: found?.container,
    tracks: found?.tracks.map((track, at) => trackReport(track, found, at)),
    ...(listing && listingReport(listing, eras, clocks)),
  }
}

function listingReport(listing: StreamListing, eras: readonly OpenEra[], clocks: ReportClocks): ListingReport {
  const { lastSequence, lastDuration, targetDuration, lastListedAt, recent, queue, ended, nextStart } = listing
  const era = eras.find(({ id }) => id === listing.era)
  return {
    segmentDuration: lastDuration === undefined ? undefined : lastDuration / TICKS_PER_SECOND,
    targetDuration: targetDuration / TICKS_PER_SECOND,
    lastMediaSequence: lastSequence,
    lastSegment: recent.at(-1)?.name,
    lastListedAt: dateOf(lastListedAt, clocks),
    // By the source's clock: the end of the newest segment that has its place.
    placedUntil: era && isoDateTime(utcAt(era.anchor, nextStart)),
    waitingSegments: queue.length,
    hasEnded: ended,
  }
}

function trackReport(track: TrackDescription, { bitrates }: SourceStream, at: number): TrackReport {
  const common = { kind: track.kind, bitsPerSecond: bitrates?.[at] }
  if (track.kind === 'video') {
    const { codec, width, height, frameRate } = track
    return { ...common, codec, width, height, frameRate: frameRate && frameRate.numerator / frameRate.denominator }
  }
  if (track.kind === 'audio') {
    const { codec, sampleRate, channels, language } = track
    return { ...common, codec, sampleRate, channels, language }
  }
  if (track.kind === 'image') return { ...common, codec: track.codec, width: track.width, height: track.height }
  return track.kind === 'text' ? { ...common, codec: track.codec } : { ...common, language: track.language }
}

/** The habits of the encoder in the order they were met, for its owner. */
function habitReports(habits: HabitCounts, clocks: ReportClocks): readonly HabitReport[] {
  const known = (name: string): name is HabitName => Object.hasOwn(HABITS, name)
  return Object.entries(habits).flatMap(([habit, { count, first, last, example }]) => {
    // Another version may know others.
    if (!known(habit)) return []
    return [{ habit, count, first: dateOf(first, clocks), last: dateOf(last, clocks), example, ...HABITS[habit] }]
  })
}

function dateOf(at: UtcMs, { now, date }: ReportClocks): string {
  return isoDateTime(utcMs(at + date - now))
}
