import { msFromTicks } from '../../media/time.ts'
import { type Era, objectsOf } from '../../model/output-segment.ts'
import type { OutputSegmentRow, OutputTimelineCommit, SlotRow, TimelineCommit } from '../timeline-store.ts'
import { hasNoSegment } from './shown-eras.ts'
import type { Statement } from './statements.ts'

/** How often the slots of a commit hold each object. */
function holdersIn(slots: readonly SlotRow[]): ReadonlyMap<string, number> {
  const holders = new Map<string, number>()
  for (const { slot } of slots) {
    for (const { key } of objectsOf(slot)) holders.set(key, (holders.get(key) ?? 0) + 1)
  }
  return holders
}

/** The keys of objects stored by earlier commits that the slots of this one hold. */
export function keysPlaced(commit: TimelineCommit): string[] {
  const holders = holdersIn(commit.slots)
  return keysOfEarlier(commit).filter((key) => holders.has(key))
}

/** The keys of objects stored by earlier commits that this one settles or places. */
function keysOfEarlier({ objects, settled, slots }: TimelineCommit): string[] {
  const fresh = new Set(objects.map(({ key }) => key))
  return [...new Set([...settled, ...holdersIn(slots).keys()])].filter((key) => !fresh.has(key))
}

/**
 * Steps the timeline of an input, whose row is locked, and counts its new objects. A state that is as before, as it is
 * after most PUTs, is not written again.
 */
export function stepInput(input: number, { state, objects }: TimelineCommit): Statement {
  return [
    `UPDATE windrow.input SET version = version + 1, state = CASE WHEN state = $2 THEN state ELSE $2 END,
       objects = objects + $3, bytes = bytes + $4 WHERE id = $1`,
    input,
    state,
    objects.length,
    objects.reduce((sum, { size }) => sum + size, 0),
  ]
}

/** Stores objects, settles those that no playlist will list, and places those that slots hold. */
export function* noteObjects(input: number, commit: TimelineCommit): Iterable<Statement> {
  const { objects } = commit
  const settled = new Set(commit.settled)
  const holders = holdersIn(commit.slots)
  if (objects.length > 0) {
    yield [
      `WITH fresh AS (
         SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::int[], $6::text[])
           AS fresh (key, received_at, size, holders, body)
       ), unplaced AS (
         INSERT INTO windrow.unplaced_object (key, input, received_at, body)
         SELECT key, $1, received_at, body FROM fresh WHERE holders = 0
       ), recorded AS (
         DELETE FROM windrow.staged_object WHERE key = ANY ($2)
       ) INSERT INTO windrow.source_object (key, input, size, holders)
         SELECT key, $1, size, greatest(holders, 1) FROM fresh`,
      input,
      objects.map(({ key }) => key),
      objects.map(({ receivedAt }) => receivedAt),
      objects.map(({ size }) => size),
      objects.map(({ key }) => holders.get(key) ?? 0),
      objects.map((object) => (settled.has(object.key) ? null : JSON.stringify(object))),
    ]
  }
  const earlier = keysOfEarlier(commit)
  const placed = keysPlaced(commit)
  const passed = earlier.filter((key) => !holders.has(key))
  if (passed.length > 0) {
    yield ['UPDATE windrow.unplaced_object SET body = NULL WHERE key = ANY ($1) AND body IS NOT NULL', passed]
  }
  if (placed.length > 0) {
    yield [
      `WITH placed AS (
         DELETE FROM windrow.unplaced_object WHERE key IN (
           SELECT key FROM windrow.unplaced_object WHERE key = ANY ($1) ORDER BY key FOR UPDATE) RETURNING key
       ), more AS (
         SELECT key, holders - (placed.key IS NOT NULL)::int AS holders
         FROM unnest($1::text[], $2::int[]) AS held (key, holders) LEFT JOIN placed USING (key)
       ) UPDATE windrow.source_object AS object SET holders = object.holders + more.holders
         FROM more WHERE object.key = more.key AND more.holders > 0`,
      placed,
      placed.map((key) => holders.get(key) ?? 0),
    ]
  }
}

/** Has abandoned objects deleted again: they may have been written since they were. */
export const deleteAgain = (keys: readonly string[]): Statement => [
  `INSERT INTO windrow.pending_deletion (key) SELECT key FROM unnest($1::text[]) AS abandoned (key)
   WHERE NOT EXISTS (SELECT FROM windrow.source_object AS object WHERE object.key = abandoned.key)
   ORDER BY key COLLATE "C" ON CONFLICT DO NOTHING`,
  keys,
]

/** Stores eras, each with an input, in place of what they were before. */
export function* storeEras(eras: readonly { readonly input: number; readonly era: Era }[]): Iterable<Statement> {
  if (eras.length === 0) return
  // One statement cannot write a row twice: for each era, the last one counts.
  const latest = [...new Map(eras.map((each) => [`${each.input}/${each.era.id}`, each])).values()]
  yield [
    `INSERT INTO windrow.era (input, id, is_alias, body) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bool[], $4::text[])
     ON CONFLICT (input, id) DO UPDATE SET is_alias = excluded.is_alias, body = excluded.body`,
    latest.map(({ input }) => input),
    latest.map(({ era }) => era.id),
    latest.map(({ era }) => era.origin.kind === 'alias'),
    latest.map(({ era }) => JSON.stringify(era)),
  ]
}

