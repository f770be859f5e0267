import type { ChangedPart } from '../content-feed.ts'
import type { PostgresDatabase } from './database.ts'

/** Versions of a channel's inputs and output timelines, under names of their rows. */
export type Versions = ReadonlyMap<string, number>

export const inputRow = (id: number) => `i${id}`
export const outputTimelineRow = (id: number) => `o${id}`

const TEXT = /^[io]\d+:\d+(?: [io]\d+:\d+)*$/

/** Versions as a short text, `i5:7 o3:9`. */
export function versionsText(versions: Versions): string {
  return [...versions].map(([row, version]) => `${row}:${version}`).join(' ')
}

/** Reads versions from their text; undefined when it is none. */
export function parseVersions(text: string): Versions | undefined {
  if (text === '') return new Map()
  if (!TEXT.test(text)) return undefined
  return new Map(
    text.split(' ').map((part) => {
      const colon = part.indexOf(':')
      return [part.slice(0, colon), Number(part.slice(colon + 1))]
    }),
  )
}

/** Takes over those versions that are higher, and tells what has changed; undefined when none is. */
export function raiseVersions(known: Map<string, number>, versions: Versions): ChangedPart | undefined {
  let part: ChangedPart | undefined
  for (const [row, version] of versions) {
    if (version <= (known.get(row) ?? 0)) continue
    known.set(row, version)
    if (part !== 'shown') part = row.startsWith('o') ? 'shown' : 'inputs'
  }
  return part
}

/** The versions of some channels; those without any commit are left out. */
export async function readVersions(
  db: PostgresDatabase,
  channelGuids: readonly string[],
): Promise<readonly (readonly [channelGuid: string, versions: Versions])[]> {
  const rows = await db.all<{ guid: string; versions: string }>(
    `SELECT guid, string_agg(version, ' ') AS versions FROM (
       SELECT channel_guid AS guid, 'i' || id || ':' || version AS version FROM windrow.input
       WHERE channel_guid = ANY ($1) AND version > 0
       UNION ALL
       SELECT i.channel_guid, 'o' || n.id || ':' || n.version FROM windrow.input i
         JOIN windrow.output_timeline n ON n.input = i.id
       WHERE i.channel_guid = ANY ($1) AND n.version > 0) AS of_rows
     GROUP BY guid`,
    channelGuids,
  )
  return rows.map(({ guid, versions }) => [guid, parseVersions(versions) ?? new Map()])
}
