import type { InputRef } from '../../model/input-ref.ts'
import type { EndpointRevision, OutputTimeline, StoredOutputTimeline } from '../timeline-store.ts'
import type { SqliteDatabase } from './database.ts'
import { inputId } from './inputs.ts'
import type { Operations } from './synchronous.ts'

const COLUMNS = `n.id, n.segment_duration_seconds AS segmentDurationSeconds, n.is_cut AS isCut, n.first_number AS firstNumber,
  i.channel_guid AS channelGuid, i.ingest_endpoint_id AS ingestEndpointId`
const OUTPUT_TIMELINES = 'FROM output_timeline n JOIN input i ON i.id = n.input'

/** SQLite has no booleans. */
type Row = Omit<OutputTimeline, 'isCut'> & { readonly isCut: number }

const outputTimelineOfRow = ({ isCut, ...row }: Row): OutputTimeline => ({ ...row, isCut: isCut === 1 })

export function outputTimelineOperations(db: SqliteDatabase) {
  const one = (sql: string, ...values: readonly (string | number)[]): OutputTimeline | undefined => {
    const row = db.get<Row>(`SELECT ${COLUMNS} ${OUTPUT_TIMELINES} ${sql}`, ...values)
    return row && outputTimelineOfRow(row)
  }

  /** The output timeline last assigned to the endpoint, if it is alike. */
  const assigned = ({ guid, revision }: EndpointRevision, segmentDurationSeconds: number, isCut: boolean) => {
    const newest = one(
      `JOIN endpoint_output_timeline e ON e.output_timeline = n.id
       WHERE e.endpoint_guid = ? AND e.revision <= ? ORDER BY e.revision DESC, e.seq DESC LIMIT 1`,
      guid,
      revision,
    )
    return newest?.segmentDurationSeconds === segmentDurationSeconds && newest.isCut === isCut ? newest : undefined
  }

  const create = (ingest: InputRef, segmentDurationSeconds: number, isCut: boolean): OutputTimeline => {
    const sql = 'SELECT number FROM highest_number WHERE channel_guid = ?'
    const firstNumber = (db.get<{ number: number }>(sql, ingest.channelGuid)?.number ?? 0) + 1
    const id = db.insert(
      'INSERT INTO output_timeline (input, segment_duration_seconds, is_cut, first_number) VALUES (?, ?, ?, ?)',
      inputId(db, ingest),
      segmentDurationSeconds,
      isCut ? 1 : 0,
      firstNumber,
    )
    return { ...ingest, id, segmentDurationSeconds, isCut, firstNumber }
  }

  return {
    outputTimelineOf: (endpoint: EndpointRevision, segmentDurationSeconds: number, isCut = false) =>
      assigned(endpoint, segmentDurationSeconds, isCut),

    openOutputTimeline(endpoint: EndpointRevision, ingest: InputRef, segmentDurationSeconds: number, isCut = false) {
      const existing = assigned(endpoint, segmentDurationSeconds, isCut)
      if (existing) return existing
      const { guid, revision } = endpoint
      const shared = db.get('SELECT 1 FROM endpoint_output_timeline WHERE endpoint_guid = ?', guid)
        ? undefined
        : one(
            `WHERE i.channel_guid = ? AND n.segment_duration_seconds = ? AND n.is_cut = ? ORDER BY n.id DESC LIMIT 1`,
            ingest.channelGuid,
            segmentDurationSeconds,
            isCut ? 1 : 0,
          )
      const outputTimeline = shared ?? create(ingest, segmentDurationSeconds, isCut)
      db.run(
        'INSERT INTO endpoint_output_timeline (endpoint_guid, revision, output_timeline) VALUES (?, ?, ?)',
        guid,
        revision,
        outputTimeline.id,
      )
      return outputTimeline
    },

    copyOutputSegments(from: number, to: number, limit: number): boolean {
      const pair = db.get<{ shift: number; after: number; channel: string }>(
        `SELECT t.first_number - f.first_number AS shift, i.channel_guid AS channel,
           coalesce((SELECT max(number) FROM output_segment WHERE output_timeline = t.id), 0) AS after
         FROM output_timeline f, output_timeline t JOIN input i ON i.id = t.input WHERE f.id = ? AND t.id = ?`,
        from,
        to,
      )
      if (!pair) return true
      const { shift, after, channel } = pair
      db.run(
        'UPDATE output_timeline SET longest_ms = (SELECT longest_ms FROM output_timeline WHERE id = ?) WHERE id = ?',
        from,
        to,
      )
      const copied = db.run(
        `INSERT INTO output_segment
           (output_timeline, number, era, input, slot_era, first_slot, slot_count, start_utc, end_utc, sealed_at, body)
         SELECT ?2, number + ?3, era, input, slot_era, first_slot, slot_count, start_utc, end_utc, sealed_at,
           json_replace(body, '$.period.number', json_extract(body, '$.period.number') + ?3)
         FROM output_segment WHERE output_timeline = ?1 AND number > ?4 ORDER BY number LIMIT ?5`,
        from,
        to,
        shift,
        after - shift,
        limit,
      )
      db.run(
        `INSERT INTO shown_era (output_timeline, number, era, clock_utc)
         SELECT ?2, f.number + ?3, f.era, f.clock_utc FROM shown_era f WHERE f.output_timeline = ?1
           AND f.era NOT IN (SELECT era FROM shown_era WHERE output_timeline = ?2)
           AND EXISTS (SELECT 1 FROM output_segment INDEXED BY output_segment_by_start
             WHERE output_timeline = ?2 AND era = f.era)`,
        from,
        to,
        shift,
      )
      db.run(
        `UPDATE highest_number SET number =
           max(number, coalesce((SELECT max(number) FROM output_segment WHERE output_timeline = ?), 0))
         WHERE channel_guid = ?`,
        to,
        channel,
      )
      return copied < limit
    },

    outputTimelinesOf: (channelGuid: string) =>
      db
        .all<Row & { version: number; state: string }>(
          `SELECT ${COLUMNS}, n.version, n.state ${OUTPUT_TIMELINES} WHERE i.channel_guid = ? ORDER BY n.id`,
          channelGuid,
        )
        .map(
          ({ version, state, ...row }): StoredOutputTimeline => ({
            ...outputTimelineOfRow(row),
            version,
            ...(version > 0 && { state }),
          }),
        ),

    endpointsOf: (outputTimeline: number) =>
      db
        .all<{ guid: string }>(
          `SELECT DISTINCT endpoint_guid AS guid FROM endpoint_output_timeline e WHERE output_timeline = ?
             AND NOT EXISTS (SELECT 1 FROM endpoint_output_timeline n WHERE n.endpoint_guid = e.endpoint_guid
               AND (n.revision, n.seq) > (e.revision, e.seq) AND n.output_timeline <> e.output_timeline)
           ORDER BY guid`,
          outputTimeline,
        )
        .map(({ guid }) => guid),
  } satisfies Partial<Operations>
}
