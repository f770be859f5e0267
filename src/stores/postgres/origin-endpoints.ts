import { keptSeconds, type OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { ResourceChange, Resources } from '../resources.ts'
import { endClipsOf } from './clips.ts'
import type { PostgresDatabase, Transaction } from './database.ts'
import { readPage } from './page.ts'

type Body = { body: OriginEndpoint }
type Stored = { revision: number; guid: string; channel_guid: string; startover_seconds: number }

export function originEndpointOperations(db: PostgresDatabase) {
  return {
    createOriginEndpoint: (endpoint, { maxPerChannel }) =>
      db.transaction(async (transaction) => {
        const { id, guid, channelGuid, channelId, revision } = endpoint
        await transaction.lock('originEndpoints')
        if (await transaction.get('SELECT 1 FROM windrow.origin_endpoint WHERE id = $1', id)) return 'duplicate'
        // The row is locked, so that the channel cannot be deleted meanwhile.
        const channel = await transaction.get('SELECT 1 FROM windrow.channel WHERE guid = $1 FOR UPDATE', channelGuid)
        if (!channel) return 'no-channel'
        const sql = 'SELECT count(*) AS n FROM windrow.origin_endpoint WHERE channel_guid = $1'
        if (((await transaction.get<{ n: number }>(sql, channelGuid))?.n ?? 0) >= maxPerChannel) return 'quota'
        await transaction.run(
          `INSERT INTO windrow.origin_endpoint
             (id, guid, channel_guid, channel_id, startover_seconds, revision, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          id,
          guid,
          channelGuid,
          channelId,
          keptSeconds(endpoint),
          revision,
          JSON.stringify(endpoint),
        )
        transaction.changes.push({ kind: 'originEndpoint', id, guid, channelGuid })
        return 'created'
      }),

    originEndpointById: async (id) =>
      (await db.get<Body>('SELECT body FROM windrow.origin_endpoint WHERE id = $1', id))?.body,
    originEndpointByGuid: async (guid) =>
      (await db.get<Body>('SELECT body FROM windrow.origin_endpoint WHERE guid = $1', guid))?.body,
    listOriginEndpoints: ({ channelId, ...page }) =>
      readPage(
        db,
        { table: 'windrow.origin_endpoint', columns: 'seq, body', where: { 'channel_id =': channelId } },
        page,
        ({ body }: Body & { seq: number }) => body,
      ),

    updateOriginEndpoint: (endpoint, graceMs) =>
      db.transaction(async (transaction) => {
        const { id, revision, modifiedAt } = endpoint
        const seconds = keptSeconds(endpoint)
        const before = await held(transaction, id)
        if (!before) return 'missing'
        if (before.revision !== revision - 1) return 'conflict'
        if (before.startover_seconds > seconds) await release(transaction, before, modifiedAt + graceMs)
        const sql = 'UPDATE windrow.origin_endpoint SET revision = $1, startover_seconds = $2, body = $3 WHERE id = $4'
        await transaction.run(sql, revision, seconds, JSON.stringify(endpoint), id)
        transaction.changes.push(changeOf(id, before))
        return 'updated'
      }),

    deleteOriginEndpoint: (id, now, graceMs, revision) =>
      db.transaction(async (transaction) => {
        const before = await held(transaction, id)
        if (!before) return 'missing'
        if (before.revision !== (revision ?? before.revision)) return 'conflict'
        await release(transaction, before, now + graceMs)
        await endClipsOf(transaction, before.channel_guid, before.guid)
        await transaction.run('DELETE FROM windrow.origin_endpoint WHERE id = $1', id)
        transaction.changes.push(changeOf(id, before))
        return 'deleted'
      }),
  } satisfies Partial<Resources>
}

const changeOf = (id: string, { guid, channel_guid }: Stored): ResourceChange => ({
  kind: 'originEndpoint',
  id,
  guid,
  channelGuid: channel_guid,
})

/** The endpoint's row, locked until the transaction ends. */
const held = (transaction: Transaction, id: string) =>
  transaction.get<Stored>(
    'SELECT revision, guid, channel_guid, startover_seconds FROM windrow.origin_endpoint WHERE id = $1 FOR UPDATE',
    id,
  )

/** Keeps a removed or reduced window in demand for a while, in case that was a mistake. */
const release = (transaction: Transaction, { channel_guid, startover_seconds }: Stored, until: number) =>
  transaction.run(
    'INSERT INTO windrow.released_window (channel_guid, seconds, until) VALUES ($1, $2, $3)',
    channel_guid,
    startover_seconds,
    until,
  )
