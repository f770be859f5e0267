/** Stands between nodes and their key server: counts requests, says who made each, and may be away, slow or wrong. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, listen } from '../judges/processes.ts'

/** A request for the keys of a period. */
export type KeyRequest = {
  /** The resource id of the endpoint. */
  readonly contentId: string
  readonly period: number
  readonly kids: readonly string[]
  /** In milliseconds since 1970. */
  readonly at: number
  /** The process that made it; undefined where it was gone before that could be seen. */
  readonly pid: number | undefined
  /** Whether the whole answer was sent. */
  isAnswered: boolean
}

/** What becomes of a request: it is passed on, or the connection is closed, or refused, or answered for another KID. */
export type Behaviour = 'pass' | 'away' | 'refuse' | 'wrong'

export class KeyServerProxy {
  readonly requests: KeyRequest[] = []
  /** Decides about each request; may wait. */
  behave: (request: KeyRequest) => Promise<Behaviour> = async () => 'pass'
  /** Called when the last byte of an answer has been written. */
  answered: (request: KeyRequest) => void = () => {}
  url = ''
  private readonly upstream: string
  private readonly pids: () => readonly number[]
  private readonly server: Server

  private constructor(upstream: string, pids: () => readonly number[]) {
    this.upstream = upstream
    this.pids = pids
    this.server = createServer((incoming, response) => {
      this.pass(incoming, response).catch(() => response.destroy())
    })
  }

  /** `upstream` is the URL of a key server, whose path requests come to; `pids` are those of the nodes. */
  static async start(upstream: string, pids: () => readonly number[]): Promise<KeyServerProxy> {
    const proxy = new KeyServerProxy(upstream, pids)
    proxy.url = `${await listen(proxy.server)}${new URL(upstream).pathname}`
    return proxy
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  /** Requests of a resource by key period. */
  counted(contentId: string): ReadonlyMap<number, number> {
    const counts = new Map<number, number>()
    for (const { contentId: id, period } of this.requests) {
      if (id === contentId) counts.set(period, (counts.get(period) ?? 0) + 1)
    }
    return counts
  }

  /** The next request from now on that is wanted. */
  next(isWanted: (request: KeyRequest) => boolean = () => true): Promise<KeyRequest> {
    const from = this.requests.length
    return eventually('a request for keys', () => this.requests.slice(from).find(isWanted))
  }

  private async pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now()
    const port = incoming.socket.remotePort!
    // A table of the kernel that changes while it is read may lack lines.
    let pid: number | undefined
    for (let tries = 0; pid === undefined && tries < 3; tries++) pid = await processAt(port, this.pids())
    const body = await buffer(incoming)
    const text = body.toString()
    const asked: KeyRequest = {
      contentId: / id="([^"]*)"/.exec(text)?.[1] ?? '',
      period: Number(/ContentKeyPeriod [^>]*index="(\d+)"/.exec(text)?.[1] ?? 0),
      kids: [...text.matchAll(/ContentKey [^>]*kid="([^"]*)"/g)].map((match) => match[1]!),
      at,
      pid,
      isAnswered: false,
    }
    this.requests.push(asked)
    const behaviour = await this.behave(asked)
    if (behaviour === 'away') {
      response.destroy()
    } else if (behaviour === 'refuse') {
      response.writeHead(503, { 'content-type': 'text/plain' }).end('the key server of the test is being repaired')
    } else {
      const { status, headers, body: answer } = await sent(this.upstream, incoming, body)
      const wrong = answer.toString().replaceAll(asked.kids[0] ?? '', '00000000-0000-8000-8000-000000000000')
      const given = behaviour === 'wrong' ? Buffer.from(wrong) : answer
      response.writeHead(status, { 'content-type': headers['content-type'], 'content-length': given.length })
      response.end(given, () => {
        asked.isAnswered = true
        this.answered(asked)
      })
    }
  }
}

/** The same request, whose signature has the host that it was sent to. */
function sent(url: string, { method, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (answer) => {
      buffer(answer).then(
        (given) => resolve({ status: answer.statusCode!, headers: answer.headers, body: given }),
        reject,
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Which of some processes has a connection from a port of 127.0.0.1. */
async function processAt(port: number, pids: readonly number[]): Promise<number | undefined> {
  const place = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/))
  const inode = lines.find(([, local]) => local === place)?.[9]
  for (const pid of pids) {
    const folder = `/proc/${pid}/fd`
    for (const name of await readdir(folder).catch(() => [])) {
      if ((await readlink(`${folder}/${name}`).catch(() => '')) === `socket:[${inode}]`) return pid
    }
  }
  return undefined
}

/** Waits for so long before it passes a request on. */
export const slowly = (ms: number) => async (): Promise<Behaviour> => {
  await sleep(ms)
  return 'pass'
}

/** Never answers. */
export const never = (): Promise<Behaviour> => new Promise(() => {})
