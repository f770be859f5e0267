import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { StoreUnavailable } from '../resources.ts'

/** Longer than any statement takes; a database that needs more is given up. */
const STATEMENT_MS = 30_000
const CONNECT_MS = 5_000
/** After as long, the transaction of a process that stands still in it is ended: it may hold up all others. */
const IDLE_MS = 5_000
/** Longer than a silent transaction lasts, so that whoever waits for one of ours goes on when it is ended. */
const LOCK_MS = IDLE_MS + 1_000
/** PostgreSQL's type id of bigint. */
const INT8 = 20

/** Options with which every connection is opened. */
export function connectionOptions(
  url: string,
  { applicationName = 'windrow', statementMs = STATEMENT_MS }: { applicationName?: string; statementMs?: number } = {},
): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // The server times out first; this is for one that does not answer at all.
    query_timeout: statementMs + CONNECT_MS,
    types: { getTypeParser },
  }
}

const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === INT8
    ? safeInteger
    : format === 'binary'
      ? pg.types.getTypeParser(oid, 'binary')
      : pg.types.getTypeParser(oid)) as typeof pg.types.getTypeParser

/** Parses a bigint. Sequences, counts and milliseconds are all far below 2^53. Throws RangeError. */
function safeInteger(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} in the database is not a safe integer`)
  return number
}

/**
 * Prepares a session: a commit is acknowledged only when it is on disk, each statement of a transaction sees what is
 * committed when it begins, and none waits for long for a transaction whose client is silent.
 */
export async function prepareSession(client: pg.ClientBase, statementMs = STATEMENT_MS): Promise<void> {
  // An error between two statements has no other listener; the next statement reports it.
  client.on('error', () => {})
  await client.query(`
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = ${statementMs};
    SET idle_in_transaction_session_timeout = ${IDLE_MS};
    SET lock_timeout = ${LOCK_MS};
  `)
}

/** Waits for a connection to end, but not for a server that no longer answers. */
export async function farewell(end: Promise<void> | undefined): Promise<void> {
  await Promise.race([end?.catch(() => {}), sleep(CONNECT_MS, undefined, { ref: false })])
}

/**
 * Prefixes of SQLSTATE with which the database's state refuses, not the statement: connection, credentials, database,
 * resources, operator, system; a server that has become a read-only replica; a transaction that timed out; a lock that
 * another keeps.
 */
const UNAVAILABLE = /^(08|28|3D|53|57|58|25006|25P03|55P03)/

/** True for a deadlock or a serialization failure: a retry is likely to succeed. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')

/** True when a statement has waited for a lock for `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => causeOf(error)?.code === '55P03'

/** True when a statement was cancelled, by its timeout, by that of a lock, or by an administrator. */
export const isCancelled = (error: unknown): boolean => causeOf(error)?.code === '57014' || isLockTimeout(error)

/** The database's error for which it counts as unavailable. */
const causeOf = (error: unknown): pg.DatabaseError | undefined =>
  error instanceof StoreUnavailable && error.cause instanceof pg.DatabaseError ? error.cause : undefined

/** Converts an error of `pg` to the port's. One without an SQLSTATE comes from the connection. */
export function named(error: unknown): unknown {
  if (error instanceof StoreUnavailable || error instanceof RangeError) return error
  if (error instanceof pg.DatabaseError && !UNAVAILABLE.test(error.code ?? '')) return error
  return new StoreUnavailable(`the database does not answer: ${reasonOf(error)}`, { cause: error })
}

/** The message of an error. A host with several addresses gives one error for each, without a message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
