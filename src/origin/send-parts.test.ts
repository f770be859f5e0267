import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { Authority } from '../../test/judges/certificates.ts'
import { eventually } from '../../test/judges/processes.ts'
import { OutgoingBytes } from '../http/outgoing-bytes.ts'
import { MOST_PIECE_BYTES } from '../stores/objects.ts'
import { type BodyPart, sendParts } from './send-parts.ts'

/** More than the buffers between two sockets hold. */
const SIZE = 24 * 1024 * 1024
const log = { info() {}, warn() {}, error() {} }

/** Each byte tells its place, more or less. */
const bytesAt = (start: number, end: number) => {
  const bytes = Buffer.allocUnsafeSlow(end - start)
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(start + at, at)
  return bytes
}
const WHOLE = bytesAt(0, SIZE)

/** A stream with one buffer, as files are read. */
class OneBuffer {
  closed = 0
  private readonly start: number
  private readonly end: number

  constructor(start: number, end: number) {
    this.start = start
    this.end = end
  }

  async *[Symbol.asyncIterator]() {
    const buffer = Buffer.allocUnsafeSlow(MOST_PIECE_BYTES)
    for (let at = this.start; at < this.end; at += MOST_PIECE_BYTES) {
      const size = WHOLE.copy(buffer, 0, at, Math.min(at + MOST_PIECE_BYTES, this.end))
      yield buffer.subarray(0, size)
    }
  }

  async close() {
    this.closed++
  }
}

/** Bodies of `SIZE` bytes, and the most memory that a response of each holds. */
const BODIES: Readonly<Record<string, { parts: () => readonly BodyPart[]; holds: number }>> = {
  'one buffer in memory': { parts: () => [[WHOLE]], holds: SIZE },
  'many views of two buffers': {
    parts: () => {
      const halves = [bytesAt(0, SIZE / 2), bytesAt(SIZE / 2, SIZE)]
      return [halves.flatMap((half) => Array.from({ length: 96 }, (_, at) => half.subarray(at << 17, (at + 1) << 17)))]
    },
    holds: SIZE,
  },
  'a stream': { parts: () => [new OneBuffer(0, SIZE)], holds: MOST_PIECE_BYTES },
  'streams in sequence': {
    parts: () => Array.from({ length: 3 }, (_, at) => new OneBuffer((at * SIZE) / 3, ((at + 1) * SIZE) / 3)),
    holds: MOST_PIECE_BYTES,
  },
}

describe('a body', () => {
  const outgoing = new OutgoingBytes({ mostBytes: 1 << 30, stallSeconds: 60, log })
  let server: Server
  let sending: { parts: readonly BodyPart[]; opened: number; done: Promise<void> }

  before(async () => {
    server = createServer((_, response) => send(response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  function send(response: ServerResponse): void {
    const { parts } = sending
    const open = async (at: number) => {
      sending.opened++
      return parts[at]!
    }
    const rest = parts.slice(1).map((_, at) => () => open(at + 1))
    response.writeHead(200, { 'content-length': SIZE })
    sending.done = open(0).then((first) => sendParts(response, first, rest, outgoing))
  }

  function request(parts: readonly BodyPart[]): Socket {
    sending = { parts, opened: 0, done: Promise.resolve() }
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    return socket.pause()
  }

  for (const [name, { parts, holds }] of Object.entries(BODIES)) {
    it(`of ${name} holds what is counted until it is read, and arrives whole`, async () => {
      const socket = request(parts())
      await eventually('the client to be waited for', () => outgoing.bytes > 0 || undefined)
      assert.equal(outgoing.bytes, holds)
      assert.equal(sending.opened, 1)
      const received: Buffer[] = []
      for await (const chunk of socket) received.push(chunk as Buffer)
      const text = Buffer.concat(received)
      assert.ok(text.subarray(text.indexOf('\r\n\r\n') + 4).equals(WHOLE))
      await sending.done
      await eventually('it to be released', () => outgoing.bytes === 0 || undefined)
    })

    it(`of ${name} is let go when its client does not read`, async () => {
      const body = parts()
      request(body)
      await eventually('the client to be waited for', () => outgoing.bytes > 0 || undefined)
      for (let second = 0; second < 60; second++) outgoing.tick()
      assert.equal(outgoing.bytes, 0)
      await sending.done
      const closed = body.flatMap((part) => (part instanceof OneBuffer ? [part.closed] : []))
      assert.deepEqual(closed.slice(0, 1), body[0] instanceof OneBuffer ? [1] : [])
      assert.ok(closed.slice(1).every((times) => times === 0))
    })
  }

  it('over TLS is encrypted as far as its client reads, and arrives whole', async () => {
    const authority = new Authority()
    const { certificate, key } = authority.issue(['127.0.0.1'])
    let encrypted = 0
    const secure = createTlsServer({ cert: certificate, key }, (_, response) => {
      const { socket } = response
      const noteWaiting = () => {
        encrypted = Math.max(encrypted, socket?.writableLength ?? 0)
      }
      send(response)
      const looking = setInterval(noteWaiting, 1)
      response.once('close', () => clearInterval(looking))
    }).listen(0, '127.0.0.1')
    try {
      await once(secure, 'listening')
      sending = { parts: [[WHOLE]], opened: 0, done: Promise.resolve() }
      const socket = connectTls((secure.address() as AddressInfo).port, '127.0.0.1', { ca: authority.certificate })
      socket.pause().write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      await eventually('the client to be waited for', () => (outgoing.bytes > 0 && encrypted > 0) || undefined)
      const received: Buffer[] = []
      for await (const chunk of socket) received.push(chunk as Buffer)
      const text = Buffer.concat(received)
      assert.ok(text.subarray(text.indexOf('\r\n\r\n') + 4).equals(WHOLE))
      assert.ok(encrypted <= 65 * 1024, `${encrypted} bytes waited at a time`)
    } finally {
      secure.closeAllConnections()
      secure.close()
    }
  })
})
