import type { InputRef } from '../../model/input-ref.ts'
import type { EndpointRevision, OutputTimeline, StoredOutputTimeline, TimelineStore } from '../timeline-store.ts'
import type { Queries, Transaction } from './database.ts'
import { INPUT_ID, makeInput } from './inputs.ts'
import { lockOutputTimelines } from './row-locks.ts'
import { hasNoSegment } from './shown-eras.ts'

const COLUMNS = `n.id, n.segment_duration_seconds AS "segmentDurationSeconds", n.is_cut AS "isCut",
  n.first_number AS "firstNumber",  i.channel_guid AS "channelGuid", i.ingest_endpoint_id AS "ingestEndpointId"`
const OUTPUT_TIMELINES = 'FROM windrow.output_timeline n JOIN windrow.input i ON i.id = n.input'

export function outputTimelineOperations(db: Queries) {
  return {
    outputTimelineOf: (endpoint: EndpointRevision, segmentDurationSeconds: number, isCut = false) =>
      assigned(db, endpoint, segmentDurationSeconds, isCut),

    async openOutputTimeline(
      endpoint: EndpointRevision,
      ingest: InputRef,
      segmentDurationSeconds: number,
      isCut = false,
    ) {
      const { channelGuid } = ingest
      await makeInput(db, ingest)
      return db.transaction(async (transaction) => {
        const highest = await lockHighestNumber(transaction, channelGuid)
        const existing = await assigned(transaction, endpoint, segmentDurationSeconds, isCut)
        if (existing) return existing
        const { guid, revision } = endpoint
        const known = 'SELECT 1 FROM windrow.endpoint_output_timeline WHERE endpoint_guid = $1 LIMIT 1'
        const shared = (await transaction.get(known, guid))
          ? undefined
          : await transaction.get<OutputTimeline>(
              `SELECT ${COLUMNS} ${OUTPUT_TIMELINES}
               WHERE i.channel_guid = $1 AND n.segment_duration_seconds = $2 AND n.is_cut = $3
               ORDER BY n.id DESC LIMIT 1`,
              channelGuid,
              segmentDurationSeconds,
              isCut,
            )
        const lengths = { segmentDurationSeconds, isCut }
        const outputTimeline = shared ?? (await create(transaction, ingest, lengths, highest + 1))
        await transaction.run(
          'INSERT INTO windrow.endpoint_output_timeline (endpoint_guid, revision, output_timeline) VALUES ($1, $2, $3)',
          guid,
          revision,
          outputTimeline.id,
        )
        return outputTimeline
      })
    },

    copyOutputSegments: (from: number, to: number, limit: number) =>
      db.transaction(async (transaction) => {
        // Also the original: retention takes nothing from it meanwhile.
        await transaction.together([lockOutputTimelines([from, to])])
        const pair = await transaction.get<{ shift: number; after: number; channel: string }>(
          `SELECT t.first_number - f.first_number AS shift, i.channel_guid AS channel,
             coalesce((SELECT max(number) FROM windrow.output_segment WHERE output_timeline = t.id), 0) AS after
           FROM windrow.output_timeline f, windrow.output_timeline t JOIN windrow.input i ON i.id = t.input
           WHERE f.id = $1 AND t.id = $2`,
          from,
          to,
        )
        if (!pair) return true
        const { shift, after, channel } = pair
        const copied = await transaction.run(
          `INSERT INTO windrow.output_segment (output_timeline, number, era, start, start_utc, end_utc, sealed_at, input,
             slot_era, first_slot, slot_count, body)
           SELECT $2, number + $3, era, start, start_utc, end_utc, sealed_at, input, slot_era, first_slot, slot_count,
             coalesce(jsonb_set(body::jsonb, '{period,number}',
               to_jsonb((body::jsonb #>> '{period,number}')::bigint + $3))::text, body)
           FROM windrow.output_segment WHERE output_timeline = $1 AND number > $4 ORDER BY number LIMIT $5`,
          from,
          to,
          shift,
          after - shift,
          limit,
        )
        await transaction.together([
          [
            `UPDATE windrow.output_timeline SET longest_ms = (
               SELECT longest_ms FROM windrow.output_timeline WHERE id = $1) WHERE id = $2`,
            from,
            to,
          ],
          [
            `INSERT INTO windrow.shown_era (output_timeline, number, era, clock_utc)
             SELECT $2, f.number + $3, f.era, f.clock_utc FROM windrow.shown_era f WHERE f.output_timeline = $1
               AND f.era NOT IN (SELECT era FROM windrow.shown_era WHERE output_timeline = $2)
               AND NOT ${hasNoSegment('$2', 'f.era')}`,
            from,
            to,
            shift,
          ],
          [
            `UPDATE windrow.highest_number SET number = copied.number FROM (
               SELECT max(number) AS number FROM windrow.output_segment WHERE output_timeline = $1) AS copied
             WHERE channel_guid = $2 AND copied.number > highest_number.number`,
            to,
            channel,
          ],
        ])
        return copied < limit
      }),

    async outputTimelinesOf(channelGuid: string) {
      const rows = await db.all<StoredOutputTimeline & { state: string }>(
        `SELECT ${COLUMNS}, n.version, n.state ${OUTPUT_TIMELINES} WHERE i.channel_guid = $1 ORDER BY n.id`,
        channelGuid,
      )
      return rows.map(
        ({ state, ...outputTimeline }): StoredOutputTimeline =>
          outputTimeline.version > 0 ? { ...outputTimeline, state } : outputTimeline,
      )
    },

    async endpointsOf(outputTimeline: number) {
      const endpoints = await db.all<{ guid: string }>(
        `SELECT DISTINCT endpoint_guid COLLATE "C" AS guid FROM windrow.endpoint_output_timeline e
         WHERE output_timeline = $1 AND NOT EXISTS (
           SELECT FROM windrow.endpoint_output_timeline n WHERE n.endpoint_guid = e.endpoint_guid
             AND (n.revision, n.seq) > (e.revision, e.seq) AND n.output_timeline <> e.output_timeline)
         ORDER BY guid`,
        outputTimeline,
      )
      return endpoints.map(({ guid }) => guid)
    },
  } satisfies Partial<TimelineStore>
}

