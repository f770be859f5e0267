/** Television whose programmes and breaks SCTE 35 marks, and what tshark reads of it. */
import type { SpliceSignal } from '../../src/media/splice-signal.ts'
import { segmentation, spliceInsert, spliceSection, timeSignal } from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'
import { encodeLoop, type LoopRendition } from '../judges/loop.ts'
import { judgedSplices } from '../judges/splices.ts'

const TICKS = 90_000
const WRAP = 2 ** 33
const SPLICE_PID = 0x1f4

/** Segments, of a second each. */
export const SECONDS = 22

/** An event, in seconds of the stream. */
export type JudgedEvent = { readonly id: number; readonly upid?: string; readonly start: number; readonly end: number }

export type Television = {
  readonly renditions: readonly LoopRendition[]
  /** The programmes that have ended, and the breaks, in their order, of what has been sent. */
  judged(): Promise<{ readonly programmes: readonly JudgedEvent[]; readonly breaks: readonly JudgedEvent[] }>
}

/**
 * Programmes of three to six seconds, of which one begins where the one before ends, one has a break in it, one has an
 * ad whose id is its own, one ends by a message, and the last goes on.
 */
export async function televisionWithProgrammes(): Promise<Television> {
  const [first, ...others] = await encodeLoop()
  const zero = firstPicture(first!.segment(0))
  const at = (seconds: number) => (zero + seconds * TICKS) % WRAP
  const starts = (id: number, seconds: number, upid?: string) =>
    spliceSection({
      command: timeSignal(at(seconds)),
      descriptors: [
        segmentation({ id, typeId: 0x10, ...(upid !== undefined && { upid: [0x0f, Buffer.from(upid)] as const }) }),
      ],
    })
  const told = (seconds: number, id: number, typeId: number, duration?: number) =>
    spliceSection({
      command: timeSignal(at(seconds)),
      descriptors: [segmentation({ id, typeId, ...(duration !== undefined && { duration: duration * TICKS }) })],
    })
  const break_ = { autoReturn: true, duration: TICKS }
  const messages: Readonly<Record<number, readonly Buffer[]>> = {
    1: [starts(101, 2, 'urn:show:one')],
    4: [starts(102, 5, 'urn:show:two')],
    5: [starts(102, 5, 'urn:show:two')],
    6: [spliceSection({ command: spliceInsert({ id: 7, isOut: true, at: at(7), break: break_ }) })],
    9: [starts(103, 11, 'urn:film:three')],
    11: [told(12, 103, 0x30, 1)],
    13: [starts(104, 14)],
    15: [told(17, 104, 0x11)],
    18: [starts(105, 19)],
  }
  const sent: Buffer[] = []
  const counters = new Map<number, number>()
  const signalling: LoopRendition = {
    ...first!,
    segment(number) {
      const packets = packed(messages[number] ?? [], { pid: SPLICE_PID, before: 3 })
      const multiplex = withSplices(readMultiplex(first!.segment(number)), packets, { pids: [SPLICE_PID] })
      sent[number] ??= writeMultiplex(multiplex, counters)
      return sent[number]
    },
  }
  return {
    renditions: [signalling, ...others],
    judged: async () => eventsOf(await judgedSplices(Buffer.concat(sent)), zero),
  }
}

/** By the standard, a programme ends with a message that says so, or with the next. */
function eventsOf(judged: readonly { readonly signals: readonly SpliceSignal[] }[], zero: number) {
  const secondsOf = (time: number) => ((time - zero + WRAP) % WRAP) / TICKS
  const signals = judged.flatMap((message) => message.signals).flatMap((signal) => (signal.isCancel ? [] : [signal]))
  const begins = new Map<number, Omit<JudgedEvent, 'end'>>()
  const ends: number[] = []
  const breaks: JudgedEvent[] = []
  for (const signal of signals) {
    const start = secondsOf(signal.time!)
    if (signal.kind === 'splice-insert') breaks.push({ id: signal.id, start, end: start + signal.duration! / TICKS })
    else if (signal.typeId === 0x11) ends.push(start)
    else if (signal.typeId === 0x10) {
      const upid = signal.upid && Buffer.from(signal.upid.bytes, 'hex').toString()
      begins.set(signal.id, { id: signal.id, start, ...(upid !== undefined && { upid }) })
    }
  }
  const bounds = [...ends, ...[...begins.values()].map(({ start }) => start)].toSorted((a, b) => a - b)
  const programmes = [...begins.values()].flatMap((begin) => {
    const end = bounds.find((bound) => bound > begin.start)
    return end === undefined ? [] : [{ ...begin, end }]
  })
  return { programmes, breaks }
}

function firstPicture(segment: Buffer): number {
  const times = readMultiplex(segment).packets.flatMap(({ streamId, pts }) =>
    streamId >> 4 === 0xe && pts !== undefined ? pts : [],
  )
  return Math.min(...times)
}
