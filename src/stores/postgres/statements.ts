import type pg from 'pg'
import { named } from './connection.ts'

type Scalar = string | number | boolean | null
export type Value = Scalar | readonly Scalar[]
export type Statement = readonly [sql: string, ...values: Value[]]

/** The rows of a statement; whoever wrote it knows their type. */
export type Rows = readonly unknown[]

/** Names under which a connection keeps statements that it has prepared. */
export class PreparedStatements {
  private readonly names = new Map<string, string>()

  nameOf(sql: string): string {
    const name = this.names.get(sql) ?? `windrow ${this.names.size + 1}`
    this.names.set(sql, name)
    return name
  }
}

/**
 * Sends statements in one round trip, and waits until all are answered. Rejects with the error of the first that
 * fails; in a transaction, those after it fail because of that one.
 */
export async function askTogether(
  client: pg.ClientBase,
  statements: readonly Statement[],
  prepared?: PreparedStatements,
): Promise<readonly Rows[]> {
  const answers = await Promise.allSettled(
    statements.map(([sql, ...values]) => ask(client, sql, values, prepared?.nameOf(sql))),
  )
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value.rows
  })
}

export async function ask(
  client: pg.ClientBase,
  sql: string,
  values: readonly Value[] = [],
  name?: string,
): Promise<pg.QueryResult> {
  try {
    return await client.query({ text: sql, values: values.map(storable), ...(name !== undefined && { name }) })
  } catch (error) {
    throw named(error)
  }
}

/**
 * Makes a value storable: PostgreSQL's text cannot hold U+0000. No stored name contains one, so no lookup is
 * affected.
 */
function storable(value: Value): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd')
  return Array.isArray(value) ? value.map(storable) : value
}
