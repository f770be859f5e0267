import { offsetMinutesAt } from '../../time/zone-clock.ts'

/** A time zone, by how far its clocks are ahead of UTC. */
export type Zone = {
  /** As in the database of time zones: `Europe/Berlin`. */
  readonly name: string
  /** How far local time is ahead at a moment, in milliseconds. */
  readonly offsetAt: (moment: number) => number
}

export const UTC: Zone = { name: 'UTC', offsetAt: () => 0 }

/** Clocks are put forward and back at quarters of an hour. */
const QUARTER_MS = 900_000
const MOST_KEPT = 5000

/** The zone of a name, which remembers what it was asked: rulers ask for the same moments over and over. */
export function zoneNamed(name: string): Zone {
  if (name === 'UTC') return UTC
  const kept = new Map<number, number>()
  return {
    name,
    offsetAt(moment) {
      const quarter = Math.floor(moment / QUARTER_MS) * QUARTER_MS
      const known = kept.get(quarter)
      if (known !== undefined) return known
      const offset = offsetMinutesAt(quarter, name) * 60_000
      if (kept.size >= MOST_KEPT) kept.clear()
      kept.set(quarter, offset)
      return offset
    },
  }
}
