import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { listen } from '../judges/processes.ts'

/** What may go wrong between a client and a server that are both sound. */
export type Fault =
  /** The connection is reset before the server has heard anything. */
  | 'reset'
  /** The server has done what it was asked; its answer is lost. */
  | 'lost answer'
  /** The server gets the head and half of the body, and then nothing any more. */
  | 'half body'
  /** One byte of the body is another one when it arrives. */
  | 'flipped byte'
  | '500'
  | 'slow down'
  /** Nobody ever says anything. */
  | 'stall'
  /** The client gets the head and half of the body of the answer; then the connection is closed. */
  | 'half answer'
  /** The client gets the head and half of the body of the answer, and then nothing any more. */
  | 'stalled answer'
  /** One byte of the body of the answer is another one. */
  | 'flipped answer'

export type FaultProxy = {
  readonly url: string
  /** Ends all connections, and refuses others. */
  pause(): void
  /** Takes connections again after `pause`. */
  resume(): Promise<void>
  stop(): void
}

export type Asked = { readonly method: string; readonly path: string }

/**
 * Stands in front of an HTTP server, and does to each request what `choose` says; undefined lets it through. `answered`
 * is told what the server has answered, and how many bytes of content it got and gave.
 */
export async function startFaultProxy(
  upstream: string,
  choose: (asked: Asked) => Fault | undefined | Promise<Fault | undefined>,
  answered: (asked: Asked, status: number, bytes: { readonly got: number; readonly gave: number }) => void = () => {},
): Promise<FaultProxy> {
  const { hostname, port } = new URL(upstream)

  /** Sends what the client sent, its Host included: that is part of what it has signed. */
  function forward({ method, url, rawHeaders }: IncomingMessage, body: Uint8Array): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path: url, headers: rawHeaders, setHost: false, agent: false })
      sent.on('response', resolve).on('error', reject).end(body)
    })
  }

  function abandonHalfway({ method, url, rawHeaders }: IncomingMessage, body: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      const sent = request({ hostname, port, method, path: url, headers: rawHeaders, setHost: false, agent: false })
      sent.on('error', () => {}).on('close', resolve)
      sent.write(body.subarray(0, body.length / 2), () => sent.destroy())
    })
  }

  async function serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url = '', socket } = asked
    const fault = await choose({ method, path: url })
    if (fault === 'reset') return reset(socket)
    const body = await buffer(asked)
    if (fault === 'stall') return
    if (fault === '500') return refuse(answer, 500, 'InternalError')
    if (fault === 'slow down') return refuse(answer, 503, 'SlowDown')
    if (fault === 'half body') {
      await abandonHalfway(asked, body)
      return reset(socket)
    }
    if (fault === 'flipped byte' && body.length > 0) body[body.length >> 1]! ^= 1
    const given = await forward(asked, body)
    const content = await buffer(given)
    answered({ method, path: url }, given.statusCode!, { got: body.length, gave: content.length })
    if (fault === 'lost answer') return reset(socket)
    answer.writeHead(given.statusCode!, given.rawHeaders)
    if (fault === 'flipped answer' && content.length > 0) content[content.length >> 1]! ^= 1
    if (fault !== 'half answer' && fault !== 'stalled answer') return void answer.end(content)
    const half = content.subarray(0, content.length / 2)
    answer.write(half, () => fault === 'half answer' && asked.socket.destroy())
  }

  const server = createServer((asked, answer) => {
    // Whichever side broke it off, the other is told so in the same way.
    serve(asked, answer).catch(() => asked.socket.destroy())
  })
  const url = await listen(server)
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    url,
    pause: stop,
    async resume() {
      server.listen(Number(new URL(url).port), '127.0.0.1')
      await once(server, 'listening')
    },
    stop,
  }
}

/**
 * Node does not reset a socket that is already shutting down, because its client has gone, and then holds it for open:
 * the process never ends.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>Later.</Message></Error>`
  answer.writeHead(status, { 'Content-Type': 'application/xml', 'Content-Length': document.length }).end(document)
}
