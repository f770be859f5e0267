import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readlink, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { listen, temporaryFolder } from '../../../test/judges/processes.ts'
import { listedKeys, put } from '../objects.contract.ts'
import { NoSuchObject, ObjectsUnavailable } from '../objects.ts'
import { openS3Objects, type S3Objects, type S3ObjectsOptions } from './objects.ts'

type Answering = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void

const BYTES = Buffer.from('media')
const XML = { 'content-type': 'application/xml' }

const md5 = (body: Uint8Array) => createHash('md5').update(body).digest('hex')

function crcHeader(body: Uint8Array): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString('base64')
}

/** As an old server answers to puts. */
const honest: Answering = (_request, body, response) => void response.writeHead(200, { etag: `"${md5(body)}"` }).end()

const refused =
  (status: number, code: string): Answering =>
  (_request, _body, response) =>
    void response.writeHead(status, XML).end(`<Error><Code>${code}</Code><Message>No.</Message></Error>`)

describe('objects in S3, by what a server answers', () => {
  let answering: Answering
  let endpoint: string
  let seen: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers'] }[]
  let atOnce: { now: number; most: number }
  const opened: S3Objects[] = []
  const folder = temporaryFolder('parts')
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers })
    atOnce.most = Math.max(atOnce.most, ++atOnce.now)
    buffer(request).then(
      (body) => {
        atOnce.now--
        answering(request, body, response)
      },
      () => {},
    )
  })
  before(async () => {
    endpoint = await listen(server)
  })
  beforeEach(() => {
    answering = honest
    seen = []
    atOnce = { now: 0, most: 0 }
  })
  after(() => {
    for (const objects of opened) objects.close()
    server.closeAllConnections()
    server.close()
  })

  const open = async (other: Partial<S3ObjectsOptions> = {}) => {
    const objects = await openS3Objects({
      endpoint,
      region: 'r',
      forcePathStyle: true,
      credentials: { accessKeyId: 'anyone', secretAccessKey: 'anything' },
      maxConnections: 100,
      idleTimeoutMs: 30_000,
      bucket: 'archive',
      prefix: 'p',
      requestTimeoutMs: 30_000,
      maxHeldBytes: 64 << 20,
      temporaryFolder: folder,
      ...other,
    })
    opened.push(objects)
    return objects
  }
  const putting = (objects: S3Objects) => put(objects, 'k', BYTES)
  const unavailable = (why: RegExp) => (error: unknown) =>
    error instanceof ObjectsUnavailable && why.test(error.message)

  it('are stored when the CRC-32 of what was stored is theirs, whatever the entity tag', async () => {
    const objects = await open()
    const checked =
      (crc: (body: Buffer) => string): Answering =>
      (_request, body, response) =>
        void response.writeHead(200, { etag: '"tag"', 'x-amz-checksum-crc32': crc(body) }).end()
    answering = checked(crcHeader)
    await putting(objects)
    assert.equal(seen[0]?.headers['x-amz-checksum-crc32'], crcHeader(BYTES))
    assert.equal(seen[0]?.headers['content-length'], String(BYTES.length))
    answering = checked(() => crcHeader(Buffer.from('other')))
    seen = []
    await assert.rejects(putting(objects), unavailable(/temporarily unable/))
    assert.equal(seen.length, 3)
  })

  it('are stored when an entity tag that tells nothing belongs to an object of their size', async () => {
    const objects = await open()
    const sized =
      (size: number): Answering =>
      ({ method }, _body, response) =>
        void response.writeHead(200, { etag: '"tag"', ...(method === 'HEAD' && { 'content-length': size }) }).end()
    answering = sized(BYTES.length)
    await putting(objects)
    answering = sized(BYTES.length - 1)
    await assert.rejects(putting(objects), unavailable(/temporarily unable/))
  })

  it('are neither stored, read, lost, listed nor deleted by a page for a browser', async () => {
    const objects = await open()
    const isNotS3 = unavailable(/is not S3/)
    for (const status of [200, 404]) {
      answering = (_request, _body, response) =>
        void response.writeHead(status, { 'content-type': 'text/html', etag: '"page"' }).end('<html>Log in</html>')
      const expected = status === 200 ? isNotS3 : ObjectsUnavailable
      await assert.rejects(putting(objects), expected)
      await assert.rejects(objects.read('k'), expected)
      await assert.rejects(objects.open('k', { start: 0, end: 2 }), expected)
      await assert.rejects(listedKeys(objects, ''), expected)
      await assert.rejects(Promise.all([objects.remove('k'), objects.remove('l')]), expected)
      await assert.rejects(objects.check(), expected)
    }
  })

  it('are neither stored, listed nor deleted by a document that S3 does not give', async () => {
    const objects = await open()
    for (const document of ['junk', '<Junk/>', '']) {
      answering = (_request, _body, response) => void response.writeHead(200, { ...XML, etag: '"tag"' }).end(document)
      await assert.rejects(putting(objects), ObjectsUnavailable)
      await assert.rejects(listedKeys(objects, ''), ObjectsUnavailable)
      await assert.rejects(Promise.all([objects.remove('k'), objects.remove('l')]), ObjectsUnavailable)
      await assert.rejects(objects.check(), ObjectsUnavailable)
    }
  })

  it('are not what an answer brings that has no entity tag, or another range', async () => {
    const objects = await open()
    const range = { start: 2, end: 4 }
    const answers: readonly (readonly [number, Record<string, string>])[] = [
      [200, {}],
      [200, { etag: '"tag"' }],
      [206, { etag: '"tag"', 'content-range': 'bytes 1-3/5' }],
      [206, { etag: '"tag"', 'content-range': 'nonsense' }],
    ]
    for (const [status, headers] of answers) {
      answering = (_request, _body, response) => void response.writeHead(status, headers).end(BYTES)
      await assert.rejects(objects.read('k', range), unavailable(/is not S3/))
    }
    answering = (_request, _body, response) =>
      void response.writeHead(206, { etag: '"tag"', 'content-range': 'bytes 2-3/5' }).end('di')
    assert.equal(Buffer.from(await objects.read('k', range)).toString(), 'di')
    answering = refused(404, 'NoSuchKey')
    await assert.rejects(objects.read('k', range), NoSuchObject)
    answering = refused(404, 'NoSuchBucket')
    await assert.rejects(objects.read('k', range), unavailable(/There is no bucket archive/))
  })

  it('are listed page by page, without what is no key, and not for ever', async () => {
    const objects = await open()
    const keys = Array.from({ length: 600 }, (_, n) => `p/a/${String(n).padStart(4, '0')}`)
    const all = ['p/', ...keys, 'p/b c', 'p/d/'].toSorted()
    answering = ({ url = '' }, _body, response) => {
      const asked = new URL(url, endpoint).searchParams
      const after = asked.get('start-after') ?? ''
      const left = all.filter((path) => path.startsWith(asked.get('prefix') ?? '') && path > after)
      const page = left.slice(0, Number(asked.get('max-keys')))
      const contents = page.map((path) => `<Contents><Key>${path}</Key></Contents>`).join('')
      const about = `<Name>archive</Name><IsTruncated>${left.length > page.length}</IsTruncated>`
      response.writeHead(200, XML).end(`<ListBucketResult>${about}${contents}</ListBucketResult>`)
    }
    const inArchive = keys.map((path) => path.slice(2))
    assert.deepEqual(await listedKeys(objects, ''), inArchive)
    assert.equal(seen.length, 3)
    assert.deepEqual(await listedKeys(objects, 'a/00'), inArchive.slice(0, 100))

    const stuck = '<Name>archive</Name><IsTruncated>true</IsTruncated><Contents><Key>p/a</Key></Contents>'
    answering = (_request, _body, response) =>
      void response.writeHead(200, XML).end(`<ListBucketResult>${stuck}</ListBucketResult>`)
    await assert.rejects(listedKeys(objects, ''), unavailable(/does not go on/))
  })

  it('are deleted each for itself by a server that does not know batches', async () => {
    const objects = await open()
    answering = (request, body, response) => {
      if (request.method === 'POST') refused(501, 'NotImplemented')(request, body, response)
      else response.writeHead(204).end()
    }
    for (const _ of [1, 2]) await Promise.all(['a', 'b', 'c'].map((key) => objects.remove(key)))
    assert.deepEqual(seen.map(({ method }) => method).join(' '), 'POST DELETE DELETE DELETE DELETE DELETE DELETE')
  })

  it('are deleted in smaller batches by a server that is too slow for large ones, and in larger ones again', async () => {
    const objects = await open()
    let most = 4
    let sizes: number[] = []
    answering = (request, body, response) => {
      const keys = [...body.toString().matchAll(/<Key>[^<]+<\/Key>/g)].map(([key]) => key)
      sizes.push(keys.length)
      if (keys.length > most) return refused(503, 'SlowDown')(request, body, response)
      const deleted = keys.map((key) => `<Deleted>${key}</Deleted>`).join('')
      return void response.writeHead(200, XML).end(`<DeleteResult>${deleted}</DeleteResult>`)
    }
    let left = Array.from({ length: 20 }, (_, n) => `k${n}`)
    for (let round = 0; left.length > 0; round++) {
      assert.ok(round < 9, 'it has deleted all by then')
      const outcomes = await Promise.allSettled(left.map((key) => objects.remove(key)))
      left = left.filter((_, n) => outcomes[n]!.status === 'rejected')
    }
    most = 1000
    for (let round = 0; round < 9; round++) {
      sizes = []
      await Promise.all(Array.from({ length: 20 }, (_, n) => objects.remove(`k${n}`)))
    }
    assert.deepEqual(sizes, [20])
  })

  it('are deleted when the answer says so, of each', async () => {
    const objects = await open()
    const outcomes = [
      '<Deleted><Key>p/a</Key></Deleted>',
      '<Error><Key>p/b</Key><Code>NoSuchKey</Code><Message>None.</Message></Error>',
      '<Error><Key>p/c</Key><Code>AccessDenied</Code><Message>No.</Message></Error>',
      '<Error><Key>p/d</Key><Code>InternalError</Code><Message>Later.</Message></Error>',
    ]
    answering = (_request, _body, response) =>
      void response.writeHead(200, XML).end(`<DeleteResult>${outcomes.join('')}</DeleteResult>`)
    const settled = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((key) => objects.remove(key)))
    assert.deepEqual(
      settled.map(({ status }) => status === 'fulfilled'),
      [true, true, false, false, false],
    )
    for (const outcome of settled) if ('reason' in outcome) assert.ok(outcome.reason instanceof ObjectsUnavailable)
    const { headers } = seen[0]!
    assert.match(String(headers['content-md5']), /^[\w+/]{22}==$/)
    assert.equal(headers['x-amz-checksum-crc32'], undefined)
  })

  it('being received are held in memory up to a bound for all together, and beyond it in files', async () => {
    const maxHeldBytes = 4 << 20
    const objects = await open({ maxHeldBytes })
    const bodies = Array.from({ length: 200 }, () => randomBytes(130_000))
    const stored = new Map<string, number>()
    answering = (request, body, response) => {
      stored.set(request.url!.split('?')[0]!, crc32(body))
      honest(request, body, response)
    }
    const writers = await Promise.all(bodies.map((_, n) => objects.create(`slow/${n}`)))
    for (const half of [0, 65_000]) {
      await Promise.all(writers.map((writer, n) => writer.write(Buffer.from(bodies[n]!.subarray(half, half + 65_000)))))
    }
    const all = bodies.length * 130_000
    assert.ok(all - (await spilledBytes()) <= maxHeldBytes)
    await Promise.all(writers.slice(100).map((writer) => writer.abort()))
    await Promise.all(writers.slice(0, 100).map((writer) => writer.commit()))
    assert.equal(await spilledBytes(), 0)
    assert.equal(stored.size, 100)
    for (const [path, crc] of stored) assert.equal(crc, crc32(bodies[Number(path.split('/').at(-1))]!))
    // What was let go counts no longer.
    const later = await objects.create('later')
    await later.write(Buffer.alloc(maxHeldBytes / 2))
    assert.equal(await spilledBytes(), 0)
    await later.abort()
  })

  it('held in files are sent as many at a time as memory allows', async () => {
    const objects = await open({ maxHeldBytes: 0 })
    await Promise.all(Array.from({ length: 6 }, (_, n) => put(objects, `k/${n}`, Buffer.alloc(5 << 20))))
    assert.equal(seen.length, 6)
    assert.ok(atOnce.most <= 4)
  })
})

/** The bytes of this process's files without names. */
async function spilledBytes(): Promise<number> {
  const sizes = (await readdir('/proc/self/fd')).map(async (fd) => {
    const path = `/proc/self/fd/${fd}`
    const target = await readlink(path).catch(() => '')
    return /\/part-[0-9a-f]+ \(deleted\)$/.test(target) ? (await stat(path)).size : 0
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
