import type { IngestRef } from '../segment-index.ts'
import type { Database } from './database.ts'

/** The row of an input, made when it is first heard of. */
export function inputId(db: Database, ingest: IngestRef): number {
  const known = db.get<{ id: number }>(
    'SELECT id FROM input WHERE channel_guid = ? AND ingest_endpoint_id = ?',
    ingest.channelGuid,
    ingest.ingestEndpointId,
  )
  if (known) return known.id
  return db.insert(
    `INSERT INTO input (channel_guid, ingest_endpoint_id, version, state) VALUES (?, ?, 0, '')`,
    ingest.channelGuid,
    ingest.ingestEndpointId,
  )
}