/** The output timeline last assigned to the endpoint, if it is alike. */
async function assigned(
  asked: Queries | Transaction,
  { guid, revision }: EndpointRevision,
  segmentDurationSeconds: number,
  isCut: boolean,
): Promise<OutputTimeline | undefined> {
  const newest = await asked.get<OutputTimeline>(
    `SELECT ${COLUMNS} ${OUTPUT_TIMELINES} JOIN windrow.endpoint_output_timeline e ON e.output_timeline = n.id
     WHERE e.endpoint_guid = $1 AND e.revision <= $2 ORDER BY e.revision DESC, e.seq DESC LIMIT 1`,
    guid,
    revision,
  )
  return newest?.segmentDurationSeconds === segmentDurationSeconds && newest.isCut === isCut ? newest : undefined
}

/**
 * The highest number of a channel; 0 when there is none. Until the transaction ends, no commit of the channel gives
 * numbers, and no other process opens output timelines of it.
 */
async function lockHighestNumber(transaction: Transaction, channelGuid: string): Promise<number> {
  const [, rows] = await transaction.together([
    ['INSERT INTO windrow.highest_number (channel_guid, number) VALUES ($1, 0) ON CONFLICT DO NOTHING', channelGuid],
    ['SELECT number FROM windrow.highest_number WHERE channel_guid = $1 FOR NO KEY UPDATE', channelGuid],
  ])
  const [highest] = rows as readonly { readonly number: number }[]
  return highest?.number ?? 0
}

async function create(
  transaction: Transaction,
  ingest: InputRef,
  lengths: Pick<OutputTimeline, 'segmentDurationSeconds' | 'isCut'>,
  firstNumber: number,
): Promise<OutputTimeline> {
  const { channelGuid, ingestEndpointId } = ingest
  const made = await transaction.get<{ id: number }>(
    `INSERT INTO windrow.output_timeline (input, segment_duration_seconds, is_cut, first_number)
     SELECT ${INPUT_ID}, $3, $4, $5 RETURNING id`,
    channelGuid,
    ingestEndpointId,
    lengths.segmentDurationSeconds,
    lengths.isCut,
    firstNumber,
  )
  if (!made) throw new Error('no output timeline was made')
  return { ...ingest, ...lengths, id: made.id, firstNumber }
}
