import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { Turns } from '../concurrency/turns.ts'
import { type Listener, listen } from '../http/listener.ts'
import type { LogFields } from '../log.ts'
import { utcMs } from '../media/time.ts'
import { createKeyServer } from './key-server.ts'

const SECRET = Buffer.alloc(32, 7)
const KID = '01020304-0506-8708-890a-0b0c0d0e0f10'
const NOW = utcMs(Date.UTC(2026, 0, 2))
const CREDENTIALS = { accessKeyId: 'AKIDKEYSERVER0000001', secretAccessKey: 'a secret of the lab' }
const REQUEST = `<cpix:CPIX id="a" xmlns:cpix="urn:dashif:org:cpix" xmlns:speke="urn:aws:amazon:com:speke">
  <cpix:ContentKeyList><cpix:ContentKey kid="${KID}"/></cpix:ContentKeyList>
  <cpix:DRMSystemList><cpix:DRMSystem kid="${KID}" systemId="81376844-f976-481e-a84e-cc25d39b0b33">
    <cpix:URIExtXKey/><speke:KeyFormat/><speke:KeyFormatVersions/></cpix:DRMSystem></cpix:DRMSystemList>
</cpix:CPIX>`

/** What the key must be, by another hand: HMAC-SHA256 of the KID's bytes, cut to 16. */
function rightKey(kid: string): Buffer {
  const mac = createHmac('sha256', SECRET).update(Buffer.from(kid.replaceAll('-', ''), 'hex'))
  return mac.digest().subarray(0, 16)
}

