import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import pg from 'pg'
import { needing } from '../../../test/programs.ts'
import { type PostgresServer, startPostgres } from '../../../test/servers/postgres.ts'
import { EmptiedPostgres } from '../../../test/stores/emptied-postgres.ts'
import { addToSchema } from '../../../test/stores/newer-schema.ts'
import { assertUpgraded, olderEndpoints, olderJob } from '../../../test/stores/older-endpoints.ts'
import type { Log } from '../../log.ts'
import { utcMs } from '../../media/time.ts'
import { adEvent } from '../ad-events.contract.ts'
import {
  channel,
  claimed,
  commit,
  era,
  event,
  harvestJob,
  INPUT,
  LEASE_MS,
  later,
  MANY,
  NOTHING_SPARED,
  NOW,
  originEndpoint,
  SLOT_MS,
  slot,
  storeJob,
} from '../nouns.contract.ts'
import { resourcesContract } from '../resources.contract.ts'
import { DatabaseRefused, StoreUnavailable } from '../resources.ts'
import type { SegmentIndex } from '../segment-index.ts'
import { PostgresDatabase } from './database.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'
import { MIGRATIONS } from './schema.ts'

const POOL_SIZE = 4
const blocks = needing('postgres')
const { after, before, describe, it } = blocks

const quiet: Log = { info() {}, warn() {}, error() {} }
let server: PostgresServer
const opened = new Set<{ close(): Promise<void> }>()

before(async () => {
  server = await startPostgres()
})
after(async () => {
  await Promise.all([...opened].map((store) => store.close()))
  await server?.stop()
})

async function open(url: string, log = quiet): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, poolSize: POOL_SIZE, log })
  opened.add(store)
  return store
}

const emptied = new EmptiedPostgres(() => server.createDatabase(), open)

resourcesContract('PostgreSQL', () => emptied.next(), blocks)

/** Runs a query as another client of the same database. */
async function query<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly string[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, [...values])).rows
  } finally {
    await client.end()
  }
}

