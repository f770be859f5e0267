import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { JobLedger } from '../../../test/harvest/job-ledger.ts'
import {
  archiveOf,
  at,
  HarvestArchive,
  harvestJob,
  RecordingBuckets,
  rehearsal,
} from '../../../test/harvest/sample-harvest.ts'
import { outputSegments, sampleBytes, windowOf } from '../../../test/origin/sample-channel.ts'
import { ALL_STREAMS, hlsEndpoint, unsupportedEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { utcMs } from '../../media/time.ts'
import type { HarvestJob, HarvestOutcome } from '../../model/harvest-job.ts'
import { BucketRefused } from '../../stores/buckets.ts'
import type { ObjectBody } from '../../stores/object-body.ts'
import { createHarvester, type HarvesterDeps } from './harvester.ts'

const unreachable = () => new BucketRefused('Unreachable', 'Nobody answers.')
const denied = () => new BucketRefused('AccessDenied', 'The bucket denies access.', { cause: new Error('403') })

/** Runs one job to its end. */
async function harvest(
  job: HarvestJob,
  parts: Partial<HarvesterDeps> & { buckets: RecordingBuckets; resources?: JobLedger },
) {
  const resources = parts.resources ?? new JobLedger(job)
  const { deps, lines, slept, pass } = rehearsal({ archive: archiveOf(10), ...parts, resources })
  const harvester = createHarvester(deps)
  const retries: number[] = []
  for (;;) {
    await harvester.takeUp()
    await harvester.settled()
    const { state, notBefore } = resources.run(job.id)
    if (state !== 'QUEUED') break
    retries.push(notBefore - deps.clock())
    pass(notBefore - deps.clock())
  }
  assert.equal(resources.ended.length, 1, 'the job ended once')
  const [end] = resources.ended
  return { outcome: end?.outcome, event: end?.event, lines, slept, retries, ledger: resources }
}

const message = (outcome: HarvestOutcome | undefined) => {
  assert.equal(outcome?.state, 'FAILED')
  return outcome.failure.message
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
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
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
    const offered = new Map<string, ObjectBody>()
    buckets.onTake = (key, body) => {
      offered.set(key, body)
      return key.endsWith('.ts') ? { isTaken: true, isProven: true } : { isTaken: false }
    }
    await harvest(harvestJob(), { buckets, archive })
    const body = offered.get('cup/final/index_1_2.ts')
    const files =
      body?.kind === 'objects' && body.objects.map(({ location }) => location?.kind === 'file' && location.path)
    assert.deepEqual(files, [archive.file('s1-2-0'), archive.file('s1-2-1')])
    assert.equal(archive.bytesRead, 0)
  })

  it('is sent where the bucket refuses to copy it, which is said once in the log, and in the report', async () => {
    const buckets = new RecordingBuckets()
    const refusal = 'The server does not copy.'
    let asked = 0
    buckets.onTake = (_key, { kind }) => {
      if (kind !== 'object') return { isTaken: false }
      return asked++ === 0 ? { isTaken: true, isProven: true } : { isTaken: false, refusal }
    }
    const { outcome, lines, ledger } = await harvest(harvestJob(), { buckets })
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    const told = lines.filter(({ event }) => event === 'harvest-copies-refused')
    assert.deepEqual(
      told.map(({ reason }) => reason),
      [refusal],
    )
    const { cursor } = ledger.run()
    assert.equal(cursor?.copyRefusal, refusal)
    assert.deepEqual(cursor.taken, { objects: 1, bytes: sampleBytes('s1-2-0').length })
    assert.ok(ledger.objects().every(({ sha256 }) => sha256.length === 64))
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
    assert.partialDeepStrictEqual(lines[0], { level: 'info', objects: 7, attempt: 1 })
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
    assert.deepEqual({ outcome, slept }, { outcome: { state: 'SUCCEEDED' }, slept: [200, 1000] })
  })

  it('goes on trying to be recorded until there is room again', async () => {
    const resources = new JobLedger(harvestJob())
    resources.failures.push(...Array.from({ length: 6 }, () => new Error('disk full')))
    const { outcome, slept } = await harvest(harvestJob(), { buckets: new RecordingBuckets(), resources })
    const pauses = [200, 1000, 5000, 30_000, 30_000, 30_000]
    assert.deepEqual({ outcome, slept }, { outcome: { state: 'SUCCEEDED' }, slept: pauses })
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
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
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
    const endpoint = unsupportedEndpoint({ startoverWindowSeconds: 3600 })
    const { outcome } = await harvest(harvestJob({ endpoint }), { buckets: new RecordingBuckets() })
    assert.match(message(outcome), /packaging of origin endpoint sample is not supported/)
  })

  it('is told when no stream passes the endpoint’s stream selection', async () => {
    const streamSelection = { ...ALL_STREAMS, maxVideoBitsPerSecond: 1 }
    const endpoint = hlsEndpoint({ streamSelection }, { startoverWindowSeconds: 3600 })
    const { outcome } = await harvest(harvestJob({ endpoint }), { buckets: new RecordingBuckets() })
    assert.match(message(outcome), /no stream that the origin endpoint selects/)
  })

  it('keeps what nobody outside should read in the log', async () => {
    const buckets = new RecordingBuckets()
    const secret = new Error('a secret of the server')
    buckets.onPut = () => secret
    const { outcome, lines } = await harvest(harvestJob(), { buckets })
    assert.match(message(outcome), /unexpected error/)
    assert.doesNotMatch(message(outcome), /secret/)
    assert.ok(lines.some(({ level, error }) => level === 'error' && error === secret))
  })
})

