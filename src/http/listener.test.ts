import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, before, describe, it } from 'node:test'
import { eventually } from '../../test/judges/processes.ts'
import { ClientNetworks } from './client-networks.ts'
import { ConnectionAdmission, type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './connection-admission.ts'
import type { BodilessHandler, Mount } from './handler.ts'
import { type Listener, listen } from './listener.ts'
import type { ListenerLimits } from './listener-limits.ts'
import { OutgoingBytes } from './outgoing-bytes.ts'
import { sendText } from './send-text.ts'

type Line = { readonly level: string; readonly fields: object; readonly message: string }

const open: Listener[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const listener of open.splice(0)) await listener.close()
})

/** Whether the listeners of a test answer simple requests without Node. */
let answersSimple = false

/** A handler that may read a body, for requests that have none. */
function bodiless(handle: Mount['handle']): BodilessHandler {
  const none = { async *[Symbol.asyncIterator]() {} }
  return (request, ...rest) => (handle as BodilessHandler)(Object.assign(request, none), ...rest)
}

async function start(
  mounts: readonly Mount[],
  limits: Partial<ListenerLimits> = {},
  connectionLimits: ConnectionLimits = DEFAULT_CONNECTION_LIMITS,
  outgoing?: OutgoingBytes,
) {
  const lines: Line[] = []
  const level = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  const log = { info: level('info'), warn: level('warn'), error: level('error') }
  const listener = await listen({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    mounts: answersSimple ? mounts.map((mount) => ({ ...mount, handleSimple: bodiless(mount.handle) })) : mounts,
    simple: answersSimple ? { date: () => 0 } : undefined,
    log,
    admission: new ConnectionAdmission(connectionLimits, new ClientNetworks(), log),
    ...(outgoing && { outgoing }),
    limits: { drainMs: 60_000, ...limits },
  })
  open.push(listener)
  return { listener, lines, url: `http://127.0.0.1:${listener.address.port}`, port: listener.address.port }
}

/** A connection on which a test sends its own bytes. */
class Wire {
  readonly socket: Socket
  text = ''
  readonly closed: Promise<unknown>

  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress }).setEncoding('latin1')
    sockets.push(this.socket)
    this.socket.on('data', (chunk: string) => {
      this.text += chunk
    })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => this.socket.once('close', resolve))
  }

  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) {
      if (this.socket.destroyed) assert.fail(`closed after: ${this.text}`)
      await Promise.race([once(this.socket, 'data'), this.closed])
    }
    return this.text
  }
}

const at = (
  prefix: string,
  handle: Mount['handle'] = async (_, response) => sendText(response, 200, prefix),
): Mount => ({
  prefix,
  handle,
})

const read = async (request: AsyncIterable<Uint8Array>): Promise<number> => {
  let size = 0
  for await (const chunk of request) size += chunk.length
  return size
}

