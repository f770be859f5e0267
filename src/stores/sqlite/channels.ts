import type { UtcMs } from '../../media/time.ts'
import type { Channel } from '../../model/channel.ts'
import type { PageRequest } from '../pages.ts'
import type { SqliteDatabase } from './database.ts'
import { parsed, readPage } from './page.ts'
import type { Changes, Operations } from './synchronous.ts'

type Body = { body: string }

export function channelOperations(db: SqliteDatabase, changes: Changes) {
  return {
    createChannel(channel: Channel, { maxChannels }: { maxChannels: number }) {
      if (db.get('SELECT 1 FROM channel WHERE id = ?', channel.id)) return 'duplicate'
      const count = db.get<{ n: number }>('SELECT count(*) AS n FROM channel')?.n ?? 0
      if (count >= maxChannels) return 'quota'
      db.run(
        'INSERT INTO channel (id, guid, revision, body) VALUES (?, ?, ?, ?)',
        channel.id,
        channel.guid,
        channel.revision,
        JSON.stringify(channel),
      )
      changes.note({ kind: 'channel', id: channel.id, guid: channel.guid })
      return 'created'
    },

    channelById: (id: string) => parsed<Channel>(db.get<Body>('SELECT body FROM channel WHERE id = ?', id)),
    channelByGuid: (guid: string) => parsed<Channel>(db.get<Body>('SELECT body FROM channel WHERE guid = ?', guid)),
    listChannels: (page: PageRequest) => readPage<Channel>(db, 'channel', page),

    updateChannel(channel: Channel) {
      const stored = db.get<{ revision: number }>('SELECT revision FROM channel WHERE id = ?', channel.id)
      if (!stored) return 'missing'
      if (stored.revision !== channel.revision - 1) return 'conflict'
      db.run(
        'UPDATE channel SET revision = ?, body = ? WHERE id = ?',
        channel.revision,
        JSON.stringify(channel),
        channel.id,
      )
      changes.note({ kind: 'channel', id: channel.id, guid: channel.guid })
      return 'updated'
    },

    deleteChannel(id: string, now: UtcMs, revision?: number) {
      const stored = db.get<{ guid: string; revision: number }>('SELECT guid, revision FROM channel WHERE id = ?', id)
      if (!stored) return 'missing'
      if (stored.revision !== (revision ?? stored.revision)) return 'conflict'
      if (db.get('SELECT 1 FROM origin_endpoint WHERE channel_guid = ?', stored.guid)) return 'has-endpoints'
      db.run('DELETE FROM channel WHERE id = ?', id)
      db.run('INSERT INTO deleted_channel (guid, deleted_at) VALUES (?, ?)', stored.guid, now)
      changes.note({ kind: 'channel', id, guid: stored.guid })
      return 'deleted'
    },
  } satisfies Partial<Operations>
}
