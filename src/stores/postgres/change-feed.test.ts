import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { eventually } from '../../../test/judges/processes.ts'
import { needing } from '../../../test/programs.ts'
import { type PostgresServer, startPostgres } from '../../../test/servers/postgres.ts'
import type { Log } from '../../log.ts'
import type { ResourceChange } from '../resources.ts'
import { ChangeFeed } from './change-feed.ts'
import { NoticeConnection } from './notice-connection.ts'

const { after, before, describe, it } = needing('postgres')

const CHANGE: ResourceChange = { kind: 'channel', id: 'a', guid: 'guid-a' }
const EVERYTHING: ResourceChange = { kind: 'everything' }
const QUICK = { everyMs: 50, timeoutMs: 500 }

const quiet: Log = { info() {}, warn() {}, error() {} }
let server: PostgresServer
let url: string
const closers: (() => unknown)[] = []
before(async () => {
  server = await startPostgres()
  closers.push(() => server.stop())
  url = await server.createDatabase()
})
after(async () => {
  for (const close of closers.toReversed()) await close()
})

/** A feed with its changes: `next` resolves to the change after those already taken. */
async function listening(at = url) {
  const notices = await NoticeConnection.open(at, quiet, QUICK)
  closers.push(() => notices.close())
  const feed = await ChangeFeed.open(notices)
  const heard: ResourceChange[] = []
  feed.onChange((change) => heard.push(change))
  const next = () => eventually('a change to be told', () => heard.shift())
  return { feed, heard, next }
}

async function query(sql: string, values: readonly string[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql, [...values])
  await client.end()
}

const announce = (feed: ChangeFeed, change: ResourceChange) => {
  const [sql, ...values] = feed.announcement([change])
  return query(sql, values)
}

/** A network between a client and the database, which can go silent. */
async function startNetwork() {
  const links: Socket[] = []
  const network = createServer((client) => {
    const database = connect(Number(new URL(url).port), '127.0.0.1')
    for (const socket of [client, database]) socket.on('error', () => {})
    client.pipe(database).pipe(client)
    links.push(client, database)
  })
  await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const link of links) link.destroy()
    network.close()
  })
  const through = new URL(url)
  through.port = String((network.address() as { port: number }).port)
  return {
    url: through.href,
    /** Makes the network silent for current connections, without telling them. */
    silence() {
      for (const link of links.splice(0)) link.unpipe().pause()
    },
  }
}

describe('the change feed', () => {
  it('tells what others announce, and not what it announced itself', async () => {
    const [one, two] = [await listening(), await listening()]
    await announce(one.feed, CHANGE)
    assert.deepEqual(await two.next(), CHANGE)
    await announce(two.feed, { kind: 'channel', id: 'b', guid: 'guid-b' })
    assert.deepEqual(await one.next(), { kind: 'channel', id: 'b', guid: 'guid-b' })
    assert.deepEqual([one.heard, two.heard], [[], []])
  })

  it('takes a notification it does not understand for a change of anything', async () => {
    const { next } = await listening()
    for (const payload of ['', 'null', '{"by": 1}', '[']) {
      await query('SELECT pg_notify($1, $2)', ['windrow_change', payload])
      assert.deepEqual(await next(), EVERYTHING)
    }
  })

  it('tells others soon, and once, of what changes often', async () => {
    const [one, two] = [await listening(), await listening()]
    const job = (id: string): ResourceChange => ({ kind: 'harvestJob', id })
    for (const id of ['a', 'b', 'a', 'a']) one.feed.tellSoon(job(id))
    assert.deepEqual(one.heard, ['a', 'b', 'a', 'a'].map(job), 'each at once in its own process')
    assert.deepEqual([await two.next(), await two.next()], [job('a'), job('b')])
    await announce(one.feed, CHANGE)
    assert.deepEqual(await two.next(), CHANGE)
    assert.equal(one.heard.length, 4)
  })

  it('says that anything may have changed after its connection was cut, and hears again', async () => {
    const [one, two] = [await listening(), await listening()]
    await query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'windrow'")
    assert.deepEqual([await one.next(), await two.next()], [EVERYTHING, EVERYTHING])
    await announce(one.feed, CHANGE)
    assert.deepEqual(await two.next(), CHANGE)
  })

  it('notices a network that went silent', async () => {
    const network = await startNetwork()
    const [near, far] = [await listening(), await listening(network.url)]
    network.silence()
    await announce(near.feed, CHANGE)
    assert.deepEqual(await far.next(), EVERYTHING)
    await announce(near.feed, { kind: 'channel', id: 'b', guid: 'guid-b' })
    assert.deepEqual(await far.next(), { kind: 'channel', id: 'b', guid: 'guid-b' })
  })

  it('connects again when the database was killed and is back', async () => {
    const { feed, next } = await listening()
    const other = await listening()
    await server.kill()
    await server.start()
    assert.deepEqual([await next(), await other.next()], [EVERYTHING, EVERYTHING])
    await announce(feed, CHANGE)
    assert.deepEqual(await other.next(), CHANGE)
  })
})
