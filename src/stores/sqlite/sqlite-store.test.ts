import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { assertUpgraded, olderEndpoints, olderJob } from '../../../test/stores/older-endpoints.ts'
import { openSqliteHere } from '../../../test/stores/sqlite-here.ts'
import { variants } from '../../../test/timeline/rehearsal.ts'
import { IS_WHOLE } from '../../../test/whole.ts'
import { firstAliasEraId } from '../../model/eras/era-ids.ts'
import { emptyTimeline, readTimeline } from '../../model/input-timeline/state.ts'
import { adEvent } from '../ad-events.contract.ts'
import {
  type ContractStore,
  channel,
  commit,
  era,
  event,
  harvestJob,
  INPUT,
  later,
  NOTHING_SPARED,
  NOW,
  OTHER,
  originEndpoint,
  outputSegment,
  SLOT_MS,
  slot,
  sourceObject,
  storeJob,
} from '../nouns.contract.ts'
import { resourcesContract } from '../resources.contract.ts'
import { DatabaseRefused, StoreUnavailable } from '../resources.ts'
import { runReaderContract } from '../run-reader.contract.ts'
import { segmentIndexContract } from '../segment-index.contract.ts'
import { SqliteDatabase } from './database.ts'
import { MIGRATIONS } from './schema.ts'
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-sqlite-'))
const stores = new Set<Pick<SqliteStore, 'close'>>()
let files = 0
/** The URL of a module, as source text for a child process. */
const moduleUrl = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
/** Statements that take a database back to a version, as far as later ones have added tables and columns. */
function withoutAdditionsSince(version: number): string {
  const later = MIGRATIONS.slice(version).join('\n')
  const columns = [...later.matchAll(/ALTER TABLE (\w+) ADD COLUMN (\w+)/g)]
  const indexes = [...later.matchAll(/CREATE INDEX (\w+)/g)]
  const tables = [...later.matchAll(/CREATE TABLE (\w+)/g)]
  const drops = [
    ...indexes.map(([, index]) => `DROP INDEX ${index};`),
    ...columns.map(([, table, column]) => `ALTER TABLE ${table} DROP COLUMN ${column};`),
    ...tables.map(([, table]) => `DROP TABLE ${table};`).reverse(),
  ]
  return `${drops.join(' ')} PRAGMA user_version = ${version}`
}
const newPath = () => join(folder, `${++files}.db`)

async function openTracked(path: string): Promise<SqliteStore> {
  const store = await openSqliteStore(path)
  stores.add(store)
  return store
}

after(async () => {
  await Promise.all([...stores].map((store) => store.close()))
  await rm(folder, { recursive: true })
})

/** In the gate, the database has a thread of its own only after a restart: a thread takes most of the CPU of a case. */
function openContractStore(): Promise<ContractStore> {
  return IS_WHOLE ? contractStore(newPath()) : contractStoreHere()
}

async function contractStoreHere(): Promise<ContractStore> {
  const path = newPath()
  const store = openSqliteHere(path)
  stores.add(store)
  return {
    ...store,
    async restart() {
      stores.delete(store)
      await store.close()
      return contractStore(path)
    },
  }
}

async function contractStore(path: string): Promise<ContractStore> {
  const store = await openTracked(path)
  return {
    ...store,
    async restart() {
      await store.close()
      return contractStore(path)
    },
  }
}

resourcesContract('SQLite', openContractStore)
segmentIndexContract('SQLite', openContractStore)
runReaderContract('SQLite', openContractStore)

