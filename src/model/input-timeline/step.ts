import { msFromTicks, type UtcMs } from '../../media/time.ts'
import { isAudioOnly } from '../eras/description.ts'
import { makesSlots } from '../eras/era.ts'
import type { InputStatus } from '../eras/input-status.ts'
import type { ListedPlaylist, ListedStream } from '../listed-playlist.ts'
import type { Era, Slot } from '../output-segment.ts'
import type { SourceObject } from '../source-segment.ts'
import { SAME_DATE, type ServerDate } from './dates.ts'
import type { Donor } from './donor.ts'
import { hasEnded, hasLeft } from './ending.ts'
import { countNoted, type FoundHabit, noteHabit } from './habits.ts'
import { followPlaylist, type Unlisted } from './listing.ts'
import { MOST_AHEAD_MS } from './placement-beside.ts'
import { type ListedGap, placeQueued } from './queues.ts'
import { sealSlots, textIsAwaited } from './sealing.ts'
import { eraOf, followedListings, isDone, isSilent, NEXT_TARGET_DURATIONS, type TimelineState } from './state.ts'
import { type IdentifiedStreams, identifyStreams } from './stream-identity.ts'

/** An event of an input's timeline. The passing of time is one, because waits end by it. */
export type TimelineEvent =
  | { readonly kind: 'parent playlist'; readonly streams: readonly ListedStream[]; readonly habits?: Habits }
  | { readonly kind: 'media playlist'; readonly playlist: ListedPlaylist; readonly habits?: Habits }
  /** An object was put, and its bytes are durable. */
  | { readonly kind: 'object'; readonly habits?: Habits }
  | { readonly kind: 'time' }

/** What a step may know of the other input of the channel. */
export type OtherInput = {
  /** Media for what this input lacks. */
  readonly donor?: Donor | undefined
  /** The streams it has: those of both inputs that are alike have one index. */
  readonly peer?: IdentifiedStreams | undefined
}

/** What was corrected in what was put, or left out of it. */
type Habits = readonly FoundHabit[]

export type TimelineStep = {
  readonly state: TimelineState
  /** The JSON of `state`, as it is saved. */
  readonly text: string
  /** False when the event has changed nothing, or only the count of a known habit, so that nothing needs saving. */
  readonly changed: boolean
  readonly slots: readonly Slot[]
  readonly eras: readonly Era[]
  /** Unlisted objects that are placed, or never will be. */
  readonly consumed: readonly SourceObject[]
  /** The listed segments that will not be shown, with the reason, for the log. */
  readonly gaps: readonly ListedGap[]
  /** True when the input has begun an era without video: it is archived, and given to no output timeline. */
  readonly isRefused: boolean
  /** True when habits were counted. */
  readonly hasCounted: boolean
  /** Habits of the encoder that were never met before: for the log. */
  readonly newHabits: readonly FoundHabit[]
}

/** The name of a media playlist that makes an input of a single variant when no multivariant playlist has come. */
export const SINGLE_PARENT_NAME = 'channel.m3u8'

/**
 * One step of an input's timeline: from a state and an event to the next state and the slots it seals. Pure: `before`
 * stays as it is; `now` only decides which waits end, and `serverDate` which dates of the source are believed, and how
 * segments are dated where there are none. What a slot lacks when it is sealed comes from the `donor`, if that has it.
 */
export function step(
  before: TimelineState,
  event: TimelineEvent,
  {
    unlisted,
    now,
    serverDate = SAME_DATE,
    donor,
    peer,
  }: { readonly unlisted: Unlisted; readonly now: UtcMs; readonly serverDate?: ServerDate } & OtherInput,
): TimelineStep {
  const textBefore = JSON.stringify(before)
  const state = JSON.parse(textBefore) as TimelineState
  if ('habits' in event) for (const { habit, example } of event.habits ?? []) noteHabit(state, habit, example)
  if (event.kind === 'parent playlist') followParent(state, event.streams, peer)
  if (event.kind === 'media playlist') {
    if (!state.streams && isSingleParent(event.playlist.name)) makeSyntheticParent(state, event.playlist.name)
    followPlaylist(state, event.playlist, unlisted, now)
  }
  const { touched, consumed, gaps } = placeQueued(state, { unlisted, now, donor, serverDate })
  const { slots, begun, renamed, closedEras } = sealSlots(state, { now, serverDate }, donor)
  noteEnd(state, now)

  const changedEras = [...closedEras, ...state.eras].filter(
    (era) => touched.has(era.id) || begun.includes(era) || renamed.has(era),
  )
  const { text, changed, hasCounted, newHabits } = closeStep(state, textBefore, now)
  return {
    state,
    text,
    changed,
    slots,
    eras: changedEras.map(eraOf),
    consumed: [...consumed],
    gaps,
    isRefused: begun.some(({ streams }) => isAudioOnly(streams)),
    hasCounted,
    newHabits,
  }
}

