import type { InputRef } from '../../model/input-ref.ts'
import type { SqliteDatabase } from './database.ts'

/** An id that no input has. */
const NONE = 0

/** The row id of an input, for reading; does not create a row. */
export function knownInput(db: SqliteDatabase, ingest: InputRef): number {
  const sql = 'SELECT id FROM input WHERE channel_guid = ? AND ingest_endpoint_id = ?'
  return db.get<{ id: number }>(sql, ingest.channelGuid, ingest.ingestEndpointId)?.id ?? NONE
}

/** The row id of an input, creating the row on the first write. Version 0: it has no timeline yet. */
export function inputId(db: SqliteDatabase, ingest: InputRef): number {
  return (
    knownInput(db, ingest) ||
    db.insert(
      `INSERT INTO input (channel_guid, ingest_endpoint_id, version, state) VALUES (?, ?, 0, '')`,
      ingest.channelGuid,
      ingest.ingestEndpointId,
    )
  )
}
