import { msFromTicks, type UtcMs } from '../../media/time.ts'
import { makesSlots } from '../eras/era.ts'
import { followedListings, isDone, SILENT_TARGET_DURATIONS, type StreamListing, type TimelineState } from './state.ts'

/**
 * A stream or input that had been silent for longer than this when others ended neither ends the whole nor delays its
 * end. In milliseconds.
 */
const MOST_HELD_OPEN_MS = 60_000

/**
 * True when all streams have listed EXT-X-ENDLIST and everything they listed is sealed. A stream that stopped without
 * EXT-X-ENDLIST, or never came, is waited for at most a minute, unless it was heard after the others.
 */
export function hasEnded(state: TimelineState, now: UtcMs): boolean {
  if (state.eras.some(({ slots }) => slots.length > 0)) return false
  const making = (state.streams ?? []).filter(makesSlots).map(({ playlist }) => state.listings[playlist])
  const done = making.filter((listing) => listing !== undefined).filter(isDone)
  if (done.length === 0) return false
  const endedAt = lastHeard(done)
  return making.every((listing) => {
    if (listing && isDone(listing)) return true
    const heardAt = Math.max(listing?.lastListedAt ?? endedAt, state.resumedAt ?? 0)
    return isLost(listing, heardAt, now) && (listing?.lastListedAt ?? 0) <= endedAt + MOST_HELD_OPEN_MS
  })
}

/**
 * True when the input had content, and nothing has been heard of it for a minute and for as long as streams are waited
 * for.
 */
export function hasLeft(state: TimelineState, now: UtcMs): boolean {
  const followed = followedListings(state)
  if (followed.length === 0 || state.eras.length === 0) return false
  return followed.every((listing) => {
    return isLost(listing, Math.max(listing.lastListedAt, state.resumedAt ?? 0), now)
  })
}

/**
 * True when the channel of these inputs has ended: at least one input has ended, and each other one has ended too, or
 * has left and was not heard for more than a minute after that.
 */
export function haveEnded(inputs: readonly TimelineState[]): boolean {
  const ended = inputs.filter((state) => state.ended)
  if (ended.length === 0) return false
  const endedAt = lastHeard(ended.flatMap(followedListings))
  return inputs.every((state) => {
    return state.ended || (state.left && lastHeard(followedListings(state)) <= endedAt + MOST_HELD_OPEN_MS)
  })
}

function isLost(listing: StreamListing | undefined, heardAt: number, now: UtcMs): boolean {
  if (listing && listing.queue.length > 0) return false
  const silence = listing ? SILENT_TARGET_DURATIONS * msFromTicks(listing.targetDuration) : 0
  return now - heardAt > Math.max(MOST_HELD_OPEN_MS, silence)
}

function lastHeard(listings: readonly StreamListing[]): number {
  return Math.max(0, ...listings.map(({ lastListedAt }) => lastListedAt))
}
