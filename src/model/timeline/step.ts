import { msFromTicks, type Ticks, type UtcMs } from '../../media/time.ts'
import type { ListedPlaylist, ListedStream } from '../listed-playlist.ts'
import type { Era, OutputSegment, Slot } from '../output-segment.ts'
import type { SourceObject } from '../source-segment.ts'
import { followPlaylist, type Unlisted } from './listing.ts'
import { addSlot, closeRun, openNumberingState } from './numbering.ts'
import { type PlaceableObject, placeGap, placeObject } from './placement.ts'
import { sealSlots } from './sealing.ts'
import {
  followedListings,
  isSilent,
  RECENT_ENTRIES,
  type StreamListing,
  type TimelineState,
  takesPart,
} from './state.ts'

/** What can happen to an input's timeline. Time passing is one of them: some things are given up. */
export type TimelineEvent =
  | { readonly kind: 'parent playlist'; readonly streams: readonly ListedStream[] }
  | { readonly kind: 'media playlist'; readonly playlist: ListedPlaylist }
  /** An object was put; its bytes and row are safe. */
  | { readonly kind: 'object' }
  | { readonly kind: 'time' }
  /** A numbering is opened, or goes on being filled with slots sealed before it was; live slots follow when it is full. */
  | {
      readonly kind: 'numbering'
      readonly id: number
      readonly segmentDuration: Ticks
      readonly firstNumber: number
      /** Sealed slots after the last one the numbering was given, oldest first, and their eras. */
      readonly earlier: readonly Slot[]
      readonly eras: readonly Era[]
      /** No sealed slot is left to give. */
      readonly isFull: boolean
    }

export type TimelineStep = {
  readonly state: TimelineState
  /** False when the event taught us nothing: nothing needs saving. */
  readonly changed: boolean
  readonly slots: readonly Slot[]
  readonly outputSegments: readonly { readonly numbering: number; readonly segment: OutputSegment }[]
  readonly eras: readonly Era[]
  /** Unlisted objects that found their place, or never will. */
  readonly consumed: readonly SourceObject[]
  /** Listed segments that will not be shown: for the log. */
  readonly gaps: readonly { readonly playlist: string; readonly name: string; readonly reason: string }[]
}

/** A media playlist of this name is taken for the parent when no multivariant playlist came: a ladder of one. */
export const SINGLE_PARENT_NAME = 'channel.m3u8'

/**
 * One step of an input's timeline: the state and an event in, the next state and what it published out. Pure: the same
 * inputs give the same outputs, `before` is not touched, and `now` (the server's clock) decides only what is given up.
 */
export function step(before: TimelineState, event: TimelineEvent, unlisted: Unlisted, now: UtcMs): TimelineStep {
  const state = JSON.parse(JSON.stringify(before)) as TimelineState
  const outputSegments: { numbering: number; segment: OutputSegment }[] = []
  const publish = (numbering: string | number, segments: readonly OutputSegment[]) => {
    for (const segment of segments) outputSegments.push({ numbering: Number(numbering), segment })
  }

  if (event.kind === 'parent playlist') followParent(state, event.streams)
  if (event.kind === 'media playlist') {
    if (!state.streams && event.playlist.name === SINGLE_PARENT_NAME) makeSyntheticParent(state)
    followPlaylist(state, event.playlist, unlisted, now)
  }
  if (event.kind === 'numbering') {
    const numbering = state.numberings[event.id] ?? openNumberingState(event.segmentDuration, event.firstNumber)
    state.numberings[event.id] = numbering
    numbering.isFilling = !event.isFull
    for (const slot of event.earlier) {
      const streams = event.eras.find(({ id }) => id === slot.era)?.streams ?? []
      publish(event.id, addSlot(numbering, slot, streams))
    }
  }

  const { touched, consumed, gaps } = placeQueued(state, unlisted, now)
  trimUnnamed(state)
  const streamsOf = new Map(state.eras.map((era) => [era.id, era.streams]))
  const { slots, closedEras } = sealSlots(state, now)
  for (const slot of slots) {
    for (const [id, numbering] of Object.entries(state.numberings)) {
      if (!numbering.isFilling) publish(id, addSlot(numbering, slot, streamsOf.get(slot.era) ?? []))
    }
  }
  const hasStopped = noStreamGoesOn(state, now)
  if (hasStopped || closedEras.length > 0) {
    for (const [id, numbering] of Object.entries(state.numberings)) {
      const eraIsOpen = state.eras.some((era) => era.id === numbering.run[0]?.era)
      if (!numbering.isFilling && (hasStopped || !eraIsOpen)) publish(id, closeRun(numbering))
    }
  }
  state.ended = hasEnded(state)

  const sealedEras = [...state.eras, ...closedEras].filter(
    (era) => touched.has(era.id) || slots.some((slot) => slot.era === era.id && slot.index === 0),
  )
  return {
    state,
    changed: JSON.stringify(state) !== JSON.stringify(before),
    slots,
    outputSegments,
    eras: sealedEras.map(({ id, streams }) => ({ id, streams })),
    consumed,
    gaps,
  }
}

