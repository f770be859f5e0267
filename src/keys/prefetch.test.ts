import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { encryptedEndpoint, LoggedLines, TestClock } from '../../test/keys/ledger-bench.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { NOW, originEndpoint } from '../stores/nouns.contract.ts'
import type { ResourceChange } from '../stores/resources.ts'
import { duePeriods, KeyPrefetch } from './prefetch.ts'

const MINUTE_MS = 60_000
const FIRST = NOW / MINUTE_MS

/** Prefetch over endpoints in memory, and what it has prepared: the endpoint, the period, the second of the test. */
function opened(...endpoints: OriginEndpoint[]) {
  const stored = new Map(endpoints.map((endpoint) => [endpoint.guid, endpoint]))
  const clock = new TestClock(NOW)
  const prepared: [id: string, period: number, second: number][] = []
  const answers: { fails: boolean; hangs: boolean } = { fails: false, hangs: false }
  const listeners: ((change: ResourceChange) => void)[] = []
  let listed = 0
  const prefetch = new KeyPrefetch({
    resources: {
      async listOriginEndpoints() {
        listed++
        return { items: [...stored.values()] }
      },
      originEndpointByGuid: async (guid) => stored.get(guid),
      onChange(listener) {
        listeners.push(listener)
        return () => {}
      },
    },
    keys: {
      async prepare({ id }, period) {
        prepared.push([id, period - FIRST, (clock.now() - NOW) / 1000])
        if (answers.hangs) await new Promise(() => {})
        return !answers.fails
      },
    },
    date: clock.now,
    steady: clock.now,
    log: new LoggedLines(),
  })
  return {
    prefetch,
    clock,
    answers,
    prepared,
    listed: () => listed,
    change(guid: string, endpoint?: OriginEndpoint) {
      if (endpoint) stored.set(guid, endpoint)
      else stored.delete(guid)
      for (const listener of listeners) listener({ kind: 'originEndpoint', id: '', guid, channelGuid: '' })
    },
    async seconds(count: number) {
      for (let i = 0; i < count; i++) {
        await prefetch.step()
        await turn()
        clock.pass(1000)
      }
    },
  }
}

