import type { ListedPlaylist, ListedSegment, ListedStream } from '../listed-playlist.ts'
import type { SourceStream } from '../output-segment.ts'
import { noteHabit } from './habits.ts'
import type { Placing } from './placing.ts'
import type { OpenEra, OpenSlot, StreamListing, TimelineState } from './state.ts'

/** A segment of a variant that is in a slot, or is missing there, by its media sequence. */
export type ListedInSlot = { readonly stream: number; readonly sequence: number; adTags?: readonly string[] }

/** The most lines of one slot, and characters of them: as many as a reader of playlists takes of one segment. */
const MOST_LINES = 16
const MOST_TEXT = 16 * 1024

/** Characters of all ad tags of an input that wait to be sealed: its state is saved with every change. */
const MOST_WAITING_TEXT = 64 * 1024

/** Segments of variants that are remembered in one slot. */
const MOST_IN_A_SLOT = 256

/** The ad tags that one playlist lists: takes those of variants, as far as the state of the input has room for them. */
export class ListedAdTags {
  private readonly state: TimelineState
  private readonly playlist: ListedPlaylist
  /** Renditions have the tags of the variants. Which streams those are may not be known yet. */
  private readonly isRendition: boolean
  /** Characters. */
  private room = MOST_WAITING_TEXT

  constructor(state: TimelineState, playlist: ListedPlaylist) {
    this.state = state
    this.playlist = playlist
    this.isRendition = (streamOf(state, playlist)?.role.kind ?? 'variant') !== 'variant'
    if (!playlist.segments.some(({ adTags }) => adTags)) return
    const queued = Object.values(state.listings).flatMap(({ queue }) => queue)
    const placed = state.eras.flatMap(({ slots }) => slots.flatMap(({ listed = [] }) => listed))
    for (const { adTags = [] } of [...queued, ...placed]) this.room -= lengthOf(adTags)
  }

  /** What the state keeps of the ad tags of a segment that is listed first, with its entry and to know them again. */
  first({ adTags }: ListedSegment): {
    readonly entry: { readonly adTags?: readonly string[] }
    readonly recent: { readonly adTags?: number }
  } {
    if (!adTags || this.isRendition) return { entry: {}, recent: {} }
    const taken = this.taken(adTags)
    return { entry: taken ? { adTags: taken } : {}, recent: { adTags: lengthOf(adTags) } }
  }

  /**
   * Takes ad tags of segments that were listed without them before, or with fewer, as long as their slots are not
   * sealed. What is listed again is known.
   */
  takeLater(listing: StreamListing): void {
    if (this.isRendition) return
    const { mediaSequence, segments } = this.playlist
    for (const recent of listing.recent) {
      const adTags = segments[recent.sequence - mediaSequence]?.adTags
      if (!adTags || lengthOf(adTags) === recent.adTags) continue
      recent.adTags = lengthOf(adTags)
      const entry = this.waitingEntry(listing, recent.sequence)
      if (!entry) noteHabit(this.state, 'ad-tags-late', `${recent.name}: ${adTags.at(-1)}`)
      else this.amend(entry, adTags)
    }
  }

  /** The entry of a segment that is not sealed yet: in the queue of its stream, or in a slot. */
  private waitingEntry({ queue }: StreamListing, sequence: number): Tagged | undefined {
    const index = streamOf(this.state, this.playlist)?.index
    const slots = this.state.eras.flatMap((era) => era.slots)
    const placed = slots.flatMap(({ listed = [] }) => listed.filter(({ stream }) => stream === index))
    const isIt = (entry: { readonly sequence: number }) => entry.sequence === sequence
    return queue.find(isIt) ?? placed.findLast(isIt)
  }

  private amend(entry: Tagged, adTags: readonly string[]): void {
    const { adTags: known = [] } = entry
    const taken = this.taken(joined(known, adTags), lengthOf(known))
    if (taken) entry.adTags = taken
  }

