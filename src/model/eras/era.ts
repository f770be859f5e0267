import { msFromTicks, type Ticks, ticks, type UtcMs, utcMs } from '../../media/time.ts'

/** Ids of eras name files: those of a channel's second input lie above whatever the first one's come to. */
export const FIRST_ERA_OF_SECOND_INPUT = 1_000_001

/** And those that output timelines made begin here. */
export const FIRST_ALIAS_ERA = 1_000_000_000

/** The UTC moment of a time on an era's timeline, by the era's clock. */
export function utcAt(clock: { readonly time: Ticks; readonly utc: UtcMs }, time: Ticks): UtcMs {
  return utcMs(clock.utc + msFromTicks(ticks(time - clock.time)))
}

/** Audio and video make slots; subtitles are put into them. */
export function makesSlots(stream: { readonly role: { readonly kind: string } }): boolean {
  return stream.role.kind !== 'subtitles'
}
