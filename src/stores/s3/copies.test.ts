import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { listen } from '../../../test/judges/processes.ts'
import { bodyOfObjects, destination } from '../buckets.contract.ts'
import type { ArchivedObject, ObjectBody } from '../object-body.ts'
import { type S3BucketsOptions, s3Buckets } from './buckets.ts'
import { crc32Text } from './proof.ts'

type Answering = (request: IncomingMessage, response: ServerResponse) => void

const never = new AbortController().signal
const XML = { 'content-type': 'application/xml' }
const BYTES = Buffer.from('media')
const MIB = 1 << 20

const md5 = (body: Uint8Array) => createHash('md5').update(body).digest('hex')

const document =
  (text: string, headers = {}): Answering =>
  (_request, response) =>
    void response.writeHead(200, { ...XML, ...headers }).end(text)

/** As S3 answers to a copy of `bytes`. */
const result = (bytes: Uint8Array, more = '') =>
  `<CopyObjectResult><ETag>&quot;${md5(bytes)}&quot;</ETag>${more}</CopyObjectResult>`

const refused =
  (status: number, code: string): Answering =>
  (_request, response) =>
    void response.writeHead(status, XML).end(`<Error><Code>${code}</Code><Message>No.</Message></Error>`)

describe('copies that an S3 API makes, by what it answers', () => {
  let answering: Answering
  let endpoint: string
  let seen: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers'] }[]
  const closers: (() => Promise<void>)[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    buffer(request).then(
      () => {
        if (url.includes('?location')) return document('<LocationConstraint/>')(request, response)
        seen.push({ method, url, headers })
        if (method === 'DELETE') response.writeHead(204).end()
        else answering(request, response)
      },
      () => {},
    )
  })
  before(async () => {
    endpoint = await listen(server)
  })
  beforeEach(() => {
    seen = []
  })
  after(async () => {
    for (const close of closers) await close()
    server.closeAllConnections()
    server.close()
  })

  const open = (other: Partial<S3BucketsOptions> = {}) => {
    const buckets = s3Buckets({
      endpoint,
      region: 'r',
      forcePathStyle: true,
      credentials: { accessKeyId: 'anyone', secretAccessKey: 'anything' },
      maxConnections: 2,
      idleTimeoutMs: 60_000,
      copies: true,
      ...other,
    })
    closers.push(() => buckets.close())
    return buckets.open(destination('clips'), never)
  }

  const objectOf = (bytes: Uint8Array, more: Partial<ArchivedObject> = {}): ArchivedObject => ({
    key: 'k',
    size: bytes.length,
    crc32: crc32(bytes),
    tag: md5(bytes),
    location: { kind: 's3', host: new URL(endpoint).host, bucket: 'media', key: 'archive/k' },
    open: () => assert.fail('what can be copied is not read'),
    ...more,
  })
  const body = (): ObjectBody => bodyOfObjects([objectOf(BYTES)])
  const asked = () => seen.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`)

  it('are of what was put alone, and have the type that they are to have', async () => {
    answering = document(result(BYTES))
    const taking = await (await open()).take('a.ts', { ...body(), contentType: 'video/mp2t' }, never)
    assert.deepEqual(taking, { isTaken: true, isProven: true })
    const [{ method, headers } = assert.fail()] = seen
    assert.equal(method, 'PUT')
    assert.equal(headers['x-amz-copy-source'], 'media/archive/k')
    assert.equal(headers['x-amz-copy-source-if-match'], `"${md5(BYTES)}"`)
    assert.equal(headers['x-amz-metadata-directive'], 'REPLACE')
    assert.equal(headers['content-type'], 'video/mp2t')
    assert.equal(seen.length, 1)
  })

  it('are waited for while nothing but spaces comes', async () => {
    answering = (_request, response) => {
      response.writeHead(200, XML).write('<?xml version="1.0"?>\n  ')
      setImmediate(() => response.write('   '))
      setImmediate(() => setImmediate(() => response.end(result(BYTES))))
    }
    assert.deepEqual(await (await open()).take('a.ts', body(), never), { isTaken: true, isProven: true })
  })

  it('have failed when an error is in the body of a 200, and are asked for again with the next object', async () => {
    const bucket = await open()
    for (const spaces of ['', '<?xml version="1.0"?>\n   ']) {
      answering = document(`${spaces}<Error><Code>InternalError</Code><Message>Again.</Message></Error>`)
      assert.deepEqual(await bucket.take('a.ts', body(), never), { isTaken: false })
    }
    answering = document(result(BYTES))
    assert.deepEqual(await bucket.take('a.ts', body(), never), { isTaken: true, isProven: true })
  })

  it('are not asked for for ever of a server that stores an empty object instead', async () => {
    const bucket = await open()
    answering = document('', { etag: `"${md5(Buffer.alloc(0))}"` })
    for (let time = 0; time < 2; time++) assert.deepEqual(await bucket.take('a.ts', body(), never), { isTaken: false })
    const third = await bucket.take('a.ts', body(), never)
    assert.match((!third.isTaken && third.refusal) || '', /cannot be left to copy/)
    const { length } = seen
    assert.deepEqual(await bucket.take('a.ts', body(), never), third)
    assert.equal(seen.length, length)
  })

  it('are left out for one object that is gone or another, and for a while of trouble', async () => {
    const bucket = await open()
    for (const [status, code] of [
      [404, 'NoSuchKey'],
      [412, 'PreconditionFailed'],
      [503, 'SlowDown'],
    ] as const) {
      answering = refused(status, code)
      assert.deepEqual(await bucket.take('a.ts', body(), never), { isTaken: false }, code)
    }
    assert.ok(!asked().includes('DELETE /clips/a.ts'), 'what was there before is left alone')
    answering = document(result(BYTES))
    assert.equal((await bucket.take('a.ts', body(), never)).isTaken, true)
  })

  for (const [status, code] of [
    [403, 'AccessDenied'],
    [501, 'NotImplemented'],
    [400, 'InvalidRequest'],
    [301, 'PermanentRedirect'],
  ] as const) {
    it(`are not asked for again when they are refused: ${code}`, async () => {
      const bucket = await open()
      answering = refused(status, code)
      const first = await bucket.take('a.ts', body(), never)
      assert.match((!first.isTaken && first.refusal) || '', new RegExp(`cannot be left to copy .* \\(${code}\\)\\.$`))
      const { length } = seen
      assert.deepEqual(await bucket.take('b.ts', body(), never), first)
      assert.equal(seen.length, length)
    })
  }

  for (const { what, answer, why } of [
    { what: 'another MD5', answer: document(result(Buffer.from('other'))), why: /the MD5 of the copy is another/ },
    {
      what: 'another CRC-32',
      answer: document(result(BYTES, `<ChecksumCRC32>${crc32Text(1)}</ChecksumCRC32>`)),
      why: /the CRC-32 of the copy is another/,
    },
    { what: 'no entity tag', answer: document('<CopyObjectResult/>'), why: /no entity tag/ },
  ]) {
    it(`are deleted when the answer has ${what}, even where they need no proof`, async () => {
      answering = answer
      const taking = await (await open({ copiesUnproven: true })).take('a.ts', body(), never)
      assert.match((!taking.isTaken && taking.refusal) || '', why)
      assert.equal(asked().at(-1), 'DELETE /clips/a.ts')
    })
  }

  it('are proven by their CRC-32 where the entity tag tells nothing', async () => {
    const kms = { 'x-amz-server-side-encryption': 'aws:kms' }
    answering = document(result(Buffer.from('any'), `<ChecksumCRC32>${crc32Text(crc32(BYTES))}</ChecksumCRC32>`), kms)
    assert.deepEqual(await (await open()).take('a.ts', body(), never), { isTaken: true, isProven: true })
  })

  it('are left as they are only where they need no proof, when nothing is said of their bytes', async () => {
    const kms = { 'x-amz-server-side-encryption': 'aws:kms' }
    answering = document(result(Buffer.from('any')), kms)
    const taking = await (await open()).take('a.ts', body(), never)
    assert.match((!taking.isTaken && taking.refusal) || '', /does not prove its copies/)
    const lenient = await open({ copiesUnproven: true })
    assert.deepEqual(await lenient.take('a.ts', body(), never), { isTaken: true, isProven: false })
  })

  it('are not asked for of what lies elsewhere, has no tag, or is empty, nor where they are switched off', async () => {
    const elsewhere = { kind: 's3', host: 'elsewhere', bucket: 'media', key: 'k' } as const
    const { tag: _, ...untagged } = objectOf(BYTES)
    const objects = [
      objectOf(BYTES, { location: elsewhere }),
      objectOf(BYTES, { location: { kind: 'file', path: '/k' } }),
      untagged,
      objectOf(Buffer.alloc(0)),
    ]
    const bucket = await open()
    for (const object of objects) {
      assert.deepEqual(await bucket.take('a.ts', bodyOfObjects([object]), never), { isTaken: false })
    }
    assert.deepEqual(await bucket.take('a.ts', { ...body(), size: 6 }, never), { isTaken: false })
    assert.deepEqual(await (await open({ copies: false })).take('a.ts', body(), never), { isTaken: false })
    assert.deepEqual(seen, [])
  })

  describe('of several objects in a row', () => {
    const parts = [Buffer.alloc(5 * MIB, 1), Buffer.alloc(5 * MIB, 2), Buffer.alloc(7, 3)]
    const joined = () => bodyOfObjects(parts.map((part) => objectOf(part)))
    /** As S3 answers, except to the copy of one part. */
    const inParts =
      (part: number, other: Answering): Answering =>
      (request, response) => {
        const { searchParams } = new URL(request.url ?? '', endpoint)
        const number = Number(searchParams.get('partNumber'))
        if (searchParams.has('uploads')) {
          document('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>')(
            request,
            response,
          )
        } else if (number === part) other(request, response)
        else if (number > 0) {
          document(result(parts[number - 1]!).replaceAll('CopyObjectResult', 'CopyPartResult'))(request, response)
        } else if (request.method === 'HEAD') {
          response.writeHead(200, { 'content-length': 10 * MIB + 7, etag: '"tag-3"' }).end()
        } else {
          const text = '<CompleteMultipartUploadResult><ETag>tag-3</ETag></CompleteMultipartUploadResult>'
          document(text)(request, response)
        }
      }

    it('are made part by part', async () => {
      answering = inParts(4, refused(500, 'Never'))
      assert.deepEqual(await (await open()).take('a.ts', joined(), never), { isTaken: true, isProven: true })
      const copied = seen.filter(({ headers }) => headers['x-amz-copy-source'] === 'media/archive/k')
      assert.equal(copied.length, 3)
    })

    it('are given up as a whole when one part is refused or another', async () => {
      for (const answer of [
        refused(403, 'AccessDenied'),
        document(result(BYTES).replaceAll('CopyObjectResult', 'CopyPartResult')),
        document('<Error><Code>InternalError</Code></Error>'),
      ]) {
        seen = []
        answering = inParts(2, answer)
        assert.equal((await (await open()).take('a.ts', joined(), never)).isTaken, false)
        assert.ok(seen.some(({ method, url }) => method === 'DELETE' && url.includes('uploadId=u')))
        assert.ok(!seen.some(({ method, url }) => method === 'POST' && url.includes('uploadId=u')))
      }
    })

    it('are not made of parts that are too small', async () => {
      const bucket = await open()
      const small = bodyOfObjects([objectOf(BYTES), objectOf(BYTES)])
      assert.deepEqual(await bucket.take('a.ts', small, never), { isTaken: false })
      assert.deepEqual(seen, [])
    })
  })

  it('are ended by whoever asked for them', async () => {
    const stop = new AbortController()
    answering = () => stop.abort()
    await assert.rejects((await open()).take('a.ts', body(), stop.signal), { name: 'AbortError' })
  })
})
