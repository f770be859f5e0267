import type { UtcRange } from '../../media/time.ts'
import type { InputRef } from '../../model/input-ref.ts'
import type { Era, Slot } from '../../model/output-segment.ts'
import type { SourceObject } from '../../model/source-segment.ts'
import type { SegmentIndex } from '../segment-index.ts'
import type { ChannelVersions, StoredInput } from '../timeline-store.ts'
import type { Queries } from './database.ts'
import { INPUT_ID } from './inputs.ts'
import type { Value } from './statements.ts'

/** What commits have written of inputs. */
export function timelineOperations(db: Queries) {
  const parsed = async <T>(sql: string, ...values: Value[]): Promise<T[]> =>
    (await db.all<{ body: string }>(sql, ...values)).map(({ body }) => JSON.parse(body) as T)

  return {
    loadTimeline: ({ channelGuid, ingestEndpointId }: InputRef) =>
      db.get<{ version: number; state: string }>(
        'SELECT version, state FROM windrow.input WHERE channel_guid = $1 AND ingest_endpoint_id = $2 AND version > 0',
        channelGuid,
        ingestEndpointId,
      ),

    async versionsOf(channelGuid: string): Promise<ChannelVersions> {
      const rows = await db.all<{ input: string | null; id: number | null; version: number }>(
        `SELECT ingest_endpoint_id AS input, NULL::bigint AS id, version, input.id AS place
         FROM windrow.input WHERE channel_guid = $1 AND version > 0
         UNION ALL SELECT NULL, n.id, n.version, n.id FROM windrow.output_timeline n
         JOIN windrow.input i ON i.id = n.input WHERE i.channel_guid = $1 ORDER BY place`,
        channelGuid,
      )
      return {
        inputs: new Map(rows.flatMap(({ input, version }) => (input === null ? [] : [[input, version]]))),
        outputTimelines: new Map(rows.flatMap(({ id, version }) => (id === null ? [] : [[id, version]]))),
      }
    },

    inputs: () =>
      db.all<StoredInput>(
        `SELECT channel_guid AS "channelGuid", ingest_endpoint_id AS "ingestEndpointId", least(
           (SELECT min(sealed_at) FROM windrow.slot WHERE slot.input = input.id),
           (SELECT min(received_at) FROM windrow.unplaced_object AS object WHERE object.input = input.id)) AS oldest
         FROM windrow.input WHERE version > 0 ORDER BY id`,
      ),

    eras: (channelGuid: string, ids: readonly number[]) =>
      parsed<Era>(
        `SELECT body FROM windrow.era
         WHERE input IN (SELECT id FROM windrow.input WHERE channel_guid = $1) AND id = ANY ($2) ORDER BY id`,
        channelGuid,
        ids,
      ),

    slots: (
      { channelGuid, ingestEndpointId }: InputRef,
      after: { era: number; index: number } | undefined,
      limit: number,
    ) =>
      parsed<Slot>(
        `SELECT body FROM windrow.slot WHERE input = ${INPUT_ID} AND (era, idx) > ($3, $4) ORDER BY era, idx LIMIT $5`,
        channelGuid,
        ingestEndpointId,
        after?.era ?? -1,
        after?.index ?? -1,
        limit,
      ),

    async lastSlots({ channelGuid, ingestEndpointId }: InputRef, limit: number) {
      const slots = await parsed<Slot>(
        `SELECT body FROM windrow.slot WHERE input = ${INPUT_ID} ORDER BY era DESC, idx DESC LIMIT $3`,
        channelGuid,
        ingestEndpointId,
        limit,
      )
      return slots.reverse()
    },

    slotsSealedWithin: (channelGuid: string, { start, end }: UtcRange, limit: number) =>
      parsed<Slot>(
        `SELECT found.body FROM windrow.input CROSS JOIN LATERAL (
           SELECT body FROM windrow.slot WHERE slot.input = input.id AND sealed_at >= $2 AND sealed_at < $3 LIMIT $4
         ) AS found WHERE channel_guid = $1 LIMIT $4`,
        channelGuid,
        start,
        end,
        limit,
      ),

    unsettledObjects: async ({ channelGuid, ingestEndpointId }: InputRef, limit: number) => {
      const newestFirst = await parsed<SourceObject>(
        `SELECT body FROM windrow.unplaced_object WHERE input = ${INPUT_ID} AND body IS NOT NULL
         ORDER BY received_at DESC LIMIT $3`,
        channelGuid,
        ingestEndpointId,
        limit,
      )
      return newestFirst.reverse()
    },
  } satisfies Partial<SegmentIndex>
}
