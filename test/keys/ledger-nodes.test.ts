/** Content keys of several processes that share a PostgreSQL database. */
import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { keySourceOf } from '../../src/keys/key-source.ts'
import { NoKeyEncryptionKey } from '../../src/keys/sealing.ts'
import { channel, MANY, NOW } from '../../src/stores/nouns.contract.ts'
import { openPostgresStore, type PostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import type { Resources } from '../../src/stores/resources.ts'
import { eventually } from '../judges/processes.ts'
import { needing } from '../programs.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import {
  type Bench,
  encryptedEndpoint,
  FakeProvider,
  keyOfText,
  LoggedLines,
  ledgerOver,
  shown,
  TestClock,
} from './ledger-bench.ts'

const { after, before, describe, it } = needing('postgres')
const MINUTE_MS = 60_000
const FIRST = NOW / MINUTE_MS

type Sealing = () => Promise<KeyObject>

let server: PostgresServer
const opened = new Set<PostgresStore>()
before(async () => {
  server = await startPostgres()
})
after(async () => {
  await Promise.all([...opened].map((store) => store.close()))
  await server?.stop()
})

/** Nodes on one database and one steady clock, with one provider. */
async function nodes(count: number) {
  const url = await server.createDatabase()
  const clock = new TestClock(NOW)
  const provider = new FakeProvider(clock.now)
  const all = []
  for (let n = 0; n < count; n++) {
    const store = await openPostgresStore({ url, poolSize: 4, log: new LoggedLines() })
    opened.add(store)
    all.push({ store, name: `node ${n}`, ...over(store.resources, store, `node ${n}`) })
  }
  function over(resources: Resources, { workClaims: claims }: PostgresStore, owner: string, sealing?: Sealing) {
    return ledgerOver(resources, provider, clock, { claims, owner, ...(sealing && { keyEncryptionKey: sealing }) })
  }
  await all[0]!.store.resources.createChannel(channel('news'), MANY)
  return { all, clock, provider, over }
}

