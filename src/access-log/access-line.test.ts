import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { textOf } from '../../test/judges/access-lines.ts'
import { eventually } from '../../test/judges/processes.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import { addressBlocks } from '../config/value-kind.ts'
import { ClientNetworks } from '../http/client-networks.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Handler } from '../http/handler.ts'
import { type Listener, listen } from '../http/listener.ts'
import { utcMs } from '../media/time.ts'
import type { Channel } from '../model/channel.ts'
import { channel } from '../stores/nouns.contract.ts'
import { AccessLines, type AccessLinesOptions } from './access-line.ts'
import { loggedAddress } from './logged-address.ts'

const NOW = utcMs(Date.UTC(2026, 11, 1, 12, 0, 0, 250))
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ENDPOINT = hlsEndpoint({}, { id: 'viewer', channelId: 'tv', channelGuid: 'c'.repeat(32), guid: 'e'.repeat(32) })
const FIELDS =
  'timestamp clientIp processingTime statusCode receivedBytes sentBytes method request protocol userAgent account ' +
  'channelId channelArn domainName requestId endpointId endpointArn'

const lines = (more: Partial<AccessLinesOptions> = {}) =>
  new AccessLines({
    account: { accountId: '111122223333', region: 'eu-central-1' },
    publicUrl: () => 'https://user:secret@live.example.com/origin',
    clients: new ClientNetworks(),
    addressForm: 'full',
    ...more,
  })

type Line = Readonly<Record<string, unknown>> & { readonly windrow: object }

function read(text: string): Line {
  assert.ok(text.endsWith('}\n'))
  assert.equal(text.indexOf('\n'), text.length - 1, 'a line is one')
  return JSON.parse(text) as Line
}