function followParent(state: TimelineState, streams: readonly ListedStream[]): void {
  const before = state.streams
  state.streams = streams
  state.syntheticParent = false
  if (!before || sameStreams(before, streams)) return
  state.streamsRevision++
  for (const { playlist } of before) {
    if (!streams.some((stream) => stream.playlist === playlist)) delete state.listings[playlist]
  }
}

function makeSyntheticParent(state: TimelineState): void {
  state.streams = [{ index: 1, playlist: SINGLE_PARENT_NAME, role: { kind: 'variant', bandwidth: 0 } }]
  state.syntheticParent = true
}

function sameStreams(a: readonly ListedStream[], b: readonly ListedStream[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ playlist, role }, i) => playlist === b[i]?.playlist && role.kind === b[i]?.role.kind)
  )
}

/** Moves queued entries to their slots, stream by stream, until each queue's head must wait for its object. */
function placeQueued(state: TimelineState, unlisted: Unlisted, now: UtcMs) {
  const touched = new Set<number>()
  const consumed = new Set<SourceObject>()
  const gaps: { playlist: string; name: string; reason: string }[] = []
  for (const stream of state.streams ?? []) {
    const listing = state.listings[stream.playlist]
    if (!listing) continue
    for (let entry = listing.queue[0]; entry; entry = listing.queue[0]) {
      const found = unlisted.get(entry.name)
      const object = found && !consumed.has(found) ? found : undefined
      if (!object && now - entry.listedAt < msFromTicks(listing.targetDuration)) break
      listing.queue.shift()
      if (object) consumed.add(object)
      settle(listing, entry.sequence, object)
      if (!takesPart(stream)) continue
      const gap = (reason: string) => gaps.push({ playlist: stream.playlist, name: entry.name, reason })
      if (object?.probe) {
        const placed = placeObject(state, listing, stream.index, entry, object as PlaceableObject, now)
        if (placed.touched) touched.add(placed.touched.id)
        if (!placed.isShown) gap('too late for its slot, or cut otherwise than the other streams')
      } else {
        placeGap(state, listing, stream.index, entry, now)
        gap(object ? (object.problem ?? 'not usable') : 'listed, but never put')
      }
    }
  }
  return { touched, consumed: [...consumed], gaps }
}

function settle(listing: StreamListing, sequence: number, object: SourceObject | undefined): void {
  const entry = listing.recent.find((recent) => recent.sequence === sequence)
  if (!entry) return
  if (object) entry.crc32 = object.crc32
  else entry.givenUp = true
}

/** Who may be named later is heard, and not for ever. */
function trimUnnamed(state: TimelineState): void {
  for (const [playlist, { queue }] of Object.entries(state.listings)) {
    const isNamed = state.streams?.some((stream) => stream.playlist === playlist)
    if (!isNamed && queue.length > RECENT_ENTRIES) queue.splice(0, queue.length - RECENT_ENTRIES)
  }
}

function noStreamGoesOn(state: TimelineState, now: UtcMs): boolean {
  if (state.eras.some((era) => era.slots.length > 0)) return false
  const followed = followedListings(state)
  return (
    followed.length > 0 &&
    followed.every((listing) => isSilent(state, listing, now) || (listing.ended && listing.queue.length === 0))
  )
}

function hasEnded(state: TimelineState): boolean {
  const taking = (state.streams ?? []).filter(takesPart).map(({ playlist }) => state.listings[playlist])
  return (
    taking.length > 0 &&
    taking.every((listing) => listing?.ended && listing.queue.length === 0) &&
    state.eras.every((era) => era.slots.length === 0)
  )
}

/** True when time passing may have changed something since the last event. Cheap: it is asked all the time. */
export function isDue(state: TimelineState, now: UtcMs): boolean {
  const waitsTooLong = (state.streams ?? []).some(({ playlist }) => {
    const listing = state.listings[playlist]
    const head = listing?.queue[0]
    return head && now - head.listedAt >= msFromTicks(listing.targetDuration)
  })
  if (waitsTooLong || state.eras.length > 1) return true
  const isSomeoneMissing = () => (state.streams ?? []).some((stream) => isMissing(state, stream, now))
  if (state.eras.some((era) => era.slots.length > 0)) return isSomeoneMissing()
  return Object.values(state.numberings).some(({ run }) => run.length > 0) && noStreamGoesOn(state, now)
}

function isMissing(state: TimelineState, stream: ListedStream, now: UtcMs): boolean {
  const listing = state.listings[stream.playlist]
  return takesPart(stream) && (listing?.era === undefined || isSilent(state, listing, now))
}