describe('a store in PostgreSQL', () => {
  it('is made once, whoever comes first', async () => {
    const url = await server.createDatabase()
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(url)))
    await Promise.all(stores.map(({ resources }, i) => resources.createChannel(channel(`${i}`), MANY)))
    assert.equal((await stores[0]!.resources.listChannels({ limit: 9 })).items.length, 6)
    assert.deepEqual(await query(url, 'SELECT version FROM windrow.version'), [{ version: MIGRATIONS.length }])
  })

  it('goes on beside a newer program that adds to the schema, and can be opened again', async () => {
    const url = await server.createDatabase()
    const { segmentIndex } = await open(url)
    // All on its connections, where they have been prepared.
    const commitAll = (index: SegmentIndex) =>
      Promise.all(
        Array.from({ length: 2 * POOL_SIZE }, async (_, n) => {
          const ref = { ...INPUT, ingestEndpointId: `${n}` }
          const { version = 0 } = (await index.loadTimeline(ref)) ?? {}
          const step = { eras: version === 0 ? [era(0)] : [], slots: [slot(version, [`${n}/${version}`])] }
          return index.commitTimeline(ref, commit(version, step))
        }),
      )
    const all = Array.from({ length: 2 * POOL_SIZE }, () => 'committed')
    assert.deepEqual(await commitAll(segmentIndex), all)
    await addToSchema(url)
    assert.deepEqual(await commitAll(segmentIndex), all)
    assert.deepEqual(await commitAll((await open(url)).segmentIndex), all)
    const [row] = await query<{ version: number }>(url, 'SELECT version FROM windrow.version')
    assert.equal(row?.version, MIGRATIONS.length + 1)
  })

  it('refuses a database that only newer programs can use', async () => {
    const url = await server.createDatabase()
    await (await open(url)).close()
    await addToSchema(url, MIGRATIONS.length + 1)
    const message =
      /it has version \d+, which programs can use that know version \d+, and this one knows versions up to/
    await assert.rejects(open(url), { name: 'DatabaseRefused', message })
  })

  it('does not hold others up when another session keeps a table that it would change', async () => {
    const url = await server.createDatabase()
    await query(url, 'CREATE SCHEMA windrow; CREATE TABLE windrow.version AS SELECT 1 AS version')
    await query(url, MIGRATIONS.slice(0, 1).join(''))
    const backup = new pg.Client({ connectionString: url })
    await backup.connect()
    await backup.query('BEGIN; LOCK TABLE windrow.bucket_key IN ACCESS SHARE MODE')
    await assert.rejects(open(url), { name: 'DatabaseRefused', message: /another session keeps one/ })
    await backup.end()
    await open(url)
  })

  it('gives endpoints of older versions, and the copies of them in harvest jobs, container and manifests', async () => {
    const url = await server.createDatabase()
    const version = 'CREATE SCHEMA windrow; CREATE TABLE windrow.version AS SELECT 1 AS version'
    await query(url, `${version}; ${MIGRATIONS.slice(0, 1).join('')}`)
    await query(url, "INSERT INTO windrow.channel (id, guid, revision, body) VALUES ('sports', 'guid-sports', 1, '{}')")
    const endpoints = await olderEndpoints()
    for (const endpoint of endpoints) {
      const { guid, id, channelGuid, channelId } = endpoint.newer
      await query(
        url,
        `INSERT INTO windrow.origin_endpoint (id, guid, channel_guid, channel_id, startover_seconds, revision, body)
         VALUES ($1, $2, $3, $4, 0, 3, $5)`,
        [id, guid, channelGuid, channelId, JSON.stringify(endpoint.older)],
      )
      const { id: job, body } = olderJob(endpoint)
      await query(
        url,
        `INSERT INTO windrow.harvest_job
           (id, channel_id, channel_guid, status, created_at, window_start, window_end, not_before, body)
         VALUES ($1, $2, $3, 'IN_PROGRESS', 1, 1, 2, 0, $4)`,
        [job, channelId, channelGuid, body],
      )
    }
    await assertUpgraded((await open(url)).resources, endpoints)
  })

  it('keeps ad events of eras that an older version has begun, and deletes them with eras that one deletes', async () => {
    const url = await server.createDatabase()
    const slots = [0, 1].map((id) => slot(0, [], { era: id, at: NOW + id * SLOT_MS }))
    const { segmentIndex: before } = await open(url)
    await before.commitTimeline(INPUT, commit(0, { eras: [era(0)], slots: slots.slice(0, 1) }))
    const version = MIGRATIONS.findIndex((migration) => migration.toString().includes('windrow.ad_event'))
    const later = MIGRATIONS.slice(version).join('\n')
    const columns = [...later.matchAll(/ALTER TABLE (\S+) ADD COLUMN (\w+)/g)]
    const tables = [...later.matchAll(/CREATE TABLE (\S+)/g)]
    for (const [, table, column] of columns) await query(url, `ALTER TABLE ${table} DROP COLUMN ${column}`)
    for (const [, table] of tables.reverse()) await query(url, `DROP TABLE ${table}`)
    await query(url, `UPDATE windrow.version SET version = ${version}`)
    const { segmentIndex } = await open(url)
    const adEvents = [0, 1].map((id) => ({ era: id, event: adEvent(1) }))
    await segmentIndex.commitTimeline(INPUT, commit(1, { eras: [era(1)], slots: slots.slice(1), adEvents }))
    const kept = () =>
      segmentIndex.adEvents(
        INPUT.channelGuid,
        [0, 1].map((id) => ({ era: id, numbers: [1] })),
      )
    assert.deepEqual(await kept(), adEvents)
    await query(url, 'DELETE FROM windrow.slot WHERE era = 0; DELETE FROM windrow.era WHERE id = 0')
    await segmentIndex.forget(INPUT, NOW, NOTHING_SPARED)
    assert.deepEqual(await kept(), adEvents.slice(1))
  })

  it('says why it cannot be opened, and keeps the password to itself', async () => {
    const url = await server.createDatabase()
    const wrong = new URL(url)
    wrong.password = 'not-this-one'
    const nowhere = new URL(url)
    nowhere.port = '1'
    const absent = new URL(url)
    absent.pathname = '/absent'
    for (const [refused, reason] of [
      [wrong, /password authentication failed/],
      [nowhere, /windrow%20\d+ at 127\.0\.0\.1:1: .*ECONNREFUSED/],
      [absent, /database "absent" does not exist/],
    ] as const) {
      await assert.rejects(open(refused.href), (error: Error) => {
        assert.ok(error instanceof DatabaseRefused)
        assert.match(error.message, reason)
        assert.ok(!error.message.includes(refused.password))
        return true
      })
    }
  })

  it('waits for the disk at every commit, also where the database was told not to', async (t) => {
    const durable = await startPostgres({ isDurable: true })
    t.after(() => durable.stop())
    const url = await durable.createDatabase()
    const warnings: string[] = []
    await query(
      url,
      `ALTER DATABASE "${decodeURIComponent(new URL(url).pathname.slice(1))}" SET synchronous_commit = off`,
    )
    const nothing = { announce: () => ['SELECT 1'] as const, committed: () => {} }
    const database = new PostgresDatabase({ url, poolSize: 1, log: quiet, ...nothing })
    t.after(() => database.close())
    const setting = await database.get("SELECT current_setting('synchronous_commit') AS it")
    assert.deepEqual(setting, { it: 'on' })
    const log = { ...quiet, warn: (_: unknown, message: string) => warnings.push(message) }
    await (await open(url, log)).close()
    assert.deepEqual(warnings, [], 'fsync is on')
    await open(await server.createDatabase(), log)
    assert.match(warnings[0] ?? '', /the database has fsync switched off/)
  })

  it('finishes what was asked before it closes, and then answers that it is closed', async () => {
    const url = await server.createDatabase()
    const store = await open(url)
    const ids = Array.from({ length: 20 }, (_, i) => `${i}`)
    const appended = Promise.all(ids.map((id) => store.resources.appendEvent(event(id))))
    await Promise.all([store.close(), store.close()])
    await appended
    await assert.rejects(store.resources.appendEvent(event('late')), StoreUnavailable)
    assert.equal((await (await open(url)).resources.listEvents({ limit: 99 })).items.length, 20)
  })

  it('is not available for writing on a server that has become read-only, and is again when that is over', async () => {
    const url = await server.createDatabase()
    const { resources } = await open(url)
    const setReadOnly = async (value: string) => {
      const name = decodeURIComponent(new URL(url).pathname.slice(1))
      const sql = `ALTER DATABASE "${name}" SET default_transaction_read_only = ${value}`
      await query(url, `BEGIN READ WRITE; ${sql}; COMMIT`)
      const others = 'datname = current_database() AND pid <> pg_backend_pid()'
      await query(url, `BEGIN READ WRITE; SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${others}`)
    }
    await setReadOnly('on')
    // Finds out that its connection is gone.
    await resources.channelById('a').catch(() => {})
    await assert.rejects(resources.createChannel(channel('a'), MANY), (error: Error) => {
      assert.ok(error instanceof StoreUnavailable)
      assert.match(error.message, /read-only transaction/)
      return true
    })
    assert.equal(await resources.channelById('a'), undefined)
    await setReadOnly('off')
    await resources.channelById('a').catch(() => {})
    assert.equal(await resources.createChannel(channel('a'), MANY), 'created')
  })

  it('has one secret key for nonces, which no other database has', async () => {
    const url = await server.createDatabase()
    const [one, two] = [await open(url), await open(url)]
    const keys = await Promise.all([one.nonceKey(), two.nonceKey()])
    assert.deepEqual(keys[0], keys[1])
    assert.equal(keys[0].byteLength, 32)
    assert.notDeepEqual(await (await open(await server.createDatabase())).nonceKey(), keys[0])
  })

  it('takes back everything of a transaction that fails', async () => {
    const { resources } = await open(await server.createDatabase())
    const heard: unknown[] = []
    resources.onChange((change) => heard.push(change))
    await resources.createChannel(channel('a'), MANY)
    await assert.rejects(resources.createChannel(channel('b', { guid: 'guid-a' }), MANY), /duplicate key/)
    assert.equal(await resources.channelById('b'), undefined)
    assert.equal(heard.length, 1)
  })
})

