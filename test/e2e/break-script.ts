/** Messages of SCTE 35 for minutes of television, with a break of another kind every so often, and what they say. */
import { cancelledInsert, segmentation, spliceInsert, spliceSection, timeSignal } from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { type Counters, readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import { delayed, type LoopRendition } from '../judges/loop.ts'
import { judgedSplices } from '../judges/splices.ts'

const TICKS = 90_000
const WRAP = 2 ** 33
const SPLICE_PID = 0x1f4

/** An event as somebody knows it who has read all messages. Times are in seconds of the programme. */
export type ToldEvent = {
  readonly id: number
  readonly start: number
  /** When it ends if no message says otherwise. */
  readonly plannedEnd?: number
  /** When it ends; absent where nothing says so. */
  readonly end?: number
  /** segmentation_type_id; absent of a splice event. */
  readonly typeId?: number
}

/** A message, and the second of the programme in which it is sent. */
type Sent = { readonly second: number; readonly section: Buffer }

type BreakScript = {
  /** Of the programme. */
  readonly seconds: number
  /** Presentation time of its first picture, in ticks modulo 2³³. */
  readonly zero: number
}

/** Seconds from the start of a break to that of the next one, and before the first. */
export const BREAK_EVERY = 22
export const FIRST_BREAK = 30

type About = {
  /** The first of ten event ids that are its own. */
  readonly id: number
  /** Seconds of the programme at which its break begins. */
  readonly start: number
  insert(id: number, time: number, planned?: number): Buffer
  back(id: number, time: number): Buffer
  cancel(id: number): Buffer
  immediate(id: number, planned: number): Buffer
  signal(time: number, ...descriptors: Buffer[]): Buffer
}

const RESTRICTED = [0, 1, 1, 3] as const
const type = (id: number, typeId: number, seconds?: number, isRestricted = false) =>
  segmentation({
    id,
    typeId,
    ...(seconds !== undefined && { duration: seconds * TICKS }),
    ...(isRestricted && { restrictions: RESTRICTED }),
  })

/** Of each kind of break, what is sent so many seconds after its start; none is longer than 14 s. */
export const BREAKS: Readonly<Record<string, (about: About) => readonly (readonly [at: number, section: Buffer])[]>> = {
  'announced three times, with a duration': ({ id, start, insert }) =>
    [-6, -4, -1].map((at) => [at, insert(id, start, 8)] as const),
  'without a duration': ({ id, start, insert, back }) => [
    [-4, insert(id, start)],
    [3, back(id, start + 7)],
  ],
  'at once': ({ id, immediate }) => [[0, immediate(id, 6)]],
  'that is over early': ({ id, start, insert, back }) => [
    [-4, insert(id, start, 13)],
    [3, back(id, start + 5)],
  ],
  'an advertisement with restrictions': ({ id, start, signal }) => [[-5, signal(start, type(id, 0x30, 9, true))]],
  'an advertisement that a message ends': ({ id, start, signal }) => [
    [-4, signal(start, type(id, 0x30))],
    [4, signal(start + 8, type(id, 0x31))],
  ],
  'an opportunity': ({ id, start, signal }) => [
    [-4, signal(start, type(id, 0x34, 10))],
    [7, signal(start + 10, type(id, 0x35))],
  ],
  'a break with two advertisements in it': ({ id, start, signal }) => [
    [-4, signal(start, type(id, 0x22, 12))],
    [-3, signal(start + 1, type(id + 1, 0x30, 5))],
    [2, signal(start + 6, type(id + 2, 0x30, 5))],
    [9, signal(start + 12, type(id, 0x23))],
  ],
  'that is cancelled': ({ id, start, insert, cancel }) => [
    [-6, insert(id, start, 8)],
    [-2, cancel(id)],
  ],
  'that overlaps the next': ({ id, start, insert }) => [
    [-4, insert(id, start, 7)],
    [1, insert(id + 1, start + 4, 8)],
  ],
  'within a source segment': ({ id, start, insert }) => [[-4, insert(id, start + 0.3, 6)]],
  'that is moved': ({ id, start, insert }) => [
    [-7, insert(id, start - 3, 7)],
    [-5, insert(id, start, 7)],
  ],
  'that ends where the next begins': ({ id, start, insert, signal }) => [
    [-4, insert(id, start, 5)],
    [1, signal(start + 5, type(id + 1, 0x36, 6))],
  ],
}

/** The messages of a whole programme, in the order in which they are sent. Ids are never used again. */
export function messagesOf({ seconds, zero }: BreakScript): readonly Sent[] {
  const sent: Sent[] = []
  const kinds = Object.values(BREAKS)
  const programme = aboutBreak(zero, 10, 20)
  const next = 10 + seconds / 2
  sent.push({ second: 5, section: programme.signal(20, type(10, 0x10, 3600)) })
  const change = Math.floor(next / BREAK_EVERY) * BREAK_EVERY - 4
  sent.push({ second: change - 4, section: programme.signal(change, type(10, 0x11), type(11, 0x10)) })
  for (let n = 0; FIRST_BREAK + (n + 1) * BREAK_EVERY <= seconds; n++) {
    const start = FIRST_BREAK + n * BREAK_EVERY
    const kind = kinds[n % kinds.length]!
    for (const [at, section] of kind(aboutBreak(zero, 1000 + 10 * n, start))) {
      sent.push({ second: start + at, section })
    }
  }
  return sent.sort((a, b) => a.second - b.second)
}

function aboutBreak(zero: number, id: number, start: number): About {
  // Of one half, what is added takes away.
  const ptsAdjustment = id % 20 === 0 ? 183_780 : WRAP - 4_321
  const at = (seconds: number) => (zero + Math.round(seconds * TICKS) - ptsAdjustment + 2 * WRAP) % WRAP
  const section = (command: Parameters<typeof spliceSection>[0]['command'], descriptors: readonly Buffer[] = []) =>
    spliceSection({ command, descriptors, ptsAdjustment })
  const planned = (seconds: number) => ({ autoReturn: true, duration: seconds * TICKS })
  return {
    id,
    start,
    insert: (own, time, length) =>
      section(
        spliceInsert({ id: own, isOut: true, at: at(time), ...(length !== undefined && { break: planned(length) }) }),
      ),
    back: (own, time) => section(spliceInsert({ id: own, isOut: false, at: at(time) })),
    cancel: (own) => section(cancelledInsert(own)),
    immediate: (own, length) =>
      section(spliceInsert({ id: own, isOut: true, at: 'immediate', break: planned(length) })),
    signal: (time, ...descriptors) => section(timeSignal(at(time)), descriptors),
  }
}

/** The rendition so many ticks later, whose segments begin with the messages; `sent` is told of each that has any. */
export function withMessages(
  rendition: LoopRendition,
  messages: readonly Sent[],
  shift: number,
  sent: (number: number, segment: Buffer) => void,
): LoopRendition {
  const counters: Counters = new Map()
  return {
    ...rendition,
    segment(number) {
      const own = messages.filter(({ second }) => second === number).map(({ section }) => section)
      const multiplex = readMultiplex(delayed(rendition.segment(number), shift))
      const packets = packed(own, { pid: SPLICE_PID, before: 0 })
      const segment = writeMultiplex(withSplices(multiplex, packets, { pids: [SPLICE_PID] }), counters)
      if (own.length > 0) sent(number, segment)
      return segment
    },
  }
}

/** What tshark reads in segments with messages, put together: every event that was not cancelled, by its start. */
export async function toldEvents(segments: ReadonlyMap<number, Buffer>, zero: number): Promise<ToldEvent[]> {
  const events = new Map<string, ToldEvent>()
  for (const [number, segment] of segments) {
    for (const { signals } of await judgedSplices(segment)) {
      for (const signal of signals) {
        const key = `${signal.kind} ${signal.id}`
        if (signal.isCancel) {
          events.delete(key)
          continue
        }
        const { id, time, duration } = signal
        // Without a time it is for the pictures that follow it, which are those of the whole segment.
        const start = time === undefined ? number : ((time - zero + WRAP) % WRAP) / TICKS
        const typeId = signal.kind === 'segmentation' ? signal.typeId : undefined
        const isBegin = signal.kind === 'segmentation' ? signal.typeId % 2 === 0 : signal.isOut
        const known = events.get(key)
        if (!isBegin) {
          if (known) events.set(key, { ...known, end: start })
          continue
        }
        const plannedEnd = duration === undefined ? undefined : start + duration / TICKS
        events.set(key, {
          id,
          start,
          ...(typeId !== undefined && { typeId }),
          ...(plannedEnd !== undefined && { plannedEnd, end: plannedEnd }),
        })
      }
    }
  }
  return [...events.values()].sort((a, b) => a.start - b.start)
}
