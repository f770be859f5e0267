import type { UtcMs } from '../../media/time.ts'
import type { ServiceEvent } from '../../model/event.ts'
import type { RecordedEvent } from '../event-outbox.ts'
import { type OrderedPageRequest, seekTo } from '../pages.ts'
import type { SqliteDatabase } from './database.ts'
import type { Changes, Operations, Written } from './synchronous.ts'

type Sink = { after: number; owner: string | null; lease_until: number; fence: number }

/** Writes an event. Throws when there is one with its id. */
export function writeEvent({ db, changes }: Written, { id, at, ...event }: ServiceEvent): void {
  db.run('INSERT INTO event (id, at, body) VALUES (?, ?, ?)', id, at, JSON.stringify({ id, at, ...event }))
  changes.note({ kind: 'event', id })
}

/** Operations on the outbox; a single thread writes, so that numbers become visible in order. */
export function eventOperations(db: SqliteDatabase, changes: Changes) {
  return {
    appendEvent(event: ServiceEvent): void {
      if (!db.get('SELECT 1 FROM event WHERE id = ?', event.id)) writeEvent({ db, changes }, event)
    },

    listEvents(page: OrderedPageRequest) {
      const { comparison, from, order } = seekTo(page)
      const sql = `SELECT seq, body FROM event WHERE seq ${comparison} ? ORDER BY ${order} LIMIT ?`
      const rows = db.all<{ seq: number; body: string }>(sql, from, page.limit + 1)
      const items = rows.slice(0, page.limit).map(({ seq, body }): RecordedEvent => {
        return { ...(JSON.parse(body) as ServiceEvent), cursor: String(seq) }
      })
      return rows.length > page.limit ? { items, next: items.at(-1)?.cursor ?? '' } : { items }
    },

    claimEventSink({ sink, owner, now, leaseMs }: { sink: string; owner: string; now: UtcMs; leaseMs: number }) {
      db.run(
        `INSERT OR IGNORE INTO event_sink (sink, after, lease_until, fence)
         VALUES (?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0), 0, 0)`,
        sink,
      )
      const row = db.get<Sink>(
        `UPDATE event_sink SET owner = ?1, lease_until = ?2, fence = fence + 1
         WHERE sink = ?3 AND (owner = ?1 OR lease_until <= ?4) RETURNING fence, after`,
        owner,
        now + leaseMs,
        sink,
        now,
      )
      return row && { fence: row.fence, after: String(row.after) }
    },

    advanceEventSink(
      { sink, fence }: { sink: string; fence: number },
      { after, now, leaseMs }: { after: string; now: UtcMs; leaseMs: number },
    ) {
      const sql = 'UPDATE event_sink SET after = ?, lease_until = ? WHERE sink = ? AND fence = ?'
      return db.run(sql, Number(after), now + leaseMs, sink, fence) > 0 ? 'kept' : 'lost'
    },

    rewindEventSink(sink: string, after: string) {
      const sql = 'UPDATE event_sink SET after = ?, lease_until = 0, fence = fence + 1 WHERE sink = ?'
      return db.run(sql, Number(after), sink) > 0
    },
  } satisfies Partial<Operations>
}
