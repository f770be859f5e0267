import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import { eventually } from '../../test/judges/processes.ts'
import {
  type Bench,
  encryptedEndpoint,
  FakeProvider,
  keyOfText,
  ledgerOver,
  shown,
  TestClock,
} from '../../test/keys/ledger-bench.ts'
import { keyBytes } from '../../test/keys/sample-keys.ts'
import { IS_WHOLE } from '../../test/whole.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { NoContentKey } from '../packaging/content-keys.ts'
import type { RecordedEvent } from '../stores/event-outbox.ts'
import { channel, MANY, NOW } from '../stores/nouns.contract.ts'
import type { Resources } from '../stores/resources.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { NoKeyEncryptionKey } from './sealing.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-ledger-'))
const stores = new Set<SqliteStore>()
let files = 0
after(async () => {
  await Promise.all([...stores].map((store) => store.close()))
  await rm(folder, { recursive: true })
})

const MINUTE_MS = 60_000
/** The period at the beginning of tests. */
const FIRST = NOW / MINUTE_MS

/** 20,000 in `npm run soak -- --only whole-cases`. */
const MANY_PERIODS = IS_WHOLE ? 20_000 : 2000

type Room = Bench & {
  readonly resources: Resources
  readonly clock: TestClock
  readonly provider: FakeProvider
  readonly endpoint: OriginEndpoint
}

/** A ledger over a store of its own, with an encrypted endpoint. */
async function opened(endpoint = encryptedEndpoint('a')): Promise<Room> {
  const store = await openSqliteStore(join(folder, `${++files}.db`))
  stores.add(store)
  const { resources } = store
  await resources.createChannel(channel('news'), MANY)
  await resources.createOriginEndpoint(endpoint, MANY)
  const clock = new TestClock(NOW)
  const provider = new FakeProvider(clock.now)
  return { resources, clock, provider, endpoint, ...ledgerOver(resources, provider, clock) }
}

async function eventsOf(resources: Resources): Promise<readonly RecordedEvent[]> {
  return (await resources.listEvents({ limit: 1000 })).items
}

describe('content keys of endpoints', () => {
  it('are requested once, however many ask, and are on record for the next process', async () => {
    const { resources, clock, provider, endpoint, ledger, log } = await opened()
    const all = await Promise.all(Array.from({ length: 20 }, () => ledger.keys.find(endpoint, FIRST)))
    assert.deepEqual(provider.periods(), [FIRST])
    const [first] = all
    for (const keys of all) assert.deepEqual(shown(keys), shown(first!))
    const { kid } = first![0]!
    assert.deepEqual(shown(first!), [`${kid} ${keyBytes(kid).toString('hex')}`])
    const [line] = log.of('content-keys-received')
    assert.deepEqual(
      { ...line, message: '' },
      {
        event: 'content-keys-received',
        originEndpoint: 'a',
        period: FIRST,
        kids: [kid],
        host: 'keys.example',
        milliseconds: 0,
        message: '',
      },
    )
    const next = ledgerOver(resources, provider, clock).ledger
    assert.deepEqual(shown(await next.keys.find(endpoint, FIRST)), shown(first!))
    const { key: _, ...description } = first![0]!
    assert.deepEqual(await next.keys.onRecord(endpoint, FIRST), [description])
    assert.deepEqual(await next.keys.describe(endpoint, [FIRST]), new Map([[FIRST, [description]]]))
    assert.deepEqual(provider.periods(), [FIRST])
  })

  it('change at the edges of periods, and never within one', async () => {
    const { endpoint, ledger, provider } = await opened()
    const kids = new Map<number, string>()
    for (const period of [FIRST, FIRST + 1, FIRST, FIRST + 2, FIRST + 1]) {
      const [{ kid } = { kid: '' }] = await ledger.keys.find(endpoint, period)
      assert.equal(kids.get(period) ?? kid, kid)
      kids.set(period, kid)
    }
    assert.equal(new Set(kids.values()).size, 3)
    assert.equal(provider.asked.length, 3)
  })

  it('are never requested for a period that a client has named', async () => {
    const { endpoint, ledger, provider } = await opened()
    await assert.rejects(ledger.keys.onRecord(endpoint, FIRST), NoContentKey)
    assert.deepEqual(provider.asked, [])
  })

  it('are requested one period at a time, the newest first', async () => {
    const { endpoint, ledger, provider } = await opened()
    const periods = Array.from({ length: 30 }, (_, i) => FIRST - 29 + i)
    const described = ledger.keys.describe(endpoint, periods)
    assert.deepEqual([...(await described).keys()], periods)
    assert.equal(provider.mostAtOnce, 1)
    assert.deepEqual(
      provider.periods().slice(1),
      provider
        .periods()
        .slice(1)
        .toSorted((a, b) => b - a),
    )
  })

  it(`of ${MANY_PERIODS} periods are described from the ledger within bounds of memory`, async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    const periods = Array.from({ length: MANY_PERIODS }, (_, i) => FIRST - i)
    const [{ key, ...description } = assert.fail()] = await ledger.keys.find(endpoint, FIRST)
    const { sealed, body } = (await resources.recordedKeys(await sourceIn(resources, endpoint), [FIRST]))[0]!
    const source = { id: await sourceIn(resources, endpoint), endpointGuid: '', channelGuid: '', intervalMs: 60_000 }
    const rows = periods.slice(1).map((period) => ({ period, givenFor: period, recordedAt: NOW, body, sealed }))
    for (let i = 0; i < rows.length; i += 1000) {
      await Promise.all(rows.slice(i, i + 1000).map((row) => resources.recordKeys(source, row)))
    }
    const next = ledgerOver(resources, provider, clock).ledger
    const before = process.memoryUsage().heapUsed
    const found = await next.keys.describe(endpoint, periods)
    assert.equal(found.size, MANY_PERIODS)
    assert.deepEqual(found.get(FIRST - MANY_PERIODS + 1), [description])
    assert.equal(key.symmetricKeySize, 16)
    assert.ok(process.memoryUsage().heapUsed - before < 256 << 20)
    assert.equal(provider.asked.length, 1)
  })

  it('show no key to whoever looks at what holds them', async () => {
    const { endpoint, ledger } = await opened()
    const keys = await ledger.keys.find(endpoint, FIRST)
    const bytes = keyBytes(keys[0]!.kid)
    const text = inspect([ledger, keys], { depth: 20, showHidden: true, maxArrayLength: 1000 }) + JSON.stringify(keys)
    for (const form of [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1')]) {
      assert.ok(!text.includes(form))
    }
    assert.ok(!/<Buffer(?! 08)/.test(text.replaceAll(/explicitIv.*/g, '')))
  })
})