export function* storeSlots(input: number, rows: readonly SlotRow[]): Iterable<Statement> {
  if (rows.length === 0) return
  const places = [input, rows.map(({ slot }) => slot.era), rows.map(({ slot }) => slot.index)]
  yield [
    `INSERT INTO windrow.slot (input, era, idx, start_utc, end_utc, sealed_at, body)
     SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])`,
    ...places,
    rows.map(({ slot }) => slot.startUtc),
    rows.map(({ slot }) => slot.startUtc + msFromTicks(slot.duration)),
    rows.map(({ slot }) => slot.sealedAt),
    rows.map(({ slot }) => JSON.stringify(slot)),
  ]
  yield [
    `INSERT INTO windrow.slot_summary (input, era, idx, body)
     SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::text[])`,
    ...places,
    rows.map(({ summary }) => JSON.stringify(summary)),
  ]
}

/** Steps output timelines, whose rows are locked, and notes how long their longest segments are. */
export function* stepOutputTimelines(
  commits: readonly OutputTimelineCommit[],
  rows: readonly OutputSegmentRow[],
): Iterable<Statement> {
  const longest = new Map<number, number>(commits.map(({ id }) => [id, 0]))
  for (const { outputTimeline, duration } of rows) {
    longest.set(outputTimeline, Math.max(longest.get(outputTimeline) ?? 0, msFromTicks(duration)))
  }
  if (longest.size === 0) return
  const states = new Map(commits.map(({ id, state }) => [id, state]))
  const ids = [...longest.keys()]
  yield [
    `UPDATE windrow.output_timeline AS stepped
     SET version = version + (step.state IS NOT NULL)::int, state = coalesce(step.state, stepped.state),
       longest_ms = greatest(longest_ms, step.longest)
     FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS step (id, state, longest) WHERE stepped.id = step.id`,
    ids,
    ids.map((id) => states.get(id) ?? null),
    [...longest.values()],
  ]
}

/** An output segment with the row id of its input; null where that is still to be found. */
export type PlacedSegment = { readonly row: OutputSegmentRow; readonly input: number | null }

/** Stores output segments, where their eras begin in output timelines, and the highest number of the channel. */
export function* publish(channelGuid: string, segments: readonly PlacedSegment[]): Iterable<Statement> {
  if (segments.length === 0) return
  const rows = segments.map(({ row }) => row)
  // From the last to the first, so that the first row of each era is what remains.
  const first = new Map(rows.toReversed().map((row) => [`${row.outputTimeline}/${row.era}`, row]))
  const beginnings = [...first.values()]
  yield [
    `INSERT INTO windrow.shown_era (output_timeline, number, era, clock_utc)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
       AS fresh (output_timeline, number, era, clock_utc)
     WHERE ${hasNoSegment('fresh.output_timeline', 'fresh.era')}`,
    beginnings.map(({ outputTimeline }) => outputTimeline),
    beginnings.map(({ number }) => number),
    beginnings.map(({ era }) => era),
    beginnings.map(({ eraClock }) => eraClock ?? null),
  ]
  yield [
    `INSERT INTO windrow.output_segment (output_timeline, number, era, start, start_utc, end_utc, sealed_at,
       slot_era, first_slot, slot_count, body, input)
     SELECT output_timeline, number, era, start, start_utc, end_utc, sealed_at, slot_era, first_slot, slot_count, body,
       coalesce(fresh.input, (SELECT id FROM windrow.input WHERE channel_guid = $1 AND ingest_endpoint_id = endpoint), 0)
     FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
       $9::bigint[], $10::int[], $11::int[], $12::text[], $13::bigint[], $14::text[])
       AS fresh (output_timeline, number, era, start, start_utc, end_utc, sealed_at, slot_era, first_slot, slot_count,
         body, input, endpoint)`,
    channelGuid,
    rows.map(({ outputTimeline }) => outputTimeline),
    rows.map(({ number }) => number),
    rows.map(({ era }) => era),
    rows.map(({ start }) => start),
    rows.map(({ startUtc }) => startUtc),
    rows.map(({ startUtc, duration }) => startUtc + msFromTicks(duration)),
    rows.map(({ sealedAt }) => sealedAt),
    rows.map(({ era, source }) => source?.era ?? era),
    rows.map(({ firstSlot }) => firstSlot),
    rows.map(({ slotCount }) => slotCount),
    rows.map(bodyOf),
    segments.map(({ input }) => input),
    rows.map(({ source }) => source?.ingestEndpointId ?? null),
  ]
  yield [
    `INSERT INTO windrow.highest_number AS highest (channel_guid, number) VALUES ($1, $2)
     ON CONFLICT (channel_guid) DO UPDATE SET number = excluded.number WHERE highest.number < excluded.number`,
    channelGuid,
    Math.max(...rows.map(({ number }) => number)),
  ]
}

function bodyOf(row: OutputSegmentRow): string {
  const { outputTimeline: _, number: __, era: ___, eraClock: ____, firstSlot, slotCount, source, ...segment } = row
  return JSON.stringify(segment)
}
