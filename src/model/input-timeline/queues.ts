import { msFromTicks } from '../../media/time.ts'
import { isTimedProbe, type SegmentProbe } from '../../media/track.ts'
import { containerBeside, makesSlots } from '../eras/era.ts'
import type { ListedStream } from '../listed-playlist.ts'
import type { SourceObject } from '../source-segment.ts'
import { type HabitName, noteHabit } from './habits.ts'
import type { Unlisted } from './listing.ts'
import { placeGap, placeObject } from './placement.ts'
import { type ObjectBeside, placeBeside, placeGapBeside } from './placement-beside.ts'
import type { MediaObject, Placing } from './placing.ts'
import { mostRemembered, newestWithin } from './remembered-entries.ts'
import { jumpInside } from './segment-length.ts'
import type { QueuedEntry, StreamListing, TimelineState } from './state.ts'

/** The most listed segments of a stream that are waited for: of more than that, the first are given up. */
const MOST_AWAITED = 256
/** Characters of the names of those segments: 64 for each. */
const MOST_AWAITED_TEXT = 16 * 1024

export type QueueDeps = Pick<Placing, 'now' | 'donor' | 'serverDate'> & { readonly unlisted: Unlisted }

/** The result of moving queued entries to their slots. */
export type Placed = {
  /** The ids of eras that were opened, or whose description changed. */
  readonly touched: Set<number>
  /** Unlisted objects that are placed, or never will be. */
  readonly consumed: Set<SourceObject>
  readonly gaps: ListedGap[]
}

/** A listed segment that will not be shown: it was never put, it came too late, or it cannot be used. */
export type ListedGap = {
  readonly playlist: string
  readonly name: string
  readonly kind: 'absent' | 'late' | 'unusable'
  /** In words, for the log. */
  readonly reason: string
}

const GAP_HABITS = {
  absent: 'segment-missing',
  late: 'segment-late',
  unusable: 'segment-unusable',
} as const satisfies Record<ListedGap['kind'], HabitName>

/**
 * Moves queued entries to their slots, stream by stream, until each queue's head must wait for its object. Subtitles
 * and images come last: their heads may also wait for their slots.
 */
export function placeQueued(state: TimelineState, { unlisted, now, donor, serverDate }: QueueDeps): Placed {
  const placed: Placed = { touched: new Set(), consumed: new Set(), gaps: [] }
  const streams = state.streams ?? []
  for (const stream of [...streams.filter(makesSlots), ...streams.filter((stream) => !makesSlots(stream))]) {
    const listing = state.listings[stream.playlist]
    if (!listing) continue
    for (let entry = listing.queue[0]; entry; entry = listing.queue[0]) {
      if (skipUnawaited(stream, listing, unlisted, placed)) continue
      const found = entry.object ?? unlisted.get(entry.name)
      const object = found && !placed.consumed.has(found) ? found : undefined
      if (!object && now - entry.listedAt < msFromTicks(listing.targetDuration)) break
      const next = nextOf(listing, unlisted, placed)
      const placing = { state, listing, streamIndex: stream.index, entry, next, now, donor, serverDate }
      if (!place(placing, stream, object, placed)) {
        entry.isHere = true
        if (object && makesSlots(stream)) take(listing, entry, object, placed)
        break
      }
      listing.queue.shift()
      if (object && !entry.object) placed.consumed.add(object)
      settle(listing, entry.sequence, object)
    }
  }
  trimQueues(state)
  return placed
}

/** The object behind the head of a queue, where it is audio or video that goes on with the head's timeline. */
function nextOf(
  { queue: [, second] }: StreamListing,
  unlisted: Unlisted,
  { consumed }: Placed,
): MediaObject | undefined {
  const object = second && !second.breaks ? unlisted.get(second.name) : undefined
  return object?.probe && isTimedProbe(object.probe) && !consumed.has(object) ? (object as MediaObject) : undefined
}

