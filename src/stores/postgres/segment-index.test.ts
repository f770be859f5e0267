import assert from 'node:assert/strict'
import pg from 'pg'
import { needing } from '../../../test/programs.ts'
import { deadlocksIn, isWaitedForBy, type PostgresServer, startPostgres } from '../../../test/servers/postgres.ts'
import { EmptiedPostgres } from '../../../test/stores/emptied-postgres.ts'
import type { Log } from '../../log.ts'
import { utcMs } from '../../media/time.ts'
import type { InputRef } from '../../model/input-ref.ts'
import { clip } from '../clip-records.contract.ts'
import {
  channel,
  commit,
  era,
  harvestJob,
  INPUT,
  later,
  MANY,
  NOTHING_SPARED,
  NOW,
  numbersOf,
  OTHER,
  originEndpoint,
  outputSegment,
  SLOT_MS,
  slot,
  sourceObject,
  storeJob,
  within,
} from '../nouns.contract.ts'
import { StoreUnavailable } from '../resources.ts'
import { runReaderContract } from '../run-reader.contract.ts'
import { segmentIndexContract } from '../segment-index.contract.ts'
import type { SegmentIndex } from '../segment-index.ts'
import { commitOfStaged, stagedObjectsContract } from '../staged-objects.contract.ts'
import { ObjectAbandoned } from '../staged-objects.ts'
import type { TimelineCommit } from '../timeline-store.ts'
import { PostgresDatabase } from './database.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'

const POOL_SIZE = 4
const blocks = needing('postgres')
const { after, before, describe, it } = blocks

const quiet: Log = { info() {}, warn() {}, error() {} }
let server: PostgresServer
const opened = new Set<PostgresStore>()

before(async () => {
  server = await startPostgres()
})
after(async () => {
  await Promise.all([...opened].map((store) => store.close()))
  await server?.stop()
})

async function open(url: string): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, poolSize: POOL_SIZE, log: quiet })
  opened.add(store)
  return store
}

const emptied = new EmptiedPostgres(() => server.createDatabase(), open)

segmentIndexContract('PostgreSQL', () => emptied.next(), blocks)
stagedObjectsContract('PostgreSQL', () => emptied.next(), blocks)
runReaderContract('PostgreSQL', () => emptied.next(), blocks)

/** The index of one database, as two processes have it. */
async function openTwo(): Promise<readonly [SegmentIndex, SegmentIndex, url: string]> {
  const url = await server.createDatabase()
  const [one, two] = await Promise.all([open(url), open(url)])
  return [one.segmentIndex, two.segmentIndex, url]
}

async function versionOf(index: SegmentIndex, ref: InputRef): Promise<number> {
  return (await index.loadTimeline(ref))?.version ?? 0
}

/** Commits what `parts` makes of the current versions until it is not stale, as every process does. */
async function commitUntilDone(
  index: SegmentIndex,
  ref: InputRef,
  parts: (versions: ReadonlyMap<number, number>) => Parameters<typeof commit>[1],
): Promise<void> {
  for (;;) {
    const outputTimelines = await index.outputTimelinesOf(ref.channelGuid)
    const versions = new Map(outputTimelines.map(({ id, version }) => [id, version]))
    const next: TimelineCommit = commit(await versionOf(index, ref), parts(versions))
    if ((await index.commitTimeline(ref, next)) === 'committed') return
  }
}

const at = (guid: string, revision = 1) => ({ guid, revision })
const many = <T>(count: number, of: (n: number) => T) => Array.from({ length: count }, (_, n) => of(n))

