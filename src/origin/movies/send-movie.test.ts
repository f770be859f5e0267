import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { OutgoingBytes } from '../../http/outgoing-bytes.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { SeekableBody } from '../../packaging/output-format.ts'
import type { FileRange } from '../../packaging/spool.ts'
import type { LocatedMovie, MovieUse } from './prepared-movies.ts'
import { sendMovie } from './send-movie.ts'

const SIZE = 100_000
const PIECE = 1000

/** A file of zeros. From `lostAt` on, its media are lost; of `lacking` bytes its end has nothing. */
function bodyOf({ lostAt = Infinity, lacking = 0 } = {}): SeekableBody {
  return {
    contentType: 'video/mp4',
    size: SIZE,
    async *open({ start, end }: FileRange = { start: 0, end: SIZE }) {
      for (let at = start; at < end - lacking; at += PIECE) {
        if (at >= lostAt) throw new LostMedia('the key', 'missing')
        yield Buffer.alloc(Math.min(PIECE, end - lacking - at))
      }
    },
    async close() {},
  }
}

describe('a file that is sent', () => {
  const outgoing = new OutgoingBytes({
    mostBytes: 1 << 30,
    stallSeconds: 60,
    log: { info() {}, warn() {}, error() {} },
  })
  let server: Server
  let body: () => Promise<SeekableBody>
  /** How the last request was answered. */
  let outcome: Promise<unknown>

  before(async () => {
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      const located = { etag: '"tag"' } as LocatedMovie
      const movie: MovieUse = { located: async () => located, body: () => body(), release() {} }
      try {
        return await sendMovie(request, response, { movie, fileName: 'x.mp4', outgoing })
      } catch (error) {
        if (response.headersSent) response.destroy()
        else response.writeHead(404).end()
        return error
      }
    }
    server = createServer((request, response) => {
      outcome = answer(request, response)
    })
    // As the listener does.
    Object.assign(server, { httpAllowHalfOpen: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const port = () => (server.address() as AddressInfo).port
  const ask = (headers: Record<string, string> = {}) => fetch(`http://127.0.0.1:${port()}/`, { headers })

  it('is an error when its media are lost before the first byte', async () => {
    body = async () => bodyOf({ lostAt: 50_000 })
    assert.equal((await ask({ Range: 'bytes=60000-' })).status, 404)
    assert.ok((await outcome) instanceof LostMedia)
  })

  it('breaks off when its media are lost later, or are not as long as they were', async () => {
    for (const [broken, reason] of [
      [bodyOf({ lostAt: 50_000 }), /missing/],
      [bodyOf({ lacking: 10 }), /lacks 10 of its 100000 bytes/],
    ] as const) {
      body = async () => broken
      const response = await ask()
      assert.equal(response.status, 200)
      await assert.rejects(response.arrayBuffer())
      assert.match(String(await outcome), reason)
    }
  })

  it('is not waited for by who has left', { timeout: 10_000 }, async () => {
    const begun = Promise.withResolvers<void>()
    const abandoned = Promise.withResolvers<SeekableBody>()
    body = () => {
      begun.resolve()
      return abandoned.promise
    }
    const closed = new Promise<void>((resolve) => {
      server.once('request', (_, response: ServerResponse) => response.once('close', resolve))
    })
    const socket = connect(port(), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await begun.promise
    socket.destroy()
    await closed
    abandoned.reject(new Error('abandoned'))
    assert.match(String(await outcome), /abandoned/)
  })
})
