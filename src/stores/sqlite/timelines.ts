import type { Era, OutputSegment, Slot } from '../../model/output-segment.ts'
import type { SourceObject } from '../../model/source-segment.ts'
import type { IngestRef, OutputSegmentRow, TimelineCommit } from '../segment-index.ts'
import type { Database } from './database.ts'
import { inputId } from './inputs.ts'
import type { Operations } from './operations.ts'

type Body = { body: string }
type SegmentRow = Body & { number: number; era: number; first_slot: number; slot_count: number; input: number }

const SEGMENT_COLUMNS = `SELECT s.number, s.era, s.first_slot, s.slot_count, s.body, n.input
  FROM output_segment s JOIN numbering n ON n.id = s.numbering`

export function timelineOperations(db: Database) {
  const insertSlot = (input: number, slot: Slot) => {
    db.run(
      'INSERT INTO slot (input, era, idx, start_utc, end_utc, sealed_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
      input,
      slot.era,
      slot.index,
      slot.startUtc,
      slot.startUtc + Math.round(slot.duration / 90),
      slot.sealedAt,
      JSON.stringify(slot),
    )
    for (const { key } of Object.values(slot.objects)) db.run('UPDATE source_object SET placed = 1 WHERE key = ?', key)
  }

  const insertOutputSegment = (row: OutputSegmentRow) => {
    const { numbering, number, era, firstSlot, slotCount, ...segment } = row
    db.run(
      `INSERT INTO output_segment (numbering, number, era, first_slot, slot_count, start_utc, end_utc, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      numbering,
      number,
      era,
      firstSlot,
      slotCount,
      row.startUtc,
      row.startUtc + Math.round(row.duration / 90),
      JSON.stringify(segment),
    )
  }

  const outputSegment = (row: SegmentRow): OutputSegment => {
    const slots = db
      .all<Body>(
        'SELECT body FROM slot WHERE input = ? AND era = ? AND idx >= ? AND idx < ? ORDER BY idx',
        row.input,
        row.era,
        row.first_slot,
        row.first_slot + row.slot_count,
      )
      .map(({ body }) => JSON.parse(body) as Slot)
    return { ...JSON.parse(row.body), number: row.number, era: row.era, slots } as OutputSegment
  }

  return {
    loadTimeline: (ingest: IngestRef) =>
      db.get<{ version: number; state: string }>(
        'SELECT version, state FROM input WHERE channel_guid = ? AND ingest_endpoint_id = ?',
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
          inputId(db, ingest),
          JSON.stringify(ids),
        )
        .map(({ body }) => JSON.parse(body) as Era),

    slots: (ingest: IngestRef, after: { era: number; index: number } | undefined, limit: number) =>
      db
        .all<Body>(
          'SELECT body FROM slot WHERE input = ? AND (era, idx) > (?, ?) ORDER BY era, idx LIMIT ?',
          inputId(db, ingest),
          after?.era ?? -1,
          after?.index ?? -1,
          limit,
        )
        .map(({ body }) => JSON.parse(body) as Slot),

    lastOutputSegments: (numbering: number, limit: number) =>
      db
        .all<SegmentRow>(`${SEGMENT_COLUMNS} WHERE s.numbering = ? ORDER BY s.number DESC LIMIT ?`, numbering, limit)
        .reverse()
        .map(outputSegment),

    outputSegmentsBetween: (numbering: number, start: number, end: number, limit: number) =>
      db
        .all<SegmentRow>(
          `${SEGMENT_COLUMNS} WHERE s.numbering = ? AND s.end_utc > ? AND s.start_utc < ? ORDER BY s.number LIMIT ?`,
          numbering,
          start,
          end,
          limit,
        )
        .map(outputSegment),

    outputSegment(numbering: number, number: number) {
      const row = db.get<SegmentRow>(`${SEGMENT_COLUMNS} WHERE s.numbering = ? AND s.number = ?`, numbering, number)
      return row && outputSegment(row)
    },

    unplacedObjects: (ingest: IngestRef) =>
      db
        .all<Body>(
          'SELECT body FROM source_object WHERE input = ? AND placed = 0 ORDER BY received_at',
          inputId(db, ingest),
        )
        .map(({ body }) => JSON.parse(body) as SourceObject),
  } satisfies Partial<Operations>
}
