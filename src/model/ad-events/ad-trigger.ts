import type { AdTrigger } from '../manifest.ts'
import type { AdEvent } from './ad-event.ts'

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

/** The trigger that names events of this kind and type; undefined for those that are never ad breaks. */
export function triggerOf({ kind, typeId }: Pick<AdEvent, 'kind' | 'typeId'>): AdTrigger | undefined {
  return kind === 'splice' ? 'SPLICE_INSERT' : TRIGGERS.get(typeId)
}
