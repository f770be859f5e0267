import type { Segmentation, SpliceInsert, SpliceSignal } from '../../media/splice-signal.ts'
import { type Ticks, ticks, unwrapPts } from '../../media/time.ts'
import type { AdEvent } from './ad-event.ts'

/** What a message says of one event, with times on the timeline of the era in which it arrived. */
export type AdSignal = {
  readonly kind: AdEvent['kind']
  readonly id: number
  /** The time of the pictures with which it came. */
  readonly arrival: Ticks
  /** The whole section, in hexadecimal. */
  readonly section: string
} & (Begin | End | { readonly does: 'cancel' })

type Begin = {
  readonly does: 'begin'
  readonly typeId?: number
  /** Undefined where it takes effect as soon as it can. */
  readonly time: Ticks | undefined
  readonly duration?: Ticks
  /** True where the event ends with its duration, without another message. */
  readonly endsByItself?: true
  readonly isRestricted?: true
  readonly upid?: AdEvent['upid']
}

type End = {
  readonly does: 'end'
  /** The types of the events that it ends; absent for splice events. */
  readonly typeIds?: readonly number[]
  readonly time: Ticks | undefined
}

/** A message, and the time of the pictures with which it came. */
export type ArrivedMessage = {
  readonly arrival: Ticks
  readonly section: string
  readonly signals: readonly SpliceSignal[]
}

/** Messages in the order in which they arrived, each once though all variants carry it. */
export function distinctMessages(messages: readonly ArrivedMessage[]): readonly ArrivedMessage[] {
  const first = new Map<string, ArrivedMessage>()
  for (const message of messages.toSorted((a, b) => a.arrival - b.arrival)) {
    if (!first.has(message.section)) first.set(message.section, message)
  }
  return [...first.values()]
}

/** segmentation_type_ids, SCTE 35 §10.3.3.1. Of the others, the next one ends what begins with an even one. */
const PROGRAM = { start: 0x10, end: 0x11, earlyTermination: 0x12, overlapStart: 0x17 }
/** Chapters, breaks and credits; ads, opportunities and promos; unscheduled events, ad blocks and the like; network. */
const PAIRED = [
  [0x20, 0x27],
  [0x30, 0x3f],
  [0x40, 0x47],
  [0x50, 0x51],
] as const

/** True for the segmentation_type_ids with which events begin. */
export function beginsEvents(typeId: number): boolean {
  return typeId === PROGRAM.start || typeId === PROGRAM.overlapStart || (isPaired(typeId) && typeId % 2 === 0)
}

function isPaired(typeId: number): boolean {
  return PAIRED.some(([first, last]) => typeId >= first && typeId <= last)
}

/** What a message says of events; nothing of descriptors that neither begin nor end one. */
export function adSignalsOf({ arrival, section, signals }: ArrivedMessage): readonly AdSignal[] {
  return signals.flatMap((signal): AdSignal | [] => {
    const kind = signal.kind === 'segmentation' ? 'segmentation' : 'splice'
    const about = { kind, id: signal.id, arrival, section } as const
    if (signal.isCancel) return { ...about, does: 'cancel' }
    const time = signal.time === undefined ? undefined : unwrapPts(signal.time, arrival)
    const what = signal.kind === 'segmentation' ? segmentation(signal) : splice(signal)
    return what ? { ...about, ...what, time } : []
  })
}

type Said = Omit<Begin, 'time'> | Omit<End, 'time'>

function splice({ isOut, duration, autoReturn }: Exclude<SpliceInsert, { isCancel: true }>): Said {
  if (!isOut) return { does: 'end' }
  return {
    does: 'begin',
    ...(duration !== undefined && { duration: ticks(duration) }),
    ...(autoReturn && { endsByItself: true }),
  }
}

function segmentation(signal: Exclude<Segmentation, { isCancel: true }>): Said | undefined {
  const { typeId, duration, restrictions, upid } = signal
  if (typeId === PROGRAM.end || typeId === PROGRAM.earlyTermination) {
    return { does: 'end', typeIds: [PROGRAM.start, PROGRAM.overlapStart] }
  }
  if (isPaired(typeId) && typeId % 2 === 1) return { does: 'end', typeIds: [typeId - 1] }
  if (!beginsEvents(typeId)) return undefined
  return {
    does: 'begin',
    typeId,
    ...(duration !== undefined && { duration: ticks(duration), endsByItself: true }),
    ...(restrictions && { isRestricted: true }),
    // Some senders have a type for a UPID that they do not have.
    ...(upid?.bytes && { upid: { type: upid.type, hex: upid.bytes } }),
  }
}
