import { msFromTicks, type UtcRange } from '../../media/time.ts'
import type { InputRef } from '../../model/input-ref.ts'
import { type Era, objectsOf, type Slot } from '../../model/output-segment.ts'
import type { SourceObject } from '../../model/source-segment.ts'
import type {
  ChannelVersions,
  OutputSegmentRow,
  OutputTimelineCommit,
  OutputTimelinesCommit,
  SlotRow,
  TimelineCommit,
} from '../timeline-store.ts'
import { adEventRows } from './ad-events.ts'
import type { SqliteDatabase } from './database.ts'
import { inputId, knownInput } from './inputs.ts'
import type { Operations } from './synchronous.ts'

type Body = { body: string }

export function timelineOperations(db: SqliteDatabase) {
  const adEvents = adEventRows(db)

  const insertSlot = (input: number, { slot, summary }: SlotRow) => {
    const id = db.insert(
      'INSERT INTO slot (input, era, idx, start_utc, end_utc, sealed_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
      input,
      slot.era,
      slot.index,
      slot.startUtc,
      slot.startUtc + msFromTicks(slot.duration),
      slot.sealedAt,
      JSON.stringify(slot),
    )
    db.run('INSERT INTO slot_summary (slot, body) VALUES (?, ?)', id, JSON.stringify(summary))
    // From now on the slot holds the facts about the object; the row keeps its size, which is counted when it is
    // deleted.
    const sql = `UPDATE source_object SET placed = 1, holders = holders + 1, body = json_object('size', body -> 'size')
      WHERE key = ?`
    for (const { key } of objectsOf(slot)) db.run(sql, key)
  }

  /** Records where an era begins in an output timeline: at its first segment. */
  const noteEra = ({ outputTimeline, number, era, eraClock }: OutputSegmentRow) =>
    db.run(
      `INSERT INTO shown_era (output_timeline, number, era, clock_utc) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (
         SELECT 1 FROM output_segment INDEXED BY output_segment_by_start WHERE output_timeline = ?1 AND era = ?3)`,
      outputTimeline,
      number,
      era,
      eraClock ?? null,
    )

  const insertEra = (input: number, era: Era) => {
    const sql = 'INSERT OR REPLACE INTO era (input, id, is_alias, body) VALUES (?, ?, ?, ?)'
    db.run(sql, input, era.id, era.origin.kind === 'alias' ? 1 : 0, JSON.stringify(era))
  }

  const firstInputOf = (outputTimeline: number): number =>
    db.get<{ input: number }>('SELECT input FROM output_timeline WHERE id = ?', outputTimeline)?.input ?? 0

  const insertOutputSegment = (channelGuid: string, row: OutputSegmentRow) => {
    const { outputTimeline, number, era, eraClock: _, firstSlot, slotCount, source, ...segment } = row
    const ms = msFromTicks(row.duration)
    db.run('UPDATE output_timeline SET longest_ms = ?2 WHERE id = ?1 AND longest_ms < ?2', outputTimeline, ms)
    const input = source
      ? knownInput(db, { channelGuid, ingestEndpointId: source.ingestEndpointId })
      : firstInputOf(outputTimeline)
    noteEra(row)
    db.run(
      `INSERT INTO output_segment
         (output_timeline, number, era, input, slot_era, first_slot, slot_count, start_utc, end_utc, sealed_at, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      outputTimeline,
      number,
      era,
      input,
      source?.era ?? era,
      firstSlot,
      slotCount,
      row.startUtc,
      row.startUtc + ms,
      row.sealedAt,
      JSON.stringify(segment),
    )
  }

  /** Steps output timelines; false, changing none, when one of them is not at the expected version. */
  const stepOutputTimelines = (commits: readonly OutputTimelineCommit[]): boolean => {
    const isExpected = ({ id, expectedVersion }: OutputTimelineCommit) =>
      db.get('SELECT 1 FROM output_timeline WHERE id = ? AND version = ?', id, expectedVersion) !== undefined
    if (!commits.every(isExpected)) return false
    for (const { id, state, eras = [] } of commits) {
      db.run('UPDATE output_timeline SET version = version + 1, state = ? WHERE id = ?', state, id)
      for (const era of eras) insertEra(firstInputOf(id), era)
    }
    return true
  }

  const publish = (channelGuid: string, rows: readonly OutputSegmentRow[]) => {
    for (const row of rows) insertOutputSegment(channelGuid, row)
    const highest = Math.max(0, ...rows.map(({ number }) => number))
    if (highest === 0) return
    db.run(
      `INSERT INTO highest_number (channel_guid, number) VALUES (?, ?)
       ON CONFLICT (channel_guid) DO UPDATE SET number = max(number, excluded.number)`,
      channelGuid,
      highest,
    )
  }

  return {
    loadTimeline: (ingest: InputRef) =>
      db.get<{ version: number; state: string }>(
        'SELECT version, state FROM input WHERE channel_guid = ? AND ingest_endpoint_id = ? AND version > 0',
        ingest.channelGuid,
        ingest.ingestEndpointId,
      ),

    versionsOf(channelGuid: string): ChannelVersions {
      const inputs = db.all<{ ingestEndpointId: string; version: number }>(
        `SELECT ingest_endpoint_id AS ingestEndpointId, version FROM input WHERE channel_guid = ? AND version > 0
         ORDER BY id`,
        channelGuid,
      )
      const outputTimelines = db.all<{ id: number; version: number }>(
        `SELECT n.id, n.version FROM output_timeline n JOIN input i ON i.id = n.input WHERE i.channel_guid = ?
         ORDER BY n.id`,
        channelGuid,
      )
      return {
        inputs: new Map(inputs.map(({ ingestEndpointId, version }) => [ingestEndpointId, version])),
        outputTimelines: new Map(outputTimelines.map(({ id, version }) => [id, version])),
      }
    },

    commitTimeline(ingest: InputRef, commit: TimelineCommit) {
      const { expectedVersion, state } = commit
      const input = inputId(db, ingest)
      if (!db.get('SELECT 1 FROM input WHERE id = ? AND version = ?', input, expectedVersion)) return 'stale'
      if (!stepOutputTimelines(commit.outputTimelines ?? [])) return 'stale'
      db.run('UPDATE input SET version = version + 1, state = ? WHERE id = ?', state, input)
      for (const object of commit.objects) {
        db.run(
          'INSERT INTO source_object (key, input, received_at, body) VALUES (?, ?, ?, ?)',
          object.key,
          input,
          object.receivedAt,
          JSON.stringify(object),
        )
      }
      for (const era of commit.eras) insertEra(input, era)
      for (const key of commit.settled) db.run('UPDATE source_object SET placed = 2 WHERE key = ? AND placed = 0', key)
      for (const row of commit.slots) insertSlot(input, row)
      adEvents.store(input, commit)
      publish(ingest.channelGuid, commit.outputSegments)
      return 'committed'
    },

    commitOutputTimelines(channelGuid: string, { outputTimelines, outputSegments, seen = [] }: OutputTimelinesCommit) {
      const inputs = seen.map(({ ingestEndpointId, expectedVersion }) => {
        const sql = 'SELECT id FROM input WHERE channel_guid = ? AND ingest_endpoint_id = ? AND version = ?'
        return db.get<{ id: number }>(sql, channelGuid, ingestEndpointId, expectedVersion)
      })
      if (inputs.includes(undefined) || !stepOutputTimelines(outputTimelines)) return 'stale'
      for (const input of inputs) db.run('UPDATE input SET version = version + 1 WHERE id = ?', input?.id ?? 0)
      publish(channelGuid, outputSegments)
      return 'committed'
    },

    eras: (channelGuid: string, ids: readonly number[]) =>
      db
        .all<Body>(
          `SELECT body FROM era WHERE input IN (SELECT id FROM input WHERE channel_guid = ?)
             AND id IN (SELECT value FROM json_each(?)) ORDER BY id`,
          channelGuid,
          JSON.stringify(ids),
        )
        .map(({ body }) => JSON.parse(body) as Era),

    slots: (ingest: InputRef, after: { era: number; index: number } | undefined, limit: number) =>
      db
        .all<Body>(
          'SELECT body FROM slot WHERE input = ? AND (era, idx) > (?, ?) ORDER BY era, idx LIMIT ?',
          knownInput(db, ingest),
          after?.era ?? -1,
          after?.index ?? -1,
          limit,
        )
        .map(({ body }) => JSON.parse(body) as Slot),

    lastSlots: (ingest: InputRef, limit: number) =>
      db
        .all<Body>(
          'SELECT body FROM slot WHERE input = ? ORDER BY era DESC, idx DESC LIMIT ?',
          knownInput(db, ingest),
          limit,
        )
        .reverse()
        .map(({ body }) => JSON.parse(body) as Slot),

    slotsSealedWithin: (channelGuid: string, { start, end }: UtcRange, limit: number) =>
      db
        .all<Body>(
          `SELECT s.body FROM input i CROSS JOIN slot s INDEXED BY slot_sealed
             ON s.input = i.id AND s.sealed_at >= ?2 AND s.sealed_at < ?3
           WHERE i.channel_guid = ?1 LIMIT ?4`,
          channelGuid,
          start,
          end,
          limit,
        )
        .map(({ body }) => JSON.parse(body) as Slot),

    unsettledObjects: (ingest: InputRef, limit: number) =>
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
