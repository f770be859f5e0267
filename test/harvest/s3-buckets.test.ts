import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { verifyAsset } from '../../src/cli/verify.ts'
import { bucketsRead } from '../../src/configured-reader.ts'
import { digested } from '../../src/harvest/asset/digest.ts'
import { createHarvester } from '../../src/harvest/job/harvester.ts'
import { utcMs } from '../../src/media/time.ts'
import { LostMedia } from '../../src/model/lost-media.ts'
import {
  bodyOfBytes,
  bodyOfObjects,
  bucketContract,
  destination,
  refusedWith,
} from '../../src/stores/buckets.contract.ts'
import type { BucketRefused } from '../../src/stores/buckets.ts'
import { folderBuckets } from '../../src/stores/folder-buckets/buckets.ts'
import type { ArchivedObject } from '../../src/stores/object-body.ts'
import { put } from '../../src/stores/objects.contract.ts'
import { provenObjects } from '../../src/stores/proven-objects.ts'
import { type S3BucketsOptions, s3Buckets } from '../../src/stores/s3/buckets.ts'
import { openS3Objects, type S3ObjectsOptions } from '../../src/stores/s3/objects.ts'
import { sha256 } from '../judges/playlists.ts'
import { freePort } from '../judges/processes.ts'
import { needing } from '../programs.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { startRadosgw } from '../servers/radosgw.ts'
import type { S3Server } from '../servers/s3-server.ts'
import { startSwift } from '../servers/swift.ts'
import { JobLedger } from './job-ledger.ts'
import { archiveOf, at, harvestJob, rehearsal } from './sample-harvest.ts'

const never = new AbortController().signal
const anything = { accessKeyId: 'anyone', secretAccessKey: 'anything' }

