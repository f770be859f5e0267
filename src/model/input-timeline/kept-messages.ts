import type { ArrivedMessage } from '../ad-events/signal.ts'
import { inOrder } from '../output-segment.ts'
import { noteHabit } from './habits.ts'
import type { Placing } from './placing.ts'
import type { OpenSlot } from './state.ts'

/** Letters of all SCTE-35 messages of an input that wait to be sealed: its state is saved with every change. */
const MOST_WAITING_TEXT = 256 * 1024

/** Letters of a signal in JSON, besides what it has of its section. */
const SIGNAL_TEXT = 128

/**
 * The messages of an object that its slot keeps: those that no other object there has, or has later, as far as the
 * state of the input has room for them.
 */
export function keptMessages(
  { state, entry }: Placing,
  slot: OpenSlot,
  messages: readonly ArrivedMessage[],
): readonly ArrivedMessage[] {
  const first = new Map<string, number>()
  for (const { section, arrival } of messagesIn(slot)) {
    first.set(section, Math.min(first.get(section) ?? arrival, arrival))
  }
  const own = messages.filter(({ section, arrival }) => arrival < (first.get(section) ?? Infinity))
  let room = MOST_WAITING_TEXT - textOf(state.eras.flatMap(({ slots }) => slots.flatMap(messagesIn)))
  const kept = own.filter((message) => {
    room -= textOf([message])
    return room >= 0
  })
  if (kept.length < own.length) {
    noteHabit(state, 'ad-messages-unreadable', `${entry.name}: ${own.length - kept.length} more than are kept`)
  }
  return kept
}

function messagesIn({ entries }: OpenSlot): readonly ArrivedMessage[] {
  const objects = Object.values(entries).flatMap((entry) => (entry ? inOrder(entry) : []))
  return objects.flatMap(({ messages = [] }) => messages)
}

/** Letters, at most about as many as they have in JSON: UPIDs are in the section and in signals. */
function textOf(messages: readonly ArrivedMessage[]): number {
  return messages.reduce((sum, { section, signals }) => sum + 2 * section.length + SIGNAL_TEXT * signals.length, 0)
}