describe('a parent manifest that was acknowledged', () => {
  it('is looked at once: what is not there, or is something else, is no asset', async () => {
    for (const size of [null, 7]) {
      const buckets = new RecordingBuckets()
      buckets.sizeOf = () => size
      const { outcome } = await harvest(harvestJob(), { buckets })
      assert.match(message(outcome), /asset\.m3u8 was written and acknowledged, and .*: what answers .* is not S3\.$/)
    }
  })
})

describe('a bucket that does not answer for a while', () => {
  it('is asked again, with longer and longer pauses', async () => {
    const buckets = new RecordingBuckets()
    buckets.opens = [unreachable(), unreachable()]
    let failures = 3
    buckets.onPut = (key) => (key.endsWith('asset.m3u8') && failures-- > 0 ? unreachable() : undefined)
    const { outcome, slept } = await harvest(harvestJob(), { buckets })
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    assert.deepEqual(slept, [500, 1000, 500, 1000, 2000])
  })

  it('is asked again in a later attempt, after longer and longer pauses, until it is given up', async () => {
    const buckets = new RecordingBuckets()
    buckets.opens = Array.from({ length: 20 }, unreachable)
    const { outcome, slept, retries, lines } = await harvest(harvestJob(), { buckets })
    assert.equal(message(outcome), 'Nobody answers.')
    assert.deepEqual(slept.slice(0, 4), [500, 1000, 2000, 4000])
    assert.deepEqual(retries, [1000, 2000, 4000])
    assert.equal(lines.filter(({ message }) => message === 'harvest job failed and is retried').length, 3)
  })

  it('is not given up while each attempt gets further', async () => {
    const buckets = new RecordingBuckets()
    // Each attempt writes one object, and then five puts fail.
    let puts = 0
    buckets.onPut = (key) => (!key.endsWith('.ts') || puts++ % 6 === 0 ? undefined : unreachable())
    const { outcome, retries } = await harvest(harvestJob(), { buckets, objectsAtOnce: 1 })
    assert.deepEqual(outcome, { state: 'SUCCEEDED' })
    assert.deepEqual(retries, Array(3).fill(1000))
  })
})

