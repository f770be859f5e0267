import type { ServiceEvent } from '../../model/event.ts'
import type { EventOutbox } from '../event-outbox.ts'
import type { PostgresDatabase, Transaction } from './database.ts'
import { isLeaseOver } from './lease-over.ts'
import { readPage } from './page.ts'

type EventRow = { seq: number; body: ServiceEvent }
type Sink = { after: number; fence: number }

const LISTING = { table: 'windrow.event', columns: 'seq, body' }

/**
 * Writes an event. It must come last in its transaction: it holds the events' lock until the end, so that no event
 * appears before an earlier one.
 */
export async function writeEvent(transaction: Transaction, event: ServiceEvent): Promise<void> {
  const { id, at } = event
  await transaction.lock('events')
  const sql = 'INSERT INTO windrow.event (id, at, body) VALUES ($1, $2, $3)'
  await transaction.run(sql, id, at, JSON.stringify(event))
  transaction.changes.push({ kind: 'event', id })
}

export function eventOperations(db: PostgresDatabase) {
  return {
    appendEvent: (event) =>
      db.transaction(async (transaction) => {
        // Another process may be writing it.
        await transaction.lock('events')
        const known = await transaction.get('SELECT 1 FROM windrow.event WHERE id = $1', event.id)
        if (!known) await writeEvent(transaction, event)
      }),
    listEvents: (page) => readPage(db, LISTING, page, ({ seq, body }: EventRow) => ({ ...body, cursor: String(seq) })),

    claimEventSink: ({ sink, owner, now, date = now, leaseMs }) =>
      db.transaction(async (transaction) => {
        await transaction.run(
          `INSERT INTO windrow.event_sink (sink, after, lease_until, fence)
           VALUES ($1, coalesce((SELECT max(seq) FROM windrow.event), 0), 0, 0) ON CONFLICT (sink) DO NOTHING`,
          sink,
        )
        const row = await transaction.get<Sink>(
          `UPDATE windrow.event_sink SET owner = $1, lease_until = $2::bigint + $3, fence = fence + 1
           WHERE sink = $4 AND (owner = $1 OR ${isLeaseOver('$2', '$5', '$3')}) RETURNING fence, after`,
          owner,
          now,
          leaseMs,
          sink,
          date,
        )
        return row && { fence: row.fence, after: String(row.after) }
      }),

    async advanceEventSink({ sink, fence }, { after, now, leaseMs }) {
      const sql = 'UPDATE windrow.event_sink SET after = $1, lease_until = $2 WHERE sink = $3 AND fence = $4'
      return (await db.run(sql, Number(after), now + leaseMs, sink, fence)) > 0 ? 'kept' : 'lost'
    },

    async rewindEventSink(sink, after) {
      const sql = 'UPDATE windrow.event_sink SET after = $1, lease_until = 0, fence = fence + 1 WHERE sink = $2'
      return (await db.run(sql, Number(after), sink)) > 0
    },
  } satisfies EventOutbox
}
