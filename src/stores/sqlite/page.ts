import type { SQLInputValue } from 'node:sqlite'
import { type OrderedPageRequest, type Page, seekTo } from '../pages.ts'
import type { SqliteDatabase } from './database.ts'

type Row = { readonly seq: number; readonly body: string }

/** Reads a page of `table`; the cursor is the last row's `seq`. */
export function readPage<T>(
  db: SqliteDatabase,
  table: string,
  page: OrderedPageRequest,
  where: Readonly<Record<string, SQLInputValue | undefined>> = {},
): Page<T> {
  const conditions = Object.entries(where).filter(([, value]) => value !== undefined)
  const { comparison, from, order } = seekTo(page)
  const tests = [`seq ${comparison} ?`, ...conditions.map(([test]) => test)].join(' AND ')
  const sql = `SELECT seq, body FROM ${table} WHERE ${tests} ORDER BY ${order} LIMIT ?`
  const values = conditions.map(([, value]) => value as SQLInputValue)
  const rows = db.all<Row>(sql, from, ...values, page.limit + 1)
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  const items = shown.map(({ body }) => JSON.parse(body) as T)
  return rows.length > page.limit && last ? { items, next: String(last.seq) } : { items }
}

export function parsed<T>(row: { readonly body: string } | undefined): T | undefined {
  return row && (JSON.parse(row.body) as T)
}
