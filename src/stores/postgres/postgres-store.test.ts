import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import pg from 'pg'
import { startPostgres } from '../../../test/servers/postgres.ts'
import type { Log } from '../../log.ts'
import {
  type ContractStore,
  channel,
  createJob,
  event,
  harvestJob,
  MANY,
  NOW,
  originEndpoint,
} from '../nouns.contract.ts'
import { resourcesContract } from '../resources.contract.ts'
import { DatabaseRefused, StoreUnavailable } from '../resources.ts'
import { openSqliteStore } from '../sqlite/sqlite-store.ts'
import { Database } from './database.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'
import { MIGRATIONS } from './schema.ts'

const quiet: Log = { info() {}, warn() {}, error() {} }
const folder = await mkdtemp(join(tmpdir(), 'windrow-postgres-'))
const server = await startPostgres()
const opened = new Set<{ close(): Promise<void> }>()
let files = 0

after(async () => {
  await Promise.all([...opened].map((store) => store.close()))
  await server.stop()
  await rm(folder, { recursive: true })
})

async function open(url: string, log = quiet): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, poolSize: 4, log })
  opened.add(store)
  return store
}

/** Resources in PostgreSQL beside a segment index in SQLite. */
async function openContractStore(at?: { url: string; path: string }): Promise<ContractStore> {
  const { url, path } = at ?? { url: await server.createDatabase(), path: join(folder, `${++files}.db`) }
  const store = await open(url)
  const index = await openSqliteStore(path)
  opened.add(index)
  return {
    resources: store.resources,
    segmentIndex: index.segmentIndex,
    async restart() {
      await Promise.all([store.close(), index.close()])
      return openContractStore({ url, path })
    },
  }
}

resourcesContract('PostgreSQL', openContractStore)

/** As somebody else on the same database. */
async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
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

  it('refuses a database of a newer program', async () => {
    const url = await server.createDatabase()
    await (await open(url)).close()
    await query(url, `UPDATE windrow.version SET version = ${MIGRATIONS.length + 1}`)
    await assert.rejects(open(url), { name: 'DatabaseRefused', message: /of version \d+; this program knows/ })
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

  it('waits for the disk at every commit, also where the database was told not to', async () => {
    const url = await server.createDatabase()
    const warnings: string[] = []
    await query(
      url,
      `ALTER DATABASE "${decodeURIComponent(new URL(url).pathname.slice(1))}" SET synchronous_commit = off`,
    )
    const nothing = { announce: () => ['SELECT 1'] as const, committed: () => {} }
    const database = new Database({ url, poolSize: 1, log: quiet, ...nothing })
    opened.add(database)
    const setting = await database.get("SELECT current_setting('synchronous_commit') AS it")
    assert.deepEqual(setting, { it: 'on' })
    await open(url, { ...quiet, warn: (_, message) => warnings.push(message) })
    assert.deepEqual(warnings, [], 'fsync is on')
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

  it('refuses more requests than can reasonably wait, and serves the others', async () => {
    const { resources } = await open(await server.createDatabase())
    const answers = await Promise.allSettled(Array.from({ length: 10_100 }, () => resources.channelById('nobody')))
    const refused = answers.filter(({ status }) => status === 'rejected')
    assert.ok(refused.length >= 90 && refused.length <= 100, `${refused.length} refused`)
    assert.ok(refused.every((answer) => answer.status === 'rejected' && answer.reason instanceof StoreUnavailable))
    assert.equal(await resources.channelById('nobody'), undefined)
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

  it('belongs to the first archive that claims it', async () => {
    const url = await server.createDatabase()
    const [one, two] = [await open(url), await open(url)]
    const answers = await Promise.all([one.claimArchive('a'), two.claimArchive('b')])
    assert.equal(answers[0], answers[1])
    assert.equal(await (await open(url)).claimArchive('c'), answers[0])
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
          await createJob(resources, harvestJob(`${s}-${i}`, endpoint), limits),
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
          }),
        ),
      )
      assert.equal(claims.filter(({ owner }) => owner === undefined).length, 1)
    }
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
