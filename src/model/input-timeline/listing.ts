import { msFromTicks, TICKS_PER_SECOND, type Ticks, ticks, type UtcMs } from '../../media/time.ts'
import type { ListedPlaylist } from '../listed-playlist.ts'
import type { SourceObject } from '../source-segment.ts'
import { followedListings, isSilent, RECENT_ENTRIES, type StreamListing, type TimelineState } from './state.ts'

/** How many segments an encoder may have listed before their PUTs are through. */
const ENTRIES_ON_THEIR_WAY = 3

/** Of a playlist however long: so many objects an input remembers that no playlist has named. */
const MOST_NEW_ENTRIES = 10_000

/** Playlists followed at once; three times what a parent playlist may name. More is not an encoder. */
const MOST_LISTINGS = 64

const LEAST_TARGET_DURATION = TICKS_PER_SECOND
const MOST_TARGET_DURATION = 60 * TICKS_PER_SECOND

/** The newest object put under a name that no playlist has used yet. */
export type Unlisted = { get(name: string): SourceObject | undefined }

/**
 * Queues what a media playlist newly lists. A media sequence that goes back is an encoder that restarted, unless it
 * goes back by one playlist only, everything remembered has its name, and nothing was put under those names since: then
 * it is that playlist, overtaken on the way.
 */
export function followPlaylist(state: TimelineState, playlist: ListedPlaylist, unlisted: Unlisted, now: UtcMs): void {
  const known = state.listings[playlist.name]
  if (!known && !makeRoom(state)) return
  const lastListed = playlist.mediaSequence + playlist.segments.length - 1
  const restarted = known !== undefined && isRestart(known, playlist, lastListed, unlisted)
  if (known && !restarted && known.lastSequence > lastListed) return
  if (lastListed > (known?.lastSequence ?? -1) || restarted) noteReturn(state, now)
  const listing = known ?? newListing(playlist, now)
  state.listings[playlist.name] = listing
  if (restarted) {
    listing.recent = []
    delete listing.places
  }
  const isFirstContact = known === undefined || restarted
  const firstNew = isFirstContact
    ? firstWorthWaitingFor(playlist, unlisted)
    : listing.lastSequence + 1 - playlist.mediaSequence
  const offset = Math.max(firstNew, playlist.segments.length - MOST_NEW_ENTRIES, 0)
  const isNews = offset < playlist.segments.length
  if (isNews || !playlist.ended) state.ended = false
  if (isNews) delete state.left
  playlist.segments.slice(offset).forEach((segment, i) => {
    const sequence = playlist.mediaSequence + offset + i
    listing.queue.push({
      sequence,
      name: segment.name,
      duration: segment.duration,
      breaks: segment.discontinuity || (restarted && i === 0),
      ...(segment.programDateTime !== undefined && { programDateTime: segment.programDateTime }),
      listedAt: now,
    })
    listing.recent.push({ sequence, name: segment.name })
    listing.lastListedAt = now
  })
  listing.recent = listing.recent.slice(-RECENT_ENTRIES)
  if (restarted || lastListed > listing.lastSequence) listing.previousSequence = restarted ? -1 : listing.lastSequence
  listing.lastSequence = lastListed
  listing.targetDuration = boundedTargetDuration(playlist)
  listing.ended = playlist.ended
}

/**
 * A playlist met for the first time may list hours from before we were there: of what has no object, only the newest
 * entries may still be on their way.
 */
function firstWorthWaitingFor({ segments }: ListedPlaylist, unlisted: Unlisted): number {
  const present = segments.findIndex(({ name }) => unlisted.get(name) !== undefined)
  return Math.max((present < 0 ? segments.length : present) - ENTRIES_ON_THEIR_WAY, 0)
}

/** Playlists of past lives go first; false when the parent playlist names all there are. */
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

/** The target duration as it should be: some encoders' segments are longer. Nobody is waited for without end. */
function boundedTargetDuration({ targetDuration, segments }: ListedPlaylist): Ticks {
  const longest = segments.reduce((most, { duration }) => Math.max(most, duration), Number(targetDuration))
  return ticks(Math.min(Math.max(longest, LEAST_TARGET_DURATION), MOST_TARGET_DURATION))
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

/** Whether an encoder began anew with this playlist. What was listed is one segment for good: a sequence and a name. */
function isRestart(listing: StreamListing, playlist: ListedPlaylist, lastListed: number, unlisted: Unlisted): boolean {
  if (playlist.segments.length === 0) return false
  if (lastListed < listing.previousSequence) return true
  const isBackward = lastListed < listing.lastSequence
  return playlist.segments.some((segment, offset) => {
    const sequence = playlist.mediaSequence + offset
    const remembered = listing.recent.find((entry) => entry.sequence === sequence)
    if (!remembered) return false
    if (remembered.name !== segment.name) return true
    const put = unlisted.get(segment.name)
    if (!put || remembered.givenUp) return false
    if (isBackward) return true
    // A PUT that is repeated comes at once, or brings the same bytes; a new beginning takes a segment's time.
    const isOther = remembered.crc32 !== undefined && remembered.crc32 !== put.crc32
    return offset === 0 && isOther && put.receivedAt - listing.lastListedAt >= msFromTicks(segment.duration)
  })
}
