import { StepMeter, type Steps } from '../../media/steps.ts'

/** What a manifest says of one track, or of several that are in one segment, in the words that all formats share. */
export type TrackListing = {
  /** By which it is known again: the path of its playlist; else its Period or stream, and its representation. */
  readonly name: string
  /** Path of the manifest below the endpoint's GUID. */
  readonly path: string
  readonly kind: 'video' | 'audio' | 'other'
  /** Oldest first. */
  readonly entries: readonly Entry[]
  /** Seconds, EXT-X-TARGETDURATION. */
  readonly targetDuration?: number
  /** EXT-X-DISCONTINUITY-SEQUENCE. */
  readonly discontinuitySequence?: number
  /** Path of the header in MPDs, where playlists have it with their segments. */
  readonly header?: string
  /** True when nothing more will be added. */
  readonly isOver: boolean
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

/** Segments of one track that are read: a day of two seconds each. */
export const MOST_ENTRIES = 50_000

/** Segments of all templates of a manifest, and of all its tracks, each of which has those of its template. */
const MOST_LISTED = 10 * MOST_ENTRIES

/** Characters of the paths of all entries: a template is repeated in each of its segments. */
const MOST_CHARACTERS = 32 << 20

/** Characters of a reference, and so of what is made of a template. */
export const LONGEST_URI = 4096

/**
 * Makes the entries of tracks, in steps. What there is in all is counted before: a manifest that lists too much is
 * refused before any entry is made of it.
 */
export class EntryMaker {
  private readonly meter = new StepMeter()
  private listed = 0
  private characters = 0

  /** Counts so many segments more. Throws UnreadableListing when there are too many. */
  count(segments: number): void {
    this.listed += segments
    if (this.listed > MOST_LISTED) throw new UnreadableListing(`lists more than ${MOST_LISTED} segments`)
  }

  /** Makes those of a track, which have been counted. Throws UnreadableListing. */
  *entries<T>(items: Iterable<T>, entryOf: (item: T, place: number) => Entry): Steps<Entry[]> {
    const entries: Entry[] = []
    for (const item of items) {
      const entry = entryOf(item, entries.length)
      const { length } = entry.path ?? ''
      this.characters += length
      if (this.characters > MOST_CHARACTERS) throw new UnreadableListing('lists paths that are too long')
      entries.push(entry)
      if (this.meter.ends(length)) yield
    }
    return entries
  }
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
