import assert from 'node:assert/strict'
import http from 'node:http'
import { BlockList } from 'node:net'
import { placeForNginx, startDeployedNginx } from '../judges/deployed-nginx.ts'
import { startHaproxy } from '../judges/haproxy.ts'
import { startNginx } from '../judges/nginx.ts'
import { needing } from '../programs.ts'
import { OriginUnderTest } from './origin-under-test.ts'
import { GUID, outputSegments, windowOf } from './sample-channel.ts'
import { hlsEndpoint } from './sample-endpoints.ts'

const { after, before, describe, it } = needing('nginx', 'haproxy')

/** Addresses of clients: one on the whitelist, and one that is not. The proxies are at 127.0.0.1. */
const [LISTED, OTHER] = ['127.0.0.5', '127.0.0.6']
const GOOD = 'drm-protected-1234'
const CDN = 'X-MediaPackage-CDNIdentifier'

const origin = new OriginUnderTest()
const proxies = new Map<string, { readonly url: string; stop(): Promise<void> }>()

type Asked = { readonly from: string; readonly headers?: http.OutgoingHttpHeaders }

/** The status of a manifest, asked for from an address. */
function statusAt(url: string, { from, headers = {} }: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { localAddress: from, headers, agent: false }
    http
      .get(`${url}/out/v1/${GUID}/index.m3u8`, options, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      })
      .on('error', reject)
  })
}

const forging = (address: string) => ({
  'X-Forwarded-For': address,
  'X-Real-IP': address,
  'True-Client-IP': address,
  Forwarded: `for=${address}`,
})

function serve(rules: Parameters<typeof hlsEndpoint>[1], trusted: readonly string[]): void {
  const list = new BlockList()
  for (const address of trusted) list.addAddress(address)
  origin.serve(hlsEndpoint({}, rules), windowOf(outputSegments(10, [{}])), list)
}

describe('an origin behind proxies', () => {
  before(async () => {
    await origin.listen()
    serve({}, [])
    const pass = `location / { proxy_pass ${origin.url}; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }`
    proxies.set('nginx', await startNginx(pass))
    proxies.set('haproxy', await startHaproxy(origin.url, ['option forwardfor']))
    const forwarded = [
      'http-request del-header X-Forwarded-For',
      'http-request add-header Forwarded for=%[src];proto=http',
    ]
    proxies.set('haproxy with Forwarded', await startHaproxy(origin.url, forwarded))
    const inFront = `location / { proxy_pass ${proxies.get('haproxy')!.url}; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }`
    proxies.set('nginx before haproxy', await startNginx(inFront))
  })
  after(async () => {
    for (const proxy of proxies.values()) await proxy.stop()
    await origin.close()
  })

  it('compares its whitelist with the clients that trusted proxies name', async () => {
    serve({ whitelist: [`${LISTED}/32`] }, ['127.0.0.1'])
    for (const [name, { url }] of proxies) {
      assert.equal(await statusAt(url, { from: LISTED }), 200, name)
      assert.equal(await statusAt(url, { from: OTHER }), 403, name)
      assert.equal(await statusAt(url, { from: OTHER, headers: forging(LISTED) }), 403, `${name}, forged`)
      assert.equal(await statusAt(url, { from: LISTED, headers: forging(OTHER) }), 200, `${name}, forged`)
    }
  })

  it('compares it with the address of the connection where no proxy is trusted', async () => {
    serve({ whitelist: [`${LISTED}/32`] }, [])
    for (const [name, { url }] of proxies) {
      assert.equal(await statusAt(url, { from: LISTED }), 403, name)
      assert.equal(await statusAt(url, { from: LISTED, headers: forging(LISTED) }), 403, `${name}, forged`)
    }
    assert.equal(await statusAt(origin.url, { from: LISTED }), 200)
  })

  it('believes no header of whoever is no trusted proxy', async () => {
    serve({ whitelist: [`${LISTED}/32`] }, ['127.0.0.1'])
    assert.equal(await statusAt(origin.url, { from: OTHER, headers: forging(LISTED) }), 403)
    assert.equal(await statusAt(origin.url, { from: LISTED, headers: forging(OTHER) }), 200)
    assert.equal(await statusAt(origin.url, { from: '127.0.0.1', headers: forging(LISTED) }), 200)
  })

  it('lets in who has the identifier of the CDN once, whatever proxies make of two', async () => {
    const authorization = { cdnIdentifierSecret: 'arn:aws:secretsmanager:…', secretsRoleArn: 'arn:aws:iam::…' }
    serve({ authorization }, ['127.0.0.1'])
    origin.identifiers = { judge: async (_, value) => (String(value) === GOOD ? 'accepted' : 'wrong') }
    for (const [name, { url }] of [...proxies, ['no proxy', origin] as const]) {
      const statusWith = (...values: string[]) =>
        statusAt(url, { from: OTHER, headers: values.length > 0 ? { [CDN]: values } : {} })
      assert.equal(await statusWith(GOOD), 200, name)
      assert.equal(await statusWith(), 403, name)
      assert.equal(await statusWith(`${GOOD}5`), 403, name)
      assert.equal(await statusWith(GOOD, GOOD), 403, `${name}, twice`)
      assert.equal(await statusWith(GOOD, 'another-one'), 403, `${name}, two`)
      assert.equal(await statusWith(`${GOOD},${GOOD}`), 403, `${name}, joined`)
    }
  })

  it('gives nobody what the deployed nginx has fetched for a CDN with an identifier', async () => {
    const authorization = { cdnIdentifierSecret: 'arn:aws:secretsmanager:…', secretsRoleArn: 'arn:aws:iam::…' }
    origin.identifiers = { judge: async (_, value) => (String(value) === GOOD ? 'accepted' : 'wrong') }
    const node = new URL(origin.url)
    const nginx = await startDeployedNginx(await placeForNginx(), [node, node, node])
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(`${nginx.url}/out/v1/${GUID}/index_1_10.ts`, { headers })
      await response.arrayBuffer()
      return [response.status, response.headers.get('x-cache-status')]
    }
    try {
      serve({ authorization }, ['127.0.0.1'])
      for (let i = 0; i < 2; i++) {
        assert.deepEqual(await ask({ [CDN]: GOOD }), [200, 'BYPASS'])
        assert.equal((await ask({}))[0], 403)
        assert.equal((await ask({ [CDN]: 'another-one' }))[0], 403)
      }
      serve({}, ['127.0.0.1'])
      assert.deepEqual(
        [await ask({}), await ask({})],
        [
          [200, 'MISS'],
          [200, 'HIT'],
        ],
      )
    } finally {
      await nginx.stop()
    }
  })
})