/** What an S3 API says to a copy, in bytes. */
const MOST_ANSWERED = 400

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
      for (const Bucket of ['clips', 'media']) await judge.send(new CreateBucketCommand({ Bucket }))
    })
    after(async () => {
      judge?.destroy()
      await server?.stop()
    })

    const connection = () => {
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      const credentials = { accessKeyId, secretAccessKey }
      return { endpoint, region, forcePathStyle: true, credentials, maxConnections: 4, idleTimeoutMs: 60_000 }
    }
    const bucketsOf = (other: Partial<S3BucketsOptions> = {}) => s3Buckets({ ...connection(), ...other })

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

    it('gives URLs that are good for anybody, for a while, with the headers that were asked for', async () => {
      const buckets = bucketsOf()
      const content = randomBytes(100_000)
      const key = 'urls/a b&+é (1).mp4'
      await judge.send(new PutObjectCommand({ Bucket: 'clips', Key: key, Body: content, ContentType: 'text/html' }))
      const bucket = await buckets.read({ bucketName: 'clips' })
      const asked = { contentType: 'video/mp4', contentDisposition: 'attachment; filename="a b.mp4"' }
      const url = (await bucket.temporaryUrl?.(key, { ...asked, seconds: 60 })) ?? ''
      const whole = await fetch(url)
      assert.equal(whole.status, 200, await whole.clone().text())
      assert.ok(content.equals(Buffer.from(await whole.arrayBuffer())))
      assert.equal(whole.headers.get('content-type'), 'video/mp4')
      assert.equal(whole.headers.get('content-disposition'), asked.contentDisposition)
      const Range = 'bytes=70000-99998'
      const part = await fetch(url, { headers: { Range } })
      const judged = await judge.send(new GetObjectCommand({ Bucket: 'clips', Key: key, Range }))
      assert.equal(part.status, 206)
      assert.equal(part.headers.get('content-range'), judged.ContentRange)
      assert.ok(
        Buffer.from(await part.arrayBuffer()).equals((await judged.Body?.transformToByteArray()) ?? Buffer.alloc(0)),
      )
      for (const spoilt of [url.replace('urls/', 'other/'), url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61')]) {
        const refused = await fetch(spoilt)
        await refused.body?.cancel()
        assert.equal(refused.status, 403)
      }
      await buckets.close()
    })

    it('says why it lists nothing', async () => {
      const strangers = bucketsOf({ credentials: server.stranger })
      const hidden = await strangers.read({ bucketName: 'clips' })
      await assert.rejects(hidden.list({ prefix: '', limit: 10 }, never), refusedWith('AccessDenied'))
      const absent = await bucketsOf().read({ bucketName: 'absent' })
      await assert.rejects(absent.list({ prefix: '', limit: 10 }, never), refusedWith('NoSuchBucket'))
      const away = bucketsOf({ endpoint: `http://127.0.0.1:${await freePort()}` })
      const { names, reason } = await away.names({}, never)
      assert.deepEqual(names, [])
      assert.match(reason ?? '', /does not answer\.$/)
      const wrong = bucketsOf({ credentials: anything })
      assert.match((await wrong.names({}, never)).reason ?? '', /does not accept the credentials\.$/)
      await Promise.all([strangers.close(), away.close(), wrong.close()])
    })

    it('is where an asset is verified, with the settings of a server', async () => {
      const fragment = 'a.ism/QualityLevels(64000)/Fragments(audio=0)'
      const files = { [fragment]: 'sound', 'a b.mp4': 'movie', 'empty.vtt': '' }
      const objects = Object.entries(files).map(([file, text]) => {
        return { key: `goal/${file}`, size: text.length, sha256: sha256(Buffer.from(text)) }
      })
      const report = JSON.stringify({ harvestJob: 'goal', manifestKey: 'goal/a b.mp4', objects })
      for (const [file, Body] of Object.entries({ ...files, 'harvest.json': report })) {
        await judge.send(new PutObjectCommand({ Bucket: 'clips', Key: `verified/goal/${file}`, Body }))
      }
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      const args = ['--s3-endpoint', endpoint, '--s3-region', region, '--s3-force-path-style', 'true']
      const env = { WINDROW_S3_ACCESS_KEY_ID: accessKeyId, WINDROW_S3_SECRET_ACCESS_KEY: secretAccessKey }
      const openBucket = bucketsRead({ args, env, readFile: () => assert.fail('no file is named') })
      const verify = async (where: string) => {
        let said = ''
        const write = (text: string) => {
          said += text
        }
        const terminal = { isTerminal: false, columns: 80, write, now: () => utcMs(0), sleep: async () => {} }
        await verifyAsset(where, terminal, openBucket)
        return (JSON.parse(said) as { problems: readonly string[] }).problems
      }
      assert.deepEqual(await verify('s3://clips/verified/goal'), [])
      await judge.send(new DeleteObjectCommand({ Bucket: 'clips', Key: `verified/goal/${fragment}` }))
      assert.deepEqual(await verify('s3://clips/verified/goal/'), [`goal/${fragment} is missing`])
      for (const [where, message] of [
        ['s3://clips/elsewhere', /there is no harvest\.json in s3:\/\/clips\/elsewhere/],
        ['s3://nowhere/goal', /nowhere/],
        ['s3://../goal', /is not a valid bucket name/],
      ] as const) {
        await assert.rejects(verify(where), { name: 'CommandFailed', message })
      }
    })

    const openArchive = (other: Partial<S3ObjectsOptions> = {}) =>
      openS3Objects({
        ...connection(),
        bucket: 'media',
        prefix: 'archive',
        requestTimeoutMs: 60_000,
        maxHeldBytes: 64 << 20,
        temporaryFolder: tmpdir(),
        ...other,
      })

    /** Objects of an archive on the same server, as a harvest names them, and the bytes of all of them. */
    const archived = async (...contents: readonly Buffer[]) => {
      const objects = await openArchive()
      const of: ArchivedObject[] = []
      for (const content of contents) {
        const key = randomBytes(8).toString('hex')
        const { tag } = await put(objects, key, content)
        const location = objects.location(key)!
        const open = () => provenObjects(objects).open(stored)
        const stored = { key, size: content.length, crc32: crc32(content), tag: tag!, location, open }
        of.push(stored)
      }
      return { objects: of, body: bodyOfObjects(of), bytes: Buffer.concat(contents) }
    }

    it('copies objects of an archive that it has, one or several in a row, with a type of their own', async () => {
      const bucket = await bucketsOf({ copies: true }).open(destination('clips'), never)
      for (const sizes of [[700_000], [5 << 20, 6 << 20, 10_000]]) {
        const { body, bytes } = await archived(...sizes.map((size) => randomBytes(size)))
        const typed = { ...body, contentType: 'video/mp2t' }
        assert.deepEqual(await bucket.take('copied.ts', typed, never), { isTaken: true, isProven: true })
        const head = await judge.send(new HeadObjectCommand({ Bucket: 'clips', Key: 'copied.ts' }))
        assert.deepEqual([head.ContentType, head.ContentLength], ['video/mp2t', bytes.length])
        assert.ok(bytes.equals((await read('copied.ts')) ?? Buffer.alloc(0)))
      }
    })

    it('copies nothing that is not as it was put, and leaves small ones in a row to be put', async () => {
      const bucket = await bucketsOf({ copies: true, copiesUnproven: true }).open(destination('clips'), never)
      const small = await archived(randomBytes(1000), randomBytes(1000))
      assert.deepEqual(await bucket.take('small.ts', small.body, never), { isTaken: false })
      for (const become of ['another', 'nothing'] as const) {
        const { body, objects } = await archived(randomBytes(1000))
        const place = { Bucket: 'media', Key: `archive/${objects[0]!.key}` }
        if (become === 'nothing') await judge.send(new DeleteObjectCommand(place))
        else await judge.send(new PutObjectCommand({ ...place, Body: randomBytes(1000) }))
        assert.deepEqual(await bucket.take(`${become}.ts`, body, never), { isTaken: false })
        assert.equal(await read(`${become}.ts`), undefined)
        await assert.rejects(bucket.put(`${become}.ts`, body, never), LostMedia)
      }
      const { body } = await archived(randomBytes(1000))
      assert.deepEqual(await bucket.take('sound.ts', body, never), { isTaken: true, isProven: true })
    })

    it('says that it may not be left to copy', async () => {
      const bucket = await bucketsOf({ credentials: server.stranger, copies: true }).open(destination('clips'), never)
      const { body } = await archived(randomBytes(1000))
      const { host } = new URL(server.endpoint)
      const refusal = `${host} cannot be left to copy objects of the archive into bucket clips (AccessDenied).`
      for (let time = 0; time < 2; time++) {
        assert.deepEqual(await bucket.take('a.ts', body, never), { isTaken: false, refusal })
      }
    })

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

    it('writes and deletes nothing where the archive is', async () => {
      const to = (manifestKey: string) => ({ ...destination('media'), manifestKey })
      const buckets = bucketsOf({ archive: 'media/archive' })
      await assert.rejects(buckets.open(to('archive/live.m3u8'), never), refusedWith('InvalidName'))
      const bucket = await buckets.open(to('archives/live.m3u8'), never)
      const body = bodyOfBytes(Buffer.from('x'))
      await assert.rejects(bucket.take('archive/x', body, never), refusedWith('InvalidName'))
      await assert.rejects(bucket.put('archive/x', body, never), refusedWith('InvalidName'))
      await assert.rejects(bucket.remove(['archives/x', 'archive/x'], never), refusedWith('InvalidName'))
      await assert.rejects(
        bucketsOf({ archive: 'media' }).open(to('archives/live.m3u8'), never),
        refusedWith('InvalidName'),
      )
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

    it('copies an asset from an archive that it has: none of its media passes through the process', async (t) => {
      const passed: { path: string; bytes: number }[] = []
      const none = () => undefined
      const proxy = await startFaultProxy(server.endpoint, none, ({ path }, _status, { got, gave }) => {
        passed.push({ path, bytes: got + gave })
      })
      t.after(() => proxy.stop())
      const endpoint = proxy.url
      const archive = archiveOf(10)
      await archive.keepIn(await openArchive({ endpoint }))
      passed.length = 0
      const buckets = bucketsOf({ endpoint, copies: true })
      const resources = new JobLedger(
        harvestJob({ start: at(0), end: at(60), s3Destination: destination('clips', 'copied/asset.m3u8') }),
      )
      const harvester = createHarvester(rehearsal({ archive, buckets, resources }).deps)
      await harvester.takeUp()
      await harvester.settled()
      assert.deepEqual(resources.outcome, { state: 'SUCCEEDED' })
      const segments = resources.objects().filter(({ key }) => key.endsWith('.ts'))
      assert.equal(segments.length, 20)
      for (const { key, size, sha256: known } of segments) {
        const bytes = (await read(key)) ?? new Uint8Array()
        assert.deepEqual([bytes.length, sha256(bytes)], [size, known], key)
      }
      const { cursor } = resources.run()
      assert.deepEqual(cursor?.taken, { objects: 20, bytes: segments.reduce((sum, { size }) => sum + size, 0) })
      assert.equal(cursor.copyRefusal, undefined)
      assert.equal(archive.bytesRead, 0)
      assert.deepEqual(
        passed.filter(({ path }) => path.startsWith('/media/')),
        [],
      )
      const copies = passed.filter(({ path }) => path.includes('.ts'))
      assert.equal(copies.length, 20)
      assert.ok(copies.every(({ bytes }) => bytes < MOST_ANSWERED))
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