describe('a store in SQLite', () => {
  it('refuses a second opener until the first has closed', async () => {
    const path = newPath()
    const store = await openTracked(path)
    await assert.rejects(openSqliteStore(path), DatabaseRefused)
    const program = `
      import { openSqliteStore } from ${moduleUrl('./sqlite-store.ts')}
      await openSqliteStore(${JSON.stringify(path)}).catch((error) => console.log(error.name))`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program])
    assert.equal(stdout, 'DatabaseRefused\n')
    await store.close()
    await (await openTracked(path)).close()
  })

  it('finishes what was asked before it closes, and then answers that it is closed', async () => {
    const path = newPath()
    const store = await openTracked(path)
    const appended = Promise.all(['a', 'b'].map((id) => store.resources.appendEvent(event(id))))
    await Promise.all([store.close(), store.close()])
    await appended
    await assert.rejects(store.resources.appendEvent(event('c')), StoreUnavailable)
    const again = await openTracked(path)
    assert.equal((await again.resources.listEvents({ limit: 9 })).items.length, 2)
  })

  it('copies itself as it is at one moment, while others write', async () => {
    const path = newPath()
    const store = await openTracked(path)
    const description = 'x'.repeat(4000)
    const names = (first: number) => Array.from({ length: 300 }, (_, n) => String(first + n).padStart(4, '0'))
    const add = (name: string) => store.resources.createChannel(channel(name, { description }), { maxChannels: 9999 })
    await Promise.all(names(0).map(add))
    let done = 300
    const writing = (async () => {
      for (const name of names(300)) {
        await add(name)
        done++
      }
    })()
    const to = newPath()
    const copied = store.snapshot(to)
    const before = done
    await copied
    const after = done
    await writing
    const copy = new DatabaseSync(to, { readOnly: true })
    const value = (sql: string) => Object.values(copy.prepare(sql).get() ?? {})[0]
    assert.equal(value('PRAGMA integrity_check'), 'ok')
    assert.equal(value('PRAGMA journal_mode'), 'delete')
    const count = Number(value('SELECT count(*) FROM channel'))
    assert.equal(Number(value('SELECT max(id) FROM channel')), count - 1, 'it has all up to one of them')
    assert.ok(count >= before && count <= after + 1, `${count} channels, of ${before} before and ${after} after`)
    copy.close()
    await assert.rejects(store.snapshot(join(folder, 'nowhere', 'copy.db')), /unable to open database file/)
  })

  it('copies itself also when that is begun in the middle of a transaction', async () => {
    const database = new SqliteDatabase(newPath())
    database.exec('BEGIN IMMEDIATE')
    database.run("INSERT INTO deleted_channel (guid, deleted_at) VALUES ('gone', 0)")
    const to = newPath()
    const copied = database.snapshot(to)
    setTimeout(() => database.exec('COMMIT'), 30)
    await copied
    database.close()
    const copy = new DatabaseSync(to, { readOnly: true })
    assert.equal(copy.prepare('SELECT guid FROM deleted_channel').get()?.['guid'], 'gone')
    copy.close()
  })

  it('is of the newest version, and refuses one from the future', async () => {
    const path = newPath()
    await (await openTracked(path)).close()
    await (await openTracked(path)).close()
    const database = new DatabaseSync(path)
    assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], MIGRATIONS.length)
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    database.close()
    await assert.rejects(openSqliteStore(path), /has version \d+, but this program supports versions up to \d+/)
  })

  it('gives eras of older versions the clock their oldest slot tells', async () => {
    const path = newPath()
    const old = new DatabaseSync(path)
    old.exec(`BEGIN; ${MIGRATIONS.slice(0, 1).join('')} PRAGMA user_version = 1; COMMIT`)
    old.exec(`INSERT INTO input VALUES (7, '${INPUT.channelGuid}', '${INPUT.ingestEndpointId}', 1, '{}')`)
    const insertSlot = old.prepare('INSERT INTO slot VALUES (7, ?, ?, ?, ?, ?, ?)')
    for (const one of [slot(3, ['x'], { era: 1 }), slot(2, ['y'], { era: 1 }), slot(0, ['z'], { era: 2 })]) {
      insertSlot.run(one.era, one.index, one.startUtc, one.startUtc + 1, one.sealedAt, JSON.stringify(one))
    }
    const insertEra = old.prepare('INSERT INTO era VALUES (7, ?, ?)')
    for (const id of [1, 2, 3]) insertEra.run(id, JSON.stringify({ id, streams: [] }))
    old.close()
    const { segmentIndex } = await openTracked(path)
    const eras = await segmentIndex.eras(INPUT.channelGuid, [1, 2, 3])
    assert.deepEqual(
      eras.map(({ id, clock }) => [id, clock.time, clock.utc]),
      [
        [1, 2 * SLOT_MS * 90, NOW + 2 * SLOT_MS],
        [2, 0, NOW],
        [3, 0, 0],
      ],
    )
  })

  it('gives eras of older versions their origin', async () => {
    const path = newPath()
    const store = await openTracked(path)
    const { id } = await store.segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, INPUT, 2)
    const [shown, made, gone] = [0, 1, 2].map((n) => firstAliasEraId(id) + n) as [number, number, number]
    const eras = [era(1), era(2), era(shown), era(made), era(gone)]
    const slots = [slot(0, [], { era: 1 })]
    const source = { ...INPUT, era: 1 }
    const outputSegments = [{ ...outputSegment(id, 1, slots), era: shown, source }]
    const state = JSON.stringify({ mapping: { from: 2, era: made } })
    const outputTimelines = [{ id, expectedVersion: 0, state }]
    await store.segmentIndex.commitTimeline(INPUT, commit(0, { eras, slots, outputSegments, outputTimelines }))
    await store.close()
    const old = new DatabaseSync(path)
    old.exec(`UPDATE era SET body = json_remove(body, '$.origin'); ${withoutAdditionsSince(8)}`)
    old.close()
    const { segmentIndex } = await openTracked(path)
    const input = { kind: 'input', input: INPUT.ingestEndpointId }
    const ids = eras.map((one) => one.id)
    assert.deepEqual(
      (await segmentIndex.eras(INPUT.channelGuid, ids)).map(({ origin }) => origin),
      [input, input, { kind: 'alias', of: 1 }, { kind: 'alias', of: 2 }, { kind: 'alias' }],
    )
    await segmentIndex.forget(INPUT, NOW, { ...NOTHING_SPARED, inUseEras: [made] })
    assert.deepEqual(
      (await segmentIndex.eras(INPUT.channelGuid, ids)).map((one) => one.id),
      [1, 2, shown, made],
      'aliases that nothing shows are of no use',
    )
  })

  it('gives names in buckets of older versions to their assets, as far as these are known', async () => {
    const path = newPath()
    const store = await openTracked(path)
    const { resources } = store
    const job = harvestJob('j', originEndpoint('e', 'news'))
    await storeJob(resources, job)
    const { bucketName: bucket, manifestKey } = job.s3Destination
    const names = { bucket, endpointGuid: 'e', manifestKey }
    await resources.claimBucketKeys({ ...names, jobId: 'j', keys: ['a/1'] })
    await resources.claimBucketKeys({ ...names, jobId: 'forgotten', keys: ['a/2', manifestKey] })
    await store.close()
    const old = new DatabaseSync(path)
    old.exec(withoutAdditionsSince(9))
    old.close()
    const upgraded = (await openTracked(path)).resources
    const ownerOf = async (key: string, asset: string) =>
      (await upgraded.bucketKeysOwner({ ...names, manifestKey: asset, keys: [key] })).owner?.jobId
    assert.deepEqual([await ownerOf('a/1', manifestKey), await ownerOf('a/1', 'a/other')], [undefined, 'j'])
    assert.equal(await ownerOf('a/2', manifestKey), 'forgotten', 'it may be of any asset')
    assert.equal(await ownerOf(manifestKey, manifestKey), undefined)
  })

  it('gives output timelines of older versions a state of their own, and eras of second inputs ids of their own', async () => {
    const path = newPath()
    const old = new DatabaseSync(path)
    const before = 4
    old.exec(`BEGIN; ${MIGRATIONS.slice(0, before).join('')} PRAGMA user_version = ${before}; COMMIT`)
    const one = (era: number, key: string) => slot(0, [key], { era })
    const stateOf = (outputTimeline: number, era: number) => ({
      nextEra: 3,
      streams: variants('a'),
      streamsRevision: 2,
      syntheticParent: false,
      clockEnd: NOW,
      eras: [{ id: era, anchor: { time: 0, utc: NOW }, slots: [] }],
      numberings: {
        [outputTimeline]: { nextNumber: 2, last: { era, index: 0 }, run: [one(era, 'r')], isFilling: false },
      },
    })
    const insert = (sql: string, ...values: (number | string)[]) => old.prepare(`INSERT INTO ${sql}`).run(...values)
    for (const [id, ref] of [INPUT, OTHER].entries()) {
      const { channelGuid, ingestEndpointId } = ref
      insert('input VALUES (?, ?, ?, 1, ?)', id + 1, channelGuid, ingestEndpointId, JSON.stringify(stateOf(id + 1, 2)))
      insert('era VALUES (?, 2, ?)', id + 1, JSON.stringify({ id: 2, streams: [], clock: { time: 0, utc: NOW } }))
      const own = one(2, `key ${id}`)
      insert(
        'slot VALUES (?, 2, 0, ?, ?, ?, ?)',
        id + 1,
        own.startUtc,
        own.startUtc + 1,
        own.sealedAt,
        JSON.stringify(own),
      )
      const body = JSON.stringify({ ...sourceObject(`key ${id}`) })
      insert('source_object VALUES (?, ?, ?, 1, ?)', `key ${id}`, id + 1, NOW, body)
      insert('numbering VALUES (?, ?, 2, 1, 2000)', id + 1, id + 1)
      insert('endpoint_numbering (endpoint_guid, revision, numbering) VALUES (?, 1, ?)', `e${id}`, id + 1)
      const { outputTimeline: _, number, era, firstSlot, slotCount, ...segment } = outputSegment(id + 1, 1, [own])
      insert(
        'output_segment VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        id + 1,
        number,
        era,
        firstSlot,
        slotCount,
        segment.startUtc,
        segment.startUtc + 2000,
        JSON.stringify(segment),
      )
    }
    old.close()
    const { segmentIndex } = await openTracked(path)
    const [first, second] = await segmentIndex.outputTimelinesOf(INPUT.channelGuid)
    const { ingestEndpointId: a } = INPUT
    const { ingestEndpointId: b } = OTHER
    const kept = JSON.parse(first?.state ?? '')
    assert.deepEqual(
      [first?.version, kept.input, kept.cursors, kept.run.length],
      [1, a, { [a]: { era: 2, index: 0 } }, 1],
    )
    const moved = JSON.parse(second?.state ?? '')
    const place = { era: 1_000_002, index: 0 }
    assert.deepEqual([moved.nextNumber, moved.last, moved.cursors, moved.run], [2, place, { [b]: place }, []])
    assert.equal(JSON.parse((await segmentIndex.loadTimeline(INPUT))?.state ?? '').numberings, undefined)
    const timeline = readTimeline((await segmentIndex.loadTimeline(OTHER))?.state ?? '', b)
    // Its encoder need not send the parent playlist again.
    const known = { streams: variants('a'), streamsRevision: 2, clockEnd: NOW }
    assert.deepEqual(timeline, { ...emptyTimeline(b), ...known, nextEra: 1_000_003 })
    assert.equal((await segmentIndex.eras(OTHER.channelGuid, [1_000_002]))[0]?.id, 1_000_002)
    for (const [id, era] of [2, 1_000_002].entries()) {
      const [segment] = await segmentIndex.lastOutputSegments(id + 1, 9)
      assert.deepEqual([segment?.era, segment?.slots], [era, [one(era, `key ${id}`)]])
      assert.equal(await segmentIndex.numberSealedBy(id + 1, later(SLOT_MS)), 1)
    }
    assert.deepEqual(
      (await segmentIndex.usage()).map((usage) => ({ ...usage })),
      [{ channelGuid: INPUT.channelGuid, objects: 2, bytes: 14 }],
    )
    await segmentIndex.forget(OTHER, later(1e9), { inUse: [], limit: 9 })
    assert.deepEqual(await segmentIndex.pendingDeletions(9), ['key 1'])
    assert.deepEqual(await segmentIndex.lastOutputSegments(2, 9), [])
  })

  it('keeps ad events of eras that an older version has begun', async () => {
    const path = newPath()
    const store = await openTracked(path)
    const slots = [slot(0, []), slot(1, [])]
    await store.segmentIndex.commitTimeline(INPUT, commit(0, { eras: [era(0)], slots: slots.slice(0, 1) }))
    await store.close()
    const old = new DatabaseSync(path)
    old.exec(withoutAdditionsSince(15))
    old.close()
    const { segmentIndex } = await openTracked(path)
    const wanted = [{ era: 0, numbers: [1] }]
    assert.deepEqual(await segmentIndex.adEvents(INPUT.channelGuid, wanted), [])
    const adEvents = [{ era: 0, event: adEvent(1) }]
    await segmentIndex.commitTimeline(INPUT, commit(1, { slots: slots.slice(1), adEvents }))
    await segmentIndex.forget(INPUT, slots[1]!.sealedAt, NOTHING_SPARED)
    assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), slots.slice(1))
    assert.deepEqual(await segmentIndex.adEvents(INPUT.channelGuid, wanted), adEvents)
  })

  it('gives endpoints of older versions, and the copies of them in harvest jobs, container and manifests', async () => {
    const path = newPath()
    const old = new DatabaseSync(path)
    const before = 7
    old.exec(`BEGIN; ${MIGRATIONS.slice(0, before).join('')} PRAGMA user_version = ${before}; COMMIT`)
    const insert = (sql: string, ...values: (number | string)[]) => old.prepare(`INSERT INTO ${sql}`).run(...values)
    insert('channel (id, guid, revision, body) VALUES (?, ?, 1, ?)', 'sports', 'guid-sports', '{}')
    const endpoints = await olderEndpoints()
    for (const endpoint of endpoints) {
      const { guid, id, channelGuid, channelId } = endpoint.newer
      insert(
        `origin_endpoint (id, guid, channel_guid, channel_id, startover_seconds, revision, body)
         VALUES (?, ?, ?, ?, 0, 3, ?)`,
        id,
        guid,
        channelGuid,
        channelId,
        JSON.stringify(endpoint.older),
      )
      const { id: job, body } = olderJob(endpoint)
      insert(
        `harvest_job (id, channel_id, channel_guid, status, created_at, window_start, window_end, body)
         VALUES (?, ?, ?, 'IN_PROGRESS', 1, 1, 2, ?)`,
        job,
        channelId,
        channelGuid,
        body,
      )
    }
    old.close()
    await assertUpgraded((await openTracked(path)).resources, endpoints)
  })

  it('says where it cannot be opened', async () => {
    await assert.rejects(openSqliteStore(join(folder, 'no/such/folder.db')), /unable to open database/)
  })

  it('refuses more requests than can reasonably wait, and serves the others', async () => {
    const store = await openTracked(newPath())
    const answers = await Promise.allSettled(
      Array.from({ length: 20_010 }, () => store.resources.channelById('nobody')),
    )
    const refused = answers.filter(({ status }) => status === 'rejected')
    assert.equal(refused.length, 10)
    assert.ok(refused.every((answer) => answer.status === 'rejected' && answer.reason instanceof StoreUnavailable))
    assert.equal(await store.resources.channelById('nobody'), undefined)
  })

  it('rejects everything that waits when its thread dies, and all that comes later', async () => {
    const started = once(process, 'worker')
    const store = await openTracked(newPath())
    const [thread] = (await started) as [Worker]
    const waiting = Promise.allSettled(
      Array.from({ length: 500 }, (_, i) => store.resources.appendEvent(event(`${i}`))),
    )
    await thread.terminate()
    const last = (await waiting).at(-1)
    assert.ok(last?.status === 'rejected' && last.reason instanceof StoreUnavailable)
    assert.ok((await store.lost) instanceof StoreUnavailable)
    await assert.rejects(store.segmentIndex.inputs(), StoreUnavailable)
    await store.close()
  })

  it('lets one request of a group fail alone', async () => {
    const store = await openTracked(newPath())
    const heard: string[] = []
    store.resources.onChange((change) => heard.push('guid' in change ? change.guid : change.kind))
    const unlimited = { maxChannels: 9 }
    const answers = await Promise.allSettled([
      store.resources.createChannel(channel('a'), unlimited),
      store.resources.createChannel(channel('b', { guid: 'guid-a' }), unlimited),
      store.resources.createChannel(channel('c'), unlimited),
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(heard, ['guid-a', 'guid-c'])
  })
})

