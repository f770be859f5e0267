/** What must hold for what an endpoint lists, in one look and since the last one. */

import type { Finding } from './invariants.ts'
import type { PlaylistListing } from './listings/hls-listing.ts'
import { type Entry, placeOfNumber, type TrackListing } from './listings/listing.ts'
import type { MpdListing } from './listings/mpd-listing.ts'
import type { TimedListing } from './listings/timed-entries.ts'
import type { EndpointMemory, KnownListing } from './memory.ts'

/** Dates and the ends of segments are rounded; an encoder's clock may jump a little between frames. */
const TOLERANCE_MS = 100
/** Inputs whose clocks differ by up to this much take turns. */
const MOST_BACK_MS = 1000
/** Encoders' clocks may be ahead of the server's by 10 seconds in MPDs. */
const MOST_AHEAD_MS = 15_000

/**
 * Of the playlists of one endpoint, in the order in which they were read; `again` is the first, read once more
 * at the end: where it is as it was, all were of one moment.
 */
export function* numberFindings(
  playlists: readonly PlaylistListing[],
  again: PlaylistListing | undefined,
): Generator<Finding> {
  const [lead] = playlists
  if (!lead) return
  const isSteady = again !== undefined && firstOf(again) === firstOf(lead)
  const numbers = new Map(lead.entries.map(({ sequence, discontinuity }) => [sequence, discontinuity]))
  for (const other of playlists.slice(1)) {
    const [own, wanted] = [firstOf(other), firstOf(lead)]
    if (isSteady && own !== wanted) {
      yield {
        invariant: 'equal-numbers',
        path: other.path,
        seen: `EXT-X-MEDIA-SEQUENCE ${own}`,
        expected: `${wanted}, as in ${lead.path}`,
      }
    }
    const odd = other.entries.find(({ sequence, discontinuity }) => {
      return numbers.has(sequence) && numbers.get(sequence) !== discontinuity
    })
    if (!odd) continue
    yield {
      invariant: 'equal-numbers',
      path: other.path,
      seen: `discontinuity sequence number ${odd.discontinuity}`,
      expected: `${numbers.get(odd.sequence)}, as in ${lead.path}`,
      sequence: odd.sequence,
    }
  }
}

function firstOf({ entries }: PlaylistListing): number | undefined {
  return entries[0]?.sequence
}

/** Of a playlist's durations and dates. */
export function* playlistFindings({ entries, path, targetDuration = Infinity }: PlaylistListing): Generator<Finding> {
  const long = entries.find(({ ms }) => Math.round(ms / 1000) > targetDuration)
  if (long) {
    const seen = `EXTINF ${long.ms / 1000}`
    const expected = `at most EXT-X-TARGETDURATION ${targetDuration}`
    yield { invariant: 'target-duration', path, seen, expected, sequence: long.sequence }
  }
  let due: number | undefined
  let before: Entry | undefined
  for (const entry of entries) {
    const { date, ms, sequence, discontinuity } = entry
    if (date !== undefined && due !== undefined) {
      const isBreak = discontinuity !== before?.discontinuity
      const isWrong = isBreak ? date < due - MOST_BACK_MS : Math.abs(date - due) > TOLERANCE_MS
      if (isWrong) {
        const expected = `${isBreak ? 'not before ' : ''}${new Date(due).toISOString()}`
        yield { invariant: 'dates-continuous', path, seen: new Date(date).toISOString(), expected, sequence }
        return
      }
    }
    // Whatever is not dated behind a discontinuity begins where nobody says.
    if (date !== undefined || discontinuity === before?.discontinuity) due = date ?? due
    else due = undefined
    if (due !== undefined) due += ms
    before = entry
  }
}

/** Of the times of an MPD's or a Smooth manifest's segments. */
export function* timelineFindings({ entries, path, name }: TimedListing, mayHaveHoles: boolean): Generator<Finding> {
  let end: number | undefined
  for (const { sequence, startMs, endMs } of entries.spans()) {
    const hole = startMs - (end ?? startMs)
    if (hole < -TOLERANCE_MS || (hole > TOLERANCE_MS && !mayHaveHoles)) {
      const expected = `${end} ms, where the segment before it ends`
      yield { invariant: 'timeline-contiguous', path, seen: `${name} goes on at ${startMs} ms`, expected, sequence }
      return
    }
    end = endMs
  }
}

