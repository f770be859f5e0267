import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { BucketRefused } from '../../src/harvest/bucket.ts'
import { createHarvester, type HarvesterHost } from '../../src/harvest/harvester.ts'
import type { HarvestJob } from '../../src/model/harvest-job.ts'
import { NoSuchObject } from '../../src/stores/objects.ts'
import { HLS_DEFAULTS, hlsEndpoint, outputSegments, sampleBytes, windowOf } from '../origin/sample-channel.ts'
import { archiveOf, at, HarvestArchive, harvestJob, JobLedger, RecordingBuckets, rehearsal } from './sample-harvest.ts'

const unreachable = () => new BucketRefused('Unreachable', 'Nobody answers.')
const denied = () => new BucketRefused('AccessDenied', 'The bucket denies access.', { cause: new Error('403') })

/** Runs one job to its end. */
async function harvest(
  job: HarvestJob,
  parts: Partial<HarvesterHost> & { buckets: RecordingBuckets; resources?: JobLedger },
) {
  const resources = parts.resources ?? new JobLedger(job)
  const { host, lines, slept } = rehearsal({ archive: archiveOf(10), ...parts, resources })
  const harvester = createHarvester(host)
  await harvester.start()
  await harvester.settled()
  assert.equal(resources.ended.length, 1, 'the job ended once')
  return { outcome: resources.ended[0]?.outcome, event: resources.ended[0]?.event, lines, slept, ledger: resources }
}

const message = (outcome: { status: string; message?: string } | undefined) => {
  assert.equal(outcome?.status, 'FAILED')
  return outcome.message ?? ''
}

const text = (buckets: RecordingBuckets, key: string) => {
  const body = buckets.objects.get(key)
  assert.equal(body?.kind, 'bytes', key)
  return Buffer.concat(body.parts).toString()
}

describe('a finished asset', () => {
  it('is written children first, and the parent manifest last, after all else is safe', async () => {
    const buckets = new RecordingBuckets()
    const { outcome } = await harvest(harvestJob(), { buckets })
    assert.deepEqual(outcome, { status: 'SUCCEEDED' })
    const folder = 'cup/final/'
    const segments = ['index_1_2.ts', 'index_1_3.ts', 'index_2_2.ts', 'index_2_3.ts'].map((name) => folder + name)
    assert.deepEqual(buckets.calls.slice(0, 4).sort(), segments)
    assert.deepEqual(buckets.calls.slice(4, 6).sort(), [`${folder}index_1.m3u8`, `${folder}index_2.m3u8`])
    assert.deepEqual(buckets.calls.slice(6), ['flush', `${folder}asset.m3u8`, 'flush'])
    assert.match(text(buckets, `${folder}asset.m3u8`), /\nindex_1\.m3u8\n/)
    assert.match(text(buckets, `${folder}index_1.m3u8`), /MEDIA-SEQUENCE:2\n.*\nindex_1_2\.ts\n.*ENDLIST/s)
  })

  it('holds the bytes the archive holds', async () => {
    const buckets = new RecordingBuckets()
    await harvest(harvestJob(), { buckets })
    assert.equal(text(buckets, 'cup/final/index_2_3.ts'), Buffer.from(sampleBytes('s2-3-0')).toString())
  })

  it('names the archive’s files where there are some, so that they can be linked or joined', async (t) => {
    const archive = new HarvestArchive(windowOf(outputSegments(1, Array(10).fill({ slots: 2 }))))
    t.after(await archive.keepInFiles())
    const buckets = new RecordingBuckets()
    await harvest(harvestJob(), { buckets, archive })
    const body = buckets.objects.get('cup/final/index_1_2.ts')
    assert.deepEqual(body?.kind === 'files' && body.paths, [archive.file('s1-2-0'), archive.file('s1-2-1')])
    assert.equal(archive.bytesRead, 0)
  })

  it('lies at the top of the bucket when the manifest key has no folder', async () => {
    const buckets = new RecordingBuckets()
    const s3Destination = { ...harvestJob().s3Destination, manifestKey: 'asset.m3u8' }
    await harvest(harvestJob({ s3Destination }), { buckets })
    assert.ok(buckets.objects.has('index_1_2.ts') && buckets.objects.has('asset.m3u8'))
  })

  it('is written with no more objects at once than allowed', async () => {
    const buckets = new RecordingBuckets()
    buckets.onPut = () => setImmediate()
    await harvest(harvestJob({ start: at(0), end: at(60) }), { buckets, objectsAtOnce: 3 })
    assert.equal(buckets.mostAtOnce, 3)
  })
})