/** The id of the one source on record. */
async function sourceIn(resources: Resources, endpoint: OriginEndpoint): Promise<string> {
  const { keySourceOf } = await import('./key-source.ts')
  const { id } = keySourceOf(endpoint)!
  assert.equal((await resources.recordedKeys(id, [FIRST])).length, 1)
  return id
}

describe('a key provider that fails', () => {
  it('leaves endpoints that never had a key without one, and is told of once a minute', async () => {
    const { resources, clock, provider, endpoint, ledger, log } = await opened()
    provider.isDown = true
    for (let seconds = 0; seconds < 120; seconds++) {
      await assert.rejects(ledger.keys.find(endpoint, FIRST), NoContentKey)
      clock.pass(1000)
    }
    // Pauses of 5, 10, 20, 40 and 60 seconds.
    assert.deepEqual(
      provider.asked.map(({ at }) => (at - NOW) / 1000),
      [0, 5, 15, 35, 75],
    )
    assert.equal(log.of('content-keys-refused').length, 5)
    const events = await eventsOf(resources)
    assert.deepEqual(
      events.map(({ at, detail }) => [Math.floor((at - NOW) / MINUTE_MS), detail]),
      [0, 1].map((minute) => [minute, { event: 'KeyProviderError', message: 'the key server answered 503' }]),
    )
    assert.equal(events[0]!.detailType, 'MediaPackage Key Provider Notification')
    assert.deepEqual(events[0]!.resources, [
      `arn:aws:mediapackage:us-east-1:000000000000:origin_endpoints/${endpoint.guid}`,
    ])
    provider.isDown = false
    clock.pass(MINUTE_MS)
    assert.equal((await ledger.keys.find(endpoint, FIRST)).length, 1)
  })

  it('for an hour, gives periods the last key for good, and new ones as soon as it is back', async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    const used = new Map<number, readonly string[]>()
    /** What viewers and the timer do in a minute. */
    const minute = async (n: number) => {
      for (let seconds = 0; seconds < 60; seconds += 10) {
        await ledger.prefetch()
        await turn()
        used.set(FIRST + n, used.get(FIRST + n) ?? shown(await ledger.keys.find(endpoint, FIRST + n)))
        assert.deepEqual(shown(await ledger.keys.find(endpoint, FIRST + n)), used.get(FIRST + n))
        clock.pass(10_000)
      }
    }
    for (let n = 0; n < 3; n++) await minute(n)
    provider.isDown = true
    for (let n = 3; n < 63; n++) await minute(n)
    provider.isDown = false
    for (let n = 63; n < 70; n++) await minute(n)
    const distinct = new Set([...used.values()].map(String))
    // The key ahead was there before the failure; the pause may cost one period after it.
    assert.ok(distinct.size >= 3 + 1 + 5, `${distinct.size} keys`)
    assert.deepEqual(used.get(FIRST + 62), used.get(FIRST + 10))
    // Nobody ever gets another key for a period that had one.
    const next = ledgerOver(resources, provider, clock).ledger
    for (const [period, keys] of used) assert.deepEqual(shown(await next.keys.find(endpoint, period)), keys)
    const records = await resources.recordedKeys(await sourceIn(resources, endpoint), [FIRST + 10, FIRST + 62])
    assert.deepEqual(new Set(records.map(({ givenFor }) => givenFor)).size, 1)
    assert.ok(provider.asked.length < 3 + 70 + 60 + 10, `${provider.asked.length} requests`)
    const minutes = (await eventsOf(resources)).map(({ at }) => Math.floor(at / MINUTE_MS))
    assert.ok(minutes.length > 30 && minutes.length <= 61, `${minutes.length} events`)
    assert.equal(new Set(minutes).size, minutes.length)
  })

  it('is asked at once for an endpoint that has been changed since', async () => {
    const { provider, endpoint, ledger } = await opened()
    provider.isDown = true
    await assert.rejects(ledger.keys.find(endpoint, FIRST), NoContentKey)
    provider.isDown = false
    await assert.rejects(ledger.keys.find(endpoint, FIRST), NoContentKey)
    assert.equal(provider.asked.length, 1)
    assert.equal((await ledger.keys.find({ ...endpoint, revision: endpoint.revision + 1 }, FIRST)).length, 1)
  })

  it('is not asked ahead for a period it then gives a key for in time', async () => {
    const { clock, provider, endpoint, ledger } = await opened()
    await ledger.keys.find(endpoint, FIRST)
    provider.isDown = true
    clock.pass(59_000)
    await eventually('a failure', async () => {
      await ledger.prefetch()
      return provider.asked.length >= 2 || undefined
    })
    provider.isDown = false
    clock.pass(6_000)
    const [key] = await ledger.keys.find(endpoint, FIRST + 1)
    const [before] = await ledger.keys.find(endpoint, FIRST)
    assert.notEqual(key!.kid, before!.kid)
  })

  it('by never answering does not hold up the end of the process', async () => {
    const { provider, endpoint, ledger } = await opened()
    provider.before = () => new Promise(() => {})
    const found = ledger.keys.find(endpoint, FIRST)
    found.catch(() => {})
    await eventually('a request', async () => provider.asked.length === 1 || undefined)
    await ledger.close()
    await assert.rejects(found, NoContentKey)
  })

  it('holds the live edge up for seconds alone, and what is past for as long as a request may take', async () => {
    const { clock, provider, endpoint, ledger } = await opened()
    const first = shown(await ledger.keys.find(endpoint, FIRST))
    const answer = Promise.withResolvers<void>()
    provider.before = () => answer.promise
    const past = ledger.keys.find(endpoint, FIRST - 1)
    await eventually('a request', async () => provider.asked.length === 2 || undefined)
    clock.pass(9_000)
    answer.resolve()
    assert.notDeepEqual(shown(await past), first)

    const late = Promise.withResolvers<void>()
    provider.before = () => late.promise
    const edge = ledger.keys.find(endpoint, FIRST + 1)
    await eventually('a request', async () => provider.asked.length === 3 || undefined)
    clock.pass(3_000)
    const next = ledger.keys.find(endpoint, FIRST + 1)
    clock.pass(1_000)
    for (const keys of await Promise.all([edge, next])) assert.deepEqual(shown(keys), first)
    late.resolve()
    await turn()
    assert.deepEqual(shown(await ledger.keys.find(endpoint, FIRST + 1)), first)
  })

  it('and the end of the process give no period an earlier key', async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    await ledger.keys.find(endpoint, FIRST)
    const answer = Promise.withResolvers<void>()
    provider.before = () => answer.promise
    const found = ledger.keys.find(endpoint, FIRST + 1)
    found.catch(() => {})
    await eventually('a request', async () => provider.asked.length === 2 || undefined)
    const closed = ledger.close()
    answer.resolve()
    await Promise.all([closed, assert.rejects(found, NoContentKey)])
    const next = ledgerOver(resources, provider, clock).ledger
    await assert.rejects(next.keys.onRecord(endpoint, FIRST + 1), NoContentKey)
  })
})