describe('content keys of several nodes', () => {
  it('are requested once for each period, whichever nodes need them at the same time', async () => {
    const { all, provider } = await nodes(3)
    const endpoints = ['a', 'b', 'c'].map((id) => encryptedEndpoint(id))
    const periods = [0, 1, 2].map((n) => FIRST + n)
    const found = await Promise.all(
      endpoints.flatMap((endpoint) =>
        periods.map(async (period) => {
          const keys = await Promise.all(all.map(({ ledger }) => ledger.keys.find(endpoint, period)))
          return keys.map(shown)
        }),
      ),
    )
    for (const keys of found) for (const one of keys) assert.deepEqual(one, keys[0])
    assert.equal(new Set(found.map(([keys]) => String(keys))).size, 9)
    assert.equal(provider.asked.length, 9)
    assert.equal(provider.mostAtOnce, 1)
  })

  it('are requested again where a node was killed between the request and the record, and are the same', async () => {
    const { all, provider, clock, over } = await nodes(2)
    const endpoint = encryptedEndpoint('a')
    // As far as others can see, this node ends when it has its answer: nothing is recorded, and its claim stays.
    const { store } = all[0]!
    const never = { recordKeys: () => new Promise<never>(() => {}) }
    const killed = over({ ...store.resources, ...never }, store, 'killed').ledger
    void killed.keys.find(endpoint, FIRST)
    await eventually('a request', () => provider.asked.length === 1 || undefined)
    const keys = await all[1]!.ledger.keys.find(endpoint, FIRST)
    assert.deepEqual(provider.periods(), [FIRST, FIRST])
    const waited = clock.now() - NOW
    assert.ok(waited >= 15_000 && waited < 20_000, `${waited} ms`)
    assert.deepEqual(shown(await all[0]!.ledger.keys.find(endpoint, FIRST)), shown(keys))
    assert.equal(provider.asked.length, 2)
  })

  it('are the same earlier ones on all nodes where the provider fails, once and for good', async () => {
    const { all, provider, clock } = await nodes(2)
    const endpoint = encryptedEndpoint('a')
    const first = shown(await all[0]!.ledger.keys.find(endpoint, FIRST))
    provider.isDown = true
    const both = await Promise.all(all.map(({ ledger }) => ledger.keys.find(endpoint, FIRST + 1)))
    for (const keys of both) assert.deepEqual(shown(keys), first)
    assert.equal(all.flatMap(({ log }) => log.of('content-keys-reused')).length > 0, true)
    const events = await all[0]!.store.resources.listEvents({ limit: 9 })
    assert.equal(events.items.length, 1)
    provider.isDown = false
    clock.pass(MINUTE_MS)
    for (const { ledger } of all) {
      assert.deepEqual(shown(await ledger.keys.find(endpoint, FIRST + 1)), first)
      assert.notDeepEqual(shown(await ledger.keys.find(endpoint, FIRST + 2)), first)
    }
    const [record] = await recorded(all[0]!.store, FIRST + 1)
    assert.equal(record!.givenFor, FIRST)
  })

  it('are requested ahead by one node, and by another when that leaves', async () => {
    const { all, provider, clock } = await nodes(2)
    for (const id of ['a', 'b']) {
      await all[0]!.store.resources.createOriginEndpoint(encryptedEndpoint(id), MANY)
    }
    const pass = async (seconds: number, which = all) => {
      for (let i = 0; i < seconds; i++) {
        for (const { ledger } of which) await ledger.prefetch()
        await turn()
        clock.pass(1000)
      }
    }
    const periods = async (count: number) => {
      // A request that took longer than the seconds above is made anew.
      await eventually('keys', async () => {
        for (const { ledger } of all) await ledger.prefetch()
        return provider.asked.length >= count || undefined
      })
      return provider.periods().toSorted((a, b) => a - b)
    }
    await pass(2)
    assert.deepEqual(await periods(2), [FIRST, FIRST])
    await pass(58)
    assert.deepEqual(await periods(4), [FIRST, FIRST, FIRST + 1, FIRST + 1])
    await all[0]!.ledger.release()
    await pass(60, all.slice(1))
    assert.deepEqual((await periods(6)).slice(4), [FIRST + 2, FIRST + 2])
  })

  it('are requested ahead by a node that can seal them, whoever came first', async () => {
    const { all, provider, clock, over } = await nodes(2)
    const [{ store: first }, { store, ledger }] = all as [(typeof all)[0], (typeof all)[0]]
    await first.resources.createOriginEndpoint(encryptedEndpoint('a'), MANY)
    const none = async (): Promise<never> => {
      throw new NoKeyEncryptionKey('set key-encryption-key')
    }
    const other = async () => keyOfText('another key of 32 bytes', 32)
    const requestAhead = async (unable: Bench, seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        await unable.ledger.prefetch()
        await turn()
        await ledger.prefetch()
        await turn()
        clock.pass(1000)
      }
    }
    const without = over(first.resources, first, 'without', none)
    await requestAhead(without, 15)
    assert.equal(without.log.of('key-encryption-key-missing').length, 1)
    await eventually('keys', () => provider.asked.length === 1 || undefined)
    await ledger.release()
    const next = over(store.resources, store, 'next')
    const wrong = over(first.resources, first, 'wrong', other)
    for (let i = 0; i < 60; i++) {
      await wrong.ledger.prefetch()
      await eventually('its claim, or a line', () => wrong.log.lines.length > 0 || undefined)
      await next.ledger.prefetch()
      await turn()
      clock.pass(1000)
    }
    await eventually('keys', () => provider.asked.length === 2 || undefined)
    assert.equal(wrong.log.of('content-keys-unreadable').length, 1)
    assert.deepEqual(provider.periods(), [FIRST, FIRST + 1])
  })

  it('are forgotten with the content, and with the endpoint', async () => {
    const { all, clock } = await nodes(1)
    const [{ store, ledger }] = all as [(typeof all)[0]]
    const endpoint = encryptedEndpoint('a')
    await store.resources.createOriginEndpoint(endpoint, MANY)
    await ledger.prefetch()
    await ledger.keys.find(endpoint, FIRST)
    await ledger.retain()
    assert.equal((await recorded(store, FIRST)).length, 1)
    // A minute of the period, ten of live content, one for late players, and as long as the key may be ahead.
    clock.pass(14 * MINUTE_MS)
    await ledger.prefetch()
    await ledger.retain()
    assert.deepEqual(await recorded(store, FIRST), [])
    const constant = encryptedEndpoint('b', { keyRotationIntervalSeconds: 0 })
    await store.resources.createOriginEndpoint(constant, MANY)
    await ledger.keys.find(constant, 0)
    const retained = async () => {
      await ledger.prefetch()
      await ledger.retain()
      return (await recorded(store, 0, constant)).length
    }
    assert.equal(await retained(), 1)
    await store.resources.deleteOriginEndpoint('b', clock.now(), 0)
    assert.equal(await retained(), 1)
    clock.pass(59 * MINUTE_MS)
    assert.equal(await retained(), 1)
    clock.pass(MINUTE_MS)
    assert.equal(await retained(), 0)
  })
})

const recorded = (store: PostgresStore, period: number, endpoint = encryptedEndpoint('a')) =>
  store.resources.recordedKeys(keySourceOf(endpoint)!.id, [period])
