import { msBetween, type Ticks, type UtcMs, utcMs } from '../../media/time.ts'
import type { StreamRole } from '../stream-role.ts'

/**
 * The UTC moment of a time on an era's timeline, by the era's clock. It is as far from another as EXTINF says: players
 * that go by both are left with a millisecond between a segment and the end.
 */
export function utcAt(clock: { readonly time: Ticks; readonly utc: UtcMs }, time: Ticks): UtcMs {
  return utcMs(clock.utc + msBetween(clock.time, time))
}

type WithRole = { readonly role: Pick<StreamRole, 'kind'> }

/**
 * True for a stream of audio or video, whose segments make slots. Subtitles and images are put into slots that are
 * there.
 */
export function makesSlots({ role: { kind } }: WithRole): boolean {
  return kind !== 'subtitles' && kind !== 'images'
}

/** The container that segments of a stream must have that makes no slots; undefined of the others. */
export function containerBeside({ role: { kind } }: WithRole): 'webvtt' | 'jpeg' | undefined {
  return kind === 'subtitles' ? 'webvtt' : kind === 'images' ? 'jpeg' : undefined
}