describe('keys on record', () => {
  it('stay when a provider gives another key under their KID later, which is told', async () => {
    const { resources, clock, provider, endpoint, ledger, log } = await opened()
    provider.secret = 'another key'
    const answer = Promise.withResolvers<void>()
    provider.before = () => answer.promise
    const late = ledger.keys.find(endpoint, FIRST)
    await eventually('a request', async () => provider.asked.length === 1 || undefined)
    const other = ledgerOver(resources, new FakeProvider(clock.now), clock).ledger
    const first = await other.keys.find(endpoint, FIRST)
    answer.resolve()
    assert.deepEqual(shown(await late), shown(first))
    assert.equal(log.of('content-key-changed').length, 1)
    const [event] = await eventually('the event', async () => {
      const events = await eventsOf(resources)
      return events.length > 0 ? events : undefined
    })
    assert.match(String(event!.detail['message']), new RegExp(`another key under the KID ${first[0]!.kid}`))
  })

  it('cannot be opened with another key-encryption key, and are not written again', async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    const first = await ledger.keys.find(endpoint, FIRST)
    const wrong = async () => createSecretKey(Buffer.alloc(32, 8))
    const other = ledgerOver(resources, provider, clock, { keyEncryptionKey: wrong })
    for (let i = 0; i < 3; i++) {
      await assert.rejects(other.ledger.keys.find(endpoint, FIRST), /sealed with another key-encryption-key/)
    }
    assert.equal(other.log.of('content-keys-unreadable').length, 1)
    assert.deepEqual(
      shown(await ledgerOver(resources, provider, clock).ledger.keys.find(endpoint, FIRST)),
      shown(first),
    )
    assert.equal(provider.asked.length, 1)
  })

  it('are told of, and added to, by nobody who cannot open them', async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    await ledger.keys.find(endpoint, FIRST)
    const unable = [
      { keyEncryptionKey: async () => createSecretKey(Buffer.alloc(32, 8)), why: /another key-encryption-key/ },
      {
        keyEncryptionKey: async () => {
          throw new NoKeyEncryptionKey('set key-encryption-key')
        },
        why: /set key-encryption-key/,
      },
    ]
    for (const { keyEncryptionKey, why } of unable) {
      const { keys } = ledgerOver(resources, provider, clock, { keyEncryptionKey }).ledger
      await assert.rejects(keys.describe(endpoint, [FIRST]), why)
      await assert.rejects(keys.onRecord(endpoint, FIRST), why)
      for (const period of [FIRST - 1, FIRST + 1]) {
        await assert.rejects(keys.find(endpoint, period), why)
        await assert.rejects(keys.describe(endpoint, [period]), why)
      }
    }
    assert.equal(provider.asked.length, 1)
    assert.equal((await ledger.keys.describe(endpoint, [FIRST - 1, FIRST, FIRST + 1])).size, 3)
  })

  it('are on record again, as they were, when somebody uses them after they were forgotten', async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    const first = shown(await ledger.keys.find(endpoint, FIRST))
    clock.pass(5 * 3_600_000)
    await ledger.prefetch()
    await ledger.retain()
    clock.pass(11 * MINUTE_MS)
    const next = ledgerOver(resources, provider, clock).ledger
    await assert.rejects(next.keys.onRecord(endpoint, FIRST), NoContentKey)
    await assert.rejects(ledger.keys.onRecord(endpoint, FIRST), NoContentKey, 'a stranger brings nothing back')
    provider.secret = 'another key'
    assert.equal((await ledger.keys.describe(endpoint, [FIRST])).size, 1)
    assert.deepEqual(shown(await ledger.keys.find(endpoint, FIRST)), first)
    assert.deepEqual(shown(await next.keys.find(endpoint, FIRST)), first)
  })

  it('are used from memory while the database does not answer', async () => {
    const { resources, clock, provider, endpoint } = await opened()
    let isDown = false
    const failing = new Proxy(resources, {
      get(target, name: keyof Resources) {
        const value = Reflect.get(target, name) as unknown
        if (isDown && name === 'recordedKeys') return () => Promise.reject(new Error('no database'))
        return value instanceof Function ? (value.bind(target) as unknown) : value
      },
    })
    const { keys } = ledgerOver(failing, provider, clock).ledger
    const first = shown(await keys.find(endpoint, FIRST))
    clock.pass(3_600_000)
    isDown = true
    assert.deepEqual(shown(await keys.find(endpoint, FIRST)), first)
    await assert.rejects(keys.describe(endpoint, [FIRST, FIRST + 1]), /no database/)
  })

  it('cannot be opened in the place of others', async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    await ledger.keys.find(endpoint, FIRST)
    const id = await sourceIn(resources, endpoint)
    const [row] = await resources.recordedKeys(id, [FIRST])
    const source = { id, endpointGuid: endpoint.guid, channelGuid: endpoint.channelGuid, intervalMs: MINUTE_MS }
    await resources.recordKeys(source, { ...row!, period: FIRST + 1 })
    const other = ledgerOver(resources, provider, clock).ledger
    await assert.rejects(other.keys.find(endpoint, FIRST + 1), /damaged, or of another row/)
  })

  it('that are damaged are nobody’s, which the log tells once a minute', async () => {
    const { resources, clock, provider, endpoint, ledger } = await opened()
    await ledger.keys.find(endpoint, FIRST)
    const id = await sourceIn(resources, endpoint)
    const [row] = await resources.recordedKeys(id, [FIRST])
    const source = { id, endpointGuid: endpoint.guid, channelGuid: endpoint.channelGuid, intervalMs: MINUTE_MS }
    const damaged = [{ sealed: '{' }, { sealed: row!.sealed.replace('keys', 'kets') }, { body: '[{' }, { body: '{}' }]
    for (const [n, damage] of damaged.entries()) {
      const period = FIRST + 1 + n
      await resources.recordKeys(source, { ...row!, ...damage, period })
      const other = ledgerOver(resources, provider, clock)
      for (let i = 0; i < 3; i++) {
        await assert.rejects(other.ledger.keys.find(endpoint, period), NoContentKey)
        if ('body' in damage) await assert.rejects(other.ledger.keys.describe(endpoint, [period]), NoContentKey)
      }
      assert.equal(other.log.of('content-keys-unreadable').length, 1)
    }
    assert.equal(provider.asked.length, 1)
  })

  it('cannot be made without a key-encryption key, which the log tells once a minute', async () => {
    const { resources, clock, provider, endpoint } = await opened()
    const none = async () => {
      throw new NoKeyEncryptionKey('set key-encryption-key, to the same on all nodes')
    }
    const { ledger, log } = ledgerOver(resources, provider, clock, { keyEncryptionKey: none })
    await ledger.prefetch()
    for (let i = 0; i < 3; i++) await assert.rejects(ledger.keys.find(endpoint, FIRST), /set key-encryption-key/)
    assert.equal(log.of('key-encryption-key-missing').length, 1)
    assert.deepEqual(provider.asked, [])
  })

  it('are of another source where the provider would answer otherwise, and of the same where it would not', async () => {
    const { keySourceOf } = await import('./key-source.ts')
    const idOf = (endpoint: OriginEndpoint) => keySourceOf(endpoint)!.id
    const id = idOf(encryptedEndpoint('a'))
    assert.equal(idOf({ ...encryptedEndpoint('a', { roleArn: 'another' }), revision: 9, manifestName: 'm' }), id)
    const others = [
      encryptedEndpoint('b', { resourceId: 'resource-a' }),
      encryptedEndpoint('a', { resourceId: 'another' }),
      encryptedEndpoint('a', { url: 'https://keys.example/another' }),
      encryptedEndpoint('a', { systemIds: ['edef8ba9-79d6-4ace-a3c8-27dcd51d21ed'] }),
      encryptedEndpoint('a', { certificateArn: 'arn:aws:acm:us-east-1:1:certificate/1' }),
      encryptedEndpoint('a', { keyRotationIntervalSeconds: 61 }),
      encryptedEndpoint('a', {
        encryptionContractConfiguration: { presetSpeke20Audio: 'SHARED', presetSpeke20Video: 'SHARED' },
      }),
    ].map(idOf)
    assert.equal(new Set([id, ...others]).size, others.length + 1)
    assert.ok(keyOfText('x').symmetricKeySize === 16)
  })
})
