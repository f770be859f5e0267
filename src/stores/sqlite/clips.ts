import type { UtcMs, UtcRange } from '../../media/time.ts'
import { type Clip, type ClipQuotas, clipWithout } from '../../model/clip.ts'
import type { ResourceCounts, ShownSegments } from '../clip-records.ts'
import type { OrderedPageRequest } from '../pages.ts'
import type { SqliteDatabase } from './database.ts'
import { parsed, readPage } from './page.ts'
import type { Changes, Operations, Written } from './synchronous.ts'

type Body = { readonly body: string }
type Sum = { readonly clips: number; readonly bytes: number }

export function clipOperations(db: SqliteDatabase, changes: Changes) {
  /** What there is besides the clip with an id. */
  const others = (id: string) =>
    db.get<Sum>('SELECT count(*) AS clips, coalesce(sum(bytes), 0) AS bytes FROM clip WHERE id <> ?', id)!

  const hasEndpoints = ({ sources }: Clip) =>
    sources.every(({ endpoint }) => db.get('SELECT 1 FROM origin_endpoint WHERE guid = ?', endpoint.guid))

  const areThere = ({ start, end }: Clip, shown: readonly ShownSegments[]) =>
    shown.every(({ outputTimeline, first, last, count }) => {
      const there = db.get<{ n: number }>(
        `SELECT count(*) AS n FROM output_segment INDEXED BY output_segment_by_time
         WHERE output_timeline = ?1 AND end_utc > ?2 AND start_utc < ?3 AND number BETWEEN ?4 AND ?5
           AND end_utc < ?3 + (SELECT longest_ms FROM output_timeline WHERE id = ?1)`,
        outputTimeline,
        start,
        end,
        first,
        last,
      )
      return there!.n >= count
    })

  return {
    createClip(clip: Clip, { maxClips, maxBytes }: ClipQuotas, shown: readonly ShownSegments[]) {
      const { id, channelId, channelGuid, pinned, expiresAt, bytes, revision, createdAt } = clip
      db.run('DELETE FROM clip WHERE id = ? AND expires_at <= ?', id, createdAt)
      if (db.get('SELECT 1 FROM clip WHERE id = ?', id)) return 'duplicate'
      if (!hasEndpoints(clip)) return 'no-endpoint'
      if (!areThere(clip, shown)) return 'content-deleted'
      const there = others(id)
      if (there.clips >= maxClips) return 'clip-quota'
      if (there.bytes + bytes > maxBytes) return 'byte-quota'
      db.run(
        `INSERT INTO clip (id, channel_id, channel_guid, pinned_start, pinned_end, expires_at, bytes, revision, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
      changes.note({ kind: 'clip', id })
      return 'created'
    },

    clipById: (id: string) => parsed<Clip>(db.get<Body>('SELECT body FROM clip WHERE id = ?', id)),
    listClips: ({ channelId, ...page }: OrderedPageRequest & { channelId?: string }) =>
      readPage<Clip>(db, 'clip', page, { 'channel_id = ?': channelId }),

    clipsWithin: (channelGuid: string, { start, end }: UtcRange, at: UtcMs, limit: number): readonly Clip[] =>
      db
        .all<Body>(
          `SELECT body FROM clip INDEXED BY clip_of_channel
           WHERE channel_guid = ? AND body ->> '$.end' > ? AND body ->> '$.start' < ? AND coalesce(expires_at > ?, 1)
           ORDER BY body ->> '$.start', id LIMIT ?`,
          channelGuid,
          start,
          end,
          at,
          limit,
        )
        .map(({ body }) => JSON.parse(body) as Clip),

    updateClip(clip: Clip, { maxBytes }: Pick<ClipQuotas, 'maxBytes'>, shown: readonly ShownSegments[]) {
      const { id, pinned, expiresAt, bytes, revision } = clip
      const before = db.get<{ revision: number; bytes: number }>('SELECT revision, bytes FROM clip WHERE id = ?', id)
      if (!before) return 'missing'
      if (before.revision !== revision - 1) return 'conflict'
      if (!hasEndpoints(clip)) return 'no-endpoint'
      if (!areThere(clip, shown)) return 'content-deleted'
      if (bytes > before.bytes && others(id).bytes + bytes > maxBytes) return 'byte-quota'
      db.run(
        `UPDATE clip SET pinned_start = ?, pinned_end = ?, expires_at = ?, bytes = ?, revision = ?, body = ?
         WHERE id = ?`,
        pinned.start,
        pinned.end,
        expiresAt ?? null,
        bytes,
        revision,
        JSON.stringify(clip),
        id,
      )
      changes.note({ kind: 'clip', id })
      return 'updated'
    },

    deleteClip(id: string, revision?: number) {
      const stored = db.get<{ revision: number }>('SELECT revision FROM clip WHERE id = ?', id)
      if (!stored) return 'missing'
      if (stored.revision !== (revision ?? stored.revision)) return 'conflict'
      db.run('DELETE FROM clip WHERE id = ?', id)
      changes.note({ kind: 'clip', id })
      return 'deleted'
    },

    resourceCounts: (now: UtcMs): ResourceCounts => {
      const counts = db.get<ResourceCounts>(
        `SELECT (SELECT count(*) FROM channel) AS channels,
           (SELECT count(*) FROM harvest_job WHERE status = 'IN_PROGRESS') AS harvestJobsInProgress,
           (SELECT count(*) FROM harvest_job WHERE status = 'IN_PROGRESS' AND not_before > ?) AS harvestJobsScheduled,
           (SELECT count(*) FROM harvest_schedule) AS harvestSchedules,
           (SELECT count(*) FROM harvest_rule) AS harvestRules,
           count(*) AS clips, coalesce(sum(bytes), 0) AS pinnedBytes FROM clip`,
        now,
      )!
      return { ...counts }
    },
  } satisfies Partial<Operations>
}

/** Ends what clips of a channel show of an endpoint, and those that show nothing else. */
export function endClipsOf({ db, changes }: Written, channelGuid: string, endpointGuid: string): void {
  const rows = db.all<Body & { seq: number }>('SELECT seq, body FROM clip WHERE channel_guid = ?', channelGuid)
  for (const { seq, body } of rows) {
    const clip = JSON.parse(body) as Clip
    const left = clipWithout(clip, endpointGuid)
    if (left === clip) continue
    if (!left) db.run('DELETE FROM clip WHERE seq = ?', seq)
    else db.run('UPDATE clip SET revision = ?, body = ? WHERE seq = ?', left.revision, JSON.stringify(left), seq)
    changes.note({ kind: 'clip', id: clip.id })
  }
}