describe('the segment index in PostgreSQL', () => {
  it('keeps what PostgreSQL cannot hold as text', async () => {
    const { segmentIndex } = await emptied.next()
    const odd = { ...sourceObject('guid-news/k'), name: 'a\0b "\\u0000" \u2028 \ud800.ts', problem: '{},"NULL"' }
    const state = JSON.stringify({ odd })
    await segmentIndex.commitTimeline(INPUT, commit(0, { objects: [odd], state }))
    assert.deepEqual(await segmentIndex.unsettledObjects(INPUT, 9), [odd])
    assert.equal((await segmentIndex.loadTimeline(INPUT))?.state, state)
  })

  it('finds the few slots of a page, and that an era is new, without reading all others', async () => {
    const url = await server.createDatabase()
    const { segmentIndex, close } = await open(url)
    const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
    const slots = many(4000, (i) => slot(i, ['a', 'b']))
    const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
    await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('ANALYZE')
    await segmentIndex.outputSegmentsNumbered(id, { after: 2000, last: 2128 })
    await segmentIndex.outputSegmentSummaries(id, { after: 2000, last: 2128 })
    const fresh = [slot(0, [], { era: 1 })]
    await segmentIndex.commitTimeline(
      INPUT,
      commit(1, { slots: fresh, outputSegments: [outputSegment(id, 9999, fresh)] }),
    )
    assert.deepEqual(await segmentIndex.erasShown(id, { after: 0, last: 9999 }), [0, 1])
    // Counted when the connections end.
    await close()
    const { rows } = await client.query<{ rows: number }>(
      `SELECT sum(seq_tup_read)::int AS rows FROM pg_stat_user_tables
       WHERE relname IN ('slot', 'slot_summary', 'output_segment')`,
    )
    assert.deepEqual(rows, [{ rows: 0 }])
    await client.end()
  })

  it('repeats a commit that meets a deadlock', async () => {
    const url = await server.createDatabase()
    const { segmentIndex } = await open(url)
    const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query("SET deadlock_timeout = '1min'")
    await client.query(`BEGIN; SELECT 1 FROM windrow.output_timeline WHERE id = ${id} FOR UPDATE`)
    const outputTimelines = [{ id, expectedVersion: 0, state: 's' }]
    const committing = segmentIndex.commitTimeline(INPUT, commit(0, { outputTimelines, slots: [slot(0, ['a'])] }))
    await isWaitedForBy(client, 1)
    // Which of the two is refused, PostgreSQL decides; this one waits for a minute before it asks.
    await client.query('SELECT 1 FROM windrow.input FOR UPDATE')
    await client.query('COMMIT')
    assert.equal(await committing, 'committed')
    assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), [slot(0, ['a'])])
    await client.end()
  })
})

describe('a session that falls silent in a transaction', () => {
  it('holds up others for seconds, and loses its transaction if it is one of ours', async () => {
    const url = await server.createDatabase()
    const { segmentIndex } = await open(url)
    const others = { ...INPUT, ingestEndpointId: 'others' }
    for (const ref of [INPUT, others]) await segmentIndex.commitTimeline(ref, commit(0))
    const lock = 'SELECT FROM windrow.input WHERE ingest_endpoint_id = $1 FOR UPDATE'
    const foreign = new pg.Client({ connectionString: url })
    await foreign.connect()
    await foreign.query('BEGIN')
    await foreign.query(lock, [others.ingestEndpointId])
    const nothing = { announce: () => ['SELECT 1'] as const, committed: () => {} }
    const database = new PostgresDatabase({ url, poolSize: 1, log: quiet, ...nothing })
    const locked = Promise.withResolvers<void>()
    const goesOn = Promise.withResolvers<void>()
    const frozen = database.transaction(async (transaction) => {
      await transaction.run(lock, INPUT.ingestEndpointId)
      locked.resolve()
      await goesOn.promise
      await transaction.run('UPDATE windrow.input SET version = 99')
    })
    await locked.promise
    const refused = assert.rejects(segmentIndex.commitTimeline(others, commit(1)), (error) => {
      return error instanceof StoreUnavailable && /lock timeout/.test(error.message)
    })
    assert.equal(await segmentIndex.commitTimeline(INPUT, commit(1)), 'committed')
    goesOn.resolve()
    await Promise.all([refused, assert.rejects(frozen, StoreUnavailable)])
    await foreign.end()
    assert.equal(await database.transaction((transaction) => transaction.run('SELECT FROM windrow.input')), 2)
    await database.close()
    assert.equal(await segmentIndex.commitTimeline(INPUT, commit(2)), 'committed')
    assert.equal(await segmentIndex.commitTimeline(others, commit(1)), 'committed')
  })
})

