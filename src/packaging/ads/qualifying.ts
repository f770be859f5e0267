import type { AdEvent } from '../../model/ad-events/ad-event.ts'
import type { AdSettings, AdTrigger } from '../../model/manifest.ts'

/** segmentation_type_ids of the beginnings of events, SCTE 35 §10.3.3.1, and the triggers that name them. */
const TRIGGERS: ReadonlyMap<number | undefined, AdTrigger> = new Map([
  [0x22, 'BREAK'],
  [0x30, 'PROVIDER_ADVERTISEMENT'],
  [0x32, 'DISTRIBUTOR_ADVERTISEMENT'],
  [0x34, 'PROVIDER_PLACEMENT_OPPORTUNITY'],
  [0x36, 'DISTRIBUTOR_PLACEMENT_OPPORTUNITY'],
  [0x38, 'PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY'],
  [0x3a, 'DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY'],
])

/**
 * True of an event that counts as an ad break: one of its triggers' types whose delivery is restricted, or is not, as
 * the settings ask. Splice events tell nothing of restrictions, and need the trigger alone.
 */
export function isAdBreak({ kind, typeId, isRestricted }: AdEvent, settings: AdSettings): boolean {
  const { adTriggers, adsOnDeliveryRestrictions: restrictions } = settings
  if (kind === 'splice') return adTriggers.includes('SPLICE_INSERT')
  const trigger = TRIGGERS.get(typeId)
  if (trigger === undefined || !adTriggers.includes(trigger)) return false
  return restrictions === 'BOTH' || restrictions === (isRestricted ? 'RESTRICTED' : 'UNRESTRICTED')
}