/** Locks channels: requests for one wait until the lock is released. */
async function lockChannels(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN; LOCK TABLE windrow.channel IN ACCESS EXCLUSIVE MODE')
  // The server may be killed while it is held.
  client.on('error', () => {})
  const release = () => client.end()
  opened.add({ close: release })
  const waiting = "datname = current_database() AND wait_event_type = 'Lock'"
  return {
    /** Resolves when `count` statements wait for the lock. */
    async isWaitedForBy(count: number): Promise<void> {
      const sql = `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE ${waiting}`
      for (;;) {
        // Within a transaction it would be told the same for ever.
        await client.query('SELECT pg_stat_clear_snapshot()')
        if ((await client.query<{ waiting: number }>(sql)).rows[0]!.waiting === count) return
      }
    },
    /** Cancels the oldest waiting statements, as a time limit would. */
    async cancel(count: number): Promise<void> {
      const pids = `SELECT pid FROM pg_stat_activity WHERE ${waiting} ORDER BY query_start LIMIT ${count}`
      await client.query(`SELECT pg_cancel_backend(pid) FROM (${pids}) AS them`)
    },
    release,
  }
}

const isUnavailable = (answer: PromiseSettledResult<unknown>) =>
  answer.status === 'rejected' && answer.reason instanceof StoreUnavailable

