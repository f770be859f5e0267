import assert from 'node:assert/strict'
import pg from 'pg'
import { eventually } from '../../../test/judges/processes.ts'
import { needing } from '../../../test/programs.ts'
import { type PostgresServer, startPostgres } from '../../../test/servers/postgres.ts'
import type { Log } from '../../log.ts'
import type { InputRef } from '../../model/input-ref.ts'
import type { ContentFeed } from '../content-feed.ts'
import { commit } from '../nouns.contract.ts'
import type { SegmentIndex } from '../segment-index.ts'
import { PostgresContentFeed } from './content-feed.ts'
import { inputRow, outputTimelineRow } from './content-versions.ts'
import { PostgresDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { NoticeConnection } from './notice-connection.ts'
import { openPostgresStore } from './postgres-store.ts'
import { postgresSegmentIndex } from './segment-index.ts'

const { after, before, describe, it } = needing('postgres')

const QUICK = { everyMs: 50, timeoutMs: 5_000 }
/** Slow enough that a process has the answer to its commit before it compares what it reads. */
const PACE = { gatherMs: 5, pollMs: 200 }
const NEVER_MS = 1_000_000_000

const quiet: Log = { info() {}, warn() {}, error() {} }
let server: PostgresServer
const closers: (() => unknown)[] = []
before(async () => {
  server = await startPostgres()
  closers.push(() => server.stop())
})
after(async () => {
  for (const close of closers.toReversed()) await close()
})

/** In place of the channel, when the connection is lost: what is read from then on may be older than what was read. */
const LOST = '(lost)'

/** What a feed tells: `next` resolves to what follows what was taken already. */
function hearing(feed: ContentFeed) {
  const heard: (string | undefined)[] = []
  feed.onChange((channelGuid, part) => heard.push(channelGuid ?? (part === 'inputs' ? LOST : undefined)))
  const next = async () =>
    (await eventually('a change to be told', () => (heard.length > 0 ? [heard.shift()] : undefined)))[0]
  /** What is told until it is this. */
  const until = async (last: string | undefined) => {
    const told: (string | undefined)[] = []
    do told.push(await next())
    while (told.at(-1) !== last)
    return told
  }
  return { heard, next, until }
}

/** A process on a database. One that `diesSilently` after each commit tells no other of it. */
async function openNode(url: string, { pollMs = PACE.pollMs, inputsMs = 50, diesSilently = false } = {}) {
  const notices = await NoticeConnection.open(url, quiet, QUICK)
  closers.push(() => notices.close())
  const none = (): never => assert.fail('no resource changes')
  const db = new PostgresDatabase({ url, poolSize: 2, log: quiet, announce: none, committed: none })
  closers.push(() => db.close())
  await migrate(db)
  const feed = await PostgresContentFeed.open({ notices, db, log: quiet }, { ...PACE, pollMs, inputsMs })
  closers.push(() => feed.close())
  const index = postgresSegmentIndex(db, (guid, versions) => {
    if (!diesSilently) feed.committed(guid, versions)
  })
  return { feed, index, ...hearing(feed) }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  closers.push(() => client.end())
  return client
}

const input = (channelGuid: string, n = 1): InputRef => ({ channelGuid, ingestEndpointId: `${channelGuid}-${n}` })

/** Commits a step on the newest version, as a process does that has loaded it. */
async function step(index: SegmentIndex, ref: InputRef): Promise<void> {
  const version = (await index.loadTimeline(ref))?.version ?? 0
  assert.equal(await index.commitTimeline(ref, commit(version)), 'committed')
}

describe('the content feed', () => {
  it('tells each process what the others commit, soon', async (test) => {
    const url = await server.createDatabase()
    const stores = []
    for (let n = 0; n < 3; n++) stores.push(await openPostgresStore({ url, poolSize: 2, log: quiet }))
    for (const store of stores) closers.push(() => store.close())
    const [one, two, three] = stores.map(({ contentFeed }) => hearing(contentFeed))
    const took: number[] = []
    for (let n = 0; n < 20; n++) {
      await step(stores[n % 2]!.segmentIndex, input(`c${n}`))
      const committed = performance.now()
      assert.equal(await three!.next(), `c${n}`)
      took.push(performance.now() - committed)
    }
    assert.equal((await two!.until('c18')).length, 10)
    assert.equal((await one!.until('c19')).length, 10)
    assert.deepEqual([one!.heard, two!.heard, three!.heard], [[], [], []])
    took.sort((a, b) => a - b)
    test.diagnostic(`heard after ${took[10]!.toFixed(1)} ms, the slowest of 20 after ${took[19]!.toFixed(1)} ms`)
  })

  it('tells what a process committed that died before it could tell, of its own channels and of others', async () => {
    const url = await server.createDatabase()
    const [dying, one, two] = [await openNode(url, { diesSilently: true }), await openNode(url), await openNode(url)]
    for (const { feed } of [one, two]) for (const guid of ['a', 'b']) feed.watch(guid)
    await step(dying.index, input('a', 2))
    assert.deepEqual([await one.next(), await two.next()], ['a', 'a'])
    await step(one.index, input('a'))
    assert.equal(await two.next(), 'a')
    await step(dying.index, input('a', 2))
    await step(one.index, input('a'))
    assert.equal(await one.next(), 'a')
    const timeline = await dying.index.openOutputTimeline({ guid: 'e', revision: 1 }, input('a'), 6)
    const outputTimelines = [{ id: timeline.id, expectedVersion: 0, state: 'more' }]
    await dying.index.commitOutputTimelines('a', { outputTimelines, outputSegments: [] })
    assert.equal(await one.next(), 'a')
    await step(dying.index, input('b'))
    assert.equal(await one.next(), 'b')
    assert.deepEqual(one.heard, [])
  })

  it('tells a process nothing of its own commits, and nothing twice', async () => {
    const url = await server.createDatabase()
    const [one, two] = [await openNode(url), await openNode(url)]
    for (const { feed } of [one, two]) for (const guid of ['a', 'b', 'end']) feed.watch(guid)
    const timeline = await one.index.openOutputTimeline({ guid: 'e', revision: 1 }, input('a'), 6)
    for (let version = 0; version < 30; version++) {
      const outputTimelines = [{ id: timeline.id, expectedVersion: version, state: `${version}` }]
      await one.index.commitTimeline(input('a'), commit(version, { outputTimelines }))
      if (version % 10 === 0) await step(two.index, input('b'))
    }
    const silent = await openNode(url, { diesSilently: true })
    // Heard by reading alone, so all before it has been compared.
    for (const _ of [1, 2]) {
      await step(silent.index, input('end'))
      const ofOne = await one.until('end')
      const ofTwo = await two.until('end')
      assert.ok(!ofOne.includes('a') && !ofTwo.includes('b'))
      assert.ok(ofOne.length <= 4, `${ofOne}`)
    }
    assert.deepEqual([one.heard, two.heard], [[], []])
  })

  it('reads the versions of more channels than one statement may name', async () => {
    const url = await server.createDatabase()
    const { feed, heard } = await openNode(url)
    const guids = Array.from({ length: 2_001 }, (_, n) => `c${n}`)
    for (const guid of guids) feed.watch(guid)
    feed.unwatch('c7')
    const other = await connected(url)
    await other.query(
      `INSERT INTO windrow.input (channel_guid, ingest_endpoint_id, version) SELECT guid, guid, 1 FROM unnest($1::text[]) AS guid`,
      [guids],
    )
    await eventually('all to be told', () => heard.length >= 2_000 || undefined)
    assert.equal(heard.length, 2_000)
    assert.deepEqual(new Set(heard), new Set(guids.filter((guid) => guid !== 'c7')))
  })

  it('puts 1,000 channels that change at once into few notices', async (test) => {
    const url = await server.createDatabase()
    const [one, two] = [await openNode(url, { pollMs: NEVER_MS }), await openNode(url, { pollMs: NEVER_MS })]
    const other = await connected(url)
    let notices = 0
    other.on('notification', () => notices++)
    await other.query('LISTEN windrow_content')
    const guids = Array.from({ length: 1_000 }, (_, n) => `${n}`.padStart(36, 'f'))
    for (const [n, guid] of guids.entries()) one.feed.committed(guid, new Map([[inputRow(n), 1_000_000 + n]]))
    const told = await two.until(guids.at(-1))
    await other.query('SELECT 1')
    assert.deepEqual(told, guids)
    assert.ok(notices <= 10, `${notices} notices`)
    test.diagnostic(`${notices} notices`)
  })

  it('lets changes of inputs alone wait, which go along with the next of what is shown', async () => {
    const url = await server.createDatabase()
    const quietly = { pollMs: NEVER_MS, inputsMs: NEVER_MS }
    const [one, two] = [await openNode(url, quietly), await openNode(url, quietly)]
    const other = await connected(url)
    let notices = 0
    other.on('notification', () => notices++)
    await other.query('LISTEN windrow_content')
    for (const guid of ['a', 'b']) one.feed.committed(guid, new Map([[inputRow(1), 1]]))
    two.feed.committed('c', new Map([[outputTimelineRow(1), 1]]))
    assert.deepEqual(await one.until('c'), ['c'])
    assert.deepEqual(two.heard, [])
    one.feed.committed('d', new Map([[outputTimelineRow(2), 1]]))
    assert.deepEqual(await two.until('d'), ['a', 'b', 'd'])
    await other.query('SELECT 1')
    assert.equal(notices, 2)
  })

  it('sends what it could not send when its connection was cut, and says that any channel may have changed', async () => {
    const url = await server.createDatabase()
    const one = await openNode(`${url}?application_name=cut`, { pollMs: NEVER_MS })
    const two = await openNode(url, { pollMs: NEVER_MS })
    const other = await connected(url)
    const guids = Array.from({ length: 10 }, (_, n) => `c${n}`)
    // Of a watched channel nothing is told twice: the first sending may have succeeded, but for the answer.
    for (const guid of [...guids, 'last']) two.feed.watch(guid)
    for (let round = 1; round <= 3; round++) {
      const cut = other.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'")
      for (const [n, guid] of guids.entries()) one.feed.committed(guid, new Map([[inputRow(n), round]]))
      await cut
      one.feed.committed('last', new Map([[inputRow(99), round]]))
      const told: (string | undefined)[] = []
      while (told.length < 11) told.push(await two.next())
      assert.deepEqual(new Set(told), new Set([...guids, 'last']))
      assert.deepEqual([await one.next(), await one.next()], [LOST, undefined])
    }
    assert.deepEqual([one.heard, two.heard], [[], []])
  })

  it('goes on when the database was killed and is back', async () => {
    const url = await server.createDatabase()
    const [one, two] = [await openNode(url), await openNode(url)]
    two.feed.watch('b')
    await step(one.index, input('a'))
    assert.equal(await two.next(), 'a')
    await server.kill()
    await server.start()
    for (const node of [one, two]) assert.deepEqual([await node.next(), await node.next()], [LOST, undefined])
    await step(one.index, input('a'))
    assert.equal(await two.next(), 'a')
    const silent = await openNode(url, { diesSilently: true })
    await step(silent.index, input('b'))
    await two.until('b')
  })

  it('tells the versions again that a standby did not have when it took over', async () => {
    const url = await server.createDatabase()
    const one = await openNode(url)
    const two = await openNode(`${url}?application_name=failed-over`, { pollMs: NEVER_MS })
    two.feed.watch('a')
    for (let version = 0; version < 3; version++) {
      await step(one.index, input('a'))
      assert.equal(await two.next(), 'a')
    }
    const other = await connected(url)
    await other.query('UPDATE windrow.input SET version = 1')
    await other.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'failed-over'")
    assert.deepEqual([await two.next(), await two.next()], [LOST, undefined])
    await step(one.index, input('a'))
    assert.equal(await two.next(), 'a')
  })

  it('takes a notice that it does not understand for a change of anything', async () => {
    const url = await server.createDatabase()
    const { next } = await openNode(url)
    const other = await connected(url)
    for (const payload of ['', 'x', 'x\n', 'x\na', 'x\n i1:2', 'x\na i1', 'x\na i1:2 ', 'x\na p1:2', '{"by":1}']) {
      await other.query('SELECT pg_notify($1, $2)', ['windrow_content', payload])
      assert.equal(await next(), undefined, payload)
    }
    await other.query('SELECT pg_notify($1, $2)', ['windrow_content', 'x\na i1:2'])
    assert.equal(await next(), 'a')
  })
})
