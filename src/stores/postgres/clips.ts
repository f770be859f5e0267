import { type Clip, clipWithout } from '../../model/clip.ts'
import type { ClipRecords, ResourceCounts, ShownSegments } from '../clip-records.ts'
import type { PostgresDatabase, Transaction } from './database.ts'
import { readPage } from './page.ts'

type Body = { readonly body: Clip }

const LISTING = { table: 'windrow.clip', columns: 'seq, body' }

export function clipOperations(db: PostgresDatabase) {
  return {
    createClip: (clip, { maxClips, maxBytes }, shown) =>
      db.transaction(async (transaction) => {
        const { id, channelId, channelGuid, pinned, expiresAt, bytes, revision, createdAt } = clip
        await transaction.lock('clips')
        await transaction.run('DELETE FROM windrow.clip WHERE id = $1 AND expires_at <= $2', id, createdAt)
        if (await transaction.get('SELECT 1 FROM windrow.clip WHERE id = $1', id)) return 'duplicate'
        if (!(await holdEndpoints(transaction, clip))) return 'no-endpoint'
        if (!(await areShown(transaction, clip, shown))) return 'content-deleted'
        const others = await othersThan(transaction, id)
        if (others.clips >= maxClips) return 'clip-quota'
        if (others.bytes + bytes > maxBytes) return 'byte-quota'
        await transaction.run(
          `INSERT INTO windrow.clip
             (id, channel_id, channel_guid, pinned_start, pinned_end, expires_at, bytes, revision, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          id,
          channelId,
          channelGuid,
          pinned.start,
          pinned.end,
          expiresAt ?? null,
          bytes,
          revision,
          JSON.stringify(clip),
        )
        transaction.changes.push({ kind: 'clip', id })
        return 'created'
      }),

    clipById: async (id) => (await db.get<Body>('SELECT body FROM windrow.clip WHERE id = $1', id))?.body,
    listClips: ({ channelId, ...page }) =>
      readPage(
        db,
        { ...LISTING, where: { 'channel_id =': channelId } },
        page,
        ({ body }: Body & { seq: number }) => body,
      ),

    async clipsWithin(channelGuid, { start, end }, at, limit) {
      // What a clip has pinned is no less than what it shows. Operators of JSON refuse U+0000, which a body may have.
      const rows = await db.all<Body>(
        `SELECT body FROM windrow.clip
         WHERE channel_guid = $1 AND pinned_end > $2 AND pinned_start < $3 AND coalesce(expires_at > $4, true)`,
        channelGuid,
        start,
        end,
        at,
      )
      return rows
        .map(({ body }) => body)
        .filter((clip) => clip.end > start && clip.start < end)
        .sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
    },

    updateClip: (clip, { maxBytes }, shown) =>
      db.transaction(async (transaction) => {
        const { id, pinned, expiresAt, bytes, revision } = clip
        await transaction.lock('clips')
        // In the order in which the deletion of an endpoint locks them.
        const areThere = await holdEndpoints(transaction, clip)
        const before = await transaction.get<{ revision: number; bytes: number }>(
          'SELECT revision, bytes FROM windrow.clip WHERE id = $1 FOR NO KEY UPDATE',
          id,
        )
        if (!before) return 'missing'
        if (before.revision !== revision - 1) return 'conflict'
        if (!areThere) return 'no-endpoint'
        if (!(await areShown(transaction, clip, shown))) return 'content-deleted'
        if (bytes > before.bytes && (await othersThan(transaction, id)).bytes + bytes > maxBytes) return 'byte-quota'
        await transaction.run(
          `UPDATE windrow.clip SET pinned_start = $1, pinned_end = $2, expires_at = $3, bytes = $4, revision = $5,
             body = $6 WHERE id = $7`,
          pinned.start,
          pinned.end,
          expiresAt ?? null,
          bytes,
          revision,
          JSON.stringify(clip),
          id,
        )
        transaction.changes.push({ kind: 'clip', id })
        return 'updated'
      }),

    deleteClip: (id, revision) =>
      db.transaction(async (transaction) => {
        const sql = 'SELECT revision FROM windrow.clip WHERE id = $1 FOR UPDATE'
        const stored = await transaction.get<{ revision: number }>(sql, id)
        if (!stored) return 'missing'
        if (stored.revision !== (revision ?? stored.revision)) return 'conflict'
        await transaction.run('DELETE FROM windrow.clip WHERE id = $1', id)
        transaction.changes.push({ kind: 'clip', id })
        return 'deleted'
      }),

    resourceCounts: async (now) =>
      (await db.get<ResourceCounts>(
        `SELECT (SELECT count(*) FROM windrow.channel) AS channels,
           (SELECT count(*) FROM windrow.harvest_job WHERE status = 'IN_PROGRESS') AS "harvestJobsInProgress",
           (SELECT count(*) FROM windrow.harvest_job WHERE status = 'IN_PROGRESS' AND not_before > $1)
             AS "harvestJobsScheduled",
           (SELECT count(*) FROM windrow.harvest_schedule) AS "harvestSchedules",
           (SELECT count(*) FROM windrow.harvest_rule) AS "harvestRules",
           count(*) AS clips, coalesce(sum(bytes), 0)::bigint AS "pinnedBytes" FROM windrow.clip`,
        now,
      ))!,
  } satisfies ClipRecords
}

/** Keeps the endpoints of a clip from being deleted until the transaction ends; false when one of them is not there. */
async function holdEndpoints(transaction: Transaction, { sources }: Clip): Promise<boolean> {
  const guids = sources.map(({ endpoint }) => endpoint.guid)
  const sql = 'SELECT guid FROM windrow.origin_endpoint WHERE guid = ANY ($1) ORDER BY guid FOR SHARE'
  return (await transaction.all(sql, guids)).length === guids.length
}

/** True while all segments that a clip is to show are there. Nobody deletes any before the transaction ends. */
async function areShown(
  transaction: Transaction,
  { start, end }: Clip,
  shown: readonly ShownSegments[],
): Promise<boolean> {
  for (const { outputTimeline, first, last, count } of shown) {
    const there = await transaction.get<{ n: number }>(
      `SELECT count(*) AS n FROM windrow.output_segment
       WHERE output_timeline = $1 AND end_utc > $2 AND start_utc < $3 AND number BETWEEN $4 AND $5
         AND end_utc < $3 + (SELECT longest_ms FROM windrow.output_timeline WHERE id = $1)`,
      outputTimeline,
      start,
      end,
      first,
      last,
    )
    if (there!.n < count) return false
  }
  return true
}

/** What there is besides the clip with an id. */
async function othersThan(transaction: Transaction, id: string) {
  const sql = 'SELECT count(*) AS clips, coalesce(sum(bytes), 0)::bigint AS bytes FROM windrow.clip WHERE id <> $1'
  return (await transaction.get<{ clips: number; bytes: number }>(sql, id))!
}

/** Ends what clips of a channel show of an endpoint, and those that show nothing else. */
export async function endClipsOf(transaction: Transaction, channelGuid: string, endpointGuid: string): Promise<void> {
  const rows = await transaction.all<Body & { seq: number }>(
    'SELECT seq, body FROM windrow.clip WHERE channel_guid = $1 ORDER BY seq FOR UPDATE',
    channelGuid,
  )
  for (const { seq, body: clip } of rows) {
    const left = clipWithout(clip, endpointGuid)
    if (left === clip) continue
    if (!left) await transaction.run('DELETE FROM windrow.clip WHERE seq = $1', seq)
    else {
      const sql = 'UPDATE windrow.clip SET revision = $1, body = $2 WHERE seq = $3'
      await transaction.run(sql, left.revision, JSON.stringify(left), seq)
    }
    transaction.changes.push({ kind: 'clip', id: clip.id })
  }
}
