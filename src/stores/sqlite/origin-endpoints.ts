import type { UtcMs } from '../../media/time.ts'
import { keptSeconds, type OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { PageRequest } from '../pages.ts'
import { endClipsOf } from './clips.ts'
import type { SqliteDatabase } from './database.ts'
import { parsed, readPage } from './page.ts'
import type { Changes, Operations } from './synchronous.ts'

type Body = { body: string }
type Stored = { revision: number; guid: string; channel_guid: string; startover_seconds: number }

export function originEndpointOperations(db: SqliteDatabase, changes: Changes) {
  const stored = (id: string) =>
    db.get<Stored>('SELECT revision, guid, channel_guid, startover_seconds FROM origin_endpoint WHERE id = ?', id)

  const noteChange = (id: string, guid: string, channelGuid: string) =>
    changes.note({ kind: 'originEndpoint', id, guid, channelGuid })

  /** Keeps a removed or reduced window in demand for a while, in case that was a mistake. */
  const release = (channelGuid: string, seconds: number, until: number) =>
    db.run('INSERT INTO released_window (channel_guid, seconds, until) VALUES (?, ?, ?)', channelGuid, seconds, until)

  return {
    createOriginEndpoint(endpoint: OriginEndpoint, { maxPerChannel }: { maxPerChannel: number }) {
      const { id, guid, channelGuid, channelId, revision } = endpoint
      if (db.get('SELECT 1 FROM origin_endpoint WHERE id = ?', id)) return 'duplicate'
      if (!db.get('SELECT 1 FROM channel WHERE guid = ?', channelGuid)) return 'no-channel'
      const sql = 'SELECT count(*) AS n FROM origin_endpoint WHERE channel_guid = ?'
      if ((db.get<{ n: number }>(sql, channelGuid)?.n ?? 0) >= maxPerChannel) return 'quota'
      db.run(
        `INSERT INTO origin_endpoint (id, guid, channel_guid, channel_id, startover_seconds, revision, body)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        guid,
        channelGuid,
        channelId,
        keptSeconds(endpoint),
        revision,
        JSON.stringify(endpoint),
      )
      noteChange(id, guid, channelGuid)
      return 'created'
    },

    originEndpointById: (id: string) =>
      parsed<OriginEndpoint>(db.get<Body>('SELECT body FROM origin_endpoint WHERE id = ?', id)),
    originEndpointByGuid: (guid: string) =>
      parsed<OriginEndpoint>(db.get<Body>('SELECT body FROM origin_endpoint WHERE guid = ?', guid)),
    listOriginEndpoints: ({ channelId, ...page }: PageRequest & { channelId?: string }) =>
      readPage<OriginEndpoint>(db, 'origin_endpoint', page, { 'channel_id = ?': channelId }),

    updateOriginEndpoint(endpoint: OriginEndpoint, graceMs: number) {
      const before = stored(endpoint.id)
      if (!before) return 'missing'
      if (before.revision !== endpoint.revision - 1) return 'conflict'
      const seconds = keptSeconds(endpoint)
      if (before.startover_seconds > seconds) {
        release(before.channel_guid, before.startover_seconds, endpoint.modifiedAt + graceMs)
      }
      db.run(
        'UPDATE origin_endpoint SET revision = ?, startover_seconds = ?, body = ? WHERE id = ?',
        endpoint.revision,
        seconds,
        JSON.stringify(endpoint),
        endpoint.id,
      )
      noteChange(endpoint.id, before.guid, before.channel_guid)
      return 'updated'
    },

    deleteOriginEndpoint(id: string, now: UtcMs, graceMs: number, revision?: number) {
      const before = stored(id)
      if (!before) return 'missing'
      if (before.revision !== (revision ?? before.revision)) return 'conflict'
      release(before.channel_guid, before.startover_seconds, now + graceMs)
      endClipsOf({ db, changes }, before.channel_guid, before.guid)
      db.run('DELETE FROM origin_endpoint WHERE id = ?', id)
      noteChange(id, before.guid, before.channel_guid)
      return 'deleted'
    },
  } satisfies Partial<Operations>
}
