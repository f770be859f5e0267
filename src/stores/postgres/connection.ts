import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { StoreUnavailable } from '../resources.ts'

/** Longer than any statement of ours takes; a database that needs more is given up. */
const STATEMENT_MS = 30_000
const CONNECT_MS = 5_000
/** PostgreSQL's name for bigint. */
const INT8 = 20

/** What every connection is opened with. */
export function connectionOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'windrow',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // The server gives up first; this is for the one that does not answer at all.
    query_timeout: STATEMENT_MS + CONNECT_MS,
    types: { getTypeParser },
  }
}

const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === INT8
    ? safeInteger
    : format === 'binary'
      ? pg.types.getTypeParser(oid, 'binary')
      : pg.types.getTypeParser(oid)) as typeof pg.types.getTypeParser

/** Sequences, counts and milliseconds: all far below 2^53. */
function safeInteger(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} in the database is no safe integer`)
  return number
}

/** A commit is acknowledged only when it is on disk, and nobody waits for ever for one who has gone. */
export async function prepareSession(client: pg.ClientBase): Promise<void> {
  // Between two statements nobody else hears of an error; the next statement does.
  client.on('error', () => {})
  await client.query(`
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
    SET statement_timeout = ${STATEMENT_MS};
    SET idle_in_transaction_session_timeout = ${STATEMENT_MS};
  `)
}

/** Waits for a good-bye, but not for one who no longer answers. */
export async function farewell(end: Promise<void> | undefined): Promise<void> {
  await Promise.race([end?.catch(() => {}), sleep(CONNECT_MS, undefined, { ref: false })])
}

/**
 * What SQLSTATE begins with when it is the database's state that refuses, not the statement: connection, credentials,
 * database, resources, operator, system; a server that has become a read-only replica; a transaction timed out.
 */
const UNAVAILABLE = /^(08|28|3D|53|57|58|25006|25P03)/

/** Deadlock, or a serialization failure: the same again is likely to succeed. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')

/** A statement was given up: it took longer than it may, or somebody else thought so. */
export const isCancelled = (error: unknown): boolean =>
  error instanceof StoreUnavailable && error.cause instanceof pg.DatabaseError && error.cause.code === '57014'

/** An error of `pg` as the port names it. One without an SQLSTATE comes from the connection. */
export function named(error: unknown): unknown {
  if (error instanceof StoreUnavailable || error instanceof RangeError) return error
  if (error instanceof pg.DatabaseError && !UNAVAILABLE.test(error.code ?? '')) return error
  return new StoreUnavailable(`the database does not answer: ${reasonOf(error)}`, { cause: error })
}

/** Of a host with several addresses, one error for each, and no message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