/** Of an MPD, by the server's date. */
export function* availabilityFindings(listing: TimedListing, now: number): Generator<Finding> {
  const { endUtc, path, name, entries } = listing
  if (endUtc === undefined || endUtc <= now + MOST_AHEAD_MS) return
  yield {
    invariant: 'availability',
    path,
    seen: `${name} ends at ${new Date(endUtc).toISOString()}`,
    expected: `at most ${MOST_AHEAD_MS / 1000} s after ${new Date(now).toISOString()}`,
    sequence: entries.at(-1)!.sequence,
  }
}

/** Of a listing, since it was last seen. */
export function* changeFindings(listing: TrackListing, known: KnownListing | undefined): Generator<Finding> {
  if (!known) return
  const { entries, path, name, discontinuitySequence = 0 } = listing
  const [first, newest] = [entries.at(0)?.sequence, entries.at(-1)?.sequence]
  const back: readonly (readonly [string, number | undefined, number])[] = [
    ['the first segment', first, known.first],
    ['the newest segment', newest, known.newest],
    ['EXT-X-DISCONTINUITY-SEQUENCE', discontinuitySequence, known.discontinuitySequence ?? 0],
  ]
  for (const [what, seen = -1, before] of back) {
    if (seen >= before) continue
    const of = name === path ? '' : ` of ${name}`
    yield { invariant: 'sequence-monotonic', path, seen: `${what}${of}: ${seen}`, expected: `at least ${before}` }
  }
  for (const before of known.entries) {
    const { sequence } = before
    const place = placeOfNumber(sequence, entries)
    const change = place === undefined ? undefined : changeOf(before, entries.at(place)!)
    if (!change) continue
    yield { invariant: 'segment-unchanged', path, ...change, sequence }
    return
  }
}

/** A segment may become a gap when its media are lost, and be whole again when they are repaired. */
function changeOf(before: Entry, now: Entry): Pick<Finding, 'seen' | 'expected'> | undefined {
  if (before.isGap !== now.isGap) return undefined
  if (before.path !== now.path) return { seen: `${now.path}`, expected: `${before.path}` }
  if (before.discontinuity !== now.discontinuity) {
    const sentence = (number: number | undefined) => `discontinuity sequence number ${number}`
    return { seen: sentence(now.discontinuity), expected: sentence(before.discontinuity) }
  }
  if (before.ms !== now.ms) return { seen: `${now.ms / 1000} s`, expected: `${before.ms / 1000} s` }
  if (before.date === undefined || now.date === undefined || before.date === now.date) return undefined
  return { seen: new Date(now.date).toISOString(), expected: new Date(before.date).toISOString() }
}

/** Of the Periods of an MPD, since it was last seen. */
export function* periodFindings({ periods }: MpdListing, path: string, memory: EndpointMemory): Generator<Finding> {
  const known = memory.periods
  const finding = (seen: string, expected: string): Finding => ({ invariant: 'period-stable', path, seen, expected })
  const at = known.findIndex(({ id }) => id === periods[0]?.id)
  if (at < 0) {
    if (known.some(({ id }) => periods.some((each) => each.id === id))) {
      yield finding(`Period ${periods[0]?.id} before others that were known`, 'new Periods behind them')
    }
    return
  }
  for (const [i, before] of known.slice(at).entries()) {
    const now = periods[i]
    if (now?.id !== before.id) {
      yield finding(`Period ${now?.id ?? 'none'}`, `Period ${before.id}`)
      return
    }
    if (now.startUtc !== undefined && before.startUtc !== undefined && now.startUtc !== before.startUtc) {
      yield finding(`Period ${now.id} at ${now.startUtc / 1000}`, `${before.startUtc / 1000}`)
    }
    const [own, wanted] = [now.representations.join(), before.representations.join()]
    if (own !== wanted) yield finding(`Period ${now.id} of Representations ${own}`, wanted)
  }
}
