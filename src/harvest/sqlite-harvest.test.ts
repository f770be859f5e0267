import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { archiveOf, at, harvestJob, RecordingBuckets, rehearsal } from '../../test/harvest/sample-harvest.ts'
import { NOON } from '../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { Channel } from '../model/channel.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { createHarvester } from './job/harvester.ts'

const ingest = (id: string) => ({ id, username: 'user', password: 'password' })

const CHANNEL: Channel = {
  guid: 'c'.repeat(32),
  id: 'channel',
  tags: {},
  createdAt: NOON,
  ingestEndpoints: [ingest('c'.repeat(32)), ingest('d'.repeat(32))],
  revision: 1,
}

describe('harvest jobs kept in SQLite', () => {
  let folder: string
  let store: SqliteStore

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'harvest-'))
    store = await openSqliteStore(join(folder, 'windrow.db'))
    await store.resources.createChannel(CHANNEL, { maxChannels: 1 })
  })
  after(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  async function endpoint(id: string): Promise<OriginEndpoint> {
    const made = hlsEndpoint({}, { id, guid: id.repeat(32), startoverWindowSeconds: 3600 })
    await store.resources.createOriginEndpoint(made, { maxPerChannel: 10 })
    return made
  }

  async function run(...jobs: readonly HarvestJob[]): Promise<void> {
    for (const job of jobs) {
      await store.resources.createHarvestJob(
        job,
        { maxInProgress: 10, maxScheduled: 0, idFreeAfterMs: 1 },
        job.createdAt,
      )
    }
    const buckets = new RecordingBuckets()
    const { deps } = rehearsal({ archive: archiveOf(10), buckets, resources: store.resources, jobsAtOnce: 1 })
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    await harvester.settled()
  }

  it('end with their status and one event each, and not twice', async () => {
    const a = await endpoint('a')
    await run(harvestJob({ id: 'first', endpoint: a }), harvestJob({ id: 'early', endpoint: a, start: at(-1) }))
    await run()
    assert.equal((await store.resources.harvestJobById('first'))?.status, 'SUCCEEDED')
    assert.equal((await store.resources.harvestJobById('early'))?.status, 'FAILED')
    const { items } = await store.resources.listEvents({ limit: 10 })
    assert.deepEqual(
      items.map(({ detail }) => (detail['harvest_job'] as { id: string }).id),
      ['first', 'early'],
    )
    assert.match(String(items[1]?.detail['message']), /no content before/)
  })

  it('keep the names another endpoint’s job has written', async () => {
    const [b, c] = [await endpoint('b'), await endpoint('e')]
    const s3Destination = { ...harvestJob().s3Destination, manifestKey: 'shared/one.m3u8' }
    const other = { ...s3Destination, manifestKey: 'shared/two.m3u8' }
    await run(harvestJob({ id: 'theirs', endpoint: b, s3Destination }))
    await run(harvestJob({ id: 'ours', endpoint: c, s3Destination: other }))
    await run(harvestJob({ id: 'again', endpoint: b, s3Destination: other }))
    const statuses = ['theirs', 'ours', 'again'].map(async (id) => (await store.resources.harvestJobById(id))?.status)
    assert.deepEqual(await Promise.all(statuses), ['SUCCEEDED', 'FAILED', 'SUCCEEDED'])
    const { items } = await store.resources.listEvents({ limit: 10 })
    assert.match(String(items.at(-2)?.detail['message']), /overwrite shared\/index_.* which harvest job theirs wrote/)
  })
})