describe('keys requested ahead', () => {
  it('are those of the present at once, and of the next period in the second half of each', async () => {
    const { prepared, seconds, listed } = opened(encryptedEndpoint('a'), originEndpoint('clear', 'news'))
    await seconds(181)
    const periods = prepared.map(([, period]) => period)
    assert.deepEqual(periods, [0, 1, 2, 3])
    const [present, ...ahead] = prepared.map(([, , second]) => second)
    assert.equal(present, 0)
    for (const [n, second] of ahead.entries()) {
      assert.ok(second >= n * 60 + 30 && second <= n * 60 + 46, `${second} s`)
    }
    assert.equal(listed(), 1)
  })

  it('come at most a minute ahead of long periods, once where keys never change, and spread over endpoints', async () => {
    const day = encryptedEndpoint('day', { keyRotationIntervalSeconds: 86_400 })
    const edge = NOW + 86_400_000
    assert.deepEqual(duePeriods(day, edge - 60_001), { current: NOW / 86_400_000, due: NOW / 86_400_000 })
    assert.equal(duePeriods(day, edge - 30_000).due, edge / 86_400_000)
    const never = encryptedEndpoint('never', { keyRotationIntervalSeconds: 0 })
    assert.deepEqual(duePeriods(never, NOW), { current: 0, due: 0 })
    const many = Array.from({ length: 400 }, (_, n) => encryptedEndpoint(`${n}`))
    const begun = (second: number) =>
      many.filter((endpoint) => duePeriods(endpoint, NOW + second * 1000).due > FIRST).length
    assert.equal(begun(29), 0)
    assert.ok(begun(37) > 120 && begun(37) < 280, `${begun(37)}`)
    assert.equal(begun(46), 400)
  })

  it('are those of an endpoint that is created, or changed, and none of one that is deleted or clear', async () => {
    const { prepared, seconds, change, listed } = opened()
    await seconds(1)
    change('guid-a', encryptedEndpoint('a'))
    await seconds(1)
    change('guid-a', { ...encryptedEndpoint('a', { url: 'https://keys.example/new' }), revision: 2 })
    await seconds(1)
    change('guid-a', originEndpoint('a', 'news'))
    await seconds(60)
    change('guid-a', encryptedEndpoint('a'))
    await seconds(1)
    change('guid-a')
    await seconds(60)
    assert.deepEqual(prepared, [
      ['a', 0, 1],
      ['a', 0, 2],
      ['a', 1, 63],
    ])
    assert.equal(listed(), 1)
  })

  it('are looked for again after a failure, also when their period has begun', async () => {
    const { prepared, seconds, answers } = opened(encryptedEndpoint('a'))
    await seconds(1)
    answers.fails = true
    await seconds(65)
    answers.fails = false
    await seconds(10)
    const last = prepared.at(-1)!
    assert.deepEqual(last, ['a', 1, 66])
    assert.equal(prepared.filter(([, period]) => period > 1).length, 0)
  })

  it('are those of the present again after a date that was far ahead', async () => {
    const { prepared, seconds, clock } = opened(encryptedEndpoint('a'))
    const ahead = 1_000_000 * MINUTE_MS
    clock.pass(ahead)
    await seconds(2)
    clock.pass(-ahead)
    await seconds(90)
    const periods = prepared.map(([, period]) => period)
    assert.deepEqual([periods[0], ...new Set(periods.slice(1))], [1_000_000, 0, 1])
  })

  it('wait for no provider that hangs but their own', async () => {
    const hanging = Array.from({ length: 400 }, (_, n) =>
      encryptedEndpoint(`hanging ${n}`, { url: `https://keys.example/${n}` }),
    )
    const other = encryptedEndpoint('other', { url: 'https://elsewhere.example/speke' })
    const { prepared, seconds, answers } = opened(...hanging, other)
    answers.hangs = true
    await seconds(3)
    assert.equal(prepared.length, 17)
    assert.equal(prepared.at(-1)![0], 'other')
  })

  it('follow the live edge of an encoder whose clock is ahead, or behind', async () => {
    for (const offset of [90, -240]) {
      const endpoint = encryptedEndpoint('a')
      const { prefetch, prepared, clock } = opened()
      /** When each period is shown first, and when it is prepared. */
      const shownAt = new Map<number, number>()
      for (let second = 0; second < 600; second++) {
        const period = Math.floor((second + offset) / 60)
        if (!shownAt.has(period)) shownAt.set(period, second)
        prefetch.shown(endpoint, FIRST + period)
        await prefetch.step()
        await turn()
        clock.pass(1000)
      }
      const preparedAt = new Map(prepared.map(([, period, second]) => [period, second]))
      assert.equal(preparedAt.size, prepared.length, 'each once')
      for (const [period, second] of [...shownAt].slice(3)) {
        const lead = second - (preparedAt.get(period) ?? assert.fail(`period ${period} by ${offset} s`))
        assert.ok(lead >= 25 && lead <= 35, `${lead} s`)
      }
    }
  })

  it('are not requested for windows of the past, nor for an encoder on time', async () => {
    const { prefetch, prepared, seconds } = opened()
    const endpoint = encryptedEndpoint('a')
    for (const period of [FIRST - 100, FIRST, FIRST - 7, FIRST, FIRST - 1]) {
      prefetch.shown(endpoint, period)
      await seconds(1)
    }
    assert.deepEqual(prepared, [])
  })

  it('cost little for thousands of endpoints', async () => {
    const { prepared, seconds } = opened(
      ...Array.from({ length: 5000 }, (_, n) => encryptedEndpoint(`${n}`, { url: `https://${n % 100}.example/` })),
    )
    await seconds(120)
    assert.ok(prepared.length >= 10_000)
    assert.equal(new Set(prepared.map(([id, period]) => `${id}/${period}`)).size, prepared.length)
  })
})
