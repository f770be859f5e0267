/** Everything put is listed exactly once, in order, at its time: what of that does not hold, in sentences. */
import type { AccessUnit } from './access-unit.ts'
import type { TimedUnit } from './found-media.ts'
import type { FoundSegment, FoundTrack } from './found-presentation.ts'

export type Expected = {
  /** All that the encoder put, by track. */
  readonly units: ReadonlyMap<number, readonly AccessUnit[]>
  /** Tracks that need not be listed: another has the same. */
  readonly optional: readonly number[]
  /** The output's times are those that were put; otherwise they are on a clock of its own. */
  readonly keepsTimes: boolean
  /** Tracks whose times the output does not tell, but those of another track. */
  readonly untimed: readonly number[]
  /** Tracks of which the output may leave out the end of a part. */
  readonly mayEndEarly: readonly number[]
  /** Nobody can tell how long the last picture of a part lasts: what ends before it seems to have a gap. */
  readonly hasOpenEnds: boolean
  /**
   * Ticks by which the last picture of a segment may end too early or too late: of a variable rate, EXTINF in whole
   * seconds may by chance be what the pictures make likely, and is then believed.
   */
  readonly likelyHole: number
  /** Times that the encoder began anew. */
  readonly restarts: number
}

const WRAP = 2 ** 33
/** Times are rounded once to ticks and once to the timescale of the track. */
const ROUNDING = 3
/** EXTINF has milliseconds, and is believed where it says nothing else. */
const LENGTH_ROUNDING = 180
/** Frames of sound are put end to end where a multiplexer's rounding left them up to half a frame apart. */
const SOUND_ROUNDING = 90
/** How far listed times may be from those of samples: sound in HLS has the durations of its pictures. */
const LISTED_ROUNDING = 9000
const MOST_FAULTS = 6

export function faultsOfOutput(
  found: readonly FoundTrack[],
  { units, optional, keepsTimes, untimed, mayEndEarly, hasOpenEnds, likelyHole, restarts }: Expected,
): string[] {
  const faults: string[] = []
  const put = new Map([...units.values()].flat().map((unit) => [unit.id, unit]))
  const seen = new Map<string, number>()
  const offsets = new Map<string, number>()
  for (const { name, segments, targetDuration } of found) {
    const breaks = segments.filter((segment, i) => i > 0 && segment.breaks).length
    const mostBreaks = hasOpenEnds ? 2 * restarts + 1 : restarts
    if (breaks > mostBreaks) faults.push(`${name}: ${breaks} breaks of ${mostBreaks}`)
    for (const [i, segment] of segments.entries()) {
      const where = `${name}, ${segment.name}`
      const isLast = isBetweenParts(segments, i)
      if (
        segment.units.length === 0 &&
        !(
          (isLast || (hasOpenEnds && segment.duration === 0)) &&
          segment.isGap &&
          (hasOpenEnds || segment.duration === 0)
        )
      ) {
        faults.push(`${where}: no access unit in ${segment.duration / 90_000} s${isLast ? ', last' : ''}`)
      }
      if (targetDuration !== undefined && Math.round(segment.duration / 90_000) > targetDuration) {
        faults.push(`${where}: ${segment.duration / 90_000} s, and a target duration of ${targetDuration}`)
      }
      for (const unit of segment.units) faults.push(...faultsOfUnit(unit, where))
    }
    faults.push(...faultsOfOrder(segments, name), ...faultsOfLengths(segments, name))
    faults.push(
      ...faultsOfHoles(segments, name, Math.max(LENGTH_ROUNDING, likelyHole))
        .filter(({ track }) => !untimed.includes(track))
        .map(({ fault }) => fault),
    )
  }
  for (const [track, own] of units) {
    const lastSeen = new Map(own.filter(({ id }) => seen.has(id)).map(({ id }) => [partOf(id), id]))
    for (const { id } of own) {
      const times = seen.get(id) ?? 0
      if (times === 0 && optional.includes(track)) continue
      const isEnd = mayEndEarly.includes(track) && id > (lastSeen.get(partOf(id)) ?? id)
      if (times !== 1 && !isEnd) faults.push(`${id} is listed ${times} times`)
    }
  }
  return shortened(faults)

  function faultsOfUnit(unit: TimedUnit, where: string): string[] {
    const { id, crc, pts, kind } = unit
    const given = put.get(id)
    if (!given) return [`${where}: ${id} was never put`]
    seen.set(id, (seen.get(id) ?? 0) + 1)
    if (given.crc !== crc) return [`${where}: ${id} has other bytes`]
    if (untimed.includes(trackIn(id))) return []
    const part = partOf(id)
    const offset = pts - given.pts
    const expected = keepsTimes ? nearestTurn(offset) : (offsets.get(part) ?? offset)
    offsets.set(part, expected)
    const off = offset - expected
    return Math.abs(off) <= (kind === 'audio' ? SOUND_ROUNDING : ROUNDING)
      ? []
      : [`${where}: ${id} is ${off / 90_000} s late`]
  }
}

