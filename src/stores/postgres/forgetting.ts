import type { UtcMs } from '../../media/time.ts'
import type { InputRef } from '../../model/input-ref.ts'
import { objectsOf, type Slot } from '../../model/output-segment.ts'
import type { ChannelUsage, ForgetOptions, ObjectLedger, SlotWalk } from '../object-ledger.ts'
import { PinnedSpans, type WalkedSlot } from '../pinned-spans.ts'
import type { SmallRequests } from '../stepwise.ts'
import { forgetAdEventsOfGoneEras, forgetEndedAdEvents } from './ad-events.ts'
import type { Queries, Transaction } from './database.ts'
import { holdPins, pinnedIn } from './pins.ts'
import { type LockedInput, lockChannel } from './row-locks.ts'
import { hasNoSegment } from './shown-eras.ts'
import type { Statement } from './statements.ts'

type SlotRow = { readonly era: number; readonly idx: number; readonly body: string }
type ShownEra = { readonly output_timeline: number; readonly era: number }
type ForgetSlots = {
  readonly input: number
  readonly outputTimelines: readonly Identified[]
  readonly before: UtcMs
  readonly limit: number
  readonly pinned: PinnedSpans
  readonly walk?: SlotWalk | undefined
}
type Identified = { readonly id: number }

const NOTHING_PINNED = new PinnedSpans([])

/** What deleting source objects, the rows of `gone`, changes besides: their keys are pending deletion, not counted. */
const RECORDED_AS_GONE = `pending AS (
    INSERT INTO windrow.pending_deletion (key) SELECT key FROM gone ON CONFLICT DO NOTHING
  ), uncounted AS (
    UPDATE windrow.input SET objects = input.objects - used.objects, bytes = input.bytes - used.bytes FROM (
      SELECT input AS id, count(*) AS objects, sum(size)::bigint AS bytes FROM gone GROUP BY input
    ) AS used WHERE input.id = used.id
  )`

/**
 * The output segment of `channel.output_timeline` that holds `slot`, of the input $1, if it ends after that. Segments
 * of an output timeline do not overlap: only the last one that begins at or before a slot can hold it.
 */
const HOLDER = `(
  SELECT number, start_utc, end_utc, first_slot + slot_count AS until FROM windrow.output_segment AS s
  WHERE s.output_timeline = channel.output_timeline AND s.input = $1 AND s.slot_era = slot.era
    AND s.first_slot <= slot.idx ORDER BY first_slot DESC LIMIT 1) AS holder`

/**
 * Operations that delete content: rows are deleted, and their keys become pending deletions, in one transaction; the
 * objects are deleted later. It locks the inputs and output timelines of the channel, so no commit of the channel
 * happens meanwhile.
 */