const reasons = (answers: readonly PromiseSettledResult<unknown>[]) =>
  new Set(answers.map((answer) => (answer.status === 'rejected' ? answer.reason : 'served')))

describe('requests that wait for a connection to PostgreSQL', () => {
  const askTimes = (count: number, { resources }: PostgresStore) =>
    Array.from({ length: count }, () => resources.channelById('nobody'))

  it('are 10,000; more are refused at once, and the others served', async () => {
    const url = await server.createDatabase()
    const store = await open(url)
    const lock = await lockChannels(url)
    const asked = askTimes(POOL_SIZE + 10_000 + 100, store)
    const refused = await Promise.allSettled(asked.splice(-100))
    assert.ok(refused.every(isUnavailable))
    await lock.release()
    assert.deepEqual(new Set(await Promise.all(asked)), new Set([undefined]))
  })

  it('may wait longer than connecting may take', async (t) => {
    const url = await server.createDatabase()
    const store = await open(url)
    const lock = await lockChannels(url)
    const first = askTimes(POOL_SIZE, store)
    await lock.isWaitedForBy(POOL_SIZE)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const others = askTimes(5, store)
    t.mock.timers.tick(20_000)
    t.mock.timers.reset()
    await lock.release()
    await Promise.all([...first, ...others])
  })

  it('are refused together when the server is gone, and served when it is back', async () => {
    const url = await server.createDatabase()
    const store = await open(url)
    const lock = await lockChannels(url)
    const asked = Promise.allSettled(askTimes(50, store))
    await lock.isWaitedForBy(POOL_SIZE)
    await server.kill()
    const answers = await asked
    assert.ok(answers.every(isUnavailable))
    assert.equal(reasons(answers.slice(2 * POOL_SIZE)).size, 1, 'they have found out one after the other')
    await server.start()
    assert.equal(await store.resources.channelById('nobody'), undefined)
  })

  it('are refused together when the server does not let anybody in in time', async (t) => {
    const silent = createServer()
    t.after(() => silent.close())
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    const nothing = { announce: () => ['SELECT 1'] as const, committed: () => {} }
    const database = new PostgresDatabase({ url: `postgres://127.0.0.1:${port}/`, poolSize: 1, log: quiet, ...nothing })
    opened.add(database)
    const connected = once(silent, 'connection')
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const asked = Promise.allSettled(Array.from({ length: 50 }, () => database.get('SELECT 1')))
    await connected
    t.mock.timers.tick(5000)
    t.mock.timers.reset()
    const answers = await asked
    assert.ok(answers.every(isUnavailable))
    assert.equal(reasons(answers).size, 1)
  })

  it('are refused together when nobody was answered for as long as a statement may take', async () => {
    const url = await server.createDatabase()
    const store = await open(url)
    const lock = await lockChannels(url)
    const asked = askTimes(50, store)
    const inTurn = Promise.allSettled(asked.splice(0, POOL_SIZE))
    const waiting = Promise.allSettled(asked)
    await lock.isWaitedForBy(POOL_SIZE)
    await lock.cancel(1)
    const refusals = reasons(await waiting)
    await lock.release()
    assert.equal(refusals.size, 1)
    assert.deepEqual(reasons(await inTurn), new Set(['served', ...refusals]))
  })

  it('go on waiting when one is not answered in time, but others are', async () => {
    const url = await server.createDatabase()
    const store = await open(url)
    const lock = await lockChannels(url)
    const [unlucky] = askTimes(1, store)
    await lock.isWaitedForBy(1)
    await store.resources.listEvents({ limit: 1 })
    const others = askTimes(50, store)
    await lock.isWaitedForBy(POOL_SIZE)
    await Promise.all([assert.rejects(unlucky!, StoreUnavailable), lock.cancel(1)])
    await lock.isWaitedForBy(POOL_SIZE)
    await lock.release()
    await Promise.all(others)
  })
})