describe('the end of a harvest job', () => {
  it('is told in an event, when it succeeded', async () => {
    const { event, lines } = await harvest(harvestJob(), { buckets: new RecordingBuckets() })
    assert.match(event?.id ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    const arn = 'arn:aws:mediapackage:eu-west-1:111122223333:harvest_jobs/highlights'
    const { id: _, ...rest } = event ?? {}
    assert.deepEqual(rest, {
      at: at(60),
      detailType: 'MediaPackage HarvestJob Notification',
      resources: [arn],
      detail: {
        harvest_job: {
          id: 'highlights',
          arn,
          status: 'SUCCEEDED',
          origin_endpoint_id: 'sample',
          start_time: '2026-08-01T14:00:06+02:00',
          end_time: '1785585618',
          s3_destination: {
            bucket_name: 'clips',
            manifest_key: 'cup/final/asset.m3u8',
            role_arn: 'arn:aws:iam::111122223333:role/S3Access',
          },
          created_at: '2026-08-01T12:01:00.000Z',
        },
      },
    })
    assert.equal(lines.length, 1)
    assert.partialDeepStrictEqual(lines[0], { level: 'info', segments: 4, manifests: 3 })
    assert.ok(Number(lines[0]?.['bytes']) > 4 * 140)
  })

  it('is told with the reason, when it failed', async () => {
    const buckets = new RecordingBuckets()
    buckets.opens = [denied()]
    const { event, lines, slept } = await harvest(harvestJob(), { buckets })
    assert.equal(event?.detail['message'], 'The bucket denies access.')
    assert.partialDeepStrictEqual(event?.detail, { harvest_job: { status: 'FAILED' } })
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warn', 'warn'],
    )
    assert.deepEqual({ calls: buckets.calls, slept }, { calls: [], slept: [] })
  })

  it('is recorded again when the record could not be written', async () => {
    const resources = new JobLedger(harvestJob())
    resources.failures.push(new Error('disk I/O error'), new Error('disk I/O error'))
    const { outcome, slept } = await harvest(harvestJob(), { buckets: new RecordingBuckets(), resources })
    assert.deepEqual({ outcome, slept }, { outcome: { status: 'SUCCEEDED' }, slept: [200, 1000] })
  })

  it('goes on trying to be recorded until there is room again', async () => {
    const resources = new JobLedger(harvestJob())
    resources.failures.push(...Array.from({ length: 6 }, () => new Error('disk full')))
    const { outcome, slept } = await harvest(harvestJob(), { buckets: new RecordingBuckets(), resources })
    const pauses = [200, 1000, 5000, 30_000, 30_000, 30_000]
    assert.deepEqual({ outcome, slept }, { outcome: { status: 'SUCCEEDED' }, slept: pauses })
  })
})