describe('a job that is taken up again', () => {
  const stopAfter = (buckets: RecordingBuckets, puts: number) => {
    buckets.onPut = () => (puts-- > 0 ? undefined : new BucketRefused('Full', 'The disk is full.'))
  }

  it('writes only what was not written before, then all the playlists, and the same asset', async () => {
    const buckets = new RecordingBuckets()
    const whole = new RecordingBuckets()
    await harvest(harvestJob(), { buckets: whole })
    const resources = new JobLedger(harvestJob())
    const { deps, pass } = rehearsal({ archive: archiveOf(10), buckets, resources, objectsAtOnce: 1 })
    const harvester = createHarvester(deps)
    const attempt = async () => {
      await harvester.takeUp()
      await harvester.settled()
      pass(60_000)
    }
    stopAfter(buckets, 3)
    await attempt()
    const written = buckets.calls.filter((call) => call !== 'flush')
    assert.equal(written.length, 3)
    assert.deepEqual(
      resources.objects().map(({ key }) => key),
      written.toSorted(),
    )
    assert.partialDeepStrictEqual(resources.run(), { state: 'QUEUED', failure: { code: 'Full' } })
    buckets.onPut = () => undefined
    await attempt()
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    const segments = buckets.calls.filter((call) => call.endsWith('.ts'))
    assert.equal(new Set(segments).size, segments.length, 'no segment is written twice')
    for (const [key, body] of whole.objects) assert.deepEqual(buckets.objects.get(key), body)
    assert.equal(resources.objects().length, whole.objects.size)
  })

  it('keeps to the window it planned, though there is more by now', async () => {
    const buckets = new RecordingBuckets()
    const archive = archiveOf(5)
    const resources = new JobLedger(harvestJob({ start: at(6), end: at(59) }))
    const { deps, pass } = rehearsal({ archive, buckets, resources, objectsAtOnce: 1 })
    const harvester = createHarvester(deps)
    stopAfter(buckets, 9)
    await harvester.takeUp()
    await harvester.settled()
    assert.equal(resources.run().cursor?.plan?.last, 5)
    archive.window = archiveOf(10).window
    pass(60_000)
    buckets.onPut = () => undefined
    await harvester.takeUp()
    await harvester.settled()
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    assert.ok(!buckets.objects.has('cup/final/index_1_6.ts'))
  })

  it('knows its own parent manifest, when the answer to its last put was lost', async () => {
    const buckets = new RecordingBuckets()
    const resources = new JobLedger(harvestJob())
    resources.failures.push(...Array.from({ length: 100 }, () => new Error('the store is gone')))
    const { deps } = rehearsal({ archive: archiveOf(10), buckets, resources })
    const first = createHarvester(deps)
    await first.takeUp()
    while (resources.failures.length === 100) await setImmediate()
    await first.close()
    resources.failures.length = 0
    assert.equal(resources.run().state, 'RUNNING')
    assert.equal(resources.run().cursor?.replaces, null)
    const { deps: other, pass } = rehearsal({ archive: archiveOf(10), buckets, resources })
    pass(20_000)
    const second = createHarvester(other)
    await second.takeUp()
    await second.settled()
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
  })

  it('leaves a parent manifest alone that someone else wrote meanwhile', async () => {
    const parent = 'cup/final/asset.m3u8'
    const buckets = new RecordingBuckets()
    const { outcome } = await harvest(harvestJob(), {
      buckets: Object.assign(buckets, {
        onPut: (key: string) => {
          const body = { kind: 'bytes', parts: [Buffer.from('theirs')], size: 6, contentType: 'text/plain' } as const
          if (key === parent) buckets.objects.set(parent, body)
          return undefined
        },
      }),
    })
    assert.match(message(outcome), /cup\/final\/asset\.m3u8 was written by someone else/)
    assert.equal(text(buckets, parent), 'theirs')
  })
})

