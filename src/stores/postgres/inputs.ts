import type { InputRef } from '../../model/input-ref.ts'
import type { Queries } from './database.ts'

/** The row id of the input whose channel and ingest endpoint are a statement's first two values; null without a row. */
export const INPUT_ID = '(SELECT id FROM windrow.input WHERE channel_guid = $1 AND ingest_endpoint_id = $2)'

/** Makes the row of an input unless there is one. Version 0: it has no timeline yet. */
export async function makeInput(db: Queries, { channelGuid, ingestEndpointId }: InputRef): Promise<void> {
  await db.run(
    'INSERT INTO windrow.input (channel_guid, ingest_endpoint_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    channelGuid,
    ingestEndpointId,
  )
}