describe('a harvest job that cannot succeed', () => {
  const parent = 'cup/final/asset.m3u8'

  it('writes nothing over the objects of another origin endpoint, and names the job that wrote them', async () => {
    const resources = new JobLedger(harvestJob())
    resources.owners.set('clips/cup/final/index_2.m3u8', { jobId: 'semifinal', endpointGuid: 'another' })
    const buckets = new RecordingBuckets()
    const { outcome } = await harvest(harvestJob(), { buckets, resources })
    assert.match(message(outcome), /overwrite cup\/final\/index_2\.m3u8 in bucket clips, .* semifinal/)
    assert.deepEqual(buckets.calls, [])
  })

  it('writes over the objects of an earlier job of the same endpoint', async () => {
    const resources = new JobLedger(harvestJob())
    resources.owners.set(`clips/${parent}`, { jobId: 'earlier', endpointGuid: harvestJob().endpoint.guid })
    const { outcome } = await harvest(harvestJob(), { buckets: new RecordingBuckets(), resources })
    assert.deepEqual(outcome, { status: 'SUCCEEDED' })
  })

  it('does not let the parent manifest replace a file it points to', async () => {
    const s3Destination = { ...harvestJob().s3Destination, manifestKey: 'cup/final/index_1.m3u8' }
    const buckets = new RecordingBuckets()
    const { outcome } = await harvest(harvestJob({ s3Destination }), { buckets })
    assert.match(message(outcome), /index_1\.m3u8 is the name of another file/)
    assert.deepEqual(buckets.calls, [])
  })

  it('leaves no parent manifest when an object is refused, and stops writing the others', async () => {
    const buckets = new RecordingBuckets()
    buckets.onPut = (key, signal) => {
      if (key.endsWith('index_1_3.ts')) return denied()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const { outcome } = await harvest(harvestJob({ start: at(0), end: at(60) }), { buckets })
    assert.equal(message(outcome), 'The bucket denies access.')
    assert.deepEqual(buckets.calls, [])
    assert.equal(buckets.atOnce, 0)
  })

  it('is told when its endpoint cannot be packaged', async () => {
    const spekeKeyProvider = { resourceId: 'r', roleArn: 'a', systemIds: ['s'], url: 'https://keys' }
    const encryption = {
      encryptionMethod: 'AES_128',
      keyRotationIntervalSeconds: 60,
      repeatExtXKey: false,
      spekeKeyProvider,
    } as const
    const endpoint = hlsEndpoint({ encryption }, { startoverWindowSeconds: 3600 })
    const { outcome } = await harvest(harvestJob({ endpoint }), { buckets: new RecordingBuckets() })
    assert.match(message(outcome), /cannot package what origin endpoint sample asks for/)
  })

  it('is told when no stream passes the endpoint’s stream selection', async () => {
    const streamSelection = { ...HLS_DEFAULTS.streamSelection, maxVideoBitsPerSecond: 1 }
    const endpoint = hlsEndpoint({ streamSelection }, { startoverWindowSeconds: 3600 })
    const { outcome } = await harvest(harvestJob({ endpoint }), { buckets: new RecordingBuckets() })
    assert.match(message(outcome), /no stream that the origin endpoint lets through/)
  })

  it('keeps what nobody outside should read in the log', async () => {
    const archive = archiveOf(10)
    archive.lost.add('s1-2-0')
    const { outcome, lines } = await harvest(harvestJob(), { buckets: new RecordingBuckets(), archive })
    assert.match(message(outcome), /unexpected error/)
    assert.doesNotMatch(message(outcome), /s1-2-0/)
    assert.ok(lines.some(({ level, error }) => level === 'error' && error instanceof NoSuchObject))
  })
})

describe('a bucket that does not answer for a while', () => {
  it('is asked again, with longer and longer pauses', async () => {
    const buckets = new RecordingBuckets()
    buckets.opens = [unreachable(), unreachable()]
    let failures = 3
    buckets.onPut = (key) => (key.endsWith('asset.m3u8') && failures-- > 0 ? unreachable() : undefined)
    const { outcome, slept } = await harvest(harvestJob(), { buckets })
    assert.deepEqual(outcome, { status: 'SUCCEEDED' })
    assert.deepEqual(slept, [500, 1000, 500, 1000, 2000])
  })

  it('is given up after the fifth time', async () => {
    const buckets = new RecordingBuckets()
    buckets.opens = Array.from({ length: 5 }, unreachable)
    const { outcome, slept } = await harvest(harvestJob(), { buckets })
    assert.equal(message(outcome), 'Nobody answers.')
    assert.deepEqual(slept, [500, 1000, 2000, 4000])
  })
})

describe('the harvester', () => {
  const jobs = ['a', 'b', 'c', 'd'].map((id) => {
    const s3Destination = { ...harvestJob().s3Destination, manifestKey: `${id}/asset.m3u8` }
    return harvestJob({ id, s3Destination })
  })

  it('runs as many jobs at once as allowed, in their order, and none twice', async () => {
    const resources = new JobLedger(...jobs)
    const buckets = new RecordingBuckets()
    buckets.onPut = () => setImmediate()
    const { host } = rehearsal({ archive: archiveOf(10), buckets, resources, jobsAtOnce: 2, objectsAtOnce: 1 })
    const harvester = createHarvester(host)
    await harvester.start()
    for (const job of jobs) harvester.submit(job)
    await harvester.settled()
    assert.equal(buckets.mostAtOnce, 2)
    assert.deepEqual(resources.ended.map(({ id }) => id).sort(), ['a', 'b', 'c', 'd'])
    const parents = buckets.calls.filter((key) => key.endsWith('asset.m3u8')).map((key) => key.slice(0, 1))
    assert.deepEqual(
      [parents.slice(0, 2).sort(), parents.slice(2).sort()],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
  })

  it('sets running and waiting jobs aside when it closes; the next one begins them again', async () => {
    const resources = new JobLedger(...jobs)
    const buckets = new RecordingBuckets()
    const began = Promise.withResolvers<void>()
    buckets.onPut = (_, signal) => {
      began.resolve()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const archive = archiveOf(10)
    const { host } = rehearsal({ archive, buckets, resources })
    const first = createHarvester(host)
    await first.start()
    await began.promise
    await first.close()
    first.submit(jobs[0] as HarvestJob)
    assert.deepEqual([buckets.calls, resources.ended, buckets.atOnce], [[], [], 0])

    buckets.onPut = () => undefined
    const second = createHarvester(host)
    await second.start()
    await second.settled()
    assert.deepEqual(
      resources.ended.map(({ outcome }) => outcome.status),
      Array(4).fill('SUCCEEDED'),
    )
  })

  it('closes while a job waits for the live edge', async () => {
    const resources = new JobLedger(harvestJob({ end: at(600) }))
    const sleeping = Promise.withResolvers<void>()
    const sleep = (_: number, signal: AbortSignal) => {
      sleeping.resolve()
      return new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const { host } = rehearsal({ archive: archiveOf(10), buckets: new RecordingBuckets(), resources, sleep })
    const harvester = createHarvester(host)
    await harvester.start()
    await sleeping.promise
    await harvester.close()
    assert.equal(resources.inProgress.size, 1)
  })
})