describe('a worker that lost its job', () => {
  it('stops writing, and writes no parent manifest and no end', async () => {
    const resources = new JobLedger(harvestJob())
    const buckets = new RecordingBuckets()
    const { deps, lines, pass } = rehearsal({ archive: archiveOf(10), buckets, resources, objectsAtOnce: 1 })
    const slow = createHarvester(deps)
    const reached = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    buckets.onPut = (key) => {
      if (!key.endsWith('index_1_3.ts')) return undefined
      reached.resolve()
      return go.promise
    }
    await slow.takeUp()
    await reached.promise
    pass(deps.leaseMs)
    buckets.onPut = () => undefined
    const other = createHarvester({ ...deps, owner: 'another' })
    await other.takeUp()
    await other.settled()
    const calls = buckets.calls.length
    go.resolve()
    await slow.settled()
    const late = buckets.calls.slice(calls).filter((call) => call !== 'flush' && !call.endsWith('.ts'))
    assert.deepEqual(
      late.filter((key) => key.endsWith('asset.m3u8')),
      [],
    )
    assert.equal(resources.ended.length, 1)
    assert.ok(lines.some(({ message }) => message === 'harvest job taken over by another worker'))
  })

  it('has its job, whatever date it or another believes meanwhile', async () => {
    const resources = new JobLedger(harvestJob())
    const buckets = new RecordingBuckets()
    const steady = () => utcMs(0)
    const { deps, pass } = rehearsal({ archive: archiveOf(10), buckets, resources, steady, objectsAtOnce: 1 })
    const [harvester, other] = [createHarvester(deps), createHarvester({ ...deps, owner: 'another' })]
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    buckets.onPut = (key) => {
      if (!key.endsWith('index_1_3.ts')) return undefined
      reached.resolve()
      return go.promise
    }
    await harvester.takeUp()
    await reached.promise
    pass(400 * 86_400_000)
    await Promise.all([harvester.takeUp(), other.takeUp()])
    go.resolve()
    await Promise.all([harvester.settled(), other.settled()])
    assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
    assert.equal(resources.run().attempts, 1)
  })

  it('says so, also when it learns of it after the last object', async () => {
    const resources = new JobLedger(harvestJob())
    const { deps, lines, pass } = rehearsal({ archive: archiveOf(10), buckets: new RecordingBuckets(), resources })
    const other = createHarvester({ ...deps, owner: 'another' })
    let isTaken = false
    const finish = resources.finishHarvestJob.bind(resources)
    resources.finishHarvestJob = async (claim, end) => {
      if (!isTaken) {
        isTaken = true
        pass(deps.leaseMs)
        await other.takeUp()
        await other.settled()
      }
      return finish(claim, end)
    }
    const slow = createHarvester(deps)
    await slow.takeUp()
    await slow.settled()
    assert.equal(resources.ended.length, 1)
    assert.deepEqual(
      lines.map(({ message }) => message).filter((message) => message.startsWith('harvest job')),
      ['harvest job SUCCEEDED', 'harvest job taken over by another worker'],
    )
  })

  it('stops when it could tell nobody for the time of its lease', async () => {
    const resources = new JobLedger(harvestJob())
    const buckets = new RecordingBuckets()
    buckets.onPut = (_, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    resources.onCheckpoint = () => {
      throw new Error('the store does not answer')
    }
    const { deps, pass } = rehearsal({ archive: archiveOf(10), buckets, resources, leaseMs: 250 })
    let isPlanned = false
    resources.onCheckpoint = ({ cursor }) => {
      // The plan is recorded, and nothing after it.
      if (isPlanned) throw new Error('the store does not answer')
      isPlanned = cursor?.plan !== undefined
    }
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    while (buckets.atOnce === 0) await setImmediate()
    pass(250)
    await harvester.settled()
    assert.deepEqual([buckets.calls, resources.ended], [[], []])
  })
})

describe('a job that is cancelled', () => {
  it('before it begins, ends without a write', async () => {
    const resources = new JobLedger(harvestJob())
    resources.cancel()
    const buckets = new RecordingBuckets()
    const { outcome, event } = await harvest(harvestJob(), { buckets, resources })
    assert.deepEqual(outcome, { state: 'CANCELLED', failure: { code: 'Cancelled', message: 'The job was cancelled.' } })
    assert.partialDeepStrictEqual(event?.detail, {
      harvest_job: { status: 'FAILED' },
      message: 'The job was cancelled.',
    })
    assert.deepEqual(buckets.calls, [])
  })

  it('while it writes, stops where it is, and says what it has written', async () => {
    const resources = new JobLedger(harvestJob())
    const buckets = new RecordingBuckets()
    const { deps } = rehearsal({ archive: archiveOf(10), buckets, resources, objectsAtOnce: 1 })
    const harvester = createHarvester(deps)
    buckets.onPut = (key, signal) => {
      if (!key.endsWith('index_1_3.ts')) return undefined
      resources.cancel()
      harvester.look('highlights')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    await harvester.takeUp()
    await harvester.settled()
    assert.equal(resources.outcome?.state, 'CANCELLED')
    assert.deepEqual(
      resources.objects().map(({ key }) => key),
      ['cup/final/index_1_2.ts'],
    )
    assert.ok(!buckets.objects.has('cup/final/asset.m3u8'))
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
    const { deps } = rehearsal({ archive: archiveOf(10), buckets, resources, jobsAtOnce: 2, objectsAtOnce: 1 })
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    await Promise.all([harvester.takeUp(), harvester.takeUp()])
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
    const { deps } = rehearsal({ archive, buckets, resources })
    const first = createHarvester(deps)
    await first.takeUp()
    await began.promise
    await first.close()
    await first.takeUp()
    assert.deepEqual([buckets.calls, resources.ended, buckets.atOnce], [[], [], 0])

    buckets.onPut = () => undefined
    const second = createHarvester(deps)
    await second.takeUp()
    await second.settled()
    assert.deepEqual(
      resources.ended.map(({ outcome }) => outcome.state),
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
    const { deps } = rehearsal({ archive: archiveOf(10), buckets: new RecordingBuckets(), resources, sleep })
    const harvester = createHarvester(deps)
    await harvester.takeUp()
    await sleeping.promise
    await harvester.close()
    assert.partialDeepStrictEqual(resources.run(), { state: 'QUEUED', failures: 0 })
  })
})
