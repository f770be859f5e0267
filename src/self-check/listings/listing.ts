import { firstPlace } from '../../model/first-place.ts'

/** What a manifest says of one track, or of several that are in one segment, in the words that all formats share. */
export type TrackListing = {
  /** By which it is known again: the path of its playlist; else its Period or stream, and its representation. */
  readonly name: string
  /** Path of the manifest below the endpoint's GUID. */
  readonly path: string
  readonly kind: 'video' | 'audio' | 'other'
  /** Oldest first. */
  readonly entries: Entries
  /** Seconds, EXT-X-TARGETDURATION. */
  readonly targetDuration?: number
  /** EXT-X-DISCONTINUITY-SEQUENCE. */
  readonly discontinuitySequence?: number
  /** Path of the header in MPDs, where playlists have it with their segments. */
  readonly header?: string
  /** True when nothing more will be added. */
  readonly isOver: boolean
}

/** Segments in the order in which they are listed: an array, or what makes those of a manifest when asked for one. */
export type Entries = {
  readonly length: number
  /** Counted from the end where the place is negative; undefined where there is none. */
  at(place: number): Entry | undefined
}

/** A segment as it is listed. */
export type Entry = {
  /** Media sequence number; in MPDs and Smooth manifests its time, in their timescale. */
  readonly sequence: number
  /** Path below the endpoint's GUID; undefined when it is somewhere else. */
  readonly path: string | undefined
  /** Duration in milliseconds. */
  readonly ms: number
  /** Where it begins, in milliseconds by the timestamps of its track; in MPDs and Smooth manifests. */
  readonly startMs?: number
  /** EXT-X-PROGRAM-DATE-TIME, where it is written. */
  readonly date?: number
  /** Its discontinuity sequence number. */
  readonly discontinuity?: number
  readonly isGap?: boolean
  readonly header?: string
}

/** Thrown for a manifest that cannot be read. The message says why, and begins with a verb. */
export class UnreadableListing extends Error {
  override readonly name = 'UnreadableListing'
}

/** Segments of one media playlist that are read: a day of two seconds each. */
export const MOST_ENTRIES = 50_000

/** Characters of a reference, and so of what is made of a template. */
export const LONGEST_URI = 4096

/** The place of a segment, by its number; undefined where it is not listed, or numbers do not ascend. */
export function placeOfNumber(sequence: number, entries: Entries): number | undefined {
  const place = firstPlace(entries.length, (each) => entries.at(each)!.sequence >= sequence)
  return entries.at(place)?.sequence === sequence ? place : undefined
}

/**
 * The path that a reference in a manifest leads to; undefined for one that leads away from the endpoint. Throws
 * UnreadableListing for one that is too long.
 */
export function pathFrom(manifest: string, reference: string): string | undefined {
  if (reference.length > LONGEST_URI) throw new UnreadableListing(`has a reference of ${reference.length} characters`)
  const url = URL.parse(reference, `http://endpoint/-/${manifest}`)
  return url?.host === 'endpoint' && url.pathname.startsWith('/-/') ? url.pathname.slice(3) : undefined
}
