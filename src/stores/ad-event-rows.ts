import type { AdEvent } from '../model/ad-events/ad-event.ts'
import { type EraNumbers, MOST_AD_EVENTS } from '../model/ad-events/begun-before.ts'

/** An ad event, with the era of its input that its number and its times are of. */
export type AdEventRow = { readonly era: number; readonly event: AdEvent }

/** The end of an ad event: `slot` is the index, in its era, of the slot with which it ends. */
export type AdEventEndRow = { readonly era: number; readonly number: number; readonly slot: number }

/** The era and number of each wanted ad event. Throws RangeError for more than MOST_AD_EVENTS. */
export function adEventPlaces(wanted: readonly EraNumbers[]): readonly (readonly [era: number, number: number])[] {
  const places = wanted.flatMap(({ era, numbers }) => numbers.map((number) => [era, number] as const))
  if (places.length <= MOST_AD_EVENTS) return places
  throw new RangeError(`${places.length} ad events are asked for, more than ${MOST_AD_EVENTS} (MOST_AD_EVENTS)`)
}
