/** Several assets in one folder of a bucket: what has succeeded stays as it is. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { archiveOf, at, harvestJob, RecordingBuckets, rehearsal } from '../../test/harvest/sample-harvest.ts'
import { NOON, outputSegments, windowOf } from '../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { BucketRefused } from '../stores/buckets.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { createHarvester } from './job/harvester.ts'

describe('assets in one folder', () => {
  let folder: string
  let store: SqliteStore
  let endpoint: OriginEndpoint
  let buckets: RecordingBuckets
  let archive: ReturnType<typeof archiveOf>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'harvest-'))
    store = await openSqliteStore(join(folder, 'windrow.db'))
    endpoint = hlsEndpoint({}, { startoverWindowSeconds: 3600 })
    buckets = new RecordingBuckets()
    archive = archiveOf(10)
    const ingestEndpoints = ['c', 'd'].map((id) => ({ id: id.repeat(32), username: 'user', password: 'password' }))
    const [first, second] = ingestEndpoints
    await store.resources.createChannel(
      {
        guid: 'c'.repeat(32),
        id: 'channel',
        tags: {},
        createdAt: NOON,
        ingestEndpoints: [first!, second!],
        revision: 1,
      },
      { maxChannels: 1 },
    )
    await store.resources.createOriginEndpoint(endpoint, { maxPerChannel: 10 })
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  let made = 0
  const clip = (file: string, start: number, end: number, more: Partial<HarvestJob> = {}) => {
    const s3Destination = { ...harvestJob().s3Destination, manifestKey: `goals/${file}` }
    return harvestJob({ id: `job-${++made}`, endpoint, start: at(start), end: at(end), s3Destination, ...more })
  }

  /** Runs jobs to their ends; the answer is what became of each. */
  async function run(jobs: readonly HarvestJob[], jobsAtOnce = 1, followEdge = false) {
    for (const job of jobs) {
      await store.resources.createHarvestJob(
        job,
        { maxInProgress: 10, maxScheduled: 0, idFreeAfterMs: 1 },
        job.createdAt,
      )
    }
    const { deps, pass } = rehearsal({ archive, buckets, resources: store.resources, jobsAtOnce })
    const sleep = async (ms: number, signal: AbortSignal) => {
      await deps.sleep(ms, signal)
      const count = Math.floor((deps.clock() - at(0)) / 6000)
      if (followEdge) archive.window = windowOf(outputSegments(1, Array(count).fill({})))
    }
    const harvester = createHarvester({ ...deps, sleep })
    // As often as attempts fail.
    for (let tries = 0; tries < 5; tries++) {
      await harvester.takeUp()
      await harvester.settled()
      pass(10_000)
    }
    return Promise.all(jobs.map(async ({ id }) => (await store.resources.harvestJobById(id))?.run.state))
  }

  const bytes = (key: string) => {
    const body = buckets.objects.get(key)
    assert.ok(body, `${key} is not there`)
    return Buffer.concat(body.kind === 'bytes' ? body.parts : [])
  }

  /** Everything a player of a parent playlist gets, by name. */
  function played(file: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    const visit = (name: string) => {
      const text = bytes(`goals/${name}`).toString()
      found.set(name, text)
      if (!name.endsWith('.m3u8')) return
      for (const uri of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) visit(uri)
    }
    visit(file)
    return found
  }
  const names = (file: string) => [...played(file).keys()]

  it('keep their children apart, and the names of the service where these are free', async () => {
    assert.deepEqual(await run([clip('one.m3u8', 6, 18)]), ['SUCCEEDED'])
    const one = played('one.m3u8')
    assert.deepEqual(await run([clip('two.m3u8', 30, 42)]), ['SUCCEEDED'])
    assert.deepEqual(played('one.m3u8'), one)
    assert.deepEqual(names('one.m3u8').slice(0, 3), ['one.m3u8', 'index_1.m3u8', 'index_1_2.ts'])
    assert.deepEqual(names('two.m3u8').slice(0, 3), ['two.m3u8', 'two_1.m3u8', 'index_1_6.ts'])
  })

  it('share no file where they overlap', async () => {
    await run([clip('one.m3u8', 6, 30), clip('two.m3u8', 18, 42)])
    const [one, two] = [names('one.m3u8'), names('two.m3u8')]
    assert.ok(two.includes('two_1_4.ts'))
    assert.deepEqual(
      one.filter((name) => two.includes(name)),
      [],
    )
    assert.equal(new Set(buckets.calls.filter((call) => call !== 'flush')).size, one.length + two.length)
  })

  it('are written again under their own names, and none but the one that was asked for', async () => {
    await run([clip('one.m3u8', 6, 18), clip('two.m3u8', 6, 30)])
    const two = played('two.m3u8')
    assert.deepEqual(await run([clip('one.m3u8', 12, 42)]), ['SUCCEEDED'])
    assert.deepEqual(played('two.m3u8'), two)
    assert.deepEqual(names('one.m3u8').slice(0, 3), ['one.m3u8', 'index_1.m3u8', 'index_1_3.ts'])
    const one = played('one.m3u8')
    assert.deepEqual(await run([clip('two.m3u8', 6, 12)]), ['SUCCEEDED'])
    assert.deepEqual(played('one.m3u8'), one)
    assert.deepEqual(names('two.m3u8').slice(0, 3), ['two.m3u8', 'two_1.m3u8', 'two_1_2.ts'])
  })

  it('count when the stem is taken as well', async () => {
    await run([clip('one.m3u8', 6, 18), clip('index.m3u8', 6, 18), clip('one.html', 6, 18), clip('one.m3u', 6, 18)])
    assert.deepEqual(
      ['index.m3u8', 'one.html', 'one.m3u'].map(
        (file) => /^(?!#).*m3u8$/m.exec(bytes(`goals/${file}`).toString())?.[0],
      ),
      ['index-2_1.m3u8', 'one_1.m3u8', 'one-2_1.m3u8'],
    )
  })

  it('have a report each', async () => {
    const options = { ...DEFAULT_HARVEST_OPTIONS, report: true }
    await run([clip('one.m3u8', 6, 18, { options })])
    const report = bytes('goals/harvest.json')
    await run([clip('two.m3u8', 6, 18, { options }), clip('three.m3u8', 6, 18)])
    assert.deepEqual(bytes('goals/harvest.json'), report)
    const objects = (JSON.parse(bytes('goals/two_harvest.json').toString()) as { objects: { key: string }[] }).objects
    assert.deepEqual(
      objects.map(({ key }) => key.replace('goals/', '')).toSorted(),
      names('two.m3u8').slice(1).toSorted(),
    )
  })

  it('give way to no parent manifest of another', async () => {
    await run([clip('one.m3u8', 6, 18)])
    const one = played('one.m3u8')
    assert.deepEqual(await run([clip('index_1.m3u8', 6, 18)]), ['FAILED'])
    assert.deepEqual(played('one.m3u8'), one)
    const renamed = hlsEndpoint({}, { manifestName: 'other', startoverWindowSeconds: 3600 })
    const other = clip('index_2.m3u8', 6, 18, { endpoint: renamed })
    assert.deepEqual(await run([other]), ['FAILED'])
    assert.match((await store.resources.harvestJobById(other.id))?.run.failure?.message ?? '', /for another asset/)
    assert.deepEqual(played('one.m3u8'), one)
  })

  it('take the names of a job that has failed', async () => {
    buckets.onPut = (key) => (key.endsWith('one.m3u8') ? new BucketRefused('AccessDenied', 'No.') : undefined)
    assert.deepEqual(await run([clip('one.m3u8', 6, 18)]), ['FAILED'])
    assert.deepEqual(await run([clip('two.m3u8', 6, 18)]), ['SUCCEEDED'])
    assert.deepEqual(names('two.m3u8').slice(0, 3), ['two.m3u8', 'index_1.m3u8', 'index_1_2.ts'])
  })

  it('do not take those of an asset whose second harvest has failed', async () => {
    await run([clip('one.m3u8', 6, 18)])
    const one = played('one.m3u8')
    buckets.onPut = () => new BucketRefused('AccessDenied', 'No.')
    assert.deepEqual(await run([clip('one.m3u8', 6, 18)]), ['FAILED'])
    buckets.onPut = () => undefined
    assert.deepEqual(await run([clip('two.m3u8', 6, 18)]), ['SUCCEEDED'])
    assert.deepEqual(played('one.m3u8'), one)
    assert.equal(names('two.m3u8')[1], 'two_1.m3u8')
  })

  it('have the same names after an attempt that failed', async () => {
    await run([clip('one.m3u8', 6, 18)])
    let refusals = 0
    buckets.onPut = (key) => {
      const isRefused = key.endsWith('two_2.m3u8') && refusals++ < 12
      return isRefused ? new BucketRefused('Unavailable', 'Not now.') : undefined
    }
    assert.deepEqual(await run([clip('two.m3u8', 12, 30)]), ['SUCCEEDED'])
    assert.ok(refusals > 0)
    const written = buckets.calls.filter((key) => key.includes('two_1_'))
    assert.deepEqual(
      written.toSorted(),
      names('two.m3u8')
        .filter((name) => name.startsWith('two_1_'))
        .map((name) => `goals/${name}`),
    )
  })

  it('stay apart while both follow the live edge, and a third is taken from among them', async () => {
    const jobs = [clip('one.m3u8', 30, 240), clip('two.m3u8', 30, 300), clip('three.m3u8', 6, 60)]
    assert.deepEqual(await run(jobs, 3, true), ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'])
    const all = ['one.m3u8', 'two.m3u8', 'three.m3u8'].flatMap(names)
    assert.equal(new Set(all).size, all.length)
    assert.equal(names('two.m3u8').filter((name) => name.endsWith('.ts')).length, 2 * 45)
    const puts = buckets.calls.filter((call) => call !== 'flush')
    assert.equal(new Set(puts).size, puts.length, 'nothing is written twice')
  })

  it('of an endpoint that was changed in between are two', async () => {
    await run([clip('one.m3u8', 6, 18)])
    const one = played('one.m3u8')
    const split = hlsEndpoint({ useAudioRenditionGroup: true }, { startoverWindowSeconds: 3600 })
    await run([clip('two.m3u8', 6, 18, { endpoint: split })])
    assert.deepEqual(played('one.m3u8'), one)
  })
})
