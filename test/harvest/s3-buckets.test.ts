import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  S3Client,
} from '@aws-sdk/client-s3'
import { digested } from '../../src/harvest/asset/digest.ts'
import { createHarvester } from '../../src/harvest/job/harvester.ts'
import { bodyOfBytes, bucketContract, destination, refusedWith } from '../../src/stores/buckets.contract.ts'
import type { BucketRefused } from '../../src/stores/buckets.ts'
import { folderBuckets } from '../../src/stores/folder-buckets/buckets.ts'
import { s3Buckets } from '../../src/stores/s3/buckets.ts'
import type { S3ConnectionOptions } from '../../src/stores/s3/connection.ts'
import { freePort } from '../judges/processes.ts'
import { needing } from '../programs.ts'
import { startRadosgw } from '../servers/radosgw.ts'
import type { S3Server } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { JobLedger } from './job-ledger.ts'
import { archiveOf, at, harvestJob, rehearsal } from './sample-harvest.ts'

const never = new AbortController().signal
const anything = { accessKeyId: 'anyone', secretAccessKey: 'anything' }

const SERVERS = [
  { name: 'Swift', blocks: needing('swift'), start: startSwift, knowsConditions: false },
  { name: 'Ceph', blocks: needing('ceph'), start: startRadosgw, knowsConditions: true },
]

for (const { name, blocks, start, knowsConditions } of SERVERS) {
  blocks.describe(`the S3 API of ${name}`, () => {
    const { after, before, it } = blocks
    let server: S3Server
    let judge: S3Client

    before(async () => {
      server = await start()
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      judge = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
      await judge.send(new CreateBucketCommand({ Bucket: 'clips' }))
    })
    after(async () => {
      judge?.destroy()
      await server?.stop()
    })

    const bucketsOf = (other: Partial<S3ConnectionOptions> = {}) => {
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      const credentials = { accessKeyId, secretAccessKey }
      return s3Buckets({
        endpoint,
        region,
        forcePathStyle: true,
        credentials,
        maxConnections: 4,
        idleTimeoutMs: 60_000,
        ...other,
      })
    }

    const read = async (key: string) => {
      try {
        const { Body } = await judge.send(new GetObjectCommand({ Bucket: 'clips', Key: key }))
        return await Body?.transformToByteArray()
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined
        throw error
      }
    }

    bucketContract(
      'an S3 API',
      async () => ({ buckets: bucketsOf(), bucketName: 'clips', knowsConditions, read }),
      blocks,
    )

    it('keeps the content type', async () => {
      const bucket = await bucketsOf().open(destination('clips'), never)
      await bucket.put(
        'typed.m3u8',
        { ...bodyOfBytes(Buffer.from('#EXTM3U')), contentType: 'application/x-test' },
        never,
      )
      const { ContentType } = await judge.send(new GetObjectCommand({ Bucket: 'clips', Key: 'typed.m3u8' }))
      assert.equal(ContentType, 'application/x-test')
    })

    it('keeps an object that is put in parts, and nothing of one that is not put to its end', async () => {
      const bucket = await bucketsOf().open(destination('clips'), never)
      const parts = [randomBytes(40_000_000), randomBytes(27_500_001)]
      await bucket.put('large.ts', await digested(bodyOfBytes(...parts)), never)
      assert.ok(Buffer.concat(parts).equals((await read('large.ts')) ?? Buffer.alloc(0)))
      const body = { ...bodyOfBytes(...parts), size: 80_000_000 }
      await assert.rejects(bucket.put('torn.ts', body, never), /bytes of an object that has/)
      assert.equal(await read('torn.ts'), undefined)
    })

    it('says, before anything is written, that there is no such bucket', async () => {
      await assert.rejects(bucketsOf().open(destination('absent'), never), refusedWith('NoSuchBucket'))
    })

    it('says that the secret is wrong, and never which it was', async () => {
      const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: 'wrong-secret' }
      await assert.rejects(bucketsOf({ credentials }).open(destination('clips'), never), (error: BucketRefused) => {
        assert.ok(refusedWith('InvalidCredentials')(error), error.message)
        return !error.message.includes('wrong-secret') && !error.message.includes(server.accessKeyId)
      })
    })

    it('says that the bucket belongs to someone else', async () => {
      const bucket = await bucketsOf({ credentials: server.stranger }).open(destination('clips'), never)
      await assert.rejects(bucket.put('mine.ts', bodyOfBytes(Buffer.from('x')), never), refusedWith('AccessDenied'))
      await assert.rejects(
        bucket.put('mine.ts', bodyOfBytes(Buffer.alloc(2_000_000)), never),
        refusedWith('AccessDenied'),
      )
    })

    it('stops sending when it is aborted', async () => {
      const bucket = await bucketsOf().open(destination('clips'), never)
      const stop = new AbortController()
      const parts = [Buffer.alloc(4_000_000), Buffer.alloc(4_000_000)]
      const sending = bucket.put('aborted.ts', bodyOfBytes(...parts), stop.signal)
      stop.abort()
      await assert.rejects(sending, { name: 'AbortError' })
      assert.equal(await read('aborted.ts'), undefined)
    })

    it('holds the same asset as a folder', async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'harvest-'))
      const archive = archiveOf(10)
      const removeArchive = await archive.keepInFiles()
      const stores = [bucketsOf(), folderBuckets({ folder, links: true, createBuckets: true })]
      t.after(async () => {
        await Promise.all(stores.map((buckets) => buckets.close()))
        await removeArchive()
        await rm(folder, { recursive: true })
      })
      for (const buckets of stores) {
        const resources = new JobLedger(harvestJob({ start: at(0), end: at(60) }))
        const harvester = createHarvester(rehearsal({ archive, buckets, resources }).deps)
        await harvester.takeUp()
        await harvester.settled()
        assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
      }
      const { Contents } = await judge.send(new ListObjectsV2Command({ Bucket: 'clips', Prefix: 'cup/final/' }))
      const keys = Contents?.map(({ Key = '' }) => Key) ?? []
      const names = await readdir(join(folder, 'clips/cup/final'))
      assert.deepEqual(keys, names.map((name) => `cup/final/${name}`).sort())
      for (const key of keys)
        assert.deepEqual(Buffer.from((await read(key)) ?? []), await readFile(join(folder, 'clips', key)))
    })

    it('that vanishes under a job ends it with the reason and no parent manifest', async () => {
      await judge.send(new CreateBucketCommand({ Bucket: 'fleeting' }))
      const job = harvestJob({ s3Destination: destination('fleeting') })
      const resources = new JobLedger(job)
      const archive = archiveOf(10)
      const segmentRange = archive.range.bind(archive)
      archive.range = async (...asked) => {
        await judge.send(new DeleteBucketCommand({ Bucket: 'fleeting' }))
        return segmentRange(...asked)
      }
      const harvester = createHarvester(rehearsal({ archive, buckets: bucketsOf(), resources }).deps)
      await harvester.takeUp()
      await harvester.settled()
      assert.equal(resources.outcome?.state, 'FAILED')
      assert.match(resources.outcome.failure.message, /^There is no bucket fleeting at 127\.0\.0\.1:\d+\.$/)
    })
  })
}

