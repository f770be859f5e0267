import { type OrderedPageRequest, type Page, seekTo } from '../pages.ts'
import type { PostgresDatabase } from './database.ts'
import type { Value } from './statements.ts'

/** Reads a page of `table`; the cursor is the last row's `seq`. A test in `where` ends before its value. */
export async function readPage<Row extends { readonly seq: number }, T>(
  db: PostgresDatabase,
  {
    table,
    columns,
    where = {},
  }: { table: string; columns: string; where?: Readonly<Record<string, Value | undefined>> },
  page: OrderedPageRequest,
  itemOf: (row: Row) => T,
): Promise<Page<T>> {
  const { comparison, from, order } = seekTo(page)
  const values: Value[] = [from, page.limit + 1]
  let conditions = ''
  for (const [test, value] of Object.entries(where)) {
    if (value !== undefined) conditions += ` AND ${test} $${values.push(value)}`
  }
  const sql = `SELECT ${columns} FROM ${table} WHERE seq ${comparison} $1${conditions} ORDER BY ${order} LIMIT $2`
  const rows = await db.all<Row>(sql, ...values)
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  const items = shown.map(itemOf)
  return rows.length > page.limit && last ? { items, next: String(last.seq) } : { items }
}