describe('a store in SQLite whose process is killed', () => {
  const INPUTS = 8
  const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 2)
  const seed = Number(process.env['WINDROW_TEST_SEED'] ?? 20_260_101)

  it(`keeps every acknowledged commit, whole, and frees its lock (${runs} kills, seed ${seed})`, async () => {
    const path = newPath()
    for (const acknowledgements of fc.sample(fc.integer({ min: 1, max: 1500 }), { numRuns: runs, seed })) {
      const acknowledged = await commitUntilKilled(path, INPUTS, acknowledgements)
      const store = await openTracked(path)
      for (const [channelGuid, version] of acknowledged) {
        const ingest = { channelGuid, ingestEndpointId: '1' }
        const stored = await store.segmentIndex.loadTimeline(ingest)
        assert.ok((stored?.version ?? 0) >= version, `${channelGuid}: ${stored?.version} of ${version}`)
        const slots = await store.segmentIndex.slots(ingest, undefined, 1e6)
        assert.equal(slots.length, stored?.version)
        const keys = slots.map((_, i) => `${channelGuid}/${i}`)
        assert.deepEqual(await store.segmentIndex.unknownObjects(keys), [])
      }
      await store.close()
      const database = new DatabaseSync(path)
      assert.deepEqual(Object.values(database.prepare('PRAGMA integrity_check').get() ?? {}), ['ok'])
      database.close()
    }
  })
})

