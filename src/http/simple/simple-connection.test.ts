import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { brokenWire, wireOf } from '../../../test/fuzz/listeners/wire-mutants.ts'
import { seeded } from '../../../test/fuzz/mutants.ts'
import type { BodilessHandler, Mount } from '../handler.ts'
import { type Listener, listen } from '../listener.ts'

const SEED = Number(process.env['WINDROW_TEST_SEED'] ?? 20_261_202)
const BROKEN = 1500
const DATE = Date.UTC(2026, 11, 2)
const BODY = Buffer.from('what is played, all of it')

/** Tells what it was asked, as text or bytes, in one piece or several, or with no body at all. */
const tell: BodilessHandler = async (request, response) => {
  const { method, url = '', headers, rawHeaders, httpVersion } = request
  const asked = `${JSON.stringify({ method, url, httpVersion, headers, rawHeaders })}\n`
  if (url.includes('fails')) throw new Error('a handler that fails')
  if (url.includes('slow')) await setTimeout(30)
  if (url.includes('bare')) response.end('no head')
  else if (url.includes('304')) response.writeHead(304, { ETag: '"a"' }).end()
  else if (url.includes('pieces')) {
    response.writeHead(200, { 'Content-Length': BODY.length * 2, 'Access-Control-Allow-Origin': '*' })
    response.cork()
    response.write(BODY)
    response.end(BODY)
  } else if (url.includes('later')) {
    await new Promise((resolve) => setImmediate(resolve))
    response.writeHead(206, { 'Content-Length': BODY.length }).end(BODY)
  } else response.writeHead(200, { 'Content-Length': asked.length, 'X-Two': ['a', 'b'] }).end(asked, 'latin1')
}

let simple = 0
const counted: BodilessHandler = (...args) => {
  simple++
  return tell(...args)
}

const MOUNTS: readonly Mount[] = [
  { prefix: '/out/', cacheable: true, handle: tell, handleSimple: counted },
  { prefix: '/own/', handle: tell, handleSimple: counted },
  { prefix: '/node/', handle: tell },
]
const TARGETS = [
  '/out/a',
  '/out/pieces',
  '/out/later?x=1',
  '/out/bare',
  '/out/304',
  '/out/fails',
  '/own/a',
  '/node/a',
  '/nowhere',
]
const FIELDS = [
  ['User-Agent', 'a player/1.0'],
  ['Range', 'bytes=0-1'],
  ['Accept-Encoding', 'gzip'],
] as const

const silent = { info: () => {}, warn: () => {}, error: () => {} }
let ours: Listener
let nodes: Listener
before(async () => {
  const common = { name: 'test', host: '127.0.0.1', port: 0, mounts: MOUNTS, log: silent }
  ours = await listen({ ...common, simple: { date: () => DATE } })
  nodes = await listen(common)
})
after(async () => {
  await ours.close()
  await nodes.close()
})

/** What a listener says on a connection on which these bytes come, one after the other's answer, until it is closed. */
async function said({ address: { port } }: Listener, ...parts: readonly Uint8Array[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  for (const [n, part] of parts.entries()) {
    if (socket.destroyed) break
    socket.write(part)
    if (n < parts.length - 1) await Promise.race([once(socket, 'data'), closed])
  }
  socket.end()
  await closed
  return comparable(Buffer.concat(chunks).toString('latin1'))
}

/** Without dates and request ids. */
function comparable(text: string): string {
  return (
    text
      .replaceAll(/^Date: .*$/gm, 'Date: -')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')
      // Whether Node still says this to who sends no request behind one depends on how much of its answer has left.
      .replace(/(?<=[\s\S])HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n\r\n$/, '')
  )
}

async function sayTheSame(...parts: readonly Uint8Array[]): Promise<void> {
  const [by, of] = await Promise.all([said(ours, ...parts), said(nodes, ...parts)])
  assert.equal(by, of, JSON.stringify(parts.map((part) => Buffer.from(part).toString('latin1'))))
}

const request = (target: string, method = 'GET') =>
  wireOf({ method, target, headers: FIELDS, body: Buffer.alloc(0) }, 'a')

describe('a connection with simple requests, beside one of Node', () => {
  for (const target of TARGETS) {
    for (const method of ['GET', 'HEAD']) {
      it(`says the same of ${method} ${target}`, () => sayTheSame(request(target, method)))
    }
  }

  it('says the same of one request after another', async () => {
    simple = 0
    await sayTheSame(...TARGETS.map((target) => request(target)))
    assert.equal(simple, 7, 'all of them until one is not for a mount that takes simple requests')
  })

  it('says the same of requests that come at once, and of what comes before the answer', async () => {
    await sayTheSame(Buffer.concat(TARGETS.map((target) => request(target))))
    await sayTheSame(request('/out/a'), Buffer.concat([request('/out/later'), request('/out/a')]), request('/own/a'))
  })

  for (const [what, behind] of [
    ['a simple request', request('/out/a')],
    [
      'one after which the connection is to be closed',
      Buffer.from('GET /out/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    ],
    [
      'a request with a body',
      wireOf({ method: 'PUT', target: '/out/a', headers: [], body: Buffer.from('a body') }, 'a'),
    ],
    ['two requests', Buffer.concat([request('/out/a'), request('/own/a')])],
  ] as const) {
    it(`says the same of ${what} behind a response that is under way, and then no more`, async () => {
      const [by, of] = [
        await inPieces(ours, request('/out/slow'), behind),
        await inPieces(nodes, request('/out/slow'), behind),
      ]
      assert.equal(by, of)
      assert.match(by, /200 OK/)
    })
  }

  it('says the same of a request in pieces, wherever it is cut', async () => {
    const whole = request('/out/a')
    for (let at = 1; at < whole.length; at += 7) {
      const socket = whole.subarray(0, at)
      assert.equal(await inPieces(ours, socket, whole.subarray(at)), await inPieces(nodes, socket, whole.subarray(at)))
    }
  })

  it('says the same of other methods and of bodies, before and after simple requests', async () => {
    const body = Buffer.from('a body')
    const put = wireOf({ method: 'PUT', target: '/out/a', headers: FIELDS, body }, 'a')
    const continued = Buffer.from('PUT /out/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n')
    await sayTheSame(put, request('/out/a'), put)
    await sayTheSame(request('/out/a'), put, request('/out/pieces'))
    await sayTheSame(request('/out/a'), continued)
  })

  it(`says the same of ${BROKEN} requests that are broken in their heads and framing`, async () => {
    const below = seeded(SEED)
    for (let n = 0; n < BROKEN; n++) {
      const whole = request(TARGETS[below(TARGETS.length)]!, below(4) === 0 ? 'HEAD' : 'GET')
      const broken = brokenWire(whole, below)
      // Bodies are Node's alone; what it says first, an answer or that the rest is no request, depends on the moment.
      if (/content-length|transfer-encoding/i.test(broken.toString('latin1'))) continue
      await sayTheSame(...(below(3) === 0 ? [request('/out/a'), broken] : [broken]))
    }
  })
})

/** What is said of a request whose bytes come in two packets. */
async function inPieces(listener: Listener, first: Uint8Array, second: Uint8Array): Promise<string> {
  const socket = connect({ port: listener.address.port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.write(first)
  await setTimeout(2)
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
  })
  socket.end(second)
  await once(socket, 'close')
  return comparable(text)
}
