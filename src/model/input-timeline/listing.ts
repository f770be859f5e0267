import { msFromTicks, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import type { ListedPlaylist, ListedSegment } from '../listed-playlist.ts'
import type { SourceObject } from '../source-segment.ts'
import { ListedAdTags } from './ad-tags.ts'
import { noteHabit } from './habits.ts'
import { mostRemembered } from './remembered-entries.ts'
import type { CorrectedLength } from './segment-length.ts'
import { followedListings, isSilent, type RecentEntry, type StreamListing, type TimelineState } from './state.ts'

/** The most segments that an encoder lists before their PUTs are complete. */
const ENTRIES_ON_THEIR_WAY = 3

/** The most segments taken from one playlist: as many as the unlisted objects that an input remembers. */
const MOST_NEW_ENTRIES = 10_000

/** The most playlists followed at once: three times as many as a parent playlist may name. */
const MOST_LISTINGS = 64

const LEAST_TARGET_DURATION = TICKS_PER_SECOND
const MOST_TARGET_DURATION = 60 * TICKS_PER_SECOND

/** The newest object put under a name that no playlist has used yet. */
export type Unlisted = { get(name: string): SourceObject | undefined }

/**
 * Queues the segments that a media playlist newly lists. A media sequence that goes back means that the encoder
 * restarted, unless the playlist is an earlier one, overtaken on the way: all its names are those that are remembered,
 * and what was put under them since are the same bytes.
 */
export function followPlaylist(state: TimelineState, sent: ListedPlaylist, unlisted: Unlisted, now: UtcMs): void {
  const known = state.listings[sent.name]
  if (!known && !makeRoom(state)) return
  const playlist = known ? countedAsBefore(known, sent, unlisted) : sent
  if (playlist !== sent) {
    noteHabit(state, 'sequence-moved', `${sent.name}: ${playlist.mediaSequence} has become ${sent.mediaSequence}`)
  }
  const lastListed = playlist.mediaSequence + playlist.segments.length - 1
  const restarted = known !== undefined && isRestart(known, playlist, { lastListed, unlisted, now })
  if (known && !restarted && known.lastSequence > lastListed) {
    if (!known.overtaken || known.overtaken.lastListed > lastListed) known.overtaken = { lastListed, at: now }
    return
  }
  if (lastListed > (known?.lastSequence ?? -1) || restarted) noteReturn(state, now)
  const listing = known ?? newListing(playlist, now)
  state.listings[playlist.name] = listing
  if (restarted) {
    listing.recent = []
    delete listing.places
  }
  const listedAdTags = new ListedAdTags(state, playlist)
  listedAdTags.takeLater(listing)
  const isFirstContact = known === undefined || restarted
  const firstNew = isFirstContact
    ? firstWorthWaitingFor(playlist, unlisted)
    : listing.lastSequence + 1 - playlist.mediaSequence
  const offset = Math.max(firstNew, playlist.segments.length - MOST_NEW_ENTRIES, 0)
  const isNews = offset < playlist.segments.length
  if (isNews) delete listing.overtaken
  if (isNews || !playlist.ended) state.ended = false
  if (isNews) delete state.left
  playlist.segments.slice(offset).forEach((segment, i) => {
    const { name, programDateTime } = segment
    const adTags = listedAdTags.first(segment)
    const dated = {
      sequence: playlist.mediaSequence + offset + i,
      name,
      ...(programDateTime !== undefined && { programDateTime }),
    }
    const breaks = segment.discontinuity || (restarted && i === 0)
    listing.queue.push({ ...dated, duration: segment.duration, breaks, ...adTags.entry, listedAt: now })
    listing.recent.push({ ...dated, ...adTags.recent })
    listing.lastListedAt = now
    listing.lastDuration = segment.duration
  })
  listing.recent = listing.recent.slice(-mostRemembered(listing.recent))
  if (restarted || lastListed > listing.lastSequence) listing.previousSequence = restarted ? -1 : listing.lastSequence
  listing.lastSequence = lastListed
  listing.targetDuration = boundedTargetDuration(playlist, listing.corrected)
  listing.ended = playlist.ended
}

/**
 * The playlist with the media sequences under which its segments were listed before, where it lists them under others:
 * GStreamer's hlssink counts one too far up to its last playlist. An encoder that restarts puts its segments again, or
 * begins with one.
 */
function countedAsBefore({ recent }: StreamListing, playlist: ListedPlaylist, unlisted: Unlisted): ListedPlaylist {
  const { mediaSequence, segments } = playlist
  const newest = recent.at(-1)
  if (!newest || segments[newest.sequence - mediaSequence]?.name === newest.name) return playlist
  const byName = new Map(recent.map((entry) => [entry.name, entry]))
  const shifts: number[] = []
  for (const [i, segment] of segments.entries()) {
    const entry = byName.get(segment.name)
    if (!entry) continue
    if (isDatedOtherwise(entry, segment) || unlisted.get(segment.name)) return playlist
    shifts.push(entry.sequence - mediaSequence - i)
  }
  const [shift = 0] = shifts
  const isMoved = shift !== 0 && shifts.length > 1 && shifts.every((each) => each === shift)
  return isMoved && mediaSequence + shift >= 0 ? { ...playlist, mediaSequence: mediaSequence + shift } : playlist
}

/**
 * The index of the first segment worth queueing. A playlist seen for the first time may list hours of the past; of the
 * segments without an object, only the newest may still be on their way.
 */
function firstWorthWaitingFor({ segments }: ListedPlaylist, unlisted: Unlisted): number {
  const present = segments.findIndex(({ name }) => unlisted.get(name) !== undefined)
  return Math.max((present < 0 ? segments.length : present) - ENTRIES_ON_THEIR_WAY, 0)
}

/**
 * Forgets the oldest playlist that the parent playlist does not name, if there are too many. False when it names them
 * all.
 */
function makeRoom(state: TimelineState): boolean {
  const all = Object.entries(state.listings)
  if (all.length < MOST_LISTINGS) return true
  const unnamed = all.filter(([playlist]) => !state.streams?.some((stream) => stream.playlist === playlist))
  const [oldest] = unnamed.sort(([, a], [, b]) => a.lastListedAt - b.lastListedAt)
  if (!oldest) return false
  delete state.listings[oldest[0]]
  return true
}

function noteReturn(state: TimelineState, now: UtcMs): void {
  const listings = followedListings(state)
  if (listings.length > 0 && listings.every((listing) => isSilent(state, listing, now))) state.resumedAt = now
}

/**
 * The target duration, or the longest EXTINF where that is longer, as with some encoders; between a second and a
 * minute, so that no wait is endless. Where EXTINF is known to be too long, it is reduced in proportion, to twice what
 * segments really last.
 */
function boundedTargetDuration({ targetDuration, segments }: ListedPlaylist, corrected?: CorrectedLength): Ticks {
  const longest = segments.reduce((most, { duration }) => Math.max(most, duration), Number(targetDuration))
  const excess = corrected ? Math.min((2 * corrected.real) / Math.max(corrected.told, 1), 1) : 1
  const most = longest * excess
  return ticks(Math.min(Math.max(most, LEAST_TARGET_DURATION), MOST_TARGET_DURATION))
}

function newListing(playlist: ListedPlaylist, now: UtcMs): StreamListing {
  return {
    leastEra: 0,
    nextStart: ticks(0),
    lastSequence: playlist.mediaSequence - 1,
    previousSequence: playlist.mediaSequence - 1,
    recent: [],
    queue: [],
    targetDuration: boundedTargetDuration(playlist),
    lastListedAt: now,
    ended: false,
  }
}

type Listed = { readonly lastListed: number; readonly unlisted: Unlisted; readonly now: UtcMs }

/**
 * True when the encoder restarted with this playlist. A media sequence once listed with a name keeps that name, and one
 * object. A restarted encoder needs the time of a segment; what is repeated, or was overtaken, comes while it goes on.
 */
function isRestart(listing: StreamListing, playlist: ListedPlaylist, listed: Listed): boolean {
  const { lastListed, unlisted, now } = listed
  const [first] = playlist.segments
  if (!first) return false
  const [oldest = Number.POSITIVE_INFINITY, newest = -1] = [0, -1].map((at) => listing.recent.at(at)?.sequence)
  if (lastListed < listing.previousSequence && lastListed < oldest) return true
  const isBackward = lastListed < listing.lastSequence
  const isNewLife = (at: UtcMs) => at - listing.lastListedAt >= msFromTicks(listing.duration ?? first.duration)
  let hasPut = false
  const isAnew = playlist.segments.some((segment, offset) => {
    const sequence = playlist.mediaSequence + offset
    if (sequence < oldest || sequence > newest) return false
    const recent = listing.recent.find((entry) => entry.sequence === sequence)
    if (!recent) return false
    if (recent.name !== segment.name) return true
    if (isBackward && isDatedOtherwise(recent, segment)) return true
    const put = unlisted.get(segment.name)
    if (!put || recent.givenUp || recent.crc32 === undefined) return false
    hasPut = true
    const isOther = recent.crc32 !== put.crc32
    if (isBackward) return isOther || isNewLife(put.receivedAt)
    return offset === 0 && isOther && isNewLife(put.receivedAt)
  })
  if (isAnew || !isBackward) return isAnew
  const isListedFirst = !hasPut && lastListed < listing.previousSequence && isNewLife(now)
  return isListedFirst || goesOnFromOvertaken(listing, playlist, listed)
}

/** True when a segment has another date than under which it is remembered: a playlist that is late has the same. */
function isDatedOtherwise(
  { programDateTime: known }: RecentEntry,
  { programDateTime, duration }: ListedSegment,
): boolean {
  if (known === undefined || programDateTime === undefined) return false
  return Math.abs(programDateTime - known) >= msFromTicks(duration)
}

/**
 * True when earlier playlists with the bytes that are known come one after the other, at the pace of an encoder: it has
 * restarted, and sends the same media again.
 */
function goesOnFromOvertaken(listing: StreamListing, { segments }: ListedPlaylist, listed: Listed): boolean {
  const { overtaken } = listing
  const last = segments.at(-1)
  if (!overtaken || !last || listed.lastListed <= overtaken.lastListed) return false
  const put = listed.unlisted.get(last.name)
  const least = overtaken.at + msFromTicks(listing.duration ?? last.duration) / 2
  return put !== undefined && put.receivedAt >= least && listed.now >= least
}