describe('an S3 API that is not there', () => {
  it('is unreachable', async () => {
    const port = await freePort()
    const buckets = s3Buckets({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: anything,
      maxConnections: 1,
      idleTimeoutMs: 60_000,
    })
    await assert.rejects(buckets.open(destination('clips'), never), (error: BucketRefused) => {
      assert.ok(refusedWith('Unreachable')(error) && error.isTransient)
      return error.message.includes(`127.0.0.1:${port}`) && error.message.includes('ECONNREFUSED')
    })
    await buckets.close()
  })
})

describe('an S3 API that answers', () => {
  let server: Server
  let answer = ''
  before(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(answer))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(() => new Promise((resolve) => server.close(resolve)))

  const open = () => {
    const { port } = server.address() as { port: number }
    const endpoint = `http://127.0.0.1:${port}`
    const options = {
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: anything,
      maxConnections: 1,
      idleTimeoutMs: 60_000,
    }
    return s3Buckets(options).open(destination('clips'), never)
  }
  const document = (code: string, more = '') => `<?xml version="1.0"?><Error><Code>${code}</Code>${more}</Error>`
  const reply = (status: string, body: string, header = '') =>
    `HTTP/1.1 ${status}\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n${header}\r\n${body}`

  const told: readonly { answer: string; code: string; says: RegExp }[] = [
    {
      answer: reply('400 Bad Request', document('AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>')),
      code: 'WrongRegion',
      says: /eu-west-1/,
    },
    {
      answer: reply('301 Moved', document('PermanentRedirect'), 'x-amz-bucket-region: ap-south-1\r\n'),
      code: 'WrongRegion',
      says: /ap-south-1/,
    },
    { answer: reply('503 Slow Down', document('SlowDown')), code: 'Unavailable', says: /temporarily unable/ },
    { answer: reply('500 Oops', 'not XML at all'), code: 'Unavailable', says: /temporarily unable/ },
    { answer: reply('403 Forbidden', document('InvalidAccessKeyId')), code: 'InvalidCredentials', says: /credentials/ },
    { answer: '', code: 'Unreachable', says: /does not answer/ },
  ]
  for (const { answer: bytes, code, says } of told) {
    it(`${JSON.stringify(bytes.split('\r\n')[0])} and ${/<Code>\w+/.exec(bytes)?.[0] ?? 'no code'} as ${code}`, async () => {
      answer = bytes
      await assert.rejects(open(), (error: BucketRefused) => {
        assert.ok(refusedWith(code)(error), `${error.code}: ${error.message}`)
        assert.match(error.message, says)
        return true
      })
    })
  }

  it('and does not know the question is asked again with the first object', async () => {
    answer = reply('501 Not Implemented', document('NotImplemented'))
    const bucket = await open()
    await assert.rejects(bucket.put('a', bodyOfBytes(Buffer.from('x')), never), refusedWith('Refused'))
  })
})
