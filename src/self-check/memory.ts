import { LruCache } from '../cache/lru-cache.ts'
import type { Entries, Entry, TrackListing } from './listings/listing.ts'
import type { ListedPeriod } from './listings/mpd-listing.ts'

/** Newest entries of a listing that are remembered, and URLs whose bytes are. */
const MOST_REMEMBERED = 64
const MOST_BYTES_KNOWN = 16
/** Of all endpoints; an entry takes about 200 bytes. Those that were looked at longest ago are forgotten first. */
const MEMORY_BYTES = 32 * 1024 * 1024
const ENTRY_BYTES = 200

/** What the bytes under a URL were. */
export type KnownBytes = { readonly size: number; readonly crc32: number; readonly segment?: KnownSegment }

/** A segment, by the name of its listing and its number there. */
export type KnownSegment = { readonly listing: string; readonly sequence: number }

/** What is remembered of a listing. */
export type KnownListing = Pick<TrackListing, 'discontinuitySequence'> & {
  readonly first: number
  readonly newest: number
  /** The newest, oldest first. */
  readonly entries: readonly Entry[]
}

/** What was seen of an endpoint when it was last looked at. */
export class EndpointMemory {
  /** Counts the looks. */
  looks = 0
  listings: ReadonlyMap<string, KnownListing> = new Map()
  periods: readonly ListedPeriod[] = []
  /** By path, oldest first. */
  readonly bytes = new Map<string, KnownBytes>()
  /** When the newest segment was first seen, by the steady clock; undefined as long as there was none. */
  edge: { readonly text: string; readonly since: number } | undefined

  /** Takes what is listed now in place of what was. */
  remember(listings: readonly TrackListing[], periods: readonly ListedPeriod[]): void {
    this.looks++
    this.periods = periods
    this.listings = new Map(
      listings.flatMap((listing) => {
        const known = knownOf(listing)
        return known ? [[listing.name, known]] : []
      }),
    )
  }

  rememberBytes(path: string, known: KnownBytes): void {
    this.bytes.set(path, known)
    for (const oldest of this.bytes.keys()) {
      if (this.bytes.size <= MOST_BYTES_KNOWN) break
      this.bytes.delete(oldest)
    }
  }

  get cost(): number {
    let entries = MOST_BYTES_KNOWN
    for (const listing of this.listings.values()) entries += 2 + listing.entries.length
    return entries * ENTRY_BYTES
  }
}

function knownOf({ entries, discontinuitySequence }: TrackListing): KnownListing | undefined {
  const [first, newest] = [entries.at(0), entries.at(-1)]
  if (!first || !newest) return undefined
  return {
    first: first.sequence,
    newest: newest.sequence,
    ...(discontinuitySequence !== undefined && { discontinuitySequence }),
    entries: newestOf(entries),
  }
}

function newestOf(entries: Entries): readonly Entry[] {
  const count = Math.min(entries.length, MOST_REMEMBERED)
  return Array.from({ length: count }, (_, i) => entries.at(i - count)!)
}

/** What was seen of all endpoints, by GUID and revision: another revision may list everything anew. */
export function endpointMemories(): LruCache<EndpointMemory> {
  return new LruCache(MEMORY_BYTES)
}