/** Counts what was noticed. A count that grows is no change by itself: it is saved with the next one. */
function closeStep(state: TimelineState, textBefore: string, now: UtcMs) {
  if (state.noted === undefined) {
    const text = JSON.stringify(state)
    return { text, changed: text !== textBefore, hasCounted: false, newHabits: [] }
  }
  const { noted, ...uncounted } = state
  const isOther = JSON.stringify(uncounted) !== textBefore
  const newHabits = countNoted(state, now)
  const changed = isOther || newHabits.length > 0
  return { text: JSON.stringify(state), changed, hasCounted: true, newHabits }
}

function followParent(state: TimelineState, listed: readonly ListedStream[], peer?: IdentifiedStreams): void {
  const before = state.streams
  const { streams, streamIndexes } = identifyStreams(listed, state, peer)
  state.streams = streams
  state.streamIndexes = streamIndexes
  state.syntheticParent = false
  if (!before || sameStreams(before, streams)) return
  state.streamsRevision++
  for (const { playlist } of before) {
    if (!streams.some((stream) => stream.playlist === playlist)) delete state.listings[playlist]
  }
}

/** True in a folder of its own, too. */
function isSingleParent(name: string): boolean {
  return name === SINGLE_PARENT_NAME || name.endsWith(`/${SINGLE_PARENT_NAME}`)
}

function makeSyntheticParent(state: TimelineState, playlist: string): void {
  state.streams = [{ index: 1, playlist, role: { kind: 'variant', bandwidth: 0 } }]
  state.syntheticParent = true
}

/**
 * True when both parent playlists name the same streams for the same viewers. Other attributes may be measured anew
 * each time.
 */
function sameStreams(a: readonly ListedStream[], b: readonly ListedStream[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ playlist, role }, i) => playlist === b[i]?.playlist && audienceOf(role) === audienceOf(b[i]?.role))
  )
}

function audienceOf(role: ListedStream['role'] | undefined): string {
  if (role?.kind === 'variant') {
    const muxed = role.muxedAudio?.map(({ name, language, characteristics }) => [name, language, characteristics])
    return JSON.stringify([role.kind, role.audioGroup, role.subtitlesGroup, muxed])
  }
  if (role?.kind === 'images') return role.kind
  return JSON.stringify([role?.kind, role?.groupId, role?.name, role?.language, role?.characteristics, role?.forced])
}

/** Notes that the input has ended or left. Only newly listed segments change that, not a restart of the server. */
function noteEnd(state: TimelineState, now: UtcMs): void {
  state.ended ||= hasEnded(state, now)
  if (!state.left && hasLeft(state, now)) state.left = true
}

/** The status of an input at a moment. */
export function statusOf(state: TimelineState, now: UtcMs): InputStatus {
  return {
    hasEnded: state.ended,
    hasStopped: noStreamGoesOn(state, now),
    openEras: state.eras.map(({ id }) => id),
  }
}

function noStreamGoesOn(state: TimelineState, now: UtcMs): boolean {
  if (state.eras.some((era) => era.slots.length > 0)) return false
  const followed = followedListings(state)
  return followed.length > 0 && followed.every((listing) => isSilent(state, listing, now) || isDone(listing))
}

/**
 * True when the passing of time may have changed something since the last event. Cheap, because it is asked at every
 * tick.
 */
export function isDue(state: TimelineState, now: UtcMs): boolean {
  const waitsTooLong = (state.streams ?? []).some((stream) => {
    const listing = state.listings[stream.playlist]
    const head = listing?.queue[0]
    if (!head) return false
    const target = msFromTicks(listing.targetDuration)
    const mostHere = makesSlots(stream) ? NEXT_TARGET_DURATIONS * target : MOST_AHEAD_MS
    return now - head.listedAt >= (head.isHere ? mostHere : target)
  })
  if ((!state.ended && hasEnded(state, now)) || (!state.left && hasLeft(state, now))) return true
  if (waitsTooLong || state.eras.length > 1) return true
  const [era] = state.eras
  const head = era?.slots[0]
  if (era && head?.settledAt !== undefined && !textIsAwaited(state, era, head, now)) return true
  const isSomeoneMissing = () => (state.streams ?? []).some((stream) => isMissing(state, stream, now))
  return head !== undefined && isSomeoneMissing()
}

function isMissing(state: TimelineState, stream: ListedStream, now: UtcMs): boolean {
  const listing = state.listings[stream.playlist]
  return makesSlots(stream) && (listing?.era === undefined || isSilent(state, listing, now))
}
