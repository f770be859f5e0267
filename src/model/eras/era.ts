import { msBetween, type Ticks, type UtcMs, utcMs } from '../../media/time.ts'

/**
 * The UTC moment of a time on an era's timeline, by the era's clock. It is as far from another as EXTINF says: players
 * that go by both are left with a millisecond between a segment and the end.
 */
export function utcAt(clock: { readonly time: Ticks; readonly utc: UtcMs }, time: Ticks): UtcMs {
  return utcMs(clock.utc + msBetween(clock.time, time))
}

/**
 * True for a stream of audio or video, whose segments make slots. Those of subtitles are put into slots that are there.
 */
export function makesSlots(stream: { readonly role: { readonly kind: string } }): boolean {
  return stream.role.kind !== 'subtitles'
}
