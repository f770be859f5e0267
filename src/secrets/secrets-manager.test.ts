import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { SecretsManager } from './secrets-manager.ts'

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:cdn-AbCdEf'
const ROLE = 'arn:aws:iam::000000000000:role/cdn'
const DENIED = 'arn:aws:iam::000000000000:role/denied'

type Body = { readonly SecretId: string; readonly VersionStage: string }
type Answer = { readonly status?: number; readonly type?: string; readonly body: string }

/** A server that answers as Secrets Manager and as STS do. */
describe('AWS Secrets Manager', () => {
  const asked: (Body & { readonly headers: IncomingHttpHeaders })[] = []
  const assumed: string[] = []
  let versions: Readonly<Record<string, string>> = {}
  let override: Answer | undefined
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const reply = ({ status = 200, type = 'application/x-amz-json-1.1', body }: Answer) =>
        response.writeHead(status, { 'content-type': type }).end(body)
      if (request.headers['x-amz-target'] === undefined) {
        const role = new URLSearchParams(body).get('RoleArn')!
        assumed.push(role)
        const denied = '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>'
        return reply({
          status: role === DENIED ? 403 : 200,
          type: 'text/xml',
          body: role === DENIED ? denied : session,
        })
      }
      assert.equal(request.headers['x-amz-target'], 'secretsmanager.GetSecretValue')
      const wanted = JSON.parse(body) as Body
      asked.push({ ...wanted, headers: request.headers })
      if (override) return reply(override)
      const text = versions[wanted.VersionStage]
      if (text !== undefined) return reply({ body: JSON.stringify({ ARN: wanted.SecretId, SecretString: text }) })
      return reply({ status: 400, body: JSON.stringify({ __type: 'ResourceNotFoundException', Message: 'none' }) })
    })
  })
  const session =
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
    '<AccessKeyId>KEYOFROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>' +
    `<Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials>` +
    '</AssumeRoleResult></AssumeRoleResponse>'
  const environment = { ...process.env }
  let endpoint = ''

  before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDOFENV', AWS_SECRET_ACCESS_KEY: 's' })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    process.env = environment
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked.length = 0
    assumed.length = 0
    override = undefined
    versions = { AWSCURRENT: '{"MediaPackageCDNIdentifier":"the-second-one"}', AWSPREVIOUS: 'the-first-one' }
  })

  const manager = (ofRole = true) =>
    new SecretsManager({ region: 'us-east-1', endpoint, ...(ofRole && { role: { sessionName: 'windrow', endpoint } }) })
  const get = (store: SecretsManager, role = ROLE) => store.get(ARN, role, new AbortController().signal)
  const refused = (message: RegExp, role?: string) =>
    assert.rejects(get(manager(), role), { name: 'SecretStoreFailed', message })

  it('gives the versions with the labels AWSCURRENT and AWSPREVIOUS, read as the role', async () => {
    const store = manager()
    for (let i = 0; i < 2; i++) {
      const found = await get(store)
      assert.deepEqual([found?.current, found?.previous], [versions['AWSCURRENT'], versions['AWSPREVIOUS']])
      assert.equal(found?.isDocument, true)
    }
    assert.deepEqual(
      asked.map(({ SecretId, VersionStage }) => [SecretId, VersionStage]),
      ['AWSCURRENT', 'AWSPREVIOUS', 'AWSCURRENT', 'AWSPREVIOUS'].map((label) => [ARN, label]),
    )
    for (const { headers } of asked) assert.match(headers['authorization'] ?? '', /Credential=KEYOFROLE\//)
    assert.deepEqual(assumed, [ROLE])
  })

  it('is read with the credentials of the server where no role is to be assumed', async () => {
    assert.ok(await get(manager(false)))
    assert.match(asked[0]?.headers['authorization'] ?? '', /Credential=AKIDOFENV\//)
    assert.deepEqual(assumed, [])
  })

  it('has secrets without a previous version, and none that was deleted', async () => {
    versions = { AWSCURRENT: 'the-first-one' }
    assert.deepEqual((await get(manager()))?.previous, undefined)
    versions = {}
    assert.equal(await get(manager()), undefined)
  })

  it('gives no text of a binary secret', async () => {
    override = { body: JSON.stringify({ ARN, SecretBinary: 'aHVzaA==' }) }
    assert.equal((await get(manager()))?.current, undefined)
  })

  it('fails in a sentence, without a part of what was answered', async () => {
    await refused(/^The role .*denied cannot be assumed: AccessDenied, no\.$/, DENIED)
    override = { status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', Message: 'not for you' }) }
    await refused(/^Secrets Manager gives no value: AccessDeniedException, not for you\.$/)
    override = { body: '{"SecretString":"hush-hush' }
    await assert.rejects(get(manager()), ({ name, message }: Error) => {
      assert.equal(name, 'SecretStoreFailed')
      assert.doesNotMatch(message, /hush/)
      return true
    })
    override = { body: '{"a":"b"}' }
    await refused(/what answers is not Secrets Manager/)
    override = { type: 'text/html', body: '<html>' }
    await refused(/is a page of the type text\/html/)
    override = { body: `{"SecretString":"${'x'.repeat(2 << 20)}"}` }
    await refused(/more than 1048576 bytes/)
  })

  it('is given up when nobody waits any more', async () => {
    const ended = new AbortController()
    ended.abort()
    await assert.rejects(manager().get(ARN, ROLE, ended.signal))
    assert.equal(asked.length, 0)
  })
})
