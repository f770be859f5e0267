import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { limited } from '../../src/config/effective-setting.ts'
import { settingsInEffect } from '../../src/config/read-settings.ts'
import { MetricSamples } from '../../src/measurement/metric-samples.ts'
import { utcMs } from '../../src/media/time.ts'
import { openMetrics } from '../../src/prometheus-metrics.ts'
import { type Asker, NOW, startAsker } from './rules-asker.ts'

const SECRET = 'postgres://windrow:never-told@db/windrow'

describe('what a process tells of itself', () => {
  let asker: Asker
  before(async () => {
    const env = {
      WINDROW_DATABASE_URL: SECRET,
      WINDROW_ARCHIVE_BUCKET: 'archive',
      WINDROW_HARVEST_STORE: 's3',
    }
    const settings = settingsInEffect({ args: ['--region=eu-north-1'], env, readFile: () => '' })
    const metrics = openMetrics()
    let now = 0
    const samples = new MetricSamples({
      metrics,
      date: () => utcMs(NOW - 7_200_000 + now),
      stopwatch: () => now,
      runningJobs: () => 1,
      connections: () => 3,
      eventLoopDelay: () => 0.012,
      memory: () => ({ rss: 2e8, heapUsed: 5e7 }),
    })
    for (now = 10_000; now <= 7_200_000; now += 10_000) {
      metrics.counter('windrow_harvest_bytes_total', {}).add(100)
      samples.take()
    }
    asker = await startAsker({
      monitoring: {
        processId: 'one',
        settings: limited(settings, 'max-connections', '4000'),
        samples: (since, periodMs) => samples.since(since, periodMs),
      },
    })
  })
  after(() => asker.control.close())

  const ask = async <T>(path: string) => {
    const { status, json, text } = await asker.ask('GET', `/windrow/v1/${path}`)
    assert.equal(status, 200, text)
    return { json: json as T, text }
  }

  it('is every setting, what has set it, and no secret', async () => {
    type Setting = { readonly name: string } & Readonly<Record<string, unknown>>
    const { json, text } = await ask<{ settings: readonly Setting[] }>('settings')
    assert.doesNotMatch(text, /never-told|postgres:/)
    const named = (name: string) => {
      const { description, otherwise, ...rest } = json.settings.find((each) => each.name === name)!
      assert.ok(typeof description === 'string' && typeof otherwise === 'string')
      return rest
    }
    assert.deepEqual(named('database-url'), {
      name: 'database-url',
      source: 'ENVIRONMENT',
      where: 'WINDROW_DATABASE_URL',
      isSecret: true,
    })
    assert.deepEqual(named('region'), {
      name: 'region',
      source: 'FLAG',
      where: '--region',
      value: 'eu-north-1',
      isSecret: false,
    })
    assert.deepEqual(
      [named('webhook-secret')['source'], named('max-connections')['source'], named('max-connections')['value']],
      ['UNSET', 'SYSTEM', '4000'],
    )
  })

  type Samples = {
    readonly processId: string
    readonly resolutionSeconds: number
    readonly samples: readonly { readonly endTime: string; readonly harvest: { readonly bytes: number } }[]
  }

  it('is samples of the last hour, or since a moment, each or joined to periods', async () => {
    const { json } = await ask<Samples>('metrics')
    assert.deepEqual([json.processId, json.resolutionSeconds, json.samples.length], ['one', 10, 360])
    assert.equal(json.samples.at(-1)!.endTime, new Date(NOW).toISOString())
    const since = new Date(NOW - 600_000).toISOString()
    assert.equal((await ask<Samples>(`metrics?since=${since}`)).json.samples.length, 60)
    const joined = (await ask<Samples>(`metrics?since=${since}&resolutionSeconds=60`)).json.samples
    assert.deepEqual(
      joined.map(({ harvest }) => harvest.bytes),
      Array.from({ length: 10 }, () => 600),
    )
    assert.deepEqual((await ask<Samples>(`metrics?since=${new Date(NOW).toISOString()}`)).json.samples, [])
  })

  it('is asked for periods of whole intervals', async () => {
    for (const seconds of [0, 5, 15, 3610]) {
      await asker.refused('GET', `/windrow/v1/metrics?resolutionSeconds=${seconds}`, {}, 'resolutionSeconds')
    }
    await asker.refused('GET', '/windrow/v1/metrics?since=yesterday', {}, 'since')
  })
})
