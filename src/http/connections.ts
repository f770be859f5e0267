import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The open connections and the requests on them. Node also counts a connection as idle whose response is still being
 * flushed; a graceful stop must not cut that one.
 */
export class Connections {
  private readonly exchanges = new Map<Socket, Set<ServerResponse>>()
  private draining = false

  add(socket: Socket): void {
    this.exchanges.set(socket, new Set())
    socket.once('close', () => this.exchanges.delete(socket))
  }

  /** Notes a new request; it is in flight until its body has ended and its response is flushed. */
  begin(request: IncomingMessage, response: ServerResponse, hasBody: boolean): void {
    const { socket } = request
    const exchanges = this.exchanges.get(socket)
    if (!exchanges) return
    exchanges.add(response)
    if (this.draining) response.setHeader('connection', 'close')
    let open = hasBody ? 2 : 1
    const close = () => {
      if (--open > 0) return
      exchanges.delete(response)
      if (this.draining && exchanges.size === 0) socket.destroySoon()
    }
    if (hasBody) request.once('close', close)
    response.once('close', close)
  }

  /** Closes the connections that are idle now, and every other one as soon as it is idle. */
  drain(): void {
    this.draining = true
    for (const [socket, exchanges] of this.exchanges) {
      if (exchanges.size === 0) socket.destroy()
      for (const response of exchanges) if (!response.headersSent) response.setHeader('connection', 'close')
    }
  }

  cut(): void {
    for (const socket of this.exchanges.keys()) socket.destroy()
  }
}
