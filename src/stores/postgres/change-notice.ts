import type { ResourceChange } from '../resources.ts'
import { MOST_NOTICE_BYTES } from './notice-connection.ts'

/** The content of a notice: changes, and the process that has made them. */
export type ChangeNotice = { readonly by: string; readonly changes: readonly ResourceChange[] }

const EVERYTHING: ResourceChange = { kind: 'everything' }

/** What a change of each kind names. Other releases may know others. */
const MEMBERS: Readonly<Record<ResourceChange['kind'], readonly string[]>> = {
  channel: ['id', 'guid'],
  originEndpoint: ['id', 'guid', 'channelGuid'],
  clip: ['id'],
  harvestJob: ['id'],
  harvestSchedule: ['id'],
  harvestRule: ['id'],
  event: ['id'],
  everything: [],
}

/** The payload of a notice of these changes. Where they are too many for one notice, anything may have changed. */
export function noticeText(by: string, changes: readonly ResourceChange[]): string {
  const text = JSON.stringify({ by, changes } satisfies ChangeNotice)
  return fits(text) ? text : JSON.stringify({ by, changes: [EVERYTHING] } satisfies ChangeNotice)
}

/** The payloads of as few notices as these changes fit in. */
export function noticeTexts(by: string, changes: readonly ResourceChange[]): readonly string[] {
  const half = Math.ceil(changes.length / 2)
  if (changes.length < 2 || fits(JSON.stringify({ by, changes }))) return [noticeText(by, changes)]
  return [...noticeTexts(by, changes.slice(0, half)), ...noticeTexts(by, changes.slice(half))]
}

const fits = (text: string) => Buffer.byteLength(text) <= MOST_NOTICE_BYTES

/**
 * Parses a payload. What Windrow did not make counts as a change of anything, which is harmless, and so does a change
 * that lacks something, as those of an earlier release do. Kinds of a later release are nothing that this one knows.
 */
export function parseChangeNotice(payload: string): ChangeNotice {
  try {
    const notice = JSON.parse(payload) as ChangeNotice
    if (typeof notice.by === 'string' && Array.isArray(notice.changes)) {
      return { by: notice.by, changes: notice.changes.flatMap((change) => knownChange(change)) }
    }
  } catch {
    // Not a notice of Windrow.
  }
  return { by: '', changes: [EVERYTHING] }
}

function knownChange(change: ResourceChange | null): readonly ResourceChange[] {
  if (typeof change?.kind !== 'string') return [EVERYTHING]
  if (!Object.hasOwn(MEMBERS, change.kind)) return []
  const given = change as Readonly<Record<string, unknown>>
  return MEMBERS[change.kind].every((name) => typeof given[name] === 'string') ? [change] : [EVERYTHING]
}