export function forgettingOperations(db: Queries) {
  return {
    forget: ({ channelGuid, ingestEndpointId }: InputRef, before: UtcMs, options: ForgetOptions) =>
      db.transaction(async (transaction) => {
        await holdPins(transaction)
        const { inputs, outputTimelines } = await locked(transaction, channelGuid)
        const input = inputs.find((each) => each.ingestEndpointId === ingestEndpointId)?.id
        if (input === undefined) return { slots: 0, objects: 0, isDone: true }
        const { inUse, inUseEras = [], limit, walk: passed } = options
        const pinned = await pinnedIn(transaction, channelGuid)
        const toForget = { input, outputTimelines, before, limit, pinned, walk: passed }
        const { slots, walk, isDone } = await forgetSlots(transaction, toForget)
        const objects = await forgetUnplaced(transaction, { input, before, inUse, limit })
        // An era without slots is useless, except the newest ones, which may be about to get some, and those in which
        // slots of the other input are shown.
        await transaction.together([
          [
            `DELETE FROM windrow.era
           WHERE input = $1 AND (is_alias OR id < (SELECT min(era) FROM windrow.slot WHERE input = $1))
             AND id <> ALL ($2) AND NOT EXISTS (SELECT FROM unnest($3::bigint[]) AS channel (output_timeline)
               WHERE NOT ${hasNoSegment('channel.output_timeline', 'windrow.era.id')})`,
            input,
            inUseEras,
            outputTimelines.map(({ id }) => id),
          ],
          forgetAdEventsOfGoneEras(input),
        ])
        return { slots, objects, walk, isDone: isDone && objects < limit }
      }),

    forgetSomeOfChannel: (channelGuid: string, limit: number) =>
      db.transaction(async (transaction) => {
        await holdPins(transaction)
        const { inputs, outputTimelines } = await locked(transaction, channelGuid)
        if (!(await pinnedIn(transaction, channelGuid)).isEmpty) return 'pinned'
        const before = Number.MAX_SAFE_INTEGER as UtcMs
        for (const { id: input } of inputs) {
          const toForget = { input, outputTimelines, before, limit, pinned: NOTHING_PINNED }
          if (!(await forgetSlots(transaction, toForget)).isDone) return 'some left'
          if ((await forgetUnplaced(transaction, { input, before, inUse: [], limit })) === limit) return 'some left'
        }
        // Only now: an output timeline of one input may show slots of the other.
        const [ofInputs, ofOutputTimelines] = [inputs, outputTimelines].map((rows) => rows.map(({ id }) => id)) as [
          number[],
          number[],
        ]
        await transaction.together([
          ['DELETE FROM windrow.endpoint_output_timeline WHERE output_timeline = ANY ($1)', ofOutputTimelines],
          ['DELETE FROM windrow.output_segment WHERE output_timeline = ANY ($1)', ofOutputTimelines],
          ['DELETE FROM windrow.shown_era WHERE output_timeline = ANY ($1)', ofOutputTimelines],
          ['DELETE FROM windrow.output_timeline WHERE id = ANY ($1)', ofOutputTimelines],
          ['DELETE FROM windrow.ad_event WHERE input = ANY ($1)', ofInputs],
          ['DELETE FROM windrow.era WHERE input = ANY ($1)', ofInputs],
          ['DELETE FROM windrow.input WHERE id = ANY ($1)', ofInputs],
          ['DELETE FROM windrow.highest_number WHERE channel_guid = $1', channelGuid],
        ])
        return 'all gone'
      }),

    usage: () =>
      db.all<ChannelUsage>(
        `SELECT channel_guid AS "channelGuid", sum(objects)::bigint AS objects, sum(bytes)::bigint AS bytes
         FROM windrow.input GROUP BY channel_guid HAVING sum(objects) > 0 ORDER BY channel_guid`,
      ),

    async unknownObjects(keys: readonly string[]) {
      const unknown = await db.all<{ key: string }>(
        `SELECT key FROM unnest($1::text[]) AS asked (key)
         WHERE NOT EXISTS (SELECT FROM windrow.source_object AS object WHERE object.key = asked.key)
           AND NOT EXISTS (SELECT FROM windrow.pending_deletion AS pending WHERE pending.key = asked.key)
           AND NOT EXISTS (SELECT FROM windrow.staged_object AS staged WHERE staged.key = asked.key)`,
        keys,
      )
      return unknown.map(({ key }) => key)
    },

    async pendingDeletions(limit: number) {
      const pending = await db.all<{ key: string }>('SELECT key FROM windrow.pending_deletion LIMIT $1', limit)
      return pending.map(({ key }) => key)
    },

    async objectsDeleted(keys: readonly string[]) {
      // Several processes may have deleted the same objects.
      await db.run(
        `DELETE FROM windrow.pending_deletion WHERE key IN (
           SELECT key FROM windrow.pending_deletion WHERE key = ANY ($1) ORDER BY key FOR UPDATE)`,
        keys,
      )
    },
  } satisfies Partial<ObjectLedger & SmallRequests>
}

async function locked(transaction: Transaction, channelGuid: string) {
  const [inputs, outputTimelines] = await transaction.together(lockChannel(channelGuid))
  return { inputs: inputs as readonly LockedInput[], outputTimelines: outputTimelines as readonly Identified[] }
}

/** Deletes old slots that are not pinned, the output segments made of them, and their objects. */
async function forgetSlots(
  transaction: Transaction,
  toForget: ForgetSlots,
): Promise<{ readonly slots: number; readonly walk: SlotWalk; readonly isDone: boolean }> {
  const { input, outputTimelines, before, limit, pinned } = toForget
  const from = pinned.resumed(toForget.walk)
  const old = await transaction.all<WalkedSlot>(
    `SELECT id, start_utc, end_utc, sealed_at FROM windrow.slot
     WHERE input = $1 AND (sealed_at, id) > ($2, $3) AND sealed_at < $4 ORDER BY sealed_at, id LIMIT $5`,
    input,
    from.sealedAt,
    from.slot,
    before,
    pinned.lookedAt(limit),
  )
  const { free, walk, isDone } = pinned.step(from, old, limit)
  const gone = await notShownInPins(transaction, toForget, free)
  return { slots: await removeSlots(transaction, input, gone, outputTimelines), walk, isDone }
}

/**
 * Those of some slots of which no output segment is shown in a pinned span: one at its edge has slots outside it, and
 * one of a locked input is shown at other times.
 */
async function notShownInPins(
  transaction: Transaction,
  { input, outputTimelines, pinned }: ForgetSlots,
  slots: readonly number[],
): Promise<readonly number[]> {
  if (pinned.isEmpty || slots.length === 0) return slots
  const shown = await transaction.all<Pick<WalkedSlot, 'id' | 'start_utc' | 'end_utc'>>(
    `SELECT slot.id, holder.start_utc, holder.end_utc
     FROM unnest($3::bigint[]) AS channel (output_timeline) CROSS JOIN windrow.slot AS slot
     CROSS JOIN LATERAL ${HOLDER} WHERE slot.id = ANY ($2) AND holder.until > slot.idx`,
    input,
    slots,
    outputTimelines.map(({ id }) => id),
  )
  const spared = new Set(shown.filter((segment) => pinned.overlaps(segment)).map(({ id }) => id))
  return slots.filter((id) => !spared.has(id))
}