/** An encoder that lists hundreds of segments it has not put is not waited for, segment by segment; no gap is shown. */
function skipUnawaited(
  { playlist }: ListedStream,
  { queue }: StreamListing,
  unlisted: Unlisted,
  { gaps }: Placed,
): boolean {
  const isHere = ({ name, object }: QueuedEntry) => (object ?? unlisted.get(name)) !== undefined
  if (queue[0] && isHere(queue[0])) return false
  const surplus = queue.length - Math.min(MOST_AWAITED, newestWithin(queue, MOST_AWAITED_TEXT))
  const kept = queue.findIndex((entry, i) => i >= surplus || isHere(entry))
  for (const { name } of queue.splice(0, kept)) {
    gaps.push({ playlist, name, kind: 'absent', reason: 'listed long before it was put' })
  }
  return kept > 0
}

/** False when the entry has to wait: for its slot, or for the next one to tell how long it lasts. */
function place(
  placing: Placing,
  stream: ListedStream,
  object: SourceObject | undefined,
  { touched, gaps }: Placed,
): boolean {
  const { state, entry } = placing
  const gap = (kind: ListedGap['kind'], reason: string) => {
    gaps.push({ playlist: stream.playlist, name: entry.name, kind, reason })
    noteHabit(state, GAP_HABITS[kind], `${entry.name}: ${reason}`)
  }
  const beside = containerBeside(stream)
  if (!object?.probe || !isFit(object.probe, beside)) {
    if (beside) placeGapBeside(placing)
    else placeGap(placing)
    if (object) gap('unusable', object.problem ?? misfitOf(object, beside))
    else gap('absent', 'listed, but never put')
    return true
  }
  const jump = isTimedProbe(object.probe) ? jumpInside(object.probe) : undefined
  if (jump !== undefined) {
    placeGap(placing)
    gap('unusable', `its timestamps jump ahead by ${jump} s inside it`)
    return true
  }
  if (isTimedProbe(object.probe)) noteCaptions(state, stream, object.probe.captions, entry.name)
  const placement = beside
    ? placeBeside(placing, object as ObjectBeside, stream.role.kind)
    : placeObject(placing, object as MediaObject)
  if (placement === 'waits') return false
  if (placement.touched) touched.add(placement.touched.id)
  if (!placement.isShown) gap('late', 'too late for its slot')
  return true
}

/** Notes captions that pictures carry and the parent playlist does not tell of. */
function noteCaptions(
  state: TimelineState,
  { role }: ListedStream,
  found: readonly string[] = [],
  segment: string,
): void {
  const declared = role.kind === 'variant' ? (role.captions ?? []).map(({ instreamId }) => instreamId) : []
  const others = found.filter((name) => !declared.includes(name))
  if (others.length > 0) noteHabit(state, 'captions-undeclared', `${segment}: ${others.join(', ')}`)
}

function misfitOf({ probe }: SourceObject, beside: ReturnType<typeof containerBeside>): string {
  if (beside === 'webvtt') return 'not WebVTT, in a stream of subtitles'
  if (beside === 'jpeg') return 'not JPEG, in a stream of images'
  return `${probe?.container === 'jpeg' ? 'JPEG' : 'WebVTT'}, in a stream of audio or video`
}

function isFit(probe: SegmentProbe, beside: ReturnType<typeof containerBeside>): boolean {
  return beside ? probe.container === beside : isTimedProbe(probe)
}

/** Keeps the object of an entry that waits, so that it does not depend on its name any longer. */
function take(listing: StreamListing, entry: QueuedEntry, object: SourceObject, { consumed }: Placed): void {
  if (entry.object) return
  entry.object = object
  consumed.add(object)
  settle(listing, entry.sequence, object)
}

function settle(listing: StreamListing, sequence: number, object: SourceObject | undefined): void {
  const entry = listing.recent.find((recent) => recent.sequence === sequence)
  if (!entry) return
  if (object) entry.crc32 = object.crc32
  else entry.givenUp = true
}

/**
 * Limits the queues of streams that the parent playlist does not name, or not yet, and of subtitles and images that
 * wait for slots.
 */
function trimQueues(state: TimelineState): void {
  for (const [playlist, { queue }] of Object.entries(state.listings)) {
    const isNamed = state.streams?.some((stream) => stream.playlist === playlist && makesSlots(stream))
    if (!isNamed) queue.splice(0, queue.length - mostRemembered(queue))
  }
}
