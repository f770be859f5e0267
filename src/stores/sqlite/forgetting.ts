import type { UtcMs } from '../../media/time.ts'
import type { InputRef } from '../../model/input-ref.ts'
import { objectsOf, type Slot } from '../../model/output-segment.ts'
import type { ChannelUsage, ForgetOptions, SlotWalk } from '../object-ledger.ts'
import { PinnedSpans, type WalkedSlot } from '../pinned-spans.ts'
import type { StoredInput } from '../timeline-store.ts'
import { adEventRows } from './ad-events.ts'
import type { SqliteDatabase } from './database.ts'
import { knownInput } from './inputs.ts'
import { pinnedIn } from './pins.ts'
import type { Operations } from './synchronous.ts'

type SlotRow = { readonly id: number; readonly era: number; readonly idx: number; readonly body: string }
type ShownEra = { readonly outputTimeline: number; readonly era: number }
type Holder = ShownEra & { readonly number: number; readonly start_utc: UtcMs; readonly end_utc: UtcMs }
type ForgetSlots = {
  readonly input: number
  readonly before: UtcMs
  readonly limit: number
  readonly pinned: PinnedSpans
  readonly walk?: SlotWalk | undefined
}

const NOTHING_PINNED = new PinnedSpans([])

/**
 * Operations that delete content: rows are deleted, and their keys become pending deletions, in one transaction; the
 * objects are deleted later.
 */
