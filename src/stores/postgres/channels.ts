import type { Channel } from '../../model/channel.ts'
import type { Resources } from '../resources.ts'
import type { PostgresDatabase } from './database.ts'
import { readPage } from './page.ts'

type Body = { body: Channel }

const LISTING = { table: 'windrow.channel', columns: 'seq, body' }

export function channelOperations(db: PostgresDatabase) {
  return {
    createChannel: (channel, { maxChannels }) =>
      db.transaction(async (transaction) => {
        await transaction.lock('channels')
        if (await transaction.get('SELECT 1 FROM windrow.channel WHERE id = $1', channel.id)) return 'duplicate'
        const count = await transaction.get<{ n: number }>('SELECT count(*) AS n FROM windrow.channel')
        if ((count?.n ?? 0) >= maxChannels) return 'quota'
        await transaction.run(
          'INSERT INTO windrow.channel (id, guid, revision, body) VALUES ($1, $2, $3, $4)',
          channel.id,
          channel.guid,
          channel.revision,
          JSON.stringify(channel),
        )
        transaction.changes.push({ kind: 'channel', id: channel.id, guid: channel.guid })
        return 'created'
      }),

    channelById: async (id) => (await db.get<Body>('SELECT body FROM windrow.channel WHERE id = $1', id))?.body,
    channelByGuid: async (guid) => (await db.get<Body>('SELECT body FROM windrow.channel WHERE guid = $1', guid))?.body,
    listChannels: (page) => readPage(db, LISTING, page, ({ body }: Body & { seq: number }) => body),

    updateChannel: (channel) =>
      db.transaction(async (transaction) => {
        const { id, revision } = channel
        const stored = await transaction.get<{ revision: number; guid: string }>(
          'SELECT revision, guid FROM windrow.channel WHERE id = $1 FOR NO KEY UPDATE',
          id,
        )
        if (!stored) return 'missing'
        if (stored.revision !== revision - 1) return 'conflict'
        const sql = 'UPDATE windrow.channel SET revision = $1, body = $2 WHERE id = $3'
        await transaction.run(sql, revision, JSON.stringify(channel), id)
        transaction.changes.push({ kind: 'channel', id, guid: stored.guid })
        return 'updated'
      }),

    deleteChannel: (id, now, revision) =>
      db.transaction(async (transaction) => {
        // A concurrent creation of an endpoint waits for this row, and then finds no channel.
        const sql = 'SELECT guid, revision FROM windrow.channel WHERE id = $1 FOR UPDATE'
        const stored = await transaction.get<{ guid: string; revision: number }>(sql, id)
        if (!stored) return 'missing'
        if (stored.revision !== (revision ?? stored.revision)) return 'conflict'
        const { guid } = stored
        if (await transaction.get('SELECT 1 FROM windrow.origin_endpoint WHERE channel_guid = $1 LIMIT 1', guid)) {
          return 'has-endpoints'
        }
        await transaction.run('DELETE FROM windrow.channel WHERE id = $1', id)
        await transaction.run('INSERT INTO windrow.deleted_channel (guid, deleted_at) VALUES ($1, $2)', guid, now)
        transaction.changes.push({ kind: 'channel', id, guid })
        return 'deleted'
      }),
  } satisfies Partial<Resources>
}
