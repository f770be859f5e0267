import { msFromTicks, type UtcMs } from '../../media/time.ts'
import { type Era, objectsOf, type Slot } from '../../model/output-segment.ts'
import type { SourceObject } from '../../model/source-segment.ts'
import type { IngestRef, OutputSegmentRow, TimelineCommit } from '../segment-index.ts'
import type { Database } from './database.ts'
import { inputId, knownInput } from './inputs.ts'
import type { Operations } from './operations.ts'

type Body = { body: string }

export function timelineOperations(db: Database) {
  const insertSlot = (input: number, slot: Slot) => {
    db.run(
      'INSERT INTO slot (input, era, idx, start_utc, end_utc, sealed_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
      input,
      slot.era,
      slot.index,
      slot.startUtc,
      slot.startUtc + msFromTicks(slot.duration),
      slot.sealedAt,
      JSON.stringify(slot),
    )
    for (const { key } of objectsOf(slot)) db.run('UPDATE source_object SET placed = 1 WHERE key = ?', key)
  }

  const insertOutputSegment = (row: OutputSegmentRow) => {
    const { numbering, number, era, firstSlot, slotCount, ...segment } = row
    const ms = msFromTicks(row.duration)
    db.run('UPDATE numbering SET longest_ms = ?2 WHERE id = ?1 AND longest_ms < ?2', numbering, ms)
    db.run(
      `INSERT INTO output_segment (numbering, number, era, first_slot, slot_count, start_utc, end_utc, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      numbering,
      number,
      era,
      firstSlot,
      slotCount,
      row.startUtc,
      row.startUtc + ms,
      JSON.stringify(segment),
    )
  }

  return {
    loadTimeline: (ingest: IngestRef) =>
      db.get<{ version: number; state: string }>(
        'SELECT version, state FROM input WHERE channel_guid = ? AND ingest_endpoint_id = ? AND version > 0',
        ingest.channelGuid,
        ingest.ingestEndpointId,
      ),

    commitTimeline(ingest: IngestRef, commit: TimelineCommit) {
      const { expectedVersion, state } = commit
      const input = inputId(db, ingest)
      const updated = db.run(
        'UPDATE input SET version = version + 1, state = ? WHERE id = ? AND version = ?',
        state,
        input,
        expectedVersion,
      )
      if (updated === 0) return 'stale'
      for (const object of commit.objects) {
        db.run(
          'INSERT INTO source_object (key, input, received_at, body) VALUES (?, ?, ?, ?)',
          object.key,
          input,
          object.receivedAt,
          JSON.stringify(object),
        )
      }
      for (const era of commit.eras) {
        db.run('INSERT OR REPLACE INTO era (input, id, body) VALUES (?, ?, ?)', input, era.id, JSON.stringify(era))
      }
      for (const key of commit.settled) db.run('UPDATE source_object SET placed = 2 WHERE key = ? AND placed = 0', key)
      for (const slot of commit.slots) insertSlot(input, slot)
      for (const row of commit.outputSegments) insertOutputSegment(row)
      const highest = Math.max(0, ...commit.outputSegments.map(({ number }) => number))
      if (highest > 0) {
        db.run(
          `INSERT INTO highest_number (channel_guid, number) VALUES (?, ?)
           ON CONFLICT (channel_guid) DO UPDATE SET number = max(number, excluded.number)`,
          ingest.channelGuid,
          highest,
        )
      }
      return 'committed'
    },

    eras: (ingest: IngestRef, ids: readonly number[]) =>
      db
        .all<Body>(
          'SELECT body FROM era WHERE input = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id',
          knownInput(db, ingest),
          JSON.stringify(ids),
        )
        .map(({ body }) => JSON.parse(body) as Era),

    erasBegunBefore: (ingest: IngestRef, moment: UtcMs, limit: number) =>
      db
        .all<Body>(
          `SELECT body FROM era WHERE input = ? AND json_extract(body, '$.clock.utc') < ? ORDER BY id DESC LIMIT ?`,
          knownInput(db, ingest),
          moment,
          limit,
        )
        .reverse()
        .map(({ body }) => JSON.parse(body) as Era),

    slots: (ingest: IngestRef, after: { era: number; index: number } | undefined, limit: number) =>
      db
        .all<Body>(
          'SELECT body FROM slot WHERE input = ? AND (era, idx) > (?, ?) ORDER BY era, idx LIMIT ?',
          knownInput(db, ingest),
          after?.era ?? -1,
          after?.index ?? -1,
          limit,
        )
        .map(({ body }) => JSON.parse(body) as Slot),

    unsettledObjects: (ingest: IngestRef, limit: number) =>
      db
        .all<Body>(
          `SELECT body FROM source_object INDEXED BY source_object_unplaced
           WHERE input = ? AND placed <> 1 AND placed = 0 ORDER BY received_at DESC LIMIT ?`,
          knownInput(db, ingest),
          limit,
        )
        .reverse()
        .map(({ body }) => JSON.parse(body) as SourceObject),
  } satisfies Partial<Operations>
}