export function forgettingOperations(db: SqliteDatabase) {
  const adEvents = adEventRows(db)

  const leavePending = (keys: readonly string[]) => {
    const list = JSON.stringify(keys)
    db.run('INSERT OR IGNORE INTO pending_deletion (key) SELECT value FROM json_each(?)', list)
    db.run('DELETE FROM source_object WHERE key IN (SELECT value FROM json_each(?))', list)
  }

  /**
   * Releases the objects of deleted slots; an object that filled a slot of the other input is held by that slot, too.
   */
  const release = (keys: readonly string[]) => {
    const once = new Set<string>()
    const again = keys.filter((key) => once.size === once.add(key).size)
    const list = JSON.stringify([...once])
    db.run('UPDATE source_object SET holders = holders - 1 WHERE key IN (SELECT value FROM json_each(?))', list)
    const held = db.all<{ key: string }>(
      'SELECT key FROM source_object WHERE holders > 0 AND key IN (SELECT value FROM json_each(?))',
      list,
    )
    for (const { key } of held) once.delete(key)
    leavePending([...once])
    if (again.length > 0) release(again)
  }

  /** Output timelines of the input's channel, any of which may have followed the input. */
  const outputTimelines = (input: number) =>
    db.all<{ id: number }>(
      `SELECT n.id FROM output_timeline n JOIN input i ON i.id = n.input
       WHERE i.channel_guid = (SELECT channel_guid FROM input WHERE id = ?)`,
      input,
    )

  /** The output segments made of a slot. */
  const holders = (input: number, { era, idx }: SlotRow, of: readonly { id: number }[]): Holder[] =>
    of.flatMap(({ id }) => {
      // Segments of an output timeline do not overlap: only the last one that begins at or before the slot can hold
      // it.
      return db.all<Holder>(
        `SELECT output_timeline AS outputTimeline, number, era, start_utc, end_utc FROM output_segment
         WHERE output_timeline = ?1 AND first_slot + slot_count > ?4 AND number =
           (SELECT number FROM output_segment INDEXED BY output_segment_by_slot
            WHERE output_timeline = ?1 AND input = ?2 AND slot_era = ?3 AND first_slot <= ?4
            ORDER BY first_slot DESC LIMIT 1)`,
        id,
        input,
        era,
        idx,
      )
    })

  /** Forgets eras of which an output timeline has no segments any more. */
  const forgetShown = (eras: readonly ShownEra[]) => {
    const distinct = new Map(eras.map((shown) => [`${shown.outputTimeline}/${shown.era}`, shown]))
    for (const { outputTimeline, era } of distinct.values()) {
      db.run(
        `DELETE FROM shown_era WHERE output_timeline = ?1 AND era = ?2 AND NOT EXISTS (
           SELECT 1 FROM output_segment INDEXED BY output_segment_by_start WHERE output_timeline = ?1 AND era = ?2)`,
        outputTimeline,
        era,
      )
    }
  }

  /** Deletes slots, the output segments made of them, and their objects. */
  const removeSlots = (input: number, slots: readonly SlotRow[], segments: readonly Holder[]) => {
    const sql = 'DELETE FROM output_segment WHERE output_timeline = ? AND number = ?'
    for (const { outputTimeline, number } of segments) db.run(sql, outputTimeline, number)
    forgetShown(segments)
    const ids = JSON.stringify(slots.map(({ id }) => id))
    db.run('DELETE FROM slot WHERE id IN (SELECT value FROM json_each(?))', ids)
    db.run('DELETE FROM slot_summary WHERE slot IN (SELECT value FROM json_each(?))', ids)
    adEvents.forgetEnded(input, slots)
    release(slots.flatMap(({ body }) => objectsOf(JSON.parse(body) as Slot).map(({ key }) => key)))
  }

  const forgetSlots = ({ input, before, limit, pinned, walk: passed }: ForgetSlots) => {
    const all = outputTimelines(input)
    const from = pinned.resumed(passed)
    const old = db.all<WalkedSlot>(
      `SELECT id, start_utc, end_utc, sealed_at FROM slot INDEXED BY slot_sealed
       WHERE input = ? AND (sealed_at, id) > (?, ?) AND sealed_at < ? ORDER BY sealed_at, id LIMIT ?`,
      input,
      from.sealedAt,
      from.slot,
      before,
      pinned.lookedAt(limit),
    )
    const { free, walk, isDone } = pinned.step(from, old, limit)
    const slots = db.all<SlotRow>(
      'SELECT id, era, idx, body FROM slot WHERE id IN (SELECT value FROM json_each(?))',
      JSON.stringify(free),
    )
    // A segment at the edge of a pinned span has slots outside it, and one of a locked input is shown at other times.
    const gone = slots
      .map((slot) => ({ slot, segments: holders(input, slot, all) }))
      .filter(({ segments }) => !segments.some((segment) => pinned.overlaps(segment)))
    removeSlots(
      input,
      gone.map(({ slot }) => slot),
      gone.flatMap(({ segments }) => segments),
    )
    return { slots: gone.length, walk, isDone }
  }

  const forgetUnplaced = (input: number, before: UtcMs, inUse: readonly string[], limit: number) => {
    const rows = db.all<{ key: string }>(
      `SELECT key FROM source_object WHERE input = ? AND placed <> 1 AND received_at < ?
         AND key NOT IN (SELECT value FROM json_each(?)) LIMIT ?`,
      input,
      before,
      JSON.stringify(inUse),
      limit,
    )
    leavePending(rows.map(({ key }) => key))
    return rows.length
  }

  const removeInput = (input: number) => {
    for (const { id } of db.all<{ id: number }>('SELECT id FROM output_timeline WHERE input = ?', input)) {
      db.run('DELETE FROM endpoint_output_timeline WHERE output_timeline = ?', id)
      db.run('DELETE FROM shown_era WHERE output_timeline = ?', id)
      db.run('DELETE FROM output_timeline WHERE id = ?', id)
    }
    db.run('DELETE FROM ad_event WHERE input = ?', input)
    db.run('DELETE FROM era WHERE input = ?', input)
    db.run('DELETE FROM input_usage WHERE input = ?', input)
    db.run('DELETE FROM input WHERE id = ?', input)
  }

  return {
    inputs: () =>
      db.all<StoredInput>(
        `SELECT channel_guid AS channelGuid, ingest_endpoint_id AS ingestEndpointId, (
           SELECT min(oldest) FROM (
             SELECT min(sealed_at) AS oldest FROM slot WHERE slot.input = input.id UNION ALL
             SELECT min(received_at) FROM source_object AS object WHERE object.input = input.id AND placed <> 1)) AS oldest
         FROM input WHERE version > 0 ORDER BY id`,
      ),

    forget(ingest: InputRef, before: UtcMs, options: ForgetOptions) {
      const input = knownInput(db, ingest)
      const { limit, inUse, walk: passed } = options
      // No job or clip is made meanwhile: the database does one transaction at a time.
      const pinned = pinnedIn(db, ingest.channelGuid)
      const { slots, walk, isDone } = forgetSlots({ input, before, limit, pinned, walk: passed })
      const objects = forgetUnplaced(input, before, inUse, limit)
      // An era without slots is useless, except the newest ones, which may be about to get some, and those in which
      // slots of the other input are shown.
      db.run(
        `DELETE FROM era
         WHERE input = ?1 AND (is_alias = 1 OR id < (SELECT min(era) FROM slot WHERE input = ?1))
           AND id NOT IN (SELECT value FROM json_each(?3)) AND NOT EXISTS (
             SELECT 1 FROM output_timeline n JOIN input i ON i.id = n.input
             WHERE i.channel_guid = ?2 AND EXISTS (
               SELECT 1 FROM output_segment s INDEXED BY output_segment_by_start
               WHERE s.output_timeline = n.id AND s.era = era.id))`,
        input,
        ingest.channelGuid,
        JSON.stringify(options.inUseEras ?? []),
      )
      adEvents.forgetOfGoneEras(input)
      return { slots, objects, walk, isDone: isDone && objects < limit }
    },

    forgetSomeOfChannel(channelGuid: string, limit: number) {
      if (!pinnedIn(db, channelGuid).isEmpty) return 'pinned'
      const end = Number.MAX_SAFE_INTEGER as UtcMs
      const inputs = db.all<{ id: number }>('SELECT id FROM input WHERE channel_guid = ?', channelGuid)
      for (const { id } of inputs) {
        if (!forgetSlots({ input: id, before: end, limit, pinned: NOTHING_PINNED }).isDone) return 'some left'
        if (forgetUnplaced(id, end, [], limit) === limit) return 'some left'
      }
      // Only now: an output timeline of one input may show slots of the other.
      for (const { id } of inputs) removeInput(id)
      db.run('DELETE FROM highest_number WHERE channel_guid = ?', channelGuid)
      return 'all gone'
    },

    usage: () =>
      db.all<ChannelUsage>(
        `SELECT i.channel_guid AS channelGuid, sum(u.objects) AS objects, sum(u.bytes) AS bytes
         FROM input_usage u JOIN input i ON i.id = u.input GROUP BY i.channel_guid HAVING sum(u.objects) > 0
         ORDER BY i.channel_guid`,
      ),

    unknownObjects: (keys: readonly string[]) =>
      db
        .all<{ key: string }>(
          `SELECT value AS key FROM json_each(?)
           WHERE value NOT IN (SELECT key FROM source_object) AND value NOT IN (SELECT key FROM pending_deletion)`,
          JSON.stringify(keys),
        )
        .map(({ key }) => key),

    pendingDeletions: (limit: number) =>
      db.all<{ key: string }>('SELECT key FROM pending_deletion LIMIT ?', limit).map(({ key }) => key),
    objectsDeleted(keys: readonly string[]): void {
      db.run('DELETE FROM pending_deletion WHERE key IN (SELECT value FROM json_each(?))', JSON.stringify(keys))
    },
  } satisfies Partial<Operations>
}
