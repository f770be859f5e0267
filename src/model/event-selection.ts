import type { UtcMs } from '../media/time.ts'
import type { AdEvent } from './ad-events/ad-event.ts'
import { triggerOf } from './ad-events/ad-trigger.ts'
import { beginsEvents } from './ad-events/signal.ts'
import { globMatches, globParts } from './glob.ts'
import type { AdTrigger } from './manifest.ts'
import { between, refuse } from './rules.ts'

/** An event of SCTE 35 in what an origin endpoint shows: what tells it from others, and when it begins. */
export type MarkedEvent = Pick<AdEvent, 'kind' | 'id' | 'typeId' | 'upid'> & { readonly start: UtcMs }

/** What rules call the events that they are for: the triggers of ad breaks, and parts of the programme. */
export type EventWord = AdTrigger | 'PROGRAM' | 'CHAPTER'

/** The events that a rule is for: of any of these words and types, and with all that is given besides. */
export type EventSelection = {
  readonly events: readonly EventWord[]
  /** segmentation_type_ids (SCTE 35 §10.3.3.1) besides those that have a word. */
  readonly segmentationTypeIds: readonly number[]
  /** A pattern of the UPID, as text; absent where any is meant, or none. */
  readonly upid?: string
  readonly minDurationSeconds?: number
  readonly maxDurationSeconds?: number
}

export const EVENT_WORDS: readonly EventWord[] = [
  'PROGRAM',
  'CHAPTER',
  'BREAK',
  'PROVIDER_ADVERTISEMENT',
  'DISTRIBUTOR_ADVERTISEMENT',
  'PROVIDER_PLACEMENT_OPPORTUNITY',
  'DISTRIBUTOR_PLACEMENT_OPPORTUNITY',
  'PROVIDER_OVERLAY_PLACEMENT_OPPORTUNITY',
  'DISTRIBUTOR_OVERLAY_PLACEMENT_OPPORTUNITY',
  'SPLICE_INSERT',
]

/** Program Start and Program Overlap Start; Chapter Start. */
const PARTS_OF_PROGRAMMES: ReadonlyMap<number | undefined, EventWord> = new Map([
  [0x10, 'PROGRAM'],
  [0x17, 'PROGRAM'],
  [0x20, 'CHAPTER'],
])

/** More types than the standard has. */
const MOST_TYPES = 64
const MOST_PATTERN = 256
const MOST_SECONDS = 86_400

/** Throws RuleViolation for a selection that nothing, or too much, is asked of. */
export function checkSelection(selection: EventSelection): void {
  const { events, segmentationTypeIds, upid, minDurationSeconds, maxDurationSeconds } = selection
  if (events.length + segmentationTypeIds.length === 0) {
    refuse('events', 'must name an event, or segmentationTypeIds a type')
  }
  for (const [path, list] of Object.entries({ events, segmentationTypeIds })) {
    if (list.length > MOST_TYPES) refuse(path, `must be at most ${MOST_TYPES}, got ${list.length}`)
  }
  for (const [i, typeId] of segmentationTypeIds.entries()) {
    if (beginsEvents(typeId)) continue
    const form = 'the segmentation_type_id of a beginning, such as 64 (0x40, Unscheduled Event Start)'
    refuse(`segmentationTypeIds[${i}]`, `must be ${form}, got ${typeId}`)
  }
  if (upid !== undefined) {
    if (upid === '') refuse('upid', 'must not be empty')
    if (upid.length > MOST_PATTERN) refuse('upid', `must be at most ${MOST_PATTERN} characters, got ${upid.length}`)
    if (!/^[ -~]*$/.test(upid)) refuse('upid', 'must be printable ASCII, as all UPIDs are in text')
    if (selection.events.every((word) => word === 'SPLICE_INSERT') && segmentationTypeIds.length === 0) {
      refuse('upid', 'must not be given for SPLICE_INSERT alone, which has no UPID')
    }
  }
  const least = minDurationSeconds ?? 0
  between('minDurationSeconds', least, 0, MOST_SECONDS)
  between('maxDurationSeconds', maxDurationSeconds ?? MOST_SECONDS, Math.max(least, 1), MOST_SECONDS)
}

/** What rules call an event; undefined where they have no word for it. */
export function eventWordOf(event: Pick<MarkedEvent, 'kind' | 'typeId'>): EventWord | undefined {
  return PARTS_OF_PROGRAMMES.get(event.typeId) ?? triggerOf(event)
}

/** Finds the events that a selection is for, whatever their durations. */
export function selects(selection: EventSelection): (event: Omit<MarkedEvent, 'start'>) => boolean {
  const { events, segmentationTypeIds, upid } = selection
  const parts = upid === undefined ? undefined : globParts(upid)
  return (event) => {
    const word = eventWordOf(event)
    const isOfType = event.typeId !== undefined && segmentationTypeIds.includes(event.typeId)
    if (!isOfType && !(word && events.includes(word))) return false
    return parts === undefined || (event.upid !== undefined && globMatches(parts, upidText(event.upid)))
  }
}

/** Whether a selection is for events of several types; splice events are one. */
export function isOfSeveralTypes({ upid: _, ...selection }: EventSelection): boolean {
  const isMeant = selects(selection)
  const segmentations = Array.from({ length: 256 }, (_, typeId) => ({ kind: 'segmentation', id: 0, typeId }) as const)
  return [{ kind: 'splice', id: 0 } as const, ...segmentations].filter(isMeant).length > 1
}

/** Whether a selection is for an event that lasts so long. */
export function isOfLength({ minDurationSeconds, maxDurationSeconds }: EventSelection, milliseconds: number): boolean {
  return (
    milliseconds >= (minDurationSeconds ?? 0) * 1000 &&
    (maxDurationSeconds === undefined || milliseconds <= maxDurationSeconds * 1000)
  )
}

/**
 * segmentation_upid_types (SCTE 35 §10.3.3.1, table 22) of bytes that are no text: UMID, ISAN (both), AiringID, EIDR,
 * ATSC Content Identifier, MID and UUID.
 */
const BINARY_UPIDS = new Set([0x04, 0x05, 0x06, 0x08, 0x0a, 0x0b, 0x0d, 0x10])

/**
 * A UPID as text, as patterns and reports have it: its characters, where its type is one of text and all of them are
 * printable ASCII; otherwise its bytes in lower-case hexadecimal behind `0x`.
 */
export function upidText({ type, hex }: NonNullable<MarkedEvent['upid']>): string {
  const text = BINARY_UPIDS.has(type) ? '' : asciiOf(hex)
  return text === '' ? `0x${hex.toLowerCase()}` : text
}

/** Printable characters; empty where there are others. */
function asciiOf(hex: string): string {
  let text = ''
  for (let at = 0; at < hex.length; at += 2) {
    const code = Number.parseInt(hex.slice(at, at + 2), 16)
    if (code < 0x20 || code > 0x7e) return ''
    text += String.fromCharCode(code)
  }
  return text
}

/**
 * Two dates of one event differ by less: those of two inputs that are not locked, which have clocks of their own.
 * Events of one id that begin sooner after one another are one.
 */
const SAME_START_MS = 1000

/** True where both are one event, perhaps as two inputs tell of it. */
export function isSameEvent(a: MarkedEvent, b: MarkedEvent): boolean {
  return a.kind === b.kind && a.id === b.id && a.typeId === b.typeId && Math.abs(a.start - b.start) < SAME_START_MS
}