/** Deletes slots, the output segments made of them, and their objects; resolves to the number of slots. */
async function removeSlots(
  transaction: Transaction,
  input: number,
  ids: readonly number[],
  outputTimelines: readonly Identified[],
): Promise<number> {
  if (ids.length === 0) return 0
  const slots = await transaction.all<SlotRow>(
    'DELETE FROM windrow.slot WHERE id = ANY ($1) RETURNING era, idx, body',
    ids,
  )
  const places = [input, slots.map(({ era }) => era), slots.map(({ idx }) => idx)]
  const shown = await transaction.all<ShownEra>(
    `DELETE FROM windrow.output_segment AS segment USING (
       SELECT DISTINCT channel.output_timeline, holder.number
       FROM unnest($4::bigint[]) AS channel (output_timeline)
       CROSS JOIN unnest($2::bigint[], $3::int[]) AS slot (era, idx)
       CROSS JOIN LATERAL ${HOLDER}
       WHERE holder.until > slot.idx
     ) AS gone WHERE segment.output_timeline = gone.output_timeline AND segment.number = gone.number
     RETURNING segment.output_timeline, segment.era`,
    ...places,
    outputTimelines.map(({ id }) => id),
  )
  await transaction.together([
    ...forgetShown(shown),
    [
      `DELETE FROM windrow.slot_summary USING unnest($2::bigint[], $3::int[]) AS gone (era, idx)
       WHERE slot_summary.input = $1 AND slot_summary.era = gone.era AND slot_summary.idx = gone.idx`,
      ...places,
    ],
    forgetEndedAdEvents(input, slots),
    ...release(slots.flatMap(({ body }) => objectsOf(JSON.parse(body) as Slot).map(({ key }) => key))),
  ])
  return slots.length
}

/** Forgets eras of which an output timeline has no segments any more. */
function forgetShown(shown: readonly ShownEra[]): readonly Statement[] {
  if (shown.length === 0) return []
  const distinct = [...new Map(shown.map((each) => [`${each.output_timeline}/${each.era}`, each])).values()]
  return [
    [
      `DELETE FROM windrow.shown_era AS shown USING unnest($1::bigint[], $2::bigint[]) AS gone (output_timeline, era)
       WHERE shown.output_timeline = gone.output_timeline AND shown.era = gone.era
         AND ${hasNoSegment('gone.output_timeline', 'gone.era')}`,
      distinct.map((each) => each.output_timeline),
      distinct.map(({ era }) => era),
    ],
  ]
}

/**
 * Releases the objects of deleted slots, each as often as it is named; an object that filled a slot of the other input
 * is held by that slot, too.
 */
function release(keys: readonly string[]): readonly Statement[] {
  const releases = new Map<string, number>()
  for (const key of keys) releases.set(key, (releases.get(key) ?? 0) + 1)
  if (releases.size === 0) return []
  const released = [[...releases.keys()], [...releases.values()]]
  return [
    [
      `WITH gone AS (
         DELETE FROM windrow.source_object AS object USING unnest($1::text[], $2::int[]) AS released (key, holders)
         WHERE object.key = released.key AND object.holders <= released.holders
         RETURNING object.key, object.input, object.size
       ), ${RECORDED_AS_GONE} SELECT`,
      ...released,
    ],
    [
      `UPDATE windrow.source_object AS object SET holders = object.holders - released.holders
       FROM unnest($1::text[], $2::int[]) AS released (key, holders) WHERE object.key = released.key`,
      ...released,
    ],
    // A slot may hold an object without a row.
    [
      `INSERT INTO windrow.pending_deletion (key) SELECT key FROM unnest($1::text[]) AS released (key)
       WHERE NOT EXISTS (SELECT FROM windrow.source_object AS object WHERE object.key = released.key)
       ON CONFLICT DO NOTHING`,
      [...releases.keys()],
    ],
  ]
}

/** Deletes old objects that no slot holds; resolves to their number. */
async function forgetUnplaced(
  transaction: Transaction,
  { input, before, inUse, limit }: { input: number; before: UtcMs; inUse: readonly string[]; limit: number },
): Promise<number> {
  const gone = await transaction.get<{ objects: number }>(
    `WITH unplaced AS (
       DELETE FROM windrow.unplaced_object WHERE key IN (
         SELECT key FROM windrow.unplaced_object
         WHERE input = $1 AND received_at < $2 AND key <> ALL ($3) LIMIT $4) RETURNING key
     ), gone AS (
       DELETE FROM windrow.source_object AS object USING unplaced WHERE object.key = unplaced.key
       RETURNING object.key, object.input, object.size
     ), ${RECORDED_AS_GONE} SELECT count(*) AS objects FROM gone`,
    input,
    before,
    inUse,
    limit,
  )
  return gone?.objects ?? 0
}
