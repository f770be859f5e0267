import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiClient } from '../../src/cli/api-client.ts'
import { apiOf } from '../judges/aws.ts'
import { eventually } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import {
  askForHarvest,
  describeHarvest,
  digestOf,
  harvestEnd,
  type Programme,
  publishProgramme,
} from './harvest-faults.ts'

const { after, before, describe, it } = needing('right to mount', 'ffmpeg')

const BUCKET = 'clips'
const SECONDS_OF_PROGRAMME = 20
const OBJECTS = 2 * SECONDS_OF_PROGRAMME + 3
/** Room for a few segments, and for no asset. */
const TOO_LITTLE = 150_000

/** Buckets on a disk of 2 MiB that nobody else sees; the fifth argument is the data folder. */
const MOUNT = 'mkdir -p "$WINDROW_DATA/buckets" && mount -t tmpfs -o size=2m none "$WINDROW_DATA/buckets" && exec "$@"'
const ON_A_SMALL_DISK = ['unshare', '-rm', 'sh', '-c', MOUNT, 'sh']

describe('a disk that is full', () => {
  let windrow: Windrow
  let api: ApiClient
  let programme: Programme
  let disk: string
  before(async () => {
    windrow = await Windrow.start({ under: ON_A_SMALL_DISK, environment: { WINDROW_HARVEST_ATTEMPTS: '3' } })
    disk = join(`/proc/${windrow.pid}/root`, windrow.dataFolder, 'buckets')
    api = apiOf(windrow)
    programme = await publishProgramme(windrow, SECONDS_OF_PROGRAMME)
  })
  after(() => windrow?.stop())

  const ballast = () => join(disk, 'ballast')

  /** Leaves room for a part of an asset. */
  function fill(): void {
    for (const path of [ballast(), join(disk, BUCKET, 'hopeless')]) rmSync(path, { recursive: true, force: true })
    const { bavail, bsize } = statfsSync(disk)
    writeFileSync(ballast(), Buffer.alloc(bavail * bsize - TOO_LITTLE, 1))
  }

  it('is waited for, and the asset is whole when there is room again', async () => {
    fill()
    await askForHarvest(api, 'patient', BUCKET, programme)
    await eventually('the job to wait', async () => {
      const { state, failure } = await describeHarvest(api, 'patient')
      assert.notEqual(state, 'FAILED')
      return (state === 'QUEUED' && failure?.code === 'Full') || undefined
    })
    const folder = join(disk, BUCKET, 'patient')
    assert.ok(!existsSync(join(folder, 'index.m3u8')))
    rmSync(ballast())
    const { state, failure, attempts } = await harvestEnd(api, 'patient')
    assert.equal(state, 'SUCCEEDED', failure?.message)
    assert.ok(attempts > 1)
    const { objects } = (await api.ask('GET', 'harvest_jobs/patient/objects')) as {
      readonly objects: readonly { readonly key: string; readonly sha256: string }[]
    }
    assert.equal(objects.length, OBJECTS)
    assert.equal(readdirSync(folder).length, OBJECTS)
    for (const { key, sha256 } of objects) assert.equal(digestOf(readFileSync(join(disk, BUCKET, key))), sha256, key)
  })

  it('is what the job says it failed for, when there is none for long', async () => {
    fill()
    await askForHarvest(api, 'hopeless', BUCKET, programme)
    const { state, failure } = await harvestEnd(api, 'hopeless')
    assert.deepEqual([state, failure?.code], ['FAILED', 'Full'])
    assert.equal(failure?.message, `The disk that holds bucket ${BUCKET} is full.`)
    assert.ok(!existsSync(join(disk, BUCKET, 'hopeless/index.m3u8')))
    assert.ok((await fetch(`${windrow.url}/readyz`)).ok)
  })

  it('leaves no file that looks whole when it is full while a file is written', async () => {
    fill()
    const manifestKey = 'movie/index.mp4'
    const s3Destination = { bucketName: BUCKET, manifestKey, roleArn: 'arn:aws:iam::000000000000:role/harvest' }
    const deliverables = [{ kind: 'MP4' }]
    await askForHarvest(api, 'movie', BUCKET, programme, 'verbatim', { s3Destination, deliverables })
    const { state, failure } = await harvestEnd(api, 'movie')
    assert.deepEqual([state, failure?.code], ['FAILED', 'Full'])
    assert.equal(failure?.message, `The disk that holds bucket ${BUCKET} is full.`)
    const left = existsSync(join(disk, BUCKET, 'movie')) ? readdirSync(join(disk, BUCKET, 'movie')) : []
    assert.deepEqual(left, [])
  })
})
