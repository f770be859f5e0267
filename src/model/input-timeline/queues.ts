import { msFromTicks, type UtcMs } from '../../media/time.ts'
import { makesSlots } from '../eras/era.ts'
import type { ListedStream } from '../listed-playlist.ts'
import type { SourceObject } from '../source-segment.ts'
import type { Donor } from './donor.ts'
import type { MediaObject } from './eras.ts'
import type { Unlisted } from './listing.ts'
import { placeGap, placeObject } from './placement.ts'
import type { Placing } from './placing.ts'
import { RECENT_ENTRIES, type StreamListing, type TimelineState } from './state.ts'
import { placeText, placeTextGap, type TextObject } from './text-placement.ts'

/** How many segments a stream may list before their PUTs are through: of more than that, nobody waits for the first. */
const MOST_AWAITED = 256

/** What became of queued entries. */
export type Placed = {
  /** Eras that were opened, or of which more is known. */
  readonly touched: Set<number>
  /** Unlisted objects that found their place, or never will. */
  readonly consumed: Set<SourceObject>
  readonly gaps: { readonly playlist: string; readonly name: string; readonly reason: string }[]
}

/**
 * Moves queued entries to their slots, stream by stream, until each queue's head must wait for its object. Subtitles
 * come last: their heads may also wait for their slots.
 */
export function placeQueued(state: TimelineState, unlisted: Unlisted, now: UtcMs, donor?: Donor): Placed {
  const placed: Placed = { touched: new Set(), consumed: new Set(), gaps: [] }
  const streams = state.streams ?? []
  for (const stream of [...streams.filter(makesSlots), ...streams.filter((stream) => !makesSlots(stream))]) {
    const listing = state.listings[stream.playlist]
    if (!listing) continue
    for (let entry = listing.queue[0]; entry; entry = listing.queue[0]) {
      if (skipUnawaited(stream, listing, unlisted, placed)) continue
      const found = unlisted.get(entry.name)
      const object = found && !placed.consumed.has(found) ? found : undefined
      if (!object && now - entry.listedAt < msFromTicks(listing.targetDuration)) break
      const placing = { state, listing, streamIndex: stream.index, entry, now, donor }
      if (!place(placing, stream, object, placed)) {
        entry.isHere = true
        break
      }
      listing.queue.shift()
      if (object) placed.consumed.add(object)
      settle(listing, entry.sequence, object)
    }
  }
  trimQueues(state)
  return placed
}

/** An encoder that lists hundreds of segments it has not put is not waited for, segment by segment; no gap is shown. */
function skipUnawaited(
  { playlist }: ListedStream,
  { queue }: StreamListing,
  unlisted: Unlisted,
  { gaps }: Placed,
): boolean {
  const surplus = queue.length - MOST_AWAITED
  const kept = queue.findIndex(({ name }, i) => i >= surplus || unlisted.get(name) !== undefined)
  for (const { name } of queue.splice(0, kept)) gaps.push({ playlist, name, reason: 'listed long before it was put' })
  return kept > 0
}

/** False when the entry has to wait for its slot. */
function place(
  placing: Placing,
  stream: ListedStream,
  object: SourceObject | undefined,
  { touched, gaps }: Placed,
): boolean {
  const gap = (reason: string) => gaps.push({ playlist: stream.playlist, name: placing.entry.name, reason })
  const isText = !makesSlots(stream)
  if (!object?.probe || (object.probe.container === 'webvtt') !== isText) {
    if (isText) placeTextGap(placing)
    else placeGap(placing)
    const misfit = isText ? 'not WebVTT, among subtitles' : 'WebVTT, among audio and video'
    gap(object ? (object.problem ?? misfit) : 'listed, but never put')
    return true
  }
  const placement = isText ? placeText(placing, object as TextObject) : placeObject(placing, object as MediaObject)
  if (placement === 'waits') return false
  if (placement.touched) touched.add(placement.touched.id)
  if (!placement.isShown) gap('too late for its slot, or cut otherwise than the other streams')
  return true
}

function settle(listing: StreamListing, sequence: number, object: SourceObject | undefined): void {
  const entry = listing.recent.find((recent) => recent.sequence === sequence)
  if (!entry) return
  if (object) entry.crc32 = object.crc32
  else entry.givenUp = true
}

/** Who may be named later is heard, and not for ever; neither do subtitles pile up that no slot comes for. */
function trimQueues(state: TimelineState): void {
  for (const [playlist, { queue }] of Object.entries(state.listings)) {
    const isNamed = state.streams?.some((stream) => stream.playlist === playlist && makesSlots(stream))
    if (!isNamed && queue.length > RECENT_ENTRIES) queue.splice(0, queue.length - RECENT_ENTRIES)
  }
}
