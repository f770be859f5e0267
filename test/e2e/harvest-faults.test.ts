import assert from 'node:assert/strict'
import type { ApiClient } from '../../src/cli/api-client.ts'
import { apiOf } from '../judges/aws.ts'
import { openS3, type S3 } from '../judges/s3.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type Fault, type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { startRadosgw } from '../servers/radosgw.ts'
import { harvestsTo, type S3Server } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { someOf } from '../whole.ts'
import { type Asset, askForHarvest, digestOf, harvestEnd, type Programme, publishProgramme } from './harvest-faults.ts'

const SERVERS = [
  { name: 'Swift', blocks: needing('ffmpeg', 'swift'), start: startSwift },
  { name: 'Ceph', blocks: needing('ffmpeg', 'ceph'), start: startRadosgw },
]

/** Each fault, and what a job says that meets nothing else. */
const FAULTS: readonly { readonly fault: Fault; readonly code: string }[] = [
  { fault: 'reset', code: 'Unreachable' },
  { fault: 'lost answer', code: 'Unreachable' },
  { fault: 'half body', code: 'Unreachable' },
  { fault: 'flipped byte', code: 'Unavailable' },
  { fault: '500', code: 'Unavailable' },
  { fault: 'slow down', code: 'Unavailable' },
  { fault: 'stall', code: 'Unreachable' },
]

const SECONDS_OF_PROGRAMME = 8
const OBJECTS = 2 * SECONDS_OF_PROGRAMME + 3
/** The same request is made five times: what meets a fault more often than this is no passing trouble. */
const MOST_OF_A_REQUEST = 2

/** `count` is that of the request among those for its bucket. */
type Asked = { readonly method: string; readonly path: string; readonly count: number }
type FaultChoice = Fault | undefined | Promise<Fault | undefined>

/** A Windrow before the server, and its asset when nothing goes wrong. */
type Scene = {
  readonly windrow: Windrow
  readonly api: ApiClient
  readonly programme: Programme
  readonly undisturbed: Asset
}

for (const { name, blocks, start } of SERVERS) {
  const { after, before, describe, it } = blocks
  describe(`between Windrow and the S3 API of ${name}`, {
    concurrency: 16,
  }, () => {
    let server: S3Server
    let proxy: FaultProxy
    let s3: S3
    /** Waits for an answer as long as a busy machine may need for it. */
    let patient: Scene
    /** Gives up soon, and so learns of servers that never say anything. */
    let hasty: Scene
    /** By bucket. */
    const faults = new Map<string, (asked: Asked) => FaultChoice>()
    const counts = new Map<string, number>()

    before(async () => {
      server = await start()
      s3 = openS3(server)
      proxy = await startFaultProxy(server.endpoint, ({ method, path }) => {
        const bucket = /^\/([^/?]*)/.exec(path)?.[1] ?? ''
        const count = (counts.get(bucket) ?? 0) + 1
        counts.set(bucket, count)
        return faults.get(bucket)?.({ method, path, count })
      })
      patient = await openScene('patient', '60s')
      hasty = await openScene('hasty', '1s')
    })
    after(async () => {
      await patient?.windrow.stop()
      await hasty?.windrow.stop()
      proxy?.stop()
      await server?.stop()
    })

    async function openScene(bucket: string, timeout: string): Promise<Scene> {
      const windrow = await Windrow.start({
        environment: {
          ...harvestsTo(server, proxy.url),
          WINDROW_S3_TIMEOUT: timeout,
          WINDROW_HARVEST_ATTEMPTS: '1',
          WINDROW_HARVEST_WORKERS: '40',
          WINDROW_MAX_HARVEST_JOBS: '40',
        },
      })
      const scene = { windrow, api: apiOf(windrow), programme: await publishProgramme(windrow, SECONDS_OF_PROGRAMME) }
      const undisturbed = await harvested(scene, bucket)
      assert.equal(undisturbed.size, OBJECTS)
      return { ...scene, undisturbed }
    }

    /** In a bucket of its own; throws unless the job succeeds. */
    async function harvested({ api, programme }: Omit<Scene, 'undisturbed'>, bucket: string): Promise<Asset> {
      await s3.makeBucket(bucket)
      await askForHarvest(api, bucket, bucket, programme)
      const { state, failure } = await harvestEnd(api, bucket)
      assert.equal(state, 'SUCCEEDED', failure?.message)
      return assetIn(bucket)
    }

    async function assetIn(bucket: string): Promise<Asset> {
      const keys = await s3.keys(bucket)
      const digests = await Promise.all(keys.map(async (key) => digestOf((await s3.get(bucket, key))!)))
      return new Map(keys.map((key, at) => [key.slice(bucket.length + 1), digests[at]!]))
    }

    for (const { fault, code } of someOf(FAULTS, 2)) {
      const label = fault.replace(' ', '-')
      const sceneOf = () => (fault === 'stall' ? hasty : patient)

      it(`every other request meets ${fault}: the asset is the same`, async (test) => {
        const bucket = `some-${label}`
        const met = new Map<string, number>()
        faults.set(bucket, ({ method, path, count }) => {
          const before = met.get(`${method} ${path}`) ?? 0
          if (count % 2 !== 0 || before === MOST_OF_A_REQUEST) return undefined
          met.set(`${method} ${path}`, before + 1)
          return fault
        })
        const scene = sceneOf()
        assert.deepEqual(await harvested(scene, bucket), scene.undisturbed)
        const all = [...met.values()].reduce((sum, each) => sum + each, 0)
        assert.ok(all >= OBJECTS / 2, `${all} faults`)
        test.diagnostic(`${all} faults for ${OBJECTS} objects`)
      })

      it(`every put meets ${fault}: the job fails, as ${code}, and shows no asset`, async () => {
        const bucket = `all-${label}`
        const { api, programme, undisturbed } = sceneOf()
        await s3.makeBucket(bucket)
        faults.set(bucket, ({ method }) => (method === 'PUT' ? fault : undefined))
        await askForHarvest(api, bucket, bucket, programme)
        const { state, failure, attempts } = await harvestEnd(api, bucket)
        assert.deepEqual([state, failure?.code], ['FAILED', code], failure?.message)
        assert.equal(attempts, 1)
        const left = await assetIn(bucket)
        assert.ok(!left.has('index.m3u8'))
        for (const [object, digest] of left) assert.equal(digest, undisturbed.get(object), `${object} is wrong`)
      })
    }

    it('a bucket that is deleted in the middle of a job is what the job says it failed for', async () => {
      const bucket = 'deleted'
      const { api, programme } = patient
      let deletion: Promise<undefined> | undefined
      await s3.makeBucket(bucket)
      faults.set(bucket, ({ count }) => {
        if (count === OBJECTS >> 1) deletion = s3.deleteBucket(bucket).then(() => undefined)
        return deletion
      })
      await askForHarvest(api, bucket, bucket, programme)
      const { state, failure } = await harvestEnd(api, bucket)
      assert.deepEqual([state, failure?.code], ['FAILED', 'NoSuchBucket'], failure?.message)
    })
  })
}