/** True when what is listed before a segment and what is listed after it are of different parts. */
function isBetweenParts(segments: readonly FoundSegment[], i: number): boolean {
  const [before, after] = [segments.slice(0, i), segments.slice(i + 1)]
  const [last, next] = [before.findLast(({ units }) => units[0]), after.find(({ units }) => units[0])]
  return !last || !next || partOf(last.units[0]!.id) !== partOf(next.units[0]!.id)
}

/** Times are told modulo 2³³. */
function nearestTurn(offset: number): number {
  return Math.round(offset / WRAP) * WRAP
}

const partOf = (id: string) => id.slice(4, 5)
const trackOf = (id: string) => id.slice(4, 7)
const trackIn = (id: string) => Number.parseInt(id.slice(5, 7), 16)

/** Units of a track follow each other as they were put. */
function faultsOfOrder(segments: readonly FoundSegment[], name: string): string[] {
  const last = new Map<string, string>()
  return segments
    .flatMap(({ units }) => units)
    .flatMap(({ id }) => {
      const before = last.get(trackOf(id)) ?? ''
      last.set(trackOf(id), id)
      return before > id ? [`${name}: ${id} after ${before}`] : []
    })
}

/** A segment is listed to begin with its first unit, and to last until the next one of its part begins. */
function faultsOfLengths(segments: readonly FoundSegment[], name: string): string[] {
  return segments.flatMap((segment, i) => {
    const [from, until] = [firstOf(segment), segments[i + 1] && firstOf(segments[i + 1]!)]
    if (!from) return []
    const faults: string[] = []
    const { start, duration } = segment
    if (start !== undefined && Math.abs(start - from.pts) > LISTED_ROUNDING) {
      faults.push(`${name}, ${segment.name}: listed at ${start / 90_000}, and begins at ${from.pts / 90_000}`)
    }
    if (until && partOf(until.id) === partOf(from.id)) {
      const length = until.pts - from.pts - nearestTurn(until.pts - from.pts)
      if (Math.abs(length - duration) > LISTED_ROUNDING) {
        faults.push(`${name}, ${segment.name}: listed with ${duration / 90_000} s, and lasts ${length / 90_000} s`)
      }
    }
    return faults
  })
}

/** Where units say how long they last, each lasts until the next of its part begins, also over segments. */
function faultsOfHoles(
  segments: readonly FoundSegment[],
  name: string,
  most: number,
): { track: number; fault: string }[] {
  const units = segments.flatMap((segment) => segment.units)
  return units.flatMap(({ id, pts, duration }, i) => {
    const next = units[i + 1]
    if (duration === undefined || !next || partOf(next.id) !== partOf(id) || trackOf(next.id) !== trackOf(id)) return []
    const hole = next.pts - pts - duration
    if (Math.abs(hole) <= most) return []
    return [{ track: trackIn(id), fault: `${name}: ${hole / 90_000} s between ${id} and ${next.id}` }]
  })
}

/** The unit that is shown first, a picture where there are pictures. */
function firstOf({ units }: FoundSegment): TimedUnit | undefined {
  return units.find(({ kind }) => kind === 'video') ?? units[0]
}

function shortened(faults: readonly string[]): string[] {
  if (faults.length <= MOST_FAULTS) return [...faults]
  return [...faults.slice(0, MOST_FAULTS), `and ${faults.length - MOST_FAULTS} more`]
}
