import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import { digested } from '../../harvest/asset/digest.ts'
import { bodyOfBytes, destination, refusedWith } from '../buckets.contract.ts'
import { s3Buckets } from './buckets.ts'

const never = new AbortController().signal
const KEYS = { accessKeyId: 'AKIDOFOURS', secretAccessKey: 'our-secret' }

type Seen = { readonly request: IncomingMessage; readonly body: Buffer }
type Answer = { readonly status: number; readonly body: string }

/** A server that records requests and gives prepared responses. */
class Listening {
  readonly seen: Seen[] = []
  answer: (seen: Seen) => Answer
  private readonly server: Server

  constructor(answer: (seen: Seen) => Answer) {
    this.answer = answer
    this.server = createServer((request, response) => {
      void buffer(request).then((body) => {
        const seen = { request, body }
        this.seen.push(seen)
        const { status, body: text } = this.answer(seen)
        response.writeHead(status, { 'content-type': 'text/xml', etag: '"tag"' }).end(text)
      })
    })
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}

const assumed = (expiration: string) => ({
  status: 200,
  body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>ASIAOFTHEROLE</AccessKeyId><SecretAccessKey>secret-of-the-role</SecretAccessKey>
    <SessionToken>token-of-the-role</SessionToken><Expiration>${expiration}</Expiration>
    </Credentials></AssumeRoleResult></AssumeRoleResponse>`,
})
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

describe('harvesting to S3 as a role', () => {
  const sts = new Listening(() => assumed(inAnHour()))
  const s3 = new Listening(() => ({ status: 200, body: '<LocationConstraint/>' }))
  let endpoints: { readonly sts: string; readonly s3: string }
  before(async () => {
    endpoints = { sts: await sts.start(), s3: await s3.start() }
  })
  after(() => {
    sts.stop()
    s3.stop()
  })
  beforeEach(() => {
    sts.seen.length = 0
    s3.seen.length = 0
    sts.answer = () => assumed(inAnHour())
  })

  const bucketsOf = () =>
    s3Buckets({
      endpoint: endpoints.s3,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: KEYS,
      maxConnections: 2,
      idleTimeoutMs: 60_000,
      role: { endpoint: endpoints.sts, sessionName: 'windrow@newsroom', externalId: 'agreed/1' },
    })

  it('assumes the role the job names, once, and signs with what it gets', async (t) => {
    const buckets = bucketsOf()
    t.after(() => buckets.close())
    const bucket = await buckets.open(destination('clips'), never)
    await bucket.put('a.ts', bodyOfBytes(Buffer.from('x')), never)
    await buckets.open(destination('clips'), never)
    assert.equal(sts.seen.length, 1)
    const form = new URLSearchParams(sts.seen[0]?.body.toString())
    assert.equal(form.get('Action'), 'AssumeRole')
    assert.equal(form.get('RoleArn'), destination('clips').roleArn)
    assert.equal(form.get('RoleSessionName'), 'windrow@newsroom')
    assert.equal(form.get('ExternalId'), 'agreed/1')
    assert.match(String(sts.seen[0]?.request.headers.authorization), /Credential=AKIDOFOURS\/\d+\/eu-west-1\/sts\//)
    for (const { request } of s3.seen) {
      assert.match(String(request.headers.authorization), /Credential=ASIAOFTHEROLE\//)
      assert.equal(request.headers['x-amz-security-token'], 'token-of-the-role')
    }
    assert.equal(s3.seen.length, 3)
  })

  it('assumes it again before it runs out, and another role for another job', async (t) => {
    const buckets = bucketsOf()
    t.after(() => buckets.close())
    sts.answer = () => assumed(new Date(Date.now() + 60_000).toISOString())
    const bucket = await buckets.open(destination('clips'), never)
    await bucket.put('a.ts', bodyOfBytes(Buffer.from('x')), never)
    assert.ok(sts.seen.length >= 2, 'a minute is no time to begin anything in')
    const before = sts.seen.length
    await buckets.open({ ...destination('clips'), roleArn: 'arn:aws:iam::000000000000:role/another' }, never)
    const form = new URLSearchParams(sts.seen[before]?.body.toString())
    assert.equal(form.get('RoleArn'), 'arn:aws:iam::000000000000:role/another')
  })

  it('says that the role is not given, and whether it may be later', async (t) => {
    const buckets = bucketsOf()
    t.after(() => buckets.close())
    const refusal = (code: string) =>
      `<ErrorResponse><Error><Code>${code}</Code><Message>It is not yours</Message></Error></ErrorResponse>`
    sts.answer = () => ({ status: 403, body: refusal('AccessDenied') })
    await assert.rejects(buckets.open(destination('clips'), never), (error: Error & { isTransient: boolean }) => {
      const role = destination('clips').roleArn
      assert.equal(error.message, `The role ${role} cannot be assumed: AccessDenied, It is not yours.`)
      return !error.isTransient
    })
    sts.answer = () => ({ status: 503, body: refusal('ServiceUnavailable') })
    await assert.rejects(
      bucketsOf().open(destination('clips'), never),
      (error: Error & { isTransient: boolean }) => error.isTransient,
    )
    assert.equal(s3.seen.length, 0)
  })
})

describe('what is put into S3', () => {
  const s3 = new Listening(() => ({ status: 200, body: '<LocationConstraint/>' }))
  let endpoint: string
  before(async () => {
    endpoint = await s3.start()
  })
  after(() => s3.stop())
  beforeEach(() => {
    s3.seen.length = 0
  })
  const open = () =>
    s3Buckets({
      endpoint,
      region: 'r',
      forcePathStyle: true,
      credentials: KEYS,
      maxConnections: 2,
      idleTimeoutMs: 60_000,
    }).open(destination('clips'), never)

  it('carries its SHA-256, small or streamed', async () => {
    const bucket = await open()
    for (const size of [5, 3_000_000]) {
      const body = await digested(bodyOfBytes(Buffer.alloc(size, 7)))
      await bucket.put('a.ts', body, never)
      const { request } = s3.seen.at(-1) ?? assert.fail()
      assert.equal(request.headers['x-amz-checksum-sha256'], Buffer.from(body.sha256, 'hex').toString('base64'))
      assert.equal(request.headers['content-length'], String(size))
      assert.equal(request.headers['transfer-encoding'], undefined)
    }
  })

  it('is asked to replace only what was there', async () => {
    const bucket = await open()
    await bucket.put('a', bodyOfBytes(Buffer.from('x')), never, { replaces: null })
    assert.equal(s3.seen.at(-1)?.request.headers['if-none-match'], '*')
    await bucket.put('a', bodyOfBytes(Buffer.from('x')), never, { replaces: '"tag"' })
    assert.equal(s3.seen.at(-1)?.request.headers['if-match'], '"tag"')
    assert.equal(await bucket.tagOf('a', never), '"tag"')
  })

  it('goes in parts when it is large, which are taken back when one fails', async () => {
    const bucket = await open()
    const initiated = '<InitiateMultipartUploadResult><UploadId>up</UploadId></InitiateMultipartUploadResult>'
    const completed = '<CompleteMultipartUploadResult><ETag>"tag-5"</ETag></CompleteMultipartUploadResult>'
    let broken = false
    s3.answer = ({ request }) => {
      if (request.url?.includes('partNumber=3') && broken)
        return { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
      return { status: 200, body: request.url?.includes('uploads') ? initiated : completed }
    }
    const large = bodyOfBytes(Buffer.alloc(30_000_000, 1), Buffer.alloc(50_000_000, 2))
    await bucket.put('large.ts', large, never)
    const steps = s3.seen
      .slice(1)
      .map(({ request, body }) => `${request.method} ${body.length > 1000 ? body.length : ''}`)
    const part = `PUT ${16 << 20}`
    assert.deepEqual(steps, ['POST ', part, part, part, part, `PUT ${80_000_000 - 4 * (16 << 20)}`, 'POST ', 'HEAD '])
    const sent = Buffer.concat(s3.seen.slice(2, -2).map(({ body }) => body))
    assert.ok(sent.equals(Buffer.concat([Buffer.alloc(30_000_000, 1), Buffer.alloc(50_000_000, 2)])))

    broken = true
    await assert.rejects(bucket.put('large.ts', large, never), refusedWith('AccessDenied'))
    assert.equal(s3.seen.at(-1)?.request.method, 'DELETE')
  })
})
