import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenerLimits } from '../listener-limits.ts'
import type { HttpRequest } from '../message.ts'
import { type RequestHead, RequestHeads } from './request-head.ts'
import { type ResponseContext, SimpleResponse } from './simple-response.ts'

/** How much longer than it says a connection is kept, for a request that is on its way; as Node does. */
const KEPT_LONGER_MS = 1000
const TOO_LATE = 'HTTP/1.1 408 HttpRequest Timeout\r\nConnection: close\r\n\r\n'

/** A simple request: one without a body, whose head was read by `RequestHeads`. */
export class SimpleRequest implements HttpRequest {
  readonly httpVersion = '1.1'
  readonly method: 'GET' | 'HEAD'
  readonly url: string
  readonly headers: Readonly<IncomingHttpHeaders>
  readonly rawHeaders: readonly string[]
  readonly socket: Socket

  constructor({ method, url, headers, rawHeaders }: RequestHead, socket: Socket) {
    this.method = method
    this.url = url
    this.headers = headers
    this.rawHeaders = rawHeaders
    this.socket = socket
  }
}

type SimpleHandler = (request: SimpleRequest, response: SimpleResponse) => void

export type SimpleServing = {
  /** What answers the requests for a target; undefined for one whose requests are Node's. */
  readonly handlerOf: (url: string) => SimpleHandler | undefined
  /** Gives a connection to Node's server, with all that was read and not answered, for the rest of its life. */
  readonly handOver: (socket: Socket) => void
  readonly limits: Pick<ListenerLimits, 'headersMs' | 'keepAliveMs' | 'maxHeaderBytes' | 'stallMs'>
  readonly keptAlive: string
  readonly httpDate: () => string
}

/**
 * A connection as long as all that comes on it are simple requests, each read in one piece. They are answered one after
 * the other: what comes meanwhile waits in the socket. With the first that is not simple, it becomes a connection of
 * Node's server, which has not seen the others.
 */
export class SimpleConnection {
  private readonly socket: Socket
  private readonly serving: SimpleServing
  private readonly heads: RequestHeads
  private readonly context: ResponseContext
  private response: SimpleResponse | undefined
  private isEnded = false
  private waitsFor: 'first request' | 'anything' | 'a request' = 'first request'

  constructor(socket: Socket, serving: SimpleServing) {
    this.socket = socket
    this.serving = serving
    const { keptAlive, httpDate, limits } = serving
    this.heads = new RequestHeads(limits.maxHeaderBytes)
    this.context = { socket, keptAlive, httpDate, ended: (isClosing) => this.responseEnded(isClosing) }
    socket.setTimeout(limits.headersMs)
    socket.on('data', this.onData)
    socket.on('end', this.onEnd)
    socket.on('timeout', this.onTimeout)
    socket.on('error', this.onError)
    socket.on('close', this.onClose)
  }

  private readonly onData = (bytes: Buffer): void => {
    const { socket } = this
    // It is being closed: nobody would get the answer.
    if (!socket.writable) return
    if (this.response) {
      socket.pause()
      socket.unshift(bytes)
      return
    }
    const head = this.heads.read(bytes)
    const handle = head && this.serving.handlerOf(head.url)
    if (!handle) {
      this.handOver(bytes)
      return
    }
    if (this.waitsFor !== 'anything') this.waitForAnything()
    this.response = new SimpleResponse(this.context, head.method === 'HEAD')
    handle(new SimpleRequest(head, socket), this.response)
  }

  /** The shorter of the times that apply, so that it need not be set anew with each request. */
  private waitForAnything(): void {
    const { stallMs, keepAliveMs } = this.serving.limits
    this.waitsFor = 'anything'
    this.socket.setTimeout(Math.min(stallMs, keepAliveMs + KEPT_LONGER_MS))
  }

  private readonly onTimeout = (): void => {
    const { socket, waitsFor } = this
    const { stallMs, keepAliveMs } = this.serving.limits
    const waited = socket.timeout ?? 0
    const most = this.response ? stallMs : keepAliveMs + KEPT_LONGER_MS
    if (waitsFor === 'anything' && waited < most) {
      this.waitsFor = 'a request'
      socket.setTimeout(most - waited)
      return
    }
    if (waitsFor === 'first request') socket.write(TOO_LATE)
    socket.destroy()
  }

  private responseEnded(isClosing: boolean): void {
    const { socket } = this
    this.response = undefined
    if (isClosing) socket.destroySoon()
    else if (socket.isPaused()) socket.resume()
    else if (this.isEnded) socket.end()
    else if (this.waitsFor !== 'anything') this.waitForAnything()
  }

  /** The client sends nothing more. */
  private readonly onEnd = (): void => {
    this.isEnded = true
    if (!this.response) this.socket.end()
  }

  private readonly onError = (): void => {
    this.socket.destroy()
  }

  private readonly onClose = (): void => {
    this.response?.lost()
  }

  private handOver(bytes: Buffer): void {
    const { socket } = this
    socket.off('data', this.onData)
    socket.off('end', this.onEnd)
    socket.off('timeout', this.onTimeout)
    socket.off('error', this.onError)
    socket.off('close', this.onClose)
    socket.setTimeout(0)
    socket.unshift(bytes)
    this.serving.handOver(socket)
  }
}