/**
 * Runs a process that commits slots to several inputs, and kills it after `acknowledgements`; gives the last of each.
 */
async function commitUntilKilled(path: string, inputs: number, acknowledgements: number): Promise<Map<string, number>> {
  const program = `
    import { openSqliteStore } from ${moduleUrl('./sqlite-store.ts')}
    import { commit, slot, sourceObject } from ${moduleUrl('../nouns.contract.ts')}
    const { segmentIndex } = await openSqliteStore(${JSON.stringify(path)})
    const run = async (channelGuid) => {
      const ingest = { channelGuid, ingestEndpointId: '1' }
      let version = (await segmentIndex.loadTimeline(ingest))?.version ?? 0
      for (;;) {
        const key = channelGuid + '/' + version
        const parts = { objects: [sourceObject(key)], slots: [slot(version, [key])] }
        const answer = await segmentIndex.commitTimeline(ingest, commit(version, parts))
        if (answer !== 'committed') throw new Error(answer)
        process.stdout.write(channelGuid + ' ' + ++version + '\\n')
      }
    }
    await Promise.all(Array.from({ length: ${inputs} }, (_, i) => run('channel-' + i)))`
  const child = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const acknowledged = new Map<string, number>()
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [channelGuid = '', version] = line.split(' ')
    acknowledged.set(channelGuid, Number(version))
    if (++count === acknowledgements) child.kill('SIGKILL')
  }
  const [, signal] = (await exited) as [unknown, string | null]
  assert.equal(signal, 'SIGKILL')
  return acknowledged
}
