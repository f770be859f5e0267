import type { MarkedEventReport, RuleReport } from '../../../src/control/rule-operations.ts'

/** Which events a rule is for, in words: `PROGRAM, CHAPTER, 0x40`. */
export function selectionText({
  events,
  segmentationTypeIds = [],
}: Pick<RuleReport, 'events' | 'segmentationTypeIds'>): string {
  return [...events, ...segmentationTypeIds.map(hex)].join(', ')
}

/** An event of SCTE 35 in a line: `0x10, event 4711, NEWS-1`. */
export function eventText({ kind, id, typeId, upid }: MarkedEventReport): string {
  const type = typeId === undefined ? (kind === 'splice' ? 'Splice' : 'Segmentation') : hex(typeId)
  return [type, `event ${id}`, upid].filter(Boolean).join(', ')
}

const hex = (typeId: number) => `0x${typeId.toString(16).padStart(2, '0')}`
