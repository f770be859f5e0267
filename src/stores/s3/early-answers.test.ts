import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { digested } from '../../harvest/asset/digest.ts'
import { bodyOfBytes, destination } from '../buckets.contract.ts'
import { s3Buckets } from './buckets.ts'

const never = new AbortController().signal
const SIZE = 12 << 20
const LOCATION = '<?xml version="1.0"?><LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'

const answer = (status: string, body = '') =>
  `HTTP/1.1 ${status}\r\nETag: "tag"\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** The part of an object that an S3 server has received; it reads on only when asked to. */
type Arrival = { readonly key: string; readonly status: string; rest(): Promise<Buffer> }

/** A server with as much of S3 as puts need, which responds to a body before it has read much of it. */
class HastyServer {
  private readonly server: Server
  readonly arrivals: Arrival[] = []
  /** Early responses to the next objects; after them, it responds once it has read an object whole. */
  readonly hasty: string[] = []

  constructor() {
    this.server = createServer((socket) => {
      socket.on('error', () => {})
      void this.serve(socket)
    })
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.close()
  }

  private async serve(socket: Socket): Promise<void> {
    let text = Buffer.alloc(0)
    const more = async () => {
      while (!socket.readableLength && !socket.destroyed)
        await new Promise((resolve) => socket.once('readable', resolve))
      text = Buffer.concat([text, (socket.read() as Buffer | null) ?? Buffer.alloc(0)])
    }
    socket.on('readable', () => {})
    while (!socket.destroyed) {
      while (!text.includes('\r\n\r\n') && !socket.destroyed) await more()
      const end = text.indexOf('\r\n\r\n')
      const head = text.toString('latin1', 0, end)
      text = text.subarray(end + 4)
      const size = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      const parts = [text]
      text = Buffer.alloc(0)
      const rest = async () => {
        for (let have = parts[0]!.length; have < size && !socket.destroyed; have += parts.at(-1)!.length) {
          await more()
          parts.push(text)
          text = Buffer.alloc(0)
        }
        const bytes = Buffer.concat(parts)
        text = bytes.subarray(size)
        return bytes.subarray(0, size)
      }
      if (!head.startsWith('PUT')) socket.write(answer('200 OK', LOCATION))
      else {
        const key = /^PUT \/clips\/([^? ]*)/.exec(head)?.[1] ?? ''
        const status = this.hasty.shift()
        if (status !== undefined) {
          socket.write(answer(status))
          const whole = async () => {
            const bytes = await rest()
            socket.end()
            return bytes
          }
          this.arrivals.push({ key, status, rest: whole })
          return
        }
        const whole = await rest()
        this.arrivals.push({ key, status: '200 OK', rest: async () => whole })
        socket.write(answer('200 OK'))
      }
    }
  }
}

/**
 * Calls `use` with buckets on such a server. They have connections of their own: one that has carried an object before
 * has so large a window that all of the next one may be sent before the response.
 */
async function withServer(use: (server: HastyServer, buckets: ReturnType<typeof s3Buckets>) => Promise<void>) {
  const server = new HastyServer()
  const buckets = s3Buckets({
    endpoint: await server.start(),
    region: 'eu-west-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'anyone', secretAccessKey: 'anything' },
    maxConnections: 8,
    idleTimeoutMs: 20_000,
  })
  try {
    await use(server, buckets)
  } finally {
    await buckets.close()
    server.stop()
  }
}

describe('an S3 server that answers before it has read', () => {
  for (const status of ['200 OK', '503 Slow Down']) {
    it(`with ${status}, is sent no byte of another object`, () =>
      withServer(async (server, buckets) => {
        const bucket = await buckets.open(destination('clips'), never)
        const object = (letter: string) => digested(bodyOfBytes(Buffer.alloc(SIZE, letter)))
        server.hasty.push(status)
        await bucket.put('first', await object('a'), never)
        // Of the same size, so that it would lie in the same memory.
        await bucket.put('second', await object('b'), never)
        const [hasty] = server.arrivals
        assert.equal(hasty?.key, 'first')
        assert.equal(hasty.status, status)
        const sent = await hasty.rest()
        assert.ok(sent.equals(Buffer.alloc(SIZE, 'a').subarray(0, sent.length)), 'bytes of the second object')
        assert.equal(server.arrivals.at(-1)?.key, 'second')
        assert.ok((await server.arrivals.at(-1)!.rest()).equals(Buffer.alloc(SIZE, 'b')))
      }))
  }
})
