/** A client that reads answers as fast as they come and throws them away: one buffer for all of them. */
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

export type GetLoad = {
  readonly origin: string
  /** Asked for in turn, on every connection. */
  readonly paths: readonly string[]
  readonly connections: number
  readonly seconds: number
  /** Of an origin that speaks TLS. */
  readonly tls?: ConnectionOptions
}

export type GetFigures = {
  readonly answers: number
  readonly bytes: number
  /** From each request to the last byte of its answer, ms. */
  readonly waits: readonly number[]
}

const DISCARDED = Buffer.alloc(1 << 20)

export async function load({ origin, paths, connections, seconds, tls }: GetLoad): Promise<GetFigures> {
  const deadline = performance.now() + seconds * 1000
  const { hostname, port, host } = new URL(origin)
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  const one = (first: number) =>
    new Promise<GetFigures>((resolve, reject) => {
      let next = first
      let answers = 0
      let bytes = 0
      const waits: number[] = []
      let asked = 0
      /** Of the body being read. */
      let missing = 0
      const ask = () => {
        asked = performance.now()
        socket.write(requests[next++ % requests.length]!)
      }
      const read = (count: number): boolean => {
        let at = 0
        while (at < count) {
          if (missing === 0) {
            const end = DISCARDED.indexOf('\r\n\r\n', at, 'latin1')
            if (end < 0 || end > count) throw new Error('headers in pieces')
            missing = bodyLength(DISCARDED.toString('latin1', at, end))
            at = end + 4
          }
          const part = Math.min(missing, count - at)
          missing -= part
          bytes += part
          at += part
          if (missing > 0) continue
          answers++
          waits.push(performance.now() - asked)
          if (performance.now() > deadline) {
            socket.destroy()
            resolve({ answers, bytes, waits })
            return false
          }
          ask()
        }
        return true
      }
      const callback = (count: number) => {
        try {
          return read(count)
        } catch (error) {
          socket.destroy()
          reject(error as Error)
          return false
        }
      }
      const options: TcpNetConnectOpts = {
        host: hostname,
        port: Number(port),
        onread: { buffer: DISCARDED, callback },
      }
      const socket: Socket = tls ? connectTls({ ...options, ...tls }) : connect(options)
      socket.setNoDelay(true)
      socket.on(tls ? 'secureConnect' : 'connect', ask)
      socket.on('error', reject)
      socket.on('end', () => reject(new Error('the server hung up')))
    })
  const all = await Promise.all(Array.from({ length: connections }, (_, index) => one(index)))
  return {
    answers: all.reduce((sum, { answers }) => sum + answers, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    waits: all.flatMap(({ waits }) => waits),
  }
}

function bodyLength(head: string): number {
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`answered ${head.slice(0, head.indexOf('\r\n'))}`)
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`no length in\n${head}`)
  return Number(length)
}
