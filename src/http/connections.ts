import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { AdmittedConnection, ConnectionAdmission } from './connection-admission.ts'
import type { HttpResponse } from './message.ts'

/** Requests that may wait on a connection for the response to the one before. */
const MOST_PIPELINED = 16

/** An open connection, and the responses that are awaited or being sent on it. */
type OpenConnection = {
  readonly admitted: AdmittedConnection
  readonly exchanges: Set<HttpResponse>
  /** Those of `exchanges` that are not flushed yet, oldest first. */
  readonly responses: Set<HttpResponse>
}

/**
 * The open connections and the requests on them. Node also counts a connection as idle whose response is still being
 * flushed; a graceful stop must not cut that one.
 */
export class Connections {
  private readonly admission: ConnectionAdmission
  private readonly open = new Map<Socket, OpenConnection>()
  private retiring = false

  constructor(admission: ConnectionAdmission) {
    this.admission = admission
  }

  /** Adds a new connection; false when there is no place for it. */
  add(socket: Socket): boolean {
    const admitted = this.admission.admit(socket)
    if (!admitted) return false
    this.open.set(socket, { admitted, exchanges: new Set(), responses: new Set() })
    socket.once('close', () => this.open.delete(socket))
    return true
  }

  /** Notes that requests come from `secure` from now on, by TLS over a connection that was added. */
  secured(below: Socket, secure: Socket): void {
    const connection = this.open.get(below)
    if (!connection) {
      secure.destroy()
      return
    }
    this.open.delete(below)
    connection.admitted.socket = secure
    this.open.set(secure, connection)
    secure.once('close', () => this.open.delete(secure))
  }

  /**
   * Notes a new request; it is in flight until its body has ended and its response is flushed. Resolves to true when it
   * is its turn, to false when it must not be answered. Requests of a connection are answered one after the other,
   * so that a connection never holds the memory of more than one response. `body` is the request where it has one.
   */
  begin(socket: Socket, response: HttpResponse, body?: IncomingMessage): true | Promise<boolean> {
    const connection = this.open.get(socket)
    if (!connection || socket.destroyed) return Promise.resolve(false)
    const { admitted, exchanges, responses } = connection
    const before = responses.size > 0 ? [...responses].at(-1) : undefined
    exchanges.add(response)
    responses.add(response)
    if (!before) this.admission.enterPhase(admitted, 'busy')
    if (this.retiring) response.setHeader('connection', 'close')
    let open = body ? 2 : 1
    const close = () => {
      if (--open > 0) return
      exchanges.delete(response)
      if (this.retiring && exchanges.size === 0) socket.destroySoon()
    }
    body?.once('close', close)
    response.once('close', () => {
      responses.delete(response)
      if (responses.size === 0 && this.open.has(socket)) this.admission.enterPhase(admitted, 'idle')
      close()
    })
    if (!before) return true
    if (responses.size > MOST_PIPELINED) {
      socket.destroy()
      return Promise.resolve(false)
    }
    return new Promise((resolve) => before.once('close', () => resolve(!socket.destroyed)))
  }

  /** True unless all places for players are taken, and the connection has one that is reserved for others. */
  servesPlayers(socket: Socket): boolean {
    const connection = this.open.get(socket)
    return connection !== undefined && this.admission.servesPlayers(connection.admitted)
  }

  /** From now on, every connection closes with its next response, and says so in it. */
  retire(): void {
    this.retiring = true
    for (const { exchanges } of this.open.values()) {
      for (const response of exchanges) if (!response.headersSent) response.setHeader('connection', 'close')
    }
  }

  /**
   * Closes the connections that are idle now, and every other one as soon as it is idle. Those on which nothing was
   * asked yet are idle when `closeSilent` is called: their first request may be on its way.
   */
  drain(): void {
    this.retire()
    for (const [socket, { admitted, exchanges }] of this.open) {
      if (exchanges.size === 0 && admitted.phase !== 'new') socket.destroy()
    }
  }

  closeSilent(): void {
    for (const [socket, { exchanges }] of this.open) if (exchanges.size === 0) socket.destroy()
  }

  cut(): void {
    for (const socket of this.open.keys()) socket.destroy()
  }
}
