/** A proxy in front of equal servers, as a cache in front of nodes is: no two requests need to come to one server. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listen } from '../judges/processes.ts'

/** What was asked through the proxy, and how it was answered in the end. */
export type Exchange = {
  readonly method: string
  readonly path: string
  /** What the client sent. */
  readonly sent: Buffer
  readonly status: number
  /** The body of the answer; absent when no server gave one. */
  readonly given: Buffer | undefined
  /** Milliseconds until the answer, all tries included. */
  readonly took: number
  /** Servers that did not answer before one did. */
  readonly passed: number
}

export type SpreadingProxy = {
  readonly url: string
  stop(): void
}

/** How long a server may take to begin its answer before the next is asked: short, as it is set for live media. */
const ANSWER_MS = { read: 2_000, write: 5_000 }
/** How long all of them may take: the last that is asked has what is left of it. */
const ALL_MS = 20_000
/** As the answers of the nodes have: without them a page is told of no status. */
const CORS = { 'Access-Control-Allow-Origin': '*' }
/** A server that did not answer is not asked for so long. */
const AVOIDED_MS = 5_000

/** As nginx notes a client that did not wait for its answer. */
export const CLIENT_GONE = 499

class NoAnswer extends Error {}

/**
 * Sends each request to the next server, also of one connection, and has a new connection made for each. A request
 * without a whole answer goes to the next server, whatever the first has made of it, until every server has been asked;
 * then the answer is 502. So does a player's request that is answered 503, and the last such answer is passed on.
 * A body that waits to be asked for is asked for by the server. `servers` are asked for at every request.
 */
export async function startSpreadingProxy(
  servers: () => readonly string[],
  observe: (exchange: Exchange) => void,
): Promise<SpreadingProxy> {
  const avoidedUntil = new Map<string, number>()
  let turn = 0

  /** The servers in the order in which they are asked. */
  const inTurn = (): readonly string[] => {
    const all = servers()
    const first = turn++ % all.length
    const rotated = all.map((_, n) => all[(first + n) % all.length]!)
    const now = performance.now()
    const isAvoided = (server: string) => (avoidedUntil.get(server) ?? 0) > now
    return [...rotated.filter((server) => !isAvoided(server)), ...rotated.filter(isAvoided)]
  }

  /** Resolves to the answer's head. `body` is called when the server has asked for it, or at once. */
  function ask(
    server: string,
    asked: IncomingMessage,
    body: () => Promise<Buffer>,
    limit: number,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method = '', url, rawHeaders } = asked
      const { hostname, port } = new URL(server)
      const sent = request({ hostname, port, method, path: url, headers: rawHeaders, setHost: false, agent: false })
      const fail = (why: unknown) => {
        reject(new NoAnswer(String(why)))
        sent.destroy()
      }
      const send = () => {
        body().then((bytes) => {
          const timer = setTimeout(fail, limit, 'no answer in time')
          sent.once('close', () => clearTimeout(timer)).once('response', () => clearTimeout(timer))
          sent.end(bytes)
        }, fail)
      }
      sent.on('response', resolve).on('error', fail)
      if (asked.headers.expect === undefined) return send()
      const timer = setTimeout(fail, limit, 'no answer in time')
      sent.once('continue', () => {
        clearTimeout(timer)
        send()
      })
      sent.once('response', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
      sent.flushHeaders()
    })
  }

  async function serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const from = performance.now()
    let sent: Promise<Buffer> | undefined
    const body = () => {
      if (!sent) {
        if (asked.headers.expect !== undefined) answer.writeContinue()
        sent = buffer(asked)
      }
      return sent
    }
    const { method = '', url: path = '' } = asked
    const told = (status: number, given: Buffer | undefined, passed: number) => {
      const took = performance.now() - from
      void sent?.then((bytes) => observe({ method, path, sent: bytes, status, given, took, passed }))
      if (!sent) observe({ method, path, sent: Buffer.alloc(0), status, given, took, passed })
    }
    let passed = 0
    const order = inTurn()
    for (const [n, server] of order.entries()) {
      const each = method === 'PUT' ? ANSWER_MS.write : ANSWER_MS.read
      const left = from + ALL_MS - performance.now()
      try {
        const given = await ask(server, asked, body, n === order.length - 1 ? Math.max(each, left) : each)
        given.setTimeout(ANSWER_MS.read, () => given.destroy(new Error('the rest does not come')))
        const content = await buffer(given).catch((error: unknown) => {
          throw new NoAnswer(String(error))
        })
        avoidedUntil.delete(server)
        if (given.statusCode === 503 && method === 'GET' && path.startsWith('/out/') && n < order.length - 1) continue
        answer.writeHead(given.statusCode!, given.rawHeaders).end(content)
        return told(given.statusCode!, content, passed)
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
        if (asked.socket.destroyed) return told(CLIENT_GONE, undefined, passed)
        avoidedUntil.set(server, performance.now() + AVOIDED_MS)
        passed++
      }
    }
    answer.writeHead(502, { ...CORS, 'Content-Length': 0, Connection: 'close' }).end()
    told(502, undefined, passed)
  }

  const handle = (asked: IncomingMessage, answer: ServerResponse) => {
    serve(asked, answer).catch(() => asked.socket.destroy())
  }
  const server = createServer({ keepAliveTimeout: 75_000 }, handle)
  server.on('checkContinue', handle)
  return {
    url: await listen(server),
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