for (const simple of [false, true]) {
  describe(simple ? 'with simple requests' : 'with requests of Node', () => {
    before(() => {
      answersSimple = simple
    })
    describe('listener', () => {
      it('lets the longest prefix win and answers 404 where there is none', async () => {
        const { url } = await start([at('/a'), at('/a/b'), at('/')].slice(0, 2))
        const texts = await Promise.all(['/a/x', '/a/b/x', '/b'].map(async (path) => (await fetch(url + path)).text()))
        assert.deepEqual(texts, ['/a\n', '/a/b\n', 'no such page\n'])
      })

      it('gives every request an id of its own', async () => {
        const { url } = await start([at('/')])
        const ids = [await fetch(url), await fetch(url)].map((response) => response.headers.get('x-request-id'))
        assert.match(ids[0] ?? '', /^[0-9a-f-]{36}$/)
        assert.notEqual(ids[0], ids[1])
      })

      it('turns what a handler throws into a 500 that tells nothing, and a log line that tells the path without its query', async () => {
        const { url, lines } = await start([
          at('/', async (_, response) => {
            response.setHeader('etag', '"half-done"')
            throw new Error('boom')
          }),
        ])
        const response = await fetch(`${url}/x?signature=secret`)
        const text = await response.text()
        assert.equal(response.status, 500)
        assert.equal(response.headers.get('etag'), null)
        assert.match(text, /^internal error, request [0-9a-f-]{36}\n$/)
        assert.equal(lines.length, 1)
        const { fields, level } = lines[0]!
        assert.equal(level, 'error')
        assert.ok(text.includes((fields as { requestId: string }).requestId))
        assert.equal((fields as { path: string }).path, '/x')
        assert.doesNotMatch(JSON.stringify(fields), /secret/)
      })

      it('cuts the connection when a handler fails in the middle of an answer', async () => {
        const { url } = await start([
          at('/', async (_, response) => {
            response.writeHead(200, { 'content-length': 10 })
            response.write('12345')
            throw new Error('boom')
          }),
        ])
        await assert.rejects(async () => (await fetch(url)).text())
      })

      it('discards a body nobody reads and uses the connection again', async () => {
        const { port } = await start([at('/')])
        const wire = new Wire(port)
        wire.socket.write(`PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`)
        wire.socket.write('GET /2 HTTP/1.1\r\nHost: x\r\n\r\n')
        await wire.until(/200 OK[\s\S]*200 OK/)
        wire.socket.destroy()
      })

      it('closes the connection when there is more to discard than the bound', async () => {
        const { port } = await start([at('/')], { discardBytes: 100_000 })
        const wire = new Wire(port)
        wire.socket.write('PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n')
        await wire.until(/200 OK/)
        wire.socket.write('x'.repeat(200_000))
        await wire.closed
      })

      it('lets a mount answer instead of saying 100, or say it', async () => {
        const { port } = await start([
          {
            ...at('/shy', async (request, response) => sendText(response, 200, `${await read(request)} bytes`)),
            async handleExpectContinue(request, response) {
              if (request.headers.authorization === undefined) {
                return sendText(response, 401, 'who?', { connection: 'close' })
              }
              response.writeContinue()
              sendText(response, 200, `${await read(request)} bytes`)
            },
          },
          at('/plain', async (request, response) => sendText(response, 200, `${await read(request)} bytes`)),
        ])
        const put = (path: string, more = '') =>
          `PUT ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n${more}\r\n`

        const refused = new Wire(port)
        refused.socket.write(put('/shy'))
        await refused.closed
        assert.match(refused.text, /^HTTP\/1.1 401/)

        for (const request of [put('/shy', 'Authorization: me\r\n'), put('/plain')]) {
          const wire = new Wire(port)
          wire.socket.write(request)
          await wire.until(/^HTTP\/1.1 100 Continue\r\n\r\n/)
          wire.socket.write('12345')
          await wire.until(/5 bytes/)
          wire.socket.destroy()
        }
      })

      it('refuses requests a lenient parser would read in two ways', async () => {
        const { port } = await start([at('/')])
        const requests = [
          'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
          'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456',
          'GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n',
          'GET / HTTP/1.1\r\n\r\n',
          'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
        ]
        for (const request of requests) {
          const wire = new Wire(port)
          wire.socket.write(request)
          await wire.closed
          assert.match(wire.text, /^HTTP\/1.1 400/, request)
        }
      })

      it('refuses other versions, and transfer codings that a proxy may understand otherwise', async () => {
        const { port } = await start([at('/')])
        const cases = [
          ['POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked', 501],
          ['POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked', 501],
          ['GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity', 501],
          ['POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked', 400],
          ['POST / HTTP/0.9\r\nHost: x\r\nTransfer-Encoding: chunked', 505],
          ['GET / HTTP/0.9', 505],
          ['GET / HTTP/2.0\r\nHost: x', 505],
        ] as const
        for (const [head, status] of cases) {
          const wire = new Wire(port)
          wire.socket.write(`${head}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`)
          await wire.closed
          assert.match(wire.text, new RegExp(`^HTTP/1\\.1 ${status} `), head)
          assert.equal(wire.text.match(/HTTP\/1\.1 \d/g)?.length, 1, 'nothing behind it is answered')
        }
      })

      it('refuses headers that are too large', async () => {
        const { port } = await start([at('/')], { maxHeaderBytes: 2000 })
        const wire = new Wire(port)
        wire.socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(3000)}\r\n\r\n`)
        await wire.closed
        assert.match(wire.text, /^HTTP\/1.1 431/)
      })

      it('cuts a client that dawdles over its headers, but not a connection that idles between requests', async () => {
        const { port } = await start([at('/')], { headersMs: 1000, keepAliveMs: 60_000 })
        const idle = new Wire(port)
        idle.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        await idle.until(/200 OK/)
        const slow = new Wire(port)
        slow.socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-')
        await slow.closed
        assert.match(slow.text, /^HTTP\/1.1 408/)
        idle.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        await idle.until(/200 OK[\s\S]*200 OK/)
        idle.socket.destroy()
      })

      it('cuts a body that stalls', async () => {
        const failed = Promise.withResolvers<unknown>()
        const { port } = await start([at('/', async (request) => void (await read(request).catch(failed.resolve)))], {
          stallMs: 200,
        })
        const wire = new Wire(port)
        wire.socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
        await wire.closed
        assert.match(String(await failed.promise), /aborted/)
      })

      it('cuts a body that stalls once it was answered', async () => {
        const { port } = await start([at('/')], { stallMs: 200, keepAliveMs: 3_600_000 })
        const wire = new Wire(port)
        wire.socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nten bytes.')
        await wire.until(/200 OK/)
        await wire.closed
      })

      it('answers requests of a connection one after the other', async () => {
        const events: string[] = []
        const { port } = await start([
          at('/', async (request, response) => {
            events.push(`begin ${request.url}`)
            await new Promise((resolve) => setImmediate(resolve))
            events.push(`end ${request.url}`)
            sendText(response, 200, `answer to ${request.url}`)
          }),
        ])
        const wire = new Wire(port)
        wire.socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
        const text = await wire.until(/answer to \/3/)
        assert.deepEqual(text.match(/answer to \/\d/g), ['answer to /1', 'answer to /2', 'answer to /3'])
        assert.deepEqual(events, ['begin /1', 'end /1', 'begin /2', 'end /2', 'begin /3', 'end /3'])
        wire.socket.destroy()
      })

      it('closes a connection with many requests that wait for the response to the first', async () => {
        let begun = 0
        const { port } = await start([
          at('/', async () => {
            begun++
            await new Promise(() => {})
          }),
        ])
        const wire = new Wire(port)
        wire.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000))
        await wire.closed
        assert.equal(begun, 1)
      })
    })

    describe('what clients have not read of a response', () => {
      /** More than the buffers between two sockets hold. */
      const SIZE = 16 * 1024 * 1024
      for (const [what, respond] of [
        ['one buffer', (response: ServerResponse) => response.end(Buffer.alloc(SIZE, 'x'))],
        [
          'text in many pieces',
          (response: ServerResponse) => {
            for (let sent = 0; sent < SIZE; sent += 1 << 20) response.write('x'.repeat(1 << 20), 'latin1')
            response.end()
          },
        ],
      ] as const) {
        // Simple responses have whole buffers alone.
        if (simple && what === 'text in many pieces') continue
        it(`is counted: ${what}`, async () => {
          const outgoing = new OutgoingBytes({
            mostBytes: 1 << 30,
            stallSeconds: 60,
            log: { info() {}, warn() {}, error() {} },
          })
          const handle: Mount['handle'] = async (_, response) => {
            response.writeHead(200, { 'content-length': SIZE })
            respond(response)
          }
          const { port } = await start([at('/', handle)], {}, DEFAULT_CONNECTION_LIMITS, outgoing)
          const wire = new Wire(port)
          wire.socket.pause()
          wire.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
          await eventually('it to be counted', () => outgoing.bytes > SIZE / 2 || undefined)
          assert.ok(outgoing.bytes <= SIZE + 1000, `${outgoing.bytes}`)
          wire.socket.resume()
          await eventually('it to be read', () => outgoing.bytes === 0 || undefined)
          wire.socket.destroy()
        })
      }
    })

    describe('a listener with as many connections as it may have', () => {
      const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
      /** Responses that never come do not delay the end of a case. */
      const SOON = { drainMs: 50 }
      let waiting = 0
      const never = () => {
        waiting++
        return new Promise<never>(() => {})
      }
      /** The paths below `/play` are for players; those below `/play/wait` are never answered. */
      const mounts: readonly Mount[] = [
        { ...at('/play'), handleFull: async (_, response) => sendText(response, 503, 'full') },
        { ...at('/play/wait', never), handleFull: async (_, response) => sendText(response, 503, 'full') },
        at('/in'),
      ]
      const limits = { maxConnections: 40, maxConnectionsPerAddress: 10 }

      async function startFull(count: number, addresses: number) {
        waiting = 0
        const started = await start(mounts, SOON, limits)
        const busy = await Promise.all(
          Array.from({ length: count }, async (_, each) => {
            const wire = new Wire(started.port, `127.0.0.${1 + (each % addresses)}`)
            wire.socket.write(GET('/play'))
            await wire.until(/\/play\n$/)
            wire.socket.write(GET('/play/wait'))
            return wire
          }),
        )
        await eventually('all to be in use', () => waiting === busy.length || undefined)
        return { ...started, busy }
      }

      for (const [what, count, addresses, newcomer] of [
        ['of all', 24, 3, '127.0.0.9'],
        ['of one address', 10, 1, '127.0.0.1'],
      ] as const) {
        it(`refuses players, and serves others: ${what}`, async () => {
          const { port, lines } = await startFull(count, addresses)
          const player = new Wire(port, newcomer)
          player.socket.write(GET('/play'))
          await player.closed
          assert.match(player.text, /^HTTP\/1.1 503 [\s\S]*connection: close[\s\S]*full\n$/i)
          const encoder = new Wire(port, newcomer)
          encoder.socket.write(GET('/in'))
          await encoder.until(/^HTTP\/1.1 200 [\s\S]*\/in\n$/)
          encoder.socket.destroy()
          assert.ok(lines.every(({ level }) => level !== 'error'))
        })
      }

      it('closes silent connections for new ones, and says so', async () => {
        const { port, lines } = await start(mounts, SOON, limits)
        const silent = Array.from({ length: 60 }, (_, each) => new Wire(port, `127.0.0.${1 + (each % 6)}`))
        await Promise.all(silent.map(({ socket }) => once(socket, 'connect')))
        for (const path of ['/in', '/play']) {
          const wire = new Wire(port, '127.0.0.7')
          wire.socket.write(GET(path))
          assert.match(await wire.until(new RegExp(`${path}\\n$`)), /^HTTP\/1.1 200/)
        }
        assert.ok(silent.filter(({ socket }) => socket.destroyed).length > 0)
        assert.deepEqual(
          lines.map(({ level, fields }) => [level, (fields as { event: string }).event]),
          [['warn', 'connections-dropped']],
        )
        for (const { socket } of silent) socket.destroy()
      })

      it('answers 503 where there is no place at all', async () => {
        waiting = 0
        const { port } = await start([at('/play', never)], SOON, { maxConnections: 1, maxConnectionsPerAddress: 1 })
        const first = new Wire(port)
        first.socket.write(GET('/play'))
        await eventually('it to be in use', () => waiting === 1 || undefined)
        const next = new Wire(port)
        await next.closed
        assert.match(next.text, /^HTTP\/1.1 503 Service Unavailable\r\n[\s\S]*too many connections\n$/)
        first.socket.destroy()
      })
    })

    describe('a listener that is about to close', () => {
      it('serves old connections and new ones, and closes each with its next response', async () => {
        const { listener, port } = await start([at('/')])
        const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
        const old = new Wire(port)
        old.socket.write(GET)
        await old.until(/\/\n$/)
        assert.doesNotMatch(old.text, /connection: close/i)
        listener.retire()
        const late = new Wire(port)
        await once(late.socket, 'connect')
        for (const wire of [old, late]) {
          wire.text = ''
          wire.socket.write(GET)
          await wire.closed
          assert.match(wire.text, /^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*\/\n$/i)
        }
      })
    })

    describe('a closing listener', () => {
      it('answers a connection that was open when it closed, and asks only then', async () => {
        const { listener, port, url } = await start([at('/')], { firstRequestMs: 60_000 })
        const wire = new Wire(port)
        await once(wire.socket, 'connect')
        // It was accepted before this one.
        await fetch(url)
        const closed = listener.close()
        wire.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        assert.match(await wire.until(/200 OK[\s\S]*\r\n\r\n/), /connection: close/i)
        await closed
      })

      it('closes idle connections at once, finishes the upload and the answer in flight, takes no new connection', async () => {
        const arrived = Promise.withResolvers<void>()
        // More than the buffers between two sockets hold: it is still being flushed when the listener closes.
        const answer = Buffer.alloc(16 * 1024 * 1024, 'x')
        const { listener, port } = await start([
          at('/big', async (_, response) => {
            response.writeHead(200, { 'content-length': answer.length }).end(answer)
            arrived.resolve()
          }),
          at('/', async (request, response) => sendText(response, 200, `${await read(request)} bytes`)),
        ])
        const idle = new Wire(port)
        idle.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        await idle.until(/0 bytes/)
        const upload = new Wire(port)
        upload.socket.write('PUT /up HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
        const download = new Wire(port)
        download.socket.pause()
        download.socket.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
        await arrived.promise

        const closed = listener.close()
        await idle.closed
        const late = new Wire(port)
        await late.closed
        assert.equal(late.text, '')
        upload.socket.write('67890')
        download.socket.resume()
        await Promise.all([upload.closed, download.closed, closed])
        assert.match(upload.text, /connection: close[\s\S]*10 bytes/i)
        assert.equal(download.text.length - download.text.indexOf('\r\n\r\n') - 4, answer.length)
      })

      it('cuts what is still in flight after the time it allows', async () => {
        const arrived = Promise.withResolvers<void>()
        const handle: Mount['handle'] = async (request) => {
          arrived.resolve()
          await read(request).catch(() => {})
        }
        const { listener, port } = await start([at('/', handle)], { drainMs: 100 })
        const wire = new Wire(port)
        wire.socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
        await arrived.promise
        await Promise.all([listener.close(), listener.close(), wire.closed])
        assert.equal(wire.text, '')
      })
    })

    describe('a client that closes its side as soon as its body is out', () => {
      it('has all of it read, and is answered', async () => {
        let size = 0
        let refused: unknown
        const sent = Promise.withResolvers<void>()
        const { port } = await start([
          at('/', async (request, response) => {
            // What handlers do first, look the client up, takes longer than the client needs to send all.
            await sent.promise
            try {
              for await (const chunk of request) size += (chunk as Buffer).length
            } catch (error) {
              refused = error
            }
            sendText(response, 201, 'kept')
          }),
        ])
        const wire = new Wire(port)
        wire.socket.write('PUT /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n')
        wire.socket.write(`9c40\r\n${'x'.repeat(40_000)}\r\n`)
        wire.socket.end('0\r\n\r\n', sent.resolve)
        await wire.until(/kept/)
        assert.equal(refused, undefined)
        assert.equal(size, 40_000)
      })
    })
  })
}
