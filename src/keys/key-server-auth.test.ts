import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type UtcMs, utcMs } from '../media/time.ts'
import { KeyServerCredentials } from './aws-credentials.ts'
import { KeyProviderFailed } from './key-provider.ts'
import { authenticated, type KeyServerAuth } from './key-server-auth.ts'

const NOW = utcMs(Date.UTC(2026, 2, 4, 12))
const ROLE = 'arn:aws:iam::000000000000:role/keys'
const KEYS = { accessKeyId: 'AKIDOFOURS', secretAccessKey: 'our-secret', sessionToken: 'our-token' }
const AUTH: KeyServerAuth = {
  headers: new Map(),
  credentials: async () => KEYS,
  region: 'us-east-1',
  date: () => NOW,
}

const signed = (url: string, auth: Partial<KeyServerAuth> = {}) =>
  authenticated(
    { ...AUTH, ...auth },
    { url: new URL(url), headers: { 'content-type': 'application/xml' }, body: '<a/>', roleArn: ROLE },
  )

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

describe('a request to a key server', () => {
  it('is signed for API Gateway, in the region that its host names', async () => {
    const url = 'https://abc123.execute-api.eu-central-1.amazonaws.com/EkeStage/copy%20protection?b=2&a=1'
    const { headers, secrets } = await signed(url)
    const scope = '20260304/eu-central-1/execute-api/aws4_request'
    const [, names = '', signature = ''] =
      /^AWS4-HMAC-SHA256 Credential=AKIDOFOURS\/20260304\/eu-central-1\/execute-api\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
        headers['authorization']!,
      )!
    // As AWS writes it in "Create a signed AWS API request": path segments are encoded once more.
    const canonical = [
      'POST',
      '/EkeStage/copy%2520protection',
      'a=1&b=2',
      ...names.split(';').map((name) => `${name}:${headers[name]}`),
      '',
      names,
      sha256('<a/>'),
    ].join('\n')
    const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
    const key = scope.split('/').reduce<string | Buffer>(hmac, 'AWS4our-secret')
    assert.equal(signature, hmac(key, toSign).toString('hex'))
    assert.deepEqual(names.split(';'), [
      'content-type',
      'host',
      'x-amz-content-sha256',
      'x-amz-date',
      'x-amz-security-token',
    ])
    assert.equal(headers['x-amz-security-token'], 'our-token')
    assert.deepEqual(secrets, [headers['authorization'], 'our-token'])
  })

  it('is signed in the region of the settings elsewhere', async () => {
    const { headers } = await signed('https://keys.example.com/speke')
    assert.match(headers['authorization']!, /\/us-east-1\/execute-api\//)
  })

  it('is as it is without credentials', async () => {
    const { headers } = await signed('https://keys.example.com/', { credentials: async () => undefined })
    assert.deepEqual(headers, { 'content-type': 'application/xml' })
  })

  it('has the header of its host, which no other host gets', async () => {
    const headers = new Map([['keys.example.com', { name: 'X-Api-Key', value: 'a-secret' }]])
    const own = await signed('https://Keys.example.com:8443/', { headers })
    assert.equal(own.headers['x-api-key'], 'a-secret')
    assert.equal(own.headers['authorization'], undefined)
    const other = await signed('https://keys.example.org/', { headers })
    assert.equal(other.headers['x-api-key'], undefined)
  })

  it('has that header at the port that the setting names alone, and by http:// only where it names one', async () => {
    const header = { name: 'X-Api-Key', value: 'a-secret' }
    const named = new Map([['keys.example.com:8443', header]])
    for (const [url, isSent] of [
      ['https://keys.example.com:8443/', true],
      ['http://keys.example.com:8443/', true],
      ['https://keys.example.com/', false],
      ['http://keys.example.com:8444/', false],
    ] as const) {
      const { headers } = await signed(url, { headers: named })
      assert.equal(headers['x-api-key'] !== undefined, isSent, url)
    }
    const usual = new Map([['keys.example.com:443', header]])
    assert.equal((await signed('https://keys.example.com/', { headers: usual })).headers['x-api-key'], 'a-secret')
    await assert.rejects(
      signed('http://keys.example.com/', { headers: new Map([['keys.example.com', header]]) }),
      (error: Error) =>
        error instanceof KeyProviderFailed &&
        /is not sent by http:\/\/ unless speke-headers names the port/.test(error.message),
    )
  })
})

describe('the credentials that requests are signed with', () => {
  let asked: string[] = []
  let now = NOW
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const arn = new URLSearchParams(body).get('RoleArn')!
      asked.push(arn)
      const denied = arn.endsWith('denied')
      response.writeHead(denied ? 403 : 200, { 'content-type': 'text/xml' })
      response.end(
        denied
          ? '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>'
          : '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
              `<AccessKeyId>KEYOF${asked.length}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t` +
              `</SessionToken><Expiration>${new Date(now + 3_600_000).toISOString()}</Expiration></Credentials>` +
              '</AssumeRoleResult></AssumeRoleResponse>',
      )
    })
  })
  const environment = { ...process.env }
  before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDOFENV', AWS_SECRET_ACCESS_KEY: 's' })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(() => {
    process.env = environment
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked = []
    now = NOW
  })

  const credentials = (ofRole: boolean) =>
    new KeyServerCredentials({
      region: 'us-east-1',
      isRequired: true,
      role: ofRole
        ? { sessionName: 'windrow', endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
        : undefined,
      clock: (): UtcMs => now,
    })

  it('are those of the role, for all requests until shortly before they expire', async () => {
    const held = credentials(true)
    const [first, same] = await Promise.all([held.find(ROLE), held.find(ROLE)])
    assert.equal(first, same)
    now = utcMs(NOW + 54 * 60_000)
    assert.equal((await held.find(ROLE))!.accessKeyId, 'KEYOF1')
    now = utcMs(NOW + 56 * 60_000)
    assert.equal((await held.find(ROLE))!.accessKeyId, 'KEYOF2')
    assert.deepEqual(asked, [ROLE, ROLE])
  })

  it('are asked for again after a refusal, which is told', async () => {
    const held = credentials(true)
    for (let n = 1; n <= 2; n++) {
      await assert.rejects(held.find(`${ROLE}-denied`), (error: Error) => {
        return (
          error instanceof KeyProviderFailed &&
          /^The role \S+-denied cannot be assumed: AccessDenied, no\.$/.test(error.message)
        )
      })
      assert.equal(asked.length, n)
    }
  })

  it("are the server's own where no role is assumed", async () => {
    assert.equal((await credentials(false).find(ROLE))!.accessKeyId, 'AKIDOFENV')
    assert.deepEqual(asked, [])
  })
})
