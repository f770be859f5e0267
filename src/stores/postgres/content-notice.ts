import { parseVersions, type Versions, versionsText } from './content-versions.ts'
import { MOST_NOTICE_BYTES } from './notice-connection.ts'

export type ContentChanges = ReadonlyMap<string, Versions>

/** Changes as the payloads of as few notices as they fit in: the sender, then a line for each channel. */
export function contentNotices(by: string, changes: ContentChanges): readonly string[] {
  const notices: string[] = []
  let notice = by
  for (const [channelGuid, versions] of changes) {
    const line = `\n${channelGuid} ${versionsText(versions)}`
    if (Buffer.byteLength(notice + line) > MOST_NOTICE_BYTES) {
      notices.push(notice)
      notice = by
    }
    notice += line
  }
  notices.push(notice)
  return notices
}

/** Parses a payload; undefined when Windrow did not make it. */
export function parseContentNotice(payload: string): { by: string; changes: ContentChanges } | undefined {
  const [by = '', ...lines] = payload.split('\n')
  const changes = new Map<string, Versions>()
  for (const line of lines) {
    const space = line.indexOf(' ')
    const versions = parseVersions(line.slice(space + 1))
    if (space < 1 || !versions) return undefined
    changes.set(line.slice(0, space), versions)
  }
  return changes.size > 0 ? { by, changes } : undefined
}