describe('the key server', () => {
  let listener: Listener
  let url = ''
  const logged: LogFields[] = []

  before(async () => {
    const note = (fields: LogFields) => void logged.push(fields)
    const mounts = createKeyServer({
      secret: createSecretKey(SECRET),
      expected: () => ({ credentials: CREDENTIALS, region: 'us-east-1', service: 'execute-api', now: NOW }),
      url: () => 'https://live.example.com',
      turns: new Turns(),
      clock: () => NOW,
      log: { info: note, warn: note, error: note },
    })
    listener = await listen({
      name: 'test',
      host: '127.0.0.1',
      port: 0,
      mounts,
      log: { info: note, warn: note, error: note },
    })
    url = `http://127.0.0.1:${listener.address.port}/windrow/v1/keys/`
  })
  after(() => listener.close())

  async function speke(body: string, { service = 'execute-api', headers = {} } = {}) {
    const target = new URL(`${url}speke`)
    const signer = new SignatureV4({ credentials: CREDENTIALS, region: 'us-east-1', service, sha256: Sha256 })
    const signed = await signer.sign(
      {
        method: 'POST',
        protocol: target.protocol,
        hostname: target.hostname,
        port: Number(target.port),
        path: target.pathname,
        headers: { host: target.host, 'content-type': 'application/xml', ...headers },
        body,
      },
      { signingDate: new Date(NOW) },
    )
    return fetch(target, { method: 'POST', headers: signed.headers, body })
  }

  it('gives everybody the key of a KID, in any spelling, and lets no cache keep it', async () => {
    for (const name of [KID, KID.toUpperCase(), KID.replaceAll('-', '')]) {
      const response = await fetch(url + name)
      assert.equal(response.status, 200)
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), rightKey(KID))
      const header = (of: string) => response.headers.get(of)
      assert.equal(header('content-type'), 'application/octet-stream')
      assert.equal(header('cache-control'), 'no-store')
      assert.equal(header('access-control-allow-origin'), '*')
    }
  })

  it('gives licences of clear key, each key once', async () => {
    const kids = [KID, '11121314-1516-8718-991a-1b1c1d1e1f20'].map((kid) => Buffer.from(kid.replaceAll('-', ''), 'hex'))
    const ids = kids.map((kid) => kid.toString('base64url'))
    const body = JSON.stringify({ kids: [...ids, ids[0]], type: 'temporary' })
    const response = await fetch(`${url}clearkey`, { method: 'POST', body })
    const { keys, type } = (await response.json()) as { keys: { kty: string; kid: string; k: string }[]; type: string }
    assert.equal(type, 'temporary')
    assert.deepEqual(
      keys,
      kids.map((kid) => ({
        kty: 'oct',
        kid: kid.toString('base64url'),
        k: rightKey(kid.toString('hex')).toString('base64url'),
      })),
    )
  })

  it('answers pages from anywhere, also when they ask first', async () => {
    const response = await fetch(`${url}clearkey`, { method: 'OPTIONS' })
    assert.equal(response.status, 204)
    assert.match(response.headers.get('access-control-allow-methods') ?? '', /POST/)
  })

  it('answers a signed request of SPEKE', async () => {
    const response = await speke(REQUEST)
    const text = await response.text()
    assert.equal(response.status, 200, text)
    assert.equal(response.headers.get('speke-user-agent'), 'Windrow key server')
    assert.ok(text.includes(rightKey(KID).toString('base64')))
    assert.ok(text.includes(Buffer.from(`https://live.example.com/windrow/v1/keys/${KID}`).toString('base64')))
  })

  const unsigned = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${url}speke`, { method: 'POST', body, headers })
  const REFUSED: readonly (readonly [string, number, RegExp, () => Promise<Response>])[] = [
    ['a request without a signature', 403, /not signed/, () => unsigned(REQUEST)],
    ['a signature for another service', 403, /scoped to .*execute-api/, () => speke(REQUEST, { service: 's3' })],
    ['a GET of the path of SPEKE', 405, /Only POST/, () => fetch(`${url}speke`)],
    ['more than 1 MiB', 413, /longer than 1048576/, () => speke(`${REQUEST}<!--${'x'.repeat(1 << 20)}-->`)],
    ['what is no XML', 400, /not well-formed/, () => speke('keys, please')],
    ['a DOCTYPE', 400, /DOCTYPE/, () => speke(`<!DOCTYPE a [<!ENTITY b "c">]>${REQUEST}`)],
    ['another root', 422, /Missing CPIX/, () => speke('<CPIX/>')],
    ['no key', 422, /Missing ContentKey/, () => speke('<CPIX id="a" xmlns="urn:dashif:org:cpix"/>')],
    ['a KID that is none', 422, /Malformed ContentKey@kid/, () => speke(REQUEST.replaceAll(KID, '../secret'))],
    [
      'a system that it does not know',
      422,
      /Unsupported DRMSystem@systemId 01376844/,
      () => speke(REQUEST.replace('81376844', '01376844')),
    ],
    [
      'a version that it does not know',
      422,
      /Unsupported X-Speke-Version/,
      () => speke(REQUEST, { headers: { 'x-speke-version': '3.0' } }),
    ],
    [
      'SPEKE 2.0 without contentId',
      422,
      /^Missing CPIX@contentId$/m,
      () => speke(REQUEST, { headers: { 'x-speke-version': '2.0' } }),
    ],
    ['a key without a KID', 404, /no such key/, () => fetch(`${url}..%2fcredentials`)],
    ['a PUT of a key', 405, /GET, HEAD/, () => fetch(url + KID, { method: 'PUT', body: 'x' })],
    ['a licence for nothing', 400, /1 to 100/, () => licence('{}')],
    ['a licence for null', 400, /1 to 100/, () => licence('null')],
    ['a licence for text', 400, /JSON/, () => licence('kids')],
    [
      'a licence for 101 keys',
      400,
      /1 to 100/,
      () => licence(JSON.stringify({ kids: Array.from({ length: 101 }, () => 'AQIDBAUGhwiJCgsMDQ4PEA') })),
    ],
    ['a key id of another length', 400, /16 bytes/, () => licence(JSON.stringify({ kids: ['AQID'] }))],
    [
      'a licence that persists',
      400,
      /temporary/,
      () => licence(JSON.stringify({ kids: ['AQIDBAUGhwiJCgsMDQ4PEA'], type: 'persistent-license' })),
    ],
    ['more than 16 KiB', 413, /longer than 16384/, () => licence(' '.repeat(20_000))],
  ]
  const licence = (body: string) => fetch(`${url}clearkey`, { method: 'POST', body })
  for (const [what, status, sentence, ask] of REFUSED) {
    it(`refuses ${what}`, async () => {
      const response = await ask()
      assert.equal(response.status, status)
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain/)
      assert.match(await response.text(), sentence)
    })
  }

  it('has logged no key', () => {
    const text = JSON.stringify(logged)
    assert.ok(text.includes('key-server-answer') && text.includes('key-server-refusal'))
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      assert.ok(!text.includes(rightKey(KID).toString(encoding)))
    }
  })
})