describe('staged objects in PostgreSQL', () => {
  /** A database with staged objects, and a client in a transaction. */
  async function stagedIn(...keys: readonly string[]) {
    const url = await server.createDatabase()
    const store = await open(url)
    for (const key of keys) await store.stagedObjects.stage(key, NOW)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('BEGIN')
    return { ...store, client }
  }

  it('are not abandoned while a commit that records them ends, nor waited for', async () => {
    const { segmentIndex, stagedObjects, client } = await stagedIn('a', 'b')
    await client.query("SELECT FROM windrow.staged_object WHERE key = 'a' FOR UPDATE")
    assert.equal(await stagedObjects.abandon(later(1), 9), 1)
    assert.deepEqual(await segmentIndex.pendingDeletions(9), ['b'])
    await client.end()
  })

  it('are not recorded by a commit that has waited while they were abandoned', async () => {
    const { segmentIndex, client } = await stagedIn('a')
    await client.query("DELETE FROM windrow.staged_object; INSERT INTO windrow.pending_deletion VALUES ('a')")
    const committing = segmentIndex.commitTimeline(INPUT, commitOfStaged(0, 'a'))
    const rejected = assert.rejects(committing, ObjectAbandoned)
    await isWaitedForBy(client, 1)
    await client.query('COMMIT')
    await rejected
    assert.equal(await segmentIndex.loadTimeline(INPUT), undefined)
    await client.end()
  })

  it('are deleted again when they are found abandoned by a change that reads first', async () => {
    const { segmentIndex, stagedObjects, changing, client } = await stagedIn('a')
    await client.query('ROLLBACK')
    await client.end()
    await stagedObjects.abandon(later(1), 9)
    await segmentIndex.objectsDeleted(['a'])
    const change = changing(INPUT.channelGuid, (index) => index.commitTimeline(INPUT, commitOfStaged(0, 'a')))
    await assert.rejects(change, ObjectAbandoned)
    assert.deepEqual(await segmentIndex.pendingDeletions(9), ['a'])
  })

  it('are each recorded or deleted, never both, however processes commit and abandon', async () => {
    const url = await server.createDatabase()
    const [one, two] = await Promise.all([open(url), open(url)])
    const keys = many(60, (n) => `${n}`)
    await Promise.all(keys.map((key) => one.stagedObjects.stage(key, NOW)))
    const late = new Set<string>()
    const record = async () => {
      let version = 0
      for (const key of keys) {
        try {
          assert.equal(await one.segmentIndex.commitTimeline(INPUT, commitOfStaged(version, key)), 'committed')
          version++
        } catch (error) {
          if (!(error instanceof ObjectAbandoned)) throw error
          late.add(key)
        }
      }
    }
    const abandon = async ({ stagedObjects }: PostgresStore) => {
      for (let n = 0; n < 15; n++) await stagedObjects.abandon(later(1), 1)
    }
    await Promise.all([record(), abandon(one), abandon(two)])
    await two.stagedObjects.abandon(later(1), 99)
    const pending = await two.segmentIndex.pendingDeletions(99)
    assert.deepEqual(pending.toSorted(), [...late].toSorted())
    const recorded = (await two.segmentIndex.unsettledObjects(INPUT, 99)).map(({ key }) => key)
    assert.deepEqual([...recorded, ...pending].toSorted(), keys.toSorted())
  })
})

