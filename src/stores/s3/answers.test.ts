import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import { digested } from '../../harvest/asset/digest.ts'
import { bodyOfBytes, bodyOfStream, destination } from '../buckets.contract.ts'
import { type Bucket, BucketRefused } from '../buckets.ts'
import { s3Buckets } from './buckets.ts'

const never = new AbortController().signal
const ROLE = { sessionName: 'windrow' }
const LOCATION = '<LocationConstraint/>'
const PIECE = Buffer.alloc(1 << 16, 'x')

type Answering = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void

const md5 = (body: Uint8Array) => createHash('md5').update(body).digest('hex')

/** As S3 answers. */
const honest: Answering = ({ method }, body, response) => {
  if (method === 'GET') response.writeHead(200, { 'content-type': 'application/xml' }).end(LOCATION)
  else response.writeHead(200, { etag: `"${md5(body)}"` }).end()
}

/** Says 200 to all, with a page to log in. */
const portal: Answering = (_request, _body, response) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please log in</html>')

describe('an S3 client', () => {
  let answering: Answering
  let sent = 0
  let open: (role?: typeof ROLE) => Promise<Bucket>
  const server = createServer((request, response) => {
    void buffer(request).then((body) => answering(request, body, response))
  })
  const closers: (() => Promise<void>)[] = []
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    open = async (role) => {
      const buckets = s3Buckets({
        endpoint,
        region: 'r',
        forcePathStyle: true,
        credentials: { accessKeyId: 'anyone', secretAccessKey: 'anything' },
        maxConnections: 2,
        idleTimeoutMs: 60_000,
        ...(role && { role: { ...role, endpoint } }),
      })
      closers.push(() => buckets.close())
      return buckets.open(destination('clips'), never)
    }
  })
  beforeEach(() => {
    answering = honest
    sent = 0
  })
  after(async () => {
    for (const close of closers) await close()
    server.closeAllConnections()
    server.close()
  })

  /** Goes on for ever, as long as somebody reads. */
  const endless: Answering = (_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'application/xml', etag: '"tag"' })
    const more = () => {
      while (!response.destroyed && response.write(PIECE)) sent += PIECE.length
      sent += PIECE.length
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }
  const putting =
    (answer: Answering): Answering =>
    (request, body, response) =>
      (request.method === 'PUT' ? answer : honest)(request, body, response)

  const bodies = () =>
    Promise.all([bodyOfBytes(Buffer.from('media')), bodyOfStream(Buffer.alloc(17 << 20, 'm'))].map(digested))
  const unproven = (why: RegExp) => (error: unknown) =>
    error instanceof BucketRefused && error.code === 'Unproven' && !error.isTransient && why.test(error.message)

  it('believes S3', async () => {
    const bucket = await open()
    for (const body of await bodies()) await bucket.put('a.ts', body, never)
  })

  it('takes no page for an answer', async () => {
    const bucket = await open()
    answering = portal
    await assert.rejects(open(), unproven(/is not S3: the answer 200 is a page of the type text\/html/))
    for (const body of await bodies()) await assert.rejects(bucket.put('a.ts', body, never), unproven(/is not S3/))
    await assert.rejects(open(ROLE), unproven(/cannot be assumed: NotAwsAnswer/))
  })

  it('takes no 200 for an object that has no entity tag', async () => {
    const bucket = await open()
    answering = putting((_request, _body, response) => void response.writeHead(200).end())
    for (const body of await bodies()) await assert.rejects(bucket.put('a.ts', body, never), unproven(/no entity tag/))
    await assert.rejects(bucket.put('a.ts', bodyOfStream(Buffer.alloc(65 << 20)), never), unproven(/upload id/))
  })

  it('notices that other bytes were stored, unless the server encrypts', async () => {
    const bucket = await open()
    const other = { etag: `"${md5(Buffer.from('other'))}"` }
    const changed = (error: unknown) => error instanceof BucketRefused && error.code === 'Unavailable'
    answering = putting((_request, _body, response) => void response.writeHead(200, other).end())
    for (const body of await bodies()) await assert.rejects(bucket.put('a.ts', body, never), changed)
    const sha256 = createHash('sha256').update('other').digest('base64')
    const stated = { etag: '"tag"', 'x-amz-checksum-sha256': sha256 }
    answering = putting((_request, _body, response) => void response.writeHead(200, stated).end())
    for (const body of await bodies()) await assert.rejects(bucket.put('a.ts', body, never), changed)
    const encrypted = { ...other, 'x-amz-server-side-encryption': 'aws:kms' }
    answering = putting((_request, _body, response) => void response.writeHead(200, encrypted).end())
    for (const body of await bodies()) await bucket.put('a.ts', body, never)
  })

  it('reads no answer without end', async () => {
    const bucket = await open()
    answering = endless
    await assert.rejects(open(), unproven(/more than 1048576 bytes/))
    await assert.rejects(open(ROLE), unproven(/more than 1048576 bytes/))
    for (const body of await bodies()) {
      await assert.rejects(bucket.put('a.ts', body, never), unproven(/more than 1048576 bytes/))
    }
    assert.ok(sent < 64 << 20, `${sent} bytes`)
  })
})