describe('two stores on one PostgreSQL', () => {
  it('agree when an endpoint is made while its channel is deleted', async () => {
    const url = await server.createDatabase()
    const [one, two] = [(await open(url)).resources, (await open(url)).resources]
    const outcomes = new Set<string>()
    for (let i = 0; i < 30; i++) {
      await one.createChannel(channel(`${i}`), { maxChannels: 1000 })
      const [deleted, made] = await Promise.all([
        one.deleteChannel(`${i}`, NOW),
        two.createOriginEndpoint(originEndpoint(`e${i}`, `${i}`), MANY),
      ])
      outcomes.add(`${deleted}, ${made}`)
    }
    const allowed = ['deleted, no-channel', 'has-endpoints, created']
    assert.deepEqual(
      [...outcomes].filter((outcome) => !allowed.includes(outcome)),
      [],
    )
  })

  it('keep a limit together', async () => {
    const url = await server.createDatabase()
    const stores = [(await open(url)).resources, (await open(url)).resources]
    const endpoint = originEndpoint('e', 'a')
    const limits = { ...MANY, maxChannels: 5, maxInProgress: 5 }
    const made = await Promise.all(
      stores.flatMap((resources, s) =>
        Array.from({ length: 8 }, async (_, i) => [
          await resources.createChannel(channel(`${s}-${i}`), limits),
          await storeJob(resources, harvestJob(`${s}-${i}`, endpoint), limits),
        ]),
      ),
    )
    assert.equal(made.filter(([answer]) => answer === 'created').length, 5)
    assert.equal(made.filter(([, answer]) => answer === 'created').length, 5)
  })

  it('take an update from one of those who saw the same revision', async () => {
    const url = await server.createDatabase()
    const stores = [(await open(url)).resources, (await open(url)).resources]
    await stores[0]!.createChannel(channel('a'), MANY)
    for (let revision = 2; revision < 12; revision++) {
      const answers = await Promise.all(stores.map((resources) => resources.updateChannel(channel('a', { revision }))))
      assert.deepEqual(answers.toSorted(), ['conflict', 'updated'])
    }
  })

  it('give overlapping names in a bucket to one endpoint, in whatever order they are asked for', async () => {
    const url = await server.createDatabase()
    const stores = [(await open(url)).resources, (await open(url)).resources]
    const keys = Array.from({ length: 200 }, (_, i) => `k/${i}`)
    for (let round = 0; round < 10; round++) {
      const claims = await Promise.all(
        stores.map((resources, s) =>
          resources.claimBucketKeys({
            bucket: `${round}`,
            keys: s === 0 ? keys : keys.toReversed(),
            jobId: `job ${s}`,
            endpointGuid: `endpoint ${s}`,
            manifestKey: 'index.m3u8',
          }),
        ),
      )
      assert.equal(claims.filter(({ owner }) => owner === undefined).length, 1)
    }
  })

  it('take over what a release that dated leases has left, when its date has come', async () => {
    const url = await server.createDatabase()
    const { resources } = await open(url)
    await storeJob(resources, harvestJob('j', originEndpoint('e', 'a')))
    const sink = { sink: 'webhook', owner: 'old', leaseMs: LEASE_MS }
    await claimed(resources)
    await resources.claimEventSink({ ...sink, now: NOW })
    // The steady clock is behind the date by the time in which no process ran.
    const dated = NOW + 86_400_000
    await query(url, `UPDATE windrow.harvest_job SET lease_until = ${dated}`)
    await query(url, `UPDATE windrow.event_sink SET lease_until = ${dated}`)
    const at = async (date: number) => {
      const claim = { owner: 'new', now: later(5), date: utcMs(date), leaseMs: LEASE_MS }
      return [await resources.claimHarvestJob(claim), await resources.claimEventSink({ ...claim, sink: 'webhook' })]
    }
    assert.deepEqual(await at(dated - 1), [undefined, undefined])
    assert.ok((await at(dated)).every((claim) => claim !== undefined))
  })

  it('list no event before one that is still being written', async () => {
    const url = await server.createDatabase()
    const [one, two, reader] = await Promise.all([open(url), open(url), open(url)])
    const writing = Promise.all(
      [one, two].flatMap(({ resources }, s) =>
        Array.from({ length: 100 }, (_, i) => resources.appendEvent(event(`${s}/${i}`))),
      ),
    )
    const seen: string[] = []
    let after = '0'
    let isDone = false
    void writing.then(() => {
      isDone = true
    })
    for (let last = false; !last; ) {
      last = isDone
      const { items } = await reader.resources.listEvents({ limit: 7, after })
      seen.push(...items.map(({ id }) => id))
      after = items.at(-1)?.cursor ?? after
      if (items.length > 0) last = false
    }
    assert.equal(seen.length, 200)
    assert.equal(new Set(seen).size, 200)
  })
})