describe('pins in PostgreSQL', () => {
  const endpoint = originEndpoint('1', 'news')

  /** Ten slots, each an output segment, in a database that two processes have, and a client in a transaction. */
  async function pinning() {
    const url = await server.createDatabase()
    const [one, two] = await Promise.all([open(url), open(url)])
    await one.resources.createChannel(channel('news'), MANY)
    await one.resources.createOriginEndpoint(endpoint, MANY)
    const { id } = await one.segmentIndex.openOutputTimeline(at(endpoint.guid), INPUT, 2)
    const slots = many(10, (i) => slot(i, [`${i}`]))
    const objects = slots.map((_, i) => sourceObject(`${i}`))
    const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
    await one.segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots, outputSegments }))
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('BEGIN')
    const kept = async () => (await one.segmentIndex.slots(INPUT, undefined, 99)).map(({ index }) => index)
    return { one, two, client, kept, outputTimeline: id }
  }

  it('of a job that is being made are waited for, and commits of its channel wait for neither', async () => {
    const { one, two, client, kept } = await pinning()
    await client.query("INSERT INTO windrow.bucket_key VALUES ('b', 'k', 'j', 'e'); COMMIT; BEGIN")
    await client.query('SELECT FROM windrow.bucket_key FOR UPDATE')
    const making = storeJob(one.resources, harvestJob('j', endpoint, within(3, 4)))
    await isWaitedForBy(client, 1)
    const forgetting = two.segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
    await Promise.race([forgetting, isWaitedForBy(client, 2)])
    assert.equal(await one.segmentIndex.commitTimeline(INPUT, commit(1)), 'committed')
    await client.query('COMMIT')
    assert.equal(await making, 'created')
    assert.equal((await forgetting).slots, 8)
    assert.deepEqual(await kept(), [3, 4])
    await client.end()
  })

  it('of a clip wait for what is being deleted, which it then does not have', async () => {
    const { one, two, client, kept, outputTimeline } = await pinning()
    const made = (id: string, first: number) => {
      const shown = [{ outputTimeline, first: first + 1, last: 10, count: 10 - first }]
      const window = { ...within(first, 9), pinned: within(first, 9) }
      return one.resources.createClip(clip(id, [endpoint], window), { maxClips: 9, maxBytes: 1e9 }, shown)
    }
    await client.query("SELECT FROM windrow.source_object WHERE key = '5' FOR UPDATE")
    const forgetting = two.segmentIndex.forget(INPUT, later(6.5 * SLOT_MS), NOTHING_SPARED)
    await isWaitedForBy(client, 1)
    const making = Promise.all([made('early', 5), made('late', 6)])
    await Promise.race([making, isWaitedForBy(client, 3)])
    await client.query('COMMIT')
    assert.equal((await forgetting).slots, 6)
    assert.deepEqual(await making, ['content-deleted', 'created'])
    await two.segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
    assert.deepEqual(await kept(), [6, 7, 8, 9])
    await client.end()
  })

  it('hold, however processes make jobs and delete', async () => {
    const { one, two, client, kept } = await pinning()
    await client.end()
    const made = new Set<number>()
    const make = async () => {
      for (let n = 9; n >= 0; n--) {
        const before = await kept()
        assert.equal(await storeJob(one.resources, harvestJob(`${n}`, endpoint, within(n))), 'created')
        if (before.includes(n) && (await kept()).includes(n)) made.add(n)
      }
    }
    const forget = async ({ segmentIndex }: PostgresStore) => {
      for (let n = 0; n < 10; n++) await segmentIndex.forget(INPUT, later((n + 1.5) * SLOT_MS), NOTHING_SPARED)
    }
    await Promise.all([make(), forget(one), forget(two)])
    await two.segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
    const left = await kept()
    for (const n of made) assert.ok(left.includes(n), `${n} was there when its job had been made`)
  })
})

