import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { hlsFiles, replaced, sightOf } from '../../test/self-check/shown-endpoint.ts'
import { Turns } from '../concurrency/turns.ts'
import { utcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { SelfCheck } from './self-check.ts'

/** A server with endpoints that go on by a segment every two seconds. */
function server(count: number, { costMs = 0, intervalMs = 10_000 } = {}) {
  let now = Date.UTC(2026, 0, 1, 12)
  const began = now
  const endpoints = Array.from({ length: count }, (_, n): OriginEndpoint => {
    return hlsEndpoint({}, { guid: n.toString(16).padStart(32, '0'), id: `e${n}` })
  })
  let shown = { first: 10, files: hlsFiles(10) }
  const looks: { readonly id: string; readonly at: number }[] = []
  const counters = new Map<string, number>()
  const lines: object[] = []
  const events: ServiceEvent[] = []
  const world = { isBroken: false, isStill: false, isSending: false, endpoints }
  const level = (fields: object) => void lines.push(fields)
  const selfCheck = new SelfCheck({
    viewer: {
      async see(endpoint, path) {
        if (path === 'index.m3u8') {
          looks.push({ id: endpoint.id, at: now - began })
          now += costMs
        }
        const first = world.isStill ? 10 : 10 + Math.floor((now - began) / 2000)
        const files = shown.first === first ? shown.files : hlsFiles(first)
        shown = { first, files }
        if (world.isBroken && path === 'index_1.m3u8') {
          const broken = new Map(files)
          replaced(path, 'TARGETDURATION:2', 'TARGETDURATION:1')(broken)
          return sightOf(broken.get(path))
        }
        return sightOf(files.get(path))
      },
    },
    resources: {
      appendEvent: async (event) => void events.push(event),
      listOriginEndpoints: async () => ({ items: world.endpoints }),
    },
    metrics: {
      counter: (name, labels) => ({
        add() {
          const key = `${name} ${Object.values(labels).join(' ')}`
          counters.set(key, (counters.get(key) ?? 0) + 1)
        },
      }),
      gauge: () => ({ set() {} }),
      histogram: () => ({ observe() {} }),
      remove() {},
      valuesOf: () => new Set<string>(),
      onScrape() {},
    },
    log: { info: level, warn: level, error: level },
    account: { region: 'eu-west-1', accountId: '111122223333' },
    turns: new Turns(),
    steady: () => utcMs(now),
    date: () => utcMs(now),
    stopwatch: () => now,
    sendingSince: () => (world.isSending ? 0 : undefined),
    intervalMs,
  })
  return {
    world,
    looks,
    counters,
    lines,
    events,
    async pass(ms: number, stepMs = 100) {
      for (const until = now + ms; now < until; now += stepMs) await selfCheck.step()
    },
  }
}

describe('the self-check', () => {
  it('looks at each endpoint once in every interval, one at a time', async () => {
    const { looks, pass } = server(5)
    await pass(40_000)
    assert.equal(looks.length, 20)
    for (const [n, { id, at }] of looks.entries()) {
      assert.equal(id, `e${n % 5}`)
      assert.ok(at >= n * 2000 && at <= n * 2000 + 100 * (n / 5 + 1), `${n}: ${at}`)
    }
  })

  it('takes a hundredth of the time at most, and looks less often instead', async () => {
    const { looks, pass } = server(30, { costMs: 20 })
    await pass(120_000)
    assert.ok(looks.length >= 50 && looks.length * 20 <= 1200, `${looks.length} looks`)
    const ids = looks.slice(30).map(({ id }) => id)
    assert.deepEqual(ids.slice(0, 6), ['e0', 'e0', 'e1', 'e1', 'e2', 'e2'], 'two of them have something in common')
  })

  it('rests for ten seconds at most, since whoever waits takes nothing', async () => {
    const { looks, pass } = server(1, { costMs: 5000 })
    await pass(150_000)
    assert.equal(looks.length, 10)
  })

  it('counts every finding, logs one a minute and tells one in five', async () => {
    const { world, counters, lines, events, pass } = server(1)
    await pass(60_000)
    assert.deepEqual(lines, [])
    world.isBroken = true
    await pass(600_000)
    assert.equal(counters.get('windrow_self_checks_total channel e0 ok'), 6)
    assert.equal(counters.get('windrow_self_checks_total channel e0 findings'), 60)
    assert.equal(counters.get('windrow_self_check_findings_total channel e0 target-duration'), 60)
    assert.equal(lines.length, 10)
    assert.deepEqual(lines[0], {
      event: 'self-check-finding',
      channel: 'channel',
      originEndpoint: 'e0',
      invariant: 'target-duration',
      url: `/out/v1/${'0'.repeat(32)}/index_1.m3u8`,
      seen: 'EXTINF 2',
      expected: 'at most EXT-X-TARGETDURATION 1',
      sequence: 40,
    })
    assert.equal(events.length, 2)
    const [{ detailType, resources, detail } = assert.fail()] = events
    assert.equal(detailType, 'Windrow Self-Check Notification')
    assert.deepEqual(resources, [`arn:aws:mediapackage:eu-west-1:111122223333:origin_endpoints/${'0'.repeat(32)}`])
    assert.equal(detail['event'], 'SelfCheckFinding')
    assert.equal(detail['seen'], 'EXTINF 2')
  })

  it('leaves endpoints alone that are denied, and those at which nothing happens but for once an hour', async () => {
    const { world, looks, pass } = server(2)
    world.isStill = true
    world.endpoints = world.endpoints.map((each, n) => (n === 0 ? { ...each, origination: 'DENY' } : each))
    await pass(7_200_000, 1000)
    const ids = new Set(looks.map(({ id }) => id))
    assert.deepEqual([...ids], ['e1'])
    assert.ok(looks.length >= 60 && looks.length <= 64, `${looks.length} looks`)
    world.isSending = true
    await pass(100_000)
    assert.ok(looks.length >= 69)
  })
})
