import type { NumberedChange } from './recent-changes.ts'

/** Why a stream cannot be resumed: its changes are of another process, too long ago, or its id is none. */
export const RESET_REASONS = ['OTHER_PROCESS', 'TOO_LONG_AGO', 'UNKNOWN_ID'] as const
export type ResetReason = (typeof RESET_REASONS)[number]

/** Ids of events: `processId` tells those of one process from others, and the number is that of a change. */
export function eventId(processId: string, number: number): string {
  return `${processId}-${number}`
}

/** The number of an id that this process gave, or why it is none. */
export function numberOfId(processId: string, id: string): number | ResetReason {
  const [, of, digits] = /^([0-9a-z]{1,64})-(0|[1-9]\d{0,14})$/.exec(id) ?? []
  if (of === undefined || digits === undefined) return 'UNKNOWN_ID'
  return of === processId ? Number(digits) : 'OTHER_PROCESS'
}

/** Changes as events of a stream, WHATWG HTML 9.2.5. */
export function changesText(processId: string, changes: readonly NumberedChange[]): string {
  return changes
    .map(({ number, change }) => {
      return `id: ${eventId(processId, number)}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`
    })
    .join('')
}

/** Says that anything may have changed, and how to resume from now on. */
export function resetText(id: string, reason: ResetReason): string {
  return `id: ${id}\nevent: reset\ndata: ${JSON.stringify({ reason })}\n\n`
}

/** Where there is no event to tell: how to resume from now on. Clients take note of it without telling anybody. */
export function idText(id: string): string {
  return `id: ${id}\n\n`
}

/** How long clients are to wait before they connect again, in milliseconds. */
export function retryText(ms: number): string {
  return `retry: ${ms}\n\n`
}

/** A comment, by which everybody in between sees that the stream goes on. */
export const KEEP_ALIVE = ':\n\n'
