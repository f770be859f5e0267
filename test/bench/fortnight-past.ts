import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import type { InputRef } from '../../src/model/input-ref.ts'
import { FIRST_DAY, FIVE_RENDITIONS, writePast } from './past.ts'

export const DAYS = 14
/** Of two seconds, in a day. */
export const DAY_SEGMENTS = 43_200
export const DAY_MS = 86_400_000

/**
 * A past of so many days, up to fourteen, in five renditions, that ends at `end`; fourteen are about three million
 * source objects. One day is written by the store, the others are copied from it in SQL. The encoder was restarted
 * every midnight: each day is an era of its own.
 */
export async function writeDays(
  days: number,
  dataFolder: string,
  endpointGuid: string,
  ingest: InputRef,
  end: UtcMs,
  others: readonly string[],
): Promise<void> {
  const began = utcMs(end - days * DAY_MS)
  const past = { streams: FIVE_RENDITIONS, hasSources: true, others }
  await writePast(dataFolder, endpointGuid, ingest, began, DAY_SEGMENTS, past)
  const database = new DatabaseSync(join(dataFolder, 'windrow.db'))
  // Nobody minds if the machine fails meanwhile.
  database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; PRAGMA cache_size = -524288;')
  const kept = database.prepare("SELECT sql FROM sqlite_schema WHERE name = 'source_object_kept'").get()
  database.exec('DROP TRIGGER source_object_kept')
  for (let day = 1; day < days; day++) copyFirstDay(database, day)
  database.exec(`
    UPDATE input_usage SET objects = objects * ${days}, bytes = bytes * ${days};
    ${String(kept?.['sql'])};
    UPDATE highest_number SET number = number * ${days};
    UPDATE output_timeline SET state = json_set(state, '$.nextNumber', ${days * DAY_SEGMENTS + 1});
    PRAGMA wal_checkpoint(TRUNCATE);`)
  database.close()
}

function copyFirstDay(database: DatabaseSync, day: number): void {
  const later = day * DAY_MS
  const era = day + 1
  const key = (column: string) => {
    const date = `${FIRST_DAY.slice(0, -2)}${String(day + 1).padStart(2, '0')}`
    return `replace(${column}, '/${FIRST_DAY}T', '/${date}T')`
  }
  const number = (column: string) => `${column} + ${day * DAY_SEGMENTS}`
  database.exec(`
    BEGIN;
    INSERT INTO era (input, id, body)
      SELECT input, ${era}, json_set(body, '$.id', ${era}, '$.clock.utc', (body ->> '$.clock.utc') + ${later})
      FROM era WHERE id = 1;
    INSERT INTO slot (input, era, idx, start_utc, end_utc, sealed_at, body)
      SELECT input, ${era}, idx, start_utc + ${later}, end_utc + ${later}, sealed_at + ${later},
        ${key(`json_set(body, '$.era', ${era}, '$.startUtc', start_utc + ${later}, '$.sealedAt', sealed_at + ${later})`)}
      FROM slot WHERE era = 1 ORDER BY idx;
    INSERT INTO slot_summary (slot, body)
      SELECT copy.id, o.body FROM slot copy JOIN slot first ON first.input = copy.input AND first.era = 1
        AND first.idx = copy.idx JOIN slot_summary o ON o.slot = first.id WHERE copy.era = ${era} ORDER BY copy.idx;
    INSERT INTO shown_era (output_timeline, number, era, clock_utc)
      SELECT output_timeline, ${number('number')}, ${era}, clock_utc + ${later} FROM shown_era WHERE era = 1;
    INSERT INTO source_object (key, input, received_at, placed, holders, body)
      SELECT ${key('key')}, input, received_at + ${later}, placed, holders,
        ${key(`json_set(body, '$.receivedAt', received_at + ${later})`)}
      FROM source_object WHERE key < 'c' || printf('%.*c', 31, 'c') || '/${FIRST_DAY}U' ORDER BY key;
    INSERT INTO output_segment
        (output_timeline, number, era, input, slot_era, first_slot, slot_count, start_utc, end_utc, sealed_at, body)
      SELECT output_timeline, ${number('number')}, ${era}, input, ${era}, first_slot, slot_count, start_utc + ${later},
        end_utc + ${later}, sealed_at + ${later}, json_set(body, '$.startUtc', start_utc + ${later},
          '$.sealedAt', sealed_at + ${later}, '$.discontinuitySequence', ${day},
          '$.discontinuity', json(CASE number WHEN 1 THEN 'true' ELSE 'false' END),
          '$.period.number', ${day * DAY_SEGMENTS + 1})
      FROM output_segment WHERE era = 1 ORDER BY number;
    COMMIT;`)
}