describe('a line of an access log', () => {
  let listener: Listener
  let now = 0
  let ended: Exchange[] = []
  let handle: Handler
  before(async () => {
    const mount = {
      prefix: '/',
      handle(...args: Parameters<Handler>) {
        args[3].whenEnded((exchange) => ended.push(exchange))
        return handle(...args)
      },
    }
    const log = { info() {}, warn() {}, error() {} }
    const options = { name: 'test', host: '127.0.0.1', port: 0, log, stopwatch: () => now, limits: { drainMs: 0 } }
    listener = await listen({ ...options, mounts: [mount] })
  })
  after(() => listener.close())
  beforeEach(() => {
    now = 0
    ended = []
    handle = async (_, response) => {
      now += 1.25
      response.writeHead(404, { 'content-length': 5 })
      now += 1000
      response.end('no no')
    }
  })

  /** The exchange of a request. */
  async function exchangeOf(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
    const asked = request({ port: listener.address.port, path, headers, method, agent: false })
    asked.end(method === 'PUT' ? 'abc' : undefined)
    const [response] = await once(asked, 'response')
    response.resume()
    return eventually('the end', () => ended[0])
  }

  /** The exchange of a request that Node's client would not send. */
  async function exchangeOfBytes(head: string): Promise<Exchange> {
    const socket = connect(listener.address.port)
    socket.write(Buffer.from(`${head}\r\nHost: a\r\nConnection: close\r\n\r\n`, 'latin1'))
    socket.resume()
    return eventually('the end', () => ended[0])
  }

  const egress = (exchange: Exchange, more: Partial<AccessLinesOptions> = {}) =>
    read(textOf(lines(more).ofEgress(exchange, { endpoint: ENDPOINT, kind: 'segment', refusal: 'NotYet' }, NOW)))

  it('has the fields of MediaPackage, in their order and types, and our own under one key', async () => {
    const exchange = await exchangeOf('/out/v1/x/index_1.ts?m=1&n=2', { 'user-agent': 'player/1.0' })
    const { requestId, ...line } = egress(exchange)
    assert.match(String(requestId), UUID)
    assert.equal(requestId, exchange.requestId)
    assert.deepEqual(line, {
      timestamp: '2026-12-01T11:59:59.248750Z',
      clientIp: '127.0.0.1',
      processingTime: 0.00125,
      statusCode: '404',
      receivedBytes: 0,
      sentBytes: 5,
      method: 'GET',
      request: 'https://live.example.com:443/out/v1/x/index_1.ts?m=1&n=2',
      protocol: 'HTTP/1.1',
      userAgent: 'player/1.0',
      account: '111122223333',
      channelId: 'tv',
      channelArn: `arn:aws:mediapackage:eu-central-1:111122223333:channels/${'c'.repeat(32)}`,
      domainName: '-',
      endpointId: 'viewer',
      endpointArn: `arn:aws:mediapackage:eu-central-1:111122223333:origin_endpoints/${'e'.repeat(32)}`,
      windrow: { kind: 'segment', refusal: 'NotYet', host: `localhost:${listener.address.port}` },
    })
    assert.deepEqual(Object.keys(egress(exchange)), [...FIELDS.split(' '), 'windrow'])
  })

  it('of an encoder names the ingest endpoint instead', async () => {
    const exchange = await exchangeOf('/in/v2/x/y/a.ts', {}, 'PUT')
    const tv: Channel = channel('tv')
    const line = read(
      textOf(lines().ofIngress(exchange, { channel: tv, ingestEndpointId: tv.guid, refusal: 'NoSpace' }, NOW)),
    )
    const shared = FIELDS.split(' ').filter((field) => !field.startsWith('endpoint'))
    assert.deepEqual(Object.keys(line), [...shared, 'ingestEndpointId', 'windrow'])
    assert.deepEqual([line['receivedBytes'], line['ingestEndpointId'], line['method']], [3, tv.guid, 'PUT'])
  })

  it('has no header but Host and User-Agent, and no user name or password of a URL', async () => {
    const headers = { authorization: 'Basic c2VjcmV0', 'x-mediapackage-cdnidentifier': 'secret', cookie: 'secret' }
    const text = JSON.stringify(egress(await exchangeOf('/a', headers)))
    assert.doesNotMatch(text, /secret|c2VjcmV0|user:/)
    ended = []
    const line = egress(await exchangeOfBytes('GET http://user:secret@evil.example/a?b=c HTTP/1.1'))
    assert.equal(line['request'], 'https://live.example.com:443/a?b=c')
  })

  it('has text of the client as it was sent, with what JSON must escape', async () => {
    const line = egress(await exchangeOfBytes('GET /"\\?%00 HTTP/1.1\r\nUser-Agent: "\t\\\xe2\x82\xac'))
    assert.equal(line['request'], 'https://live.example.com:443/"\\?%00')
    assert.equal(line['userAgent'], '"\t\\€')
    ended = []
    const other = egress(await exchangeOfBytes('GET / HTTP/1.1\r\nUser-Agent: \xe2\x82'))
    assert.equal(other['userAgent'], 'â\u0082', 'bytes that are no UTF-8')
  })

  it('has at most 8 KiB of a User-Agent, in whole characters, and a dash for none', async () => {
    const cut = egress(await exchangeOfBytes(`GET / HTTP/1.1\r\nUser-Agent: ${'\xe2\x82\xac'.repeat(3000)}`))
    assert.equal(cut['userAgent'], '€'.repeat(2730))
    ended = []
    assert.equal(egress(await exchangeOfBytes('GET / HTTP/1.1'))['userAgent'], '-')
  })

  it('has what its own request was, whatever the lines before it had', async () => {
    const first = await exchangeOf('/a', { 'user-agent': 'player/1.0' })
    ended = []
    const second = await exchangeOf('/a', { 'user-agent': 'player/2.0', host: 'other.example' })
    const endings = [
      { kind: 'segment', refusal: undefined, bytesFrom: 'memory' },
      { kind: 'init', refusal: undefined, bytesFrom: 'memory' },
      { kind: 'segment', refusal: undefined, bytesFrom: 'disk' },
      { kind: 'segment', refusal: 'NotYet' },
      { kind: 'segment', refusal: 'InvalidQuery' },
      { kind: undefined, refusal: 'CdnIdentifierRefused' },
    ] as const
    const made = lines()
    for (const [exchange, userAgent] of [
      [first, 'player/1.0'],
      [second, 'player/2.0'],
      [first, 'player/1.0'],
    ] as const) {
      const host = exchange === first ? `localhost:${listener.address.port}` : 'other.example'
      for (const ending of [...endings, ...endings.toReversed()]) {
        const line = read(textOf(made.ofEgress(exchange, { endpoint: ENDPOINT, ...ending }, NOW)))
        assert.equal(line['userAgent'], userAgent)
        assert.deepEqual(line.windrow, JSON.parse(JSON.stringify({ ...ending, host })))
      }
    }
  })

  it('of an aborted response has the status that was sent, and says that it was aborted', async () => {
    handle = async (_, response) => {
      response.writeHead(200, { 'content-length': 10_000_000 })
      response.write('abc')
      await new Promise(setImmediate)
      response.destroy()
    }
    const socket = connect(listener.address.port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    socket.resume()
    const line = egress(await eventually('the end', () => ended[0]))
    assert.deepEqual([line['statusCode'], line['sentBytes']], ['200', 3])
    assert.equal((line.windrow as { aborted?: boolean }).aborted, true)
  })

  it('has the client whom a trusted proxy names, and the proxy', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.77', 'x-forwarded-host': 'live.example.com' }
    const exchange = await exchangeOf('/a', headers)
    const forged = egress(exchange)
    assert.equal(forged['clientIp'], '127.0.0.1')
    const clients = new ClientNetworks(addressBlocks.parse('127.0.0.0/8'))
    const line = egress(exchange, { clients, addressForm: 'truncated' })
    assert.equal(line['clientIp'], '203.0.113.0/24')
    assert.deepEqual(line.windrow, { kind: 'segment', refusal: 'NotYet', proxy: '127.0.0.1' })
  })
})

describe('the address of a client', () => {
  it('is whole, its network or none', () => {
    const forms = (address: string | undefined) =>
      (['full', 'truncated', 'none'] as const).map((form) => loggedAddress(address, form))
    assert.deepEqual(forms('192.0.2.77'), ['192.0.2.77', '192.0.2.0/24', '-'])
    assert.deepEqual(forms('2001:db8:12:34::1'), ['2001:db8:12:34::1', '2001:db8:12::/48', '-'])
    assert.deepEqual(forms('2001:db8::1'), ['2001:db8::1', '2001:db8:0::/48', '-'])
    assert.deepEqual(forms('::1'), ['::1', '0:0:0::/48', '-'])
    assert.deepEqual(forms(undefined), ['-', '-', '-'])
  })
})
