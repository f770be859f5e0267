import type { HarvestRecord } from '../../model/harvest-run.ts'
import { harvestRecord, type HarvestJobRow as Row } from '../harvest-record.ts'

export type StoredHarvestJobRow = Omit<Row, 'body' | 'cancelling' | 'completing' | 'cursor' | 'failure'> & {
  readonly body: string
  readonly cancelling: number
  readonly completing: number
  readonly cursor: string | null
  readonly failure: string | null
}

/** Makes a record of a row, converting JSON and booleans, which SQLite lacks. */
export function recordOf(row: StoredHarvestJobRow): HarvestRecord {
  const { body, cancelling, completing, cursor, failure } = row
  return harvestRecord({
    ...row,
    body: JSON.parse(body),
    cancelling: cancelling === 1,
    completing: completing === 1,
    cursor: cursor === null ? null : JSON.parse(cursor),
    failure: failure === null ? null : JSON.parse(failure),
  })
}