  /** The lines, as many as may be kept, in place of those that had room; undefined where too many wait already. */
  private taken(lines: readonly string[], had = 0): readonly string[] | undefined {
    const kept = bounded(this.state, lines)
    const more = lengthOf(kept) - had
    if (more > this.room) {
      noteHabit(this.state, 'ad-tags-left-out', lines[0]!)
      return undefined
    }
    this.room -= more
    return kept
  }
}

/** Notes in which slot a segment of a variant is, or is missing, with its ad tags. */
export function noteListed({ state, streamIndex, entry }: Placing, slot: OpenSlot): void {
  const { sequence, adTags } = entry
  const isVariant = state.streams?.some(({ index, role }) => index === streamIndex && role.kind === 'variant')
  const { listed = [] } = slot
  if (!isVariant || listed.length === MOST_IN_A_SLOT) return
  slot.listed = [...listed, { stream: streamIndex, sequence, ...(adTags && { adTags }) }]
}

/** Moves what is noted of streams from one slot to another, before or after what is noted there. */
export function moveListed(from: OpenSlot, to: OpenSlot, place: 'before' | 'after', stream?: number): void {
  const moved = from.listed?.filter((each) => stream === undefined || each.stream === stream)
  if (!moved?.length) return
  from.listed = from.listed!.filter((each) => !moved.includes(each))
  to.listed = place === 'before' ? [...moved, ...(to.listed ?? [])] : [...(to.listed ?? []), ...moved]
}

/**
 * The ad tags that a slot is sealed with: those of intervals before it that had no media, and those of the first
 * variant that has video in it. Undefined where there are none.
 */
export function sealedAdTags(state: TimelineState, era: OpenEra, slot: OpenSlot): readonly string[] | undefined {
  const { listed = [], entries } = slot
  const { withoutMedia = [] } = state
  delete state.withoutMedia
  if (withoutMedia.length === 0 && !listed.some(({ adTags }) => adTags)) return undefined
  const variants = era.streams.filter(
    (stream) => isVideo(stream) && listed.some((each) => each.stream === stream.index),
  )
  const shown = variants.filter(({ index }) => entries[index])
  const [first = variants[0], ...others] = shown
  const own = first ? linesOf(listed, first.index) : []
  const other = others.find(({ index }) => linesOf(listed, index).join('\n') !== own.join('\n'))
  if (first && other) {
    const [example] = [...own, ...linesOf(listed, other.index)]
    noteHabit(state, 'ad-tags-differ', `${first.playlist}, ${other.playlist}: ${example}`)
  }
  const lines = bounded(state, [...withoutMedia.filter((line) => !own.includes(line)), ...own])
  return lines.length > 0 ? lines : undefined
}

type Tagged = { adTags?: readonly string[] }

function streamOf(state: TimelineState, { name }: ListedPlaylist): ListedStream | undefined {
  return state.streams?.find(({ playlist }) => playlist === name)
}

/** Nobody knows what a variant has of which nothing came. */
function isVideo({ role, tracks }: SourceStream): boolean {
  return role.kind === 'variant' && (tracks.length === 0 || tracks.some(({ kind }) => kind === 'video'))
}

/** Both in the order of the later listing, unless that lacks lines of the earlier one. */
function joined(known: readonly string[], listed: readonly string[]): readonly string[] {
  if (known.every((line) => listed.includes(line))) return listed
  return [...known, ...listed.filter((line) => !known.includes(line))]
}

function linesOf(listed: readonly ListedInSlot[], stream: number): readonly string[] {
  return listed.flatMap((each) => (each.stream === stream ? (each.adTags ?? []) : []))
}

/** As many lines as one slot may have. */
function bounded(state: TimelineState, lines: readonly string[]): readonly string[] {
  let length = 0
  const beyond = lines.findIndex((line, i) => {
    length += line.length
    return i === MOST_LINES || length > MOST_TEXT
  })
  if (beyond < 0) return lines
  noteHabit(state, 'ad-tags-left-out', lines[beyond]!)
  return lines.slice(0, beyond)
}

/** Characters, with those that end lines. */
function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0)
}
