import type { UtcMs } from '../../media/time.ts'
import { makesSlots } from '../eras/era.ts'
import { hasSameStreams } from '../eras/lock.ts'
import type { Era } from '../output-segment.ts'

/**
 * The most by which the dates of one slot, or output segment, and the next are apart without a gap between them, in
 * milliseconds: sources round them, and correct them by some pictures.
 */
export const SEAM_MS = 100

/** A slot, as far as a view of a timeline shows it. */
export type SlotInTime = {
  readonly era: number
  readonly index: number
  readonly start: UtcMs
  readonly end: UtcMs
  /** The streams that lack nothing in it, by their indexes; equal lists may be one. */
  readonly streams: readonly number[]
}

/** Consecutive slots of one era with nothing between them, which all lack the same streams. */
export type SlotRun = {
  readonly era: number
  /** The indexes of the first and the last slot in their era. */
  readonly first: number
  readonly last: number
  readonly start: UtcMs
  readonly end: UtcMs
  /** The streams of audio and video that have no media in it, by their indexes; absent where there is none. */
  readonly missing?: readonly number[]
}

/** Where an era begins. */
export type EraBeginning = {
  readonly id: number
  readonly time: UtcMs
  /**
   * Whether the streams have the tracks that they had in the era before of the same input; absent where that is not
   * kept.
   */
  readonly hasSameTracks?: boolean
}

/** Slots that were sealed one after the other, as runs, and the eras of which they are. */
export type SlotRuns = { readonly runs: readonly SlotRun[]; readonly eras: readonly EraBeginning[] }

/**
 * Joins slots, in the order in which they were sealed, to runs. `eras` are those of the slots, and of each the one
 * before it, as far as they are kept: of one input, oldest first.
 */
export function slotRuns(slots: Iterable<SlotInTime>, eras: readonly Era[]): SlotRuns {
  const missingIn = missingStreams(eras)
  const runs: SlotRun[] = []
  /** By era: slots of two eras may be sealed in turns. */
  const open = new Map<number, Mutable<SlotRun>>()
  for (const { era, index, start, end, streams } of slots) {
    const missing = missingIn(era, streams)
    const run = open.get(era)
    if (run && run.last + 1 === index && Math.abs(start - run.end) <= SEAM_MS && run.missing === missing) {
      run.last = index
      run.end = end
      continue
    }
    const begun = { era, first: index, last: index, start, end, ...(missing && { missing }) }
    open.set(era, begun)
    runs.push(begun)
  }
  return { runs, eras: beginningsOf(eras, new Set(open.keys())) }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Finds which streams of an era have no media in a slot: equal lists are one. */
function missingStreams(eras: readonly Era[]) {
  const lists = new Map<string, readonly number[]>()
  const byEra = new Map(
    eras.map(({ id, streams }) => {
      const indexes = streams.filter(makesSlots).map(({ index }) => index)
      return [id, { indexes, found: new Map<readonly number[], readonly number[] | undefined>() }] as const
    }),
  )
  const listOf = (missing: readonly number[]) => {
    if (missing.length === 0) return undefined
    const key = missing.join()
    const list = lists.get(key) ?? missing
    lists.set(key, list)
    return list
  }
  return (era: number, streams: readonly number[]) => {
    const known = byEra.get(era)
    if (!known) return undefined
    if (!known.found.has(streams)) known.found.set(streams, listOf(known.indexes.filter((i) => !streams.includes(i))))
    return known.found.get(streams)
  }
}

function beginningsOf(eras: readonly Era[], shown: ReadonlySet<number>): readonly EraBeginning[] {
  return eras.flatMap((era, i) => {
    if (!shown.has(era.id)) return []
    const before = eras[i - 1]
    return { id: era.id, time: era.clock.utc, ...(before && { hasSameTracks: hasSameStreams(before, era) }) }
  })
}
