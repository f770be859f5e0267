import pg from 'pg'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { InputRef } from '../../src/model/input-ref.ts'
import { openPostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { DAY_MS, DAY_SEGMENTS, DAYS } from './fortnight-past.ts'
import { FIRST_DAY, FIVE_RENDITIONS, writePastInto } from './past.ts'

/** Fourteen days of `writeDays` in PostgreSQL: one day written by the store, the others copied from it in SQL. */
export async function writeFortnightInPostgres(
  url: string,
  endpointGuid: string,
  ingest: InputRef,
  end: UtcMs,
  others: readonly string[],
): Promise<void> {
  const { segmentIndex, close } = await openPostgresStore({
    url,
    poolSize: 2,
    log: { info() {}, warn() {}, error: (...line) => console.log(line) },
  })
  const past = { streams: FIVE_RENDITIONS, hasSources: true, others }
  await writePastInto(segmentIndex, endpointGuid, ingest, utcMs(end - DAYS * DAY_MS), DAY_SEGMENTS, past)
  await close()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // Nobody minds if the machine fails meanwhile.
  await client.query("SET synchronous_commit = off; SET search_path = windrow; SET work_mem = '256MB'")
  for (let day = 1; day < DAYS; day++) await client.query(copyOfFirstDay(day))
  await client.query(`
    UPDATE input SET objects = objects * ${DAYS}, bytes = bytes * ${DAYS};
    UPDATE highest_number SET number = number * ${DAYS};
    UPDATE output_timeline
      SET state = replace(state, '"nextNumber":${DAY_SEGMENTS + 1}', '"nextNumber":${DAYS * DAY_SEGMENTS + 1}')`)
  // As autovacuum would have done long since.
  await client.query('VACUUM (ANALYZE)')
  await client.query('CHECKPOINT')
  await client.end()
}

/** Text is replaced in what was stored: JSONB would not give back exactly that. */
function copyOfFirstDay(day: number): string {
  const later = day * DAY_MS
  const era = day + 1
  const key = (column: string) => {
    const date = `${FIRST_DAY.slice(0, -2)}${String(day + 1).padStart(2, '0')}`
    return `replace(${column}, '/${FIRST_DAY}T', '/${date}T')`
  }
  const times = (body: string) =>
    ['startUtc', 'sealedAt'].reduce((text, name) => {
      const column = name === 'startUtc' ? 'start_utc' : 'sealed_at'
      return `replace(${text}, '"${name}":' || ${column}, '"${name}":' || ${column} + ${later})`
    }, body)
  const number = (column: string) => `${column} + ${day * DAY_SEGMENTS}`
  const segment = [
    ['"discontinuitySequence":0', `"discontinuitySequence":${day}`],
    ['"period":{"number":1,', `"period":{"number":${day * DAY_SEGMENTS + 1},`],
  ].reduce((text, [from, to]) => `replace(${text}, '${from}', '${to}')`, times('body'))
  return `
    BEGIN;
    INSERT INTO era (input, id, is_alias, body)
      SELECT input, ${era}, is_alias, jsonb_set(jsonb_set(body::jsonb, '{id}', '${era}'), '{clock,utc}',
        to_jsonb((body::jsonb #>> '{clock,utc}')::bigint + ${later}))::text
      FROM era WHERE id = 1;
    INSERT INTO slot (input, era, idx, start_utc, end_utc, sealed_at, body)
      SELECT input, ${era}, idx, start_utc + ${later}, end_utc + ${later}, sealed_at + ${later},
        ${key(times(`replace(body, '"era":1,', '"era":${era},')`))}
      FROM slot WHERE era = 1 ORDER BY idx;
    INSERT INTO slot_summary (input, era, idx, body)
      SELECT input, ${era}, idx, body FROM slot_summary WHERE era = 1 ORDER BY idx;
    INSERT INTO shown_era (output_timeline, number, era, clock_utc)
      SELECT output_timeline, ${number('number')}, ${era}, clock_utc + ${later} FROM shown_era WHERE era = 1;
    INSERT INTO source_object (key, input, size, holders)
      SELECT ${key('key')}, input, size, holders FROM source_object
      WHERE key < repeat('c', 32) || '/${FIRST_DAY}U' ORDER BY key;
    INSERT INTO output_segment (output_timeline, number, era, start, start_utc, end_utc, sealed_at, input, slot_era,
        first_slot, slot_count, body)
      SELECT output_timeline, ${number('number')}, ${era}, start, start_utc + ${later}, end_utc + ${later},
        sealed_at + ${later}, input, ${era}, first_slot, slot_count,
        CASE number WHEN 1 THEN replace(${segment}, '"discontinuity":false', '"discontinuity":true') ELSE ${segment} END
      FROM output_segment WHERE era = 1 ORDER BY number;
    COMMIT;`
}
