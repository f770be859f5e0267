import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  NoSuchKey,
  S3Client,
} from '@aws-sdk/client-s3'
import { eventually, freePort, temporaryFolder } from '../../../test/judges/processes.ts'
import { needing } from '../../../test/programs.ts'
import { type Asked, type Fault, type FaultProxy, startFaultProxy } from '../../../test/servers/fault-proxy.ts'
import { startRadosgw } from '../../../test/servers/radosgw.ts'
import type { S3Server } from '../../../test/servers/s3-server.ts'
import { startSwift } from '../../../test/servers/swift.ts'
import { LostMedia } from '../../model/lost-media.ts'
import { listedKeys, objectsContract, put } from '../objects.contract.ts'
import { NoSuchObject, ObjectsUnavailable } from '../objects.ts'
import { provenObjects } from '../proven-objects.ts'
import { PART_BYTES } from './object-writer.ts'
import { openS3Objects, type S3Objects, type S3ObjectsOptions } from './objects.ts'

const SERVERS = [
  { name: 'Swift', blocks: needing('swift'), start: startSwift },
  { name: 'Ceph', blocks: needing('ceph'), start: startRadosgw },
]

for (const { name, blocks, start } of SERVERS) {
  blocks.describe(`objects in the S3 API of ${name}`, () => {
    const { after, before, beforeEach, it } = blocks
    let server: S3Server
    let proxy: FaultProxy
    let judge: S3Client
    let faultOf: (asked: Asked) => Fault | undefined
    let seen: Asked[]
    let archives = 0
    const opened: S3Objects[] = []
    const folder = temporaryFolder('parts')

    before(async () => {
      server = await start()
      proxy = await startFaultProxy(server.endpoint, (asked) => {
        seen.push(asked)
        return faultOf(asked)
      })
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      judge = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
      await judge.send(new CreateBucketCommand({ Bucket: 'archive' }))
    })
    beforeEach(() => {
      faultOf = () => undefined
      seen = []
    })
    after(async () => {
      for (const objects of opened) objects.close()
      judge?.destroy()
      proxy?.stop()
      await server?.stop()
      assert.deepEqual(await readdir(folder), [])
    })

    /** An archive of its own, under a prefix of its own. */
    const open = async (other: Partial<S3ObjectsOptions> = {}) => {
      const { endpoint, region, accessKeyId, secretAccessKey } = server
      const objects = await openS3Objects({
        endpoint,
        region,
        forcePathStyle: true,
        credentials: { accessKeyId, secretAccessKey },
        maxConnections: 8,
        idleTimeoutMs: 30_000,
        bucket: 'archive',
        prefix: `site/${++archives}`,
        requestTimeoutMs: 30_000,
        maxHeldBytes: 64 << 20,
        temporaryFolder: folder,
        ...other,
      })
      opened.push(objects)
      return objects
    }
    const openBehindProxy = (other: Partial<S3ObjectsOptions> = {}) => open({ endpoint: proxy.url, ...other })

    /** Does this to the first request that fits. */
    const once = (fault: Fault, fits: (asked: Asked) => boolean) => {
      faultOf = (asked) => {
        if (!fits(asked)) return undefined
        faultOf = () => undefined
        return fault
      }
    }
    const always = (fault: Fault, method: string) => {
      faultOf = (asked) => (asked.method === method ? fault : undefined)
    }
    const asked = (wanted: string) => seen.filter(({ method }) => method === wanted).length
    const uploads = async () => {
      const list = new ListMultipartUploadsCommand({ Bucket: 'archive' })
      return (await judge.send(list)).Uploads ?? []
    }

    objectsContract(`the S3 API of ${name}`, open, { blocks, many: 16 })

    it('leave nothing of what was uploaded in parts by a process that is gone', async () => {
      const objects = await open()
      const begun = async (at: S3Objects, key: string) => {
        const writer = await at.create(key)
        await writer.write(Buffer.alloc(PART_BYTES + 1))
        await eventually(`${key} to be under way`, async () => {
          return (await uploads()).some(({ Key }) => Key?.endsWith(key)) || undefined
        })
        return writer
      }
      const writer = await begun(objects, 'being-written')
      const gone = [await begun(objects, 'gone-1'), await begun(objects, 'gone-2')]
      const others = await begun(await open(), 'of-others')
      const asked: string[] = []
      const isGone = async (keys: readonly string[]) => {
        asked.push(...keys)
        return keys.filter((key) => key.startsWith('gone'))
      }
      assert.equal(await objects.removeUnfinished(isGone), 2)
      assert.deepEqual(asked.toSorted(), ['being-written', 'gone-1', 'gone-2'])
      const left = (await uploads()).flatMap(({ Key }) => Key?.split('/').at(-1) ?? [])
      assert.deepEqual(left.toSorted(), ['being-written', 'of-others'])
      await writer.commit()
      assert.equal((await objects.read('being-written')).length, PART_BYTES + 1)
      assert.equal(await objects.removeUnfinished(isGone), 0)
      for (const each of [...gone, others]) await each.abort()
    })

    it('lie under the prefix of the archive, and those of others are not seen', async () => {
      const objects = await open({ prefix: 'site/a' })
      await put(objects, 'k', Buffer.from('bytes'))
      await put(await open({ prefix: 'site/ab' }), 'k', Buffer.from('others'))
      const get = new GetObjectCommand({ Bucket: 'archive', Key: 'site/a/k' })
      assert.equal(await (await judge.send(get)).Body?.transformToString(), 'bytes')
      assert.deepEqual(await listedKeys(objects, ''), ['k'])
      await objects.check()
    })

    it('are known by the entity tags that the server has of them', async () => {
      const objects = await open({ prefix: 'tagged' })
      for (const [key, size] of [
        ['one', 5],
        ['parts', PART_BYTES + 1],
      ] as const) {
        const { tag } = await put(objects, key, randomBytes(size))
        const { ETag } = await judge.send(new HeadObjectCommand({ Bucket: 'archive', Key: `tagged/${key}` }))
        assert.equal(`"${tag}"`, ETag)
      }
    })

    it('that are large are sent in parts while they arrive, and leave nothing when they are aborted', async () => {
      const objects = await open()
      const bytes = randomBytes(PART_BYTES * 2 + 1000)
      const writer = await objects.create('large')
      await writer.write(Buffer.from(bytes.subarray(0, PART_BYTES + 1)))
      assert.equal((await uploads()).length, 1)
      await writer.write(Buffer.from(bytes.subarray(PART_BYTES + 1)))
      await assert.rejects(objects.read('large'), NoSuchObject)
      await writer.commit()
      assert.ok(bytes.equals(await objects.read('large')))
      const range = { start: PART_BYTES - 10, end: PART_BYTES * 2 + 10 }
      assert.ok(bytes.subarray(range.start, range.end).equals(await objects.read('large', range)))
      await put(objects, 'one-part', bytes.subarray(0, PART_BYTES))
      assert.deepEqual(await uploads(), [])

      const aborted = await objects.create('aborted')
      await aborted.write(bytes.subarray(0, PART_BYTES + 1))
      assert.equal((await uploads()).length, 1)
      await aborted.abort()
      assert.deepEqual(await uploads(), [])
      assert.deepEqual(await listedKeys(objects, ''), ['large', 'one-part'])
    })

    it('are collected in files when there is no memory left, and are the same', async () => {
      const objects = await open({ maxHeldBytes: 1 << 20 })
      const bodies = [300_000, 900_000, PART_BYTES + 5].map((size) => randomBytes(size))
      const writers = await Promise.all(bodies.map((_, n) => objects.create(`spilled/${n}`)))
      for (let at = 0; at <= PART_BYTES; at += 100_000) {
        const write = (writer: (typeof writers)[number], n: number) =>
          writer.write(Buffer.from(bodies[n]!.subarray(at, at + 100_000)))
        await Promise.all(writers.map(write))
      }
      await Promise.all(writers.map((writer) => writer.commit()))
      for (const [n, bytes] of bodies.entries()) assert.ok(bytes.equals(await objects.read(`spilled/${n}`)))
    })

    const passing: readonly Fault[] = ['reset', 'half body', 'flipped byte', '500', 'slow down', 'lost answer']
    for (const fault of passing) {
      it(`are stored, whole and right, through a PUT with: ${fault}`, async () => {
        const objects = await openBehindProxy()
        const bytes = randomBytes(200_000)
        once(fault, ({ method }) => method === 'PUT')
        await put(objects, 'k', bytes)
        assert.equal(asked('PUT'), 2)
        assert.ok(bytes.equals(await objects.read('k')))
      })
    }

    it('in parts are stored through faults of a part and of the completion', async () => {
      const objects = await openBehindProxy()
      const bytes = randomBytes(PART_BYTES + 100)
      once('flipped byte', ({ method, path }) => method === 'PUT' && path.includes('partNumber=1'))
      await put(objects, 'part', bytes)
      once('lost answer', ({ method, path }) => method === 'POST' && path.includes('uploadId='))
      await put(objects, 'completion', bytes)
      for (const key of ['part', 'completion']) assert.ok(bytes.equals(await objects.read(key)))
      assert.deepEqual(await uploads(), [])
    })

    it('whose commits fail leave nothing once they are aborted', async () => {
      const objects = await openBehindProxy()
      for (const size of [1000, PART_BYTES + 1]) {
        const writer = await objects.create('k')
        await writer.write(randomBytes(size))
        // The object is there, but nobody has said so.
        faultOf = ({ method, path }) =>
          method === 'HEAD' || (size > PART_BYTES ? path.includes('uploadId=') && method === 'POST' : method === 'PUT')
            ? 'lost answer'
            : undefined
        await assert.rejects(writer.commit(), ObjectsUnavailable)
        await writer.abort()
        faultOf = () => undefined
        await assert.rejects(objects.read('k'), NoSuchObject)
        assert.deepEqual(await listedKeys(objects, ''), [])
        assert.deepEqual(await uploads(), [])
      }
    })

    for (const fault of ['reset', '500', 'slow down', 'stall'] as const) {
      it(`are unavailable, in bounded time, and not lost: ${fault}`, async () => {
        const patient = await open({ prefix: 'site/away' })
        await put(patient, 'k', Buffer.from('bytes'))
        const requestTimeoutMs = fault === 'stall' ? 300 : 30_000
        const objects = await openBehindProxy({ prefix: 'site/away', requestTimeoutMs })
        faultOf = () => fault
        const answers = await Promise.allSettled([
          objects.read('k'),
          objects.open('k', { start: 1, end: 2 }),
          put(objects, 'other', Buffer.from('x')),
          objects.remove('k'),
          listedKeys(objects, ''),
          objects.check(),
        ])
        for (const answer of answers) assert.ok('reason' in answer && answer.reason instanceof ObjectsUnavailable)
        assert.equal(Buffer.from(await patient.read('k')).toString(), 'bytes')
      })
    }

    it('are read on from where a body broke off or stalled, a few times', async () => {
      const patient = await openBehindProxy({ prefix: 'site/broken' })
      const impatient = await openBehindProxy({ prefix: 'site/broken', idleTimeoutMs: 2_000 })
      const bytes = randomBytes(400_000)
      await put(patient, 'k', bytes)
      for (const fault of ['half answer', 'stalled answer'] as const) {
        const objects = fault === 'half answer' ? patient : impatient
        seen = []
        once(fault, ({ method }) => method === 'GET')
        assert.ok(bytes.equals(await objects.read('k')))
        assert.ok(asked('GET') >= 2)
        once(fault, ({ method }) => method === 'GET')
        assert.ok(bytes.subarray(1000, 300_000).equals(await objects.read('k', { start: 1000, end: 300_000 })))
      }
      const tail = await patient.open('k')
      assert.ok(!(tail instanceof Uint8Array))
      always('reset', 'GET')
      const reading = async () => {
        for await (const _ of tail) await tail.close()
      }
      await assert.rejects(reading())
    })

    it('with a wrong byte on their way are noticed by what the index knows of them', async () => {
      const objects = await openBehindProxy()
      const bytes = randomBytes(100_000)
      await put(objects, 'k', bytes)
      const object = { key: 'k', size: bytes.length, crc32: crc32(bytes) }
      once('flipped answer', ({ method }) => method === 'GET')
      await assert.rejects(provenObjects(objects).read(object), LostMedia)
      assert.ok(bytes.equals(await provenObjects(objects).read(object)))
    })

    it('end their request when a reader closes them', async () => {
      const objects = await open({ maxConnections: 1 })
      await put(objects, 'k', randomBytes(5_000_000))
      for (let readers = 0; readers < 3; readers++) {
        const stream = await objects.open('k')
        assert.ok(!(stream instanceof Uint8Array))
        for await (const piece of stream) if (piece.length > 0) break
        await stream.close()
      }
      // With its one connection still taken, it would wait for ever.
      assert.equal((await objects.read('k', { start: 0, end: 10 })).length, 10)
    })

    it('that are deleted at once are deleted in few requests, and each is told of a failure', async () => {
      const objects = await openBehindProxy()
      const keys = Array.from({ length: 10 }, (_, n) => `old/${n}`)
      await Promise.all(keys.map((key) => put(objects, key, Buffer.from('x'))))
      always('500', 'POST')
      const failed = await Promise.allSettled(keys.map((key) => objects.remove(key)))
      assert.ok(failed.every(({ status }) => status === 'rejected'))
      faultOf = () => undefined
      const others = await openBehindProxy()
      seen = []
      await Promise.all([...keys, 'old/never'].map((key) => others.remove(key)))
      assert.equal(seen.length, 1)
      assert.deepEqual(await listedKeys(others, ''), [])
    })

    it('are not taken for lost when the bucket is missing, or closed to us', async () => {
      const { accessKeyId, stranger } = server
      const wrong = { accessKeyId, secretAccessKey: 'wrong-secret' }
      const cases = [
        { other: { bucket: 'absent' }, says: /^There is no bucket absent at 127/ },
        { other: { credentials: wrong }, says: /does not accept the credentials for bucket archive/ },
        { other: { credentials: stranger }, says: /denies access: the credentials need s3:GetObject/ },
        { other: { endpoint: `http://127.0.0.1:${await freePort()}` }, says: /does not answer \(ECONNREFUSED\)/ },
      ]
      for (const { other, says } of cases) {
        const objects = await open(other)
        const isTold = (error: unknown) => error instanceof ObjectsUnavailable && says.test(error.message)
        await assert.rejects(objects.read('k'), isTold)
        await assert.rejects(objects.read('k', { start: 5, end: 9 }), isTold)
        await assert.rejects(put(objects, 'k', Buffer.from('x')), isTold)
        await assert.rejects(listedKeys(objects, ''), isTold)
        await assert.rejects(objects.check(), isTold)
        await assert.rejects(Promise.all(['a', 'b'].map((key) => objects.remove(key))), isTold)
      }
      await assert.rejects(
        judge.send(new GetObjectCommand({ Bucket: 'archive', Key: 'k' })),
        (error) => error instanceof NoSuchKey,
      )
    })
  })
}
