import type { AdBreak } from '../../model/ad-events/ad-breaks.ts'
import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import { triggerOf } from '../../model/ad-events/ad-trigger.ts'
import type { AdSettings } from '../../model/manifest.ts'

/**
 * True of an event that counts as an ad break: one of its triggers' types whose delivery is restricted, or is not, as
 * the settings ask. Splice events tell nothing of restrictions, and need the trigger alone.
 */
export function isAdBreak(event: AdEvent, settings: AdSettings): boolean {
  const { isRestricted } = event
  const trigger = triggerOf(event)
  return trigger !== undefined && qualifies({ trigger, ...(isRestricted && { isRestricted }) }, settings)
}

/** The same, of an event that counts for some settings. */
export function qualifies({ trigger, isRestricted }: Pick<AdBreak, 'trigger' | 'isRestricted'>, settings: AdSettings) {
  const { adTriggers, adsOnDeliveryRestrictions: restrictions } = settings
  if (!adTriggers.includes(trigger)) return false
  if (trigger === 'SPLICE_INSERT') return true
  return restrictions === 'BOTH' || restrictions === (isRestricted ? 'RESTRICTED' : 'UNRESTRICTED')
}