describe('two processes on one segment index in PostgreSQL', () => {
  it('change a channel that they read first one after the other: none is too late', async () => {
    const url = await server.createDatabase()
    const stores = await Promise.all([open(url), open(url)])
    await stores[0]!.segmentIndex.commitTimeline(INPUT, commit(0, {}))
    const change = ({ changing }: PostgresStore, round: number) =>
      changing(INPUT.channelGuid, async (index) => {
        const version = await versionOf(index, INPUT)
        return index.commitTimeline(INPUT, commit(version, { slots: [slot(version, [`${version}/${round}`])] }))
      })
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all([...stores, ...stores].map((store) => change(store, round)))
      assert.deepEqual([...new Set(answers)], ['committed'])
    }
    assert.equal(await versionOf(stores[1]!.segmentIndex, INPUT), 41)
  })

  it('have one commit on each version of an input, the first ones included', async () => {
    const [one, two] = await openTwo()
    for (let version = 0; version < 20; version++) {
      const answers = await Promise.all(
        [one, two, one, two].map((index, i) =>
          index.commitTimeline(INPUT, commit(version, { slots: [slot(version, [`${i}`])] })),
        ),
      )
      assert.deepEqual(answers.toSorted(), ['committed', 'stale', 'stale', 'stale'])
    }
    assert.equal(await versionOf(one, INPUT), 20)
    assert.equal((await two.slots(INPUT, undefined, 99)).length, 20)
  })

  it('step output timelines one after the other, and give each number once', async () => {
    const [one, two] = await openTwo()
    const ids = [await one.openOutputTimeline(at('e'), INPUT, 2), await two.openOutputTimeline(at('f'), OTHER, 4)].map(
      ({ id }) => id,
    )
    const steps = 25
    // Each names the output timelines in another order.
    const run = (index: SegmentIndex, ref: InputRef, order: readonly number[]) =>
      many(steps, (n) => n).reduce(
        (before, n) =>
          before.then(() =>
            commitUntilDone(index, ref, (versions) => {
              const slots = [slot(n, [`${ref.ingestEndpointId}/${n}`])]
              const expected = (id: number) => versions.get(id) ?? 0
              return {
                slots,
                outputTimelines: order.map((id) => ({ id, expectedVersion: expected(id), state: `${expected(id)}` })),
                outputSegments: order.map((id) => ({
                  ...outputSegment(id, expected(id) + 1, slots),
                  source: { ingestEndpointId: ref.ingestEndpointId, era: 0 },
                })),
              }
            }),
          ),
        Promise.resolve(),
      )
    await Promise.all([run(one, INPUT, ids), run(two, OTHER, ids.toReversed())])
    for (const id of ids) {
      const numbers = numbersOf(await one.lastOutputSegments(id, 999))
      assert.deepEqual(
        numbers,
        many(2 * steps, (n) => n + 1),
      )
      assert.deepEqual(await two.erasShown(id, { after: 0, last: 999 }), [0])
    }
    assert.deepEqual(
      (await two.outputTimelinesOf(INPUT.channelGuid)).map(({ version, state }) => [version, state]),
      many(2, () => [2 * steps, `${2 * steps - 1}`]),
    )
  })

  it('open one output timeline for a channel and segment duration, above every number', async () => {
    const [one, two] = await openTwo()
    const refs = [INPUT, OTHER]
    const all = await Promise.all(many(12, (i) => [one, two][i % 2]!.openOutputTimeline(at(`${i}`), refs[i % 2]!, 2)))
    const [{ id }] = all as [(typeof all)[0]]
    assert.ok(all.every((each) => each.id === id && each.firstNumber === 1))
    assert.equal((await one.endpointsOf(id)).length, 12)
    let version = 0
    for (let round = 0; round < 8; round++) {
      const slots = [slot(round, [])]
      const [, ...others] = await Promise.all([
        one.commitTimeline(INPUT, commit(version++, { slots, outputSegments: [outputSegment(id, round + 1, slots)] })),
        two.openOutputTimeline(at('0', 2 * round + 2), INPUT, 4),
        one.openOutputTimeline(at('0', 2 * round + 2), OTHER, 4),
      ])
      assert.equal(others[0]?.id, others[1]?.id)
      assert.ok(others[0]!.firstNumber > round, 'above the numbers of earlier rounds')
      const again = await two.openOutputTimeline(at('0', 2 * round + 3), INPUT, 2)
      assert.equal(again.firstNumber, round + 2)
    }
  })

  it('copy an output timeline together', async () => {
    const [one, two] = await openTwo()
    const { id } = await one.openOutputTimeline(at('e'), INPUT, 2)
    const slots = many(100, (i) => slot(i, [], { era: i < 50 ? 1 : 2 }))
    const outputSegments = slots.map((each, i) => outputSegment(id, i + 1, [each]))
    await one.commitTimeline(INPUT, commit(0, { slots, eras: [era(1), era(2)], outputSegments }))
    await one.openOutputTimeline(at('e', 2), INPUT, 4)
    const copy = await two.openOutputTimeline(at('e', 3), INPUT, 2)
    while (!(await Promise.all([one, two].map((index) => index.copyOutputSegments(id, copy.id, 7)))).every(Boolean));
    assert.deepEqual(
      numbersOf(await one.lastOutputSegments(copy.id, 999)),
      many(100, (n) => copy.firstNumber + n),
    )
    assert.deepEqual(await two.erasShown(copy.id, { after: 0, last: 999 }), [1, 2])
  })

  it('count exactly what slots of both inputs hold, however they commit and forget', async () => {
    const [one, two, url] = await openTwo()
    const rounds = 20
    const keyOf = (ref: InputRef, name: string | number) => `${ref.channelGuid}/${ref.ingestEndpointId}/${name}`
    const lent = [INPUT, OTHER].map((ref) => keyOf(ref, 'lent'))
    for (const ref of [INPUT, OTHER])
      await one.commitTimeline(ref, commit(0, { objects: [sourceObject(keyOf(ref, 'lent'))] }))
    // The newest slots of both hold them all the time.
    for (const ref of [INPUT, OTHER]) await one.commitTimeline(ref, commit(1, { slots: [slot(rounds + 1, lent)] }))
    const fill = async (index: SegmentIndex, ref: InputRef, order: readonly string[]) => {
      for (let n = 1; n <= rounds; n++) {
        const [listed, unlisted] = [keyOf(ref, n), keyOf(ref, `${n}/unlisted`)]
        const objects = [listed, unlisted].map((key) => sourceObject(key))
        await commitUntilDone(index, ref, () => ({ objects, slots: [slot(n, [...order, listed])] }))
      }
    }
    const forget = async (index: SegmentIndex) => {
      for (let n = 1; n <= rounds; n++) {
        for (const ref of [INPUT, OTHER]) await index.forget(ref, later(n * SLOT_MS), { ...NOTHING_SPARED, limit: 3 })
      }
    }
    await Promise.all([fill(one, INPUT, lent), fill(two, OTHER, lent.toReversed()), forget(one), forget(two)])
    const stored = 2 * (1 + 2 * rounds)
    const pending = await one.pendingDeletions(9999)
    assert.ok(pending.length > 0 && !lent.some((key) => pending.includes(key)))
    const objects = stored - pending.length
    assert.deepEqual(await two.usage(), [{ channelGuid: INPUT.channelGuid, objects, bytes: 7 * objects }])
    await Promise.all([one, two].map((index) => index.forgetChannel(INPUT.channelGuid)))
    assert.deepEqual(await one.usage(), [])
    const keys = await two.pendingDeletions(9999)
    assert.equal(keys.length, stored)
    await Promise.all([one.objectsDeleted(keys), two.objectsDeleted(keys.toReversed())])
    assert.deepEqual(await one.pendingDeletions(9), [])
    await Promise.all([...opened].map((store) => store.close()))
    assert.equal(await deadlocksIn(url), 0)
  })

  it('show an era as long as it has segments, however they publish and forget', async () => {
    const [one, two] = await openTwo()
    const { id } = await one.openOutputTimeline(at('e'), INPUT, 2)
    for (let n = 0; n < 40; n += 2) {
      const slots = [slot(n, []), slot(n + 1, [])]
      const [last, next] = slots.map((each, i) => outputSegment(id, n + i + 1, [each]))
      await one.commitTimeline(INPUT, commit(n / 2, { slots, outputSegments: [last!] }))
      // The last segment of the era is forgotten just as the next one is published, by a commit of no input.
      await Promise.all([
        one.commitOutputTimelines(INPUT.channelGuid, { outputTimelines: [], outputSegments: [next!] }),
        two.forget(INPUT, slots[1]!.sealedAt, NOTHING_SPARED),
      ])
      assert.deepEqual(numbersOf(await one.lastOutputSegments(id, 9)), [n + 2])
      assert.deepEqual(await one.erasShown(id, { after: 0, last: 999 }), [0])
      await two.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await one.erasShown(id, { after: 0, last: 999 }), [])
    }
  })

  it('keep the clock that is furthest', async () => {
    const [one, two] = await openTwo()
    await one.recordClock({ steady: later(9), date: utcMs(9) })
    await two.recordClock({ steady: later(8), date: utcMs(8) })
    assert.deepEqual(await two.recordedClock(), { steady: later(9), date: 9 })
  })

  it('record the moment of their steady clock only in place of the one they have read', async () => {
    const url = await server.createDatabase()
    const [one, two] = [(await open(url)).steadyRecord, (await open(url)).steadyRecord]
    const first = { steady: 5, date: 1_800_000_000_000 }
    const second = { steady: 6, date: 3 }
    assert.equal((await one.read()).moment, undefined)
    assert.deepEqual([await one.replace(undefined, first), await two.replace(undefined, second)], [true, false])
    const { date, moment } = await two.read()
    assert.deepEqual([moment, Math.abs(date - Date.now()) < 60_000], [first, true])
    assert.deepEqual([await two.replace(first, second), await one.replace(first, first)], [true, false])
    assert.deepEqual((await one.read()).moment, second)
  })
})
