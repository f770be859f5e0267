import { randomUUID } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { IncomingMessage, ServerResponse } from '../node-http.ts'
import type { HttpRequest, HttpResponse } from './message.ts'

/** The status of a request whose client left before there was an answer, as nginx has it in its logs. */
const CLIENT_LEFT = 499

/** Milliseconds by a clock that nobody can set. */
type Stopwatch = () => number

/**
 * A request and its response, as access logs and metrics tell of it. The listener makes one for each request; who
 * answers it says who is to hear of its end.
 */
export class Exchange<Asked extends HttpRequest = HttpRequest> {
  readonly requestId = randomUUID()
  readonly request: Asked
  /** Address of the connection, which a socket forgets when it is closed. */
  readonly remoteAddress: string | undefined
  /** The name by which a client of TLS asked for this server (SNI); undefined without one. */
  readonly serverName: string | undefined
  private readonly response: HttpResponse
  private readonly stopwatch: Stopwatch
  private readonly failed: (error: unknown, exchange: Exchange) => void
  private readonly beganMs: number
  private requestMs: number
  private headMs: number | undefined
  /** Bytes that the connection had sent before the response. */
  private sentBefore = 0
  private sentByProxy = 0
  private end: { readonly ms: number; readonly sentBytes: number } | undefined

  /** `failed` is told of errors of those who hear of the end; without it, they end the process. */
  constructor(
    request: Asked,
    response: HttpResponse,
    stopwatch: Stopwatch,
    failed: (error: unknown, exchange: Exchange) => void = rethrow,
  ) {
    this.request = request
    this.response = response
    this.stopwatch = stopwatch
    this.failed = failed
    this.remoteAddress = request.socket.remoteAddress
    this.serverName = (request.socket as Partial<TLSSocket>).servername || undefined
    this.beganMs = stopwatch()
    this.requestMs = this.beganMs
    if ('exchange' in response) response.exchange = this
  }

  /** Calls back when the response has been sent, or its connection is closed. */
  whenEnded(heard: (exchange: this) => unknown): void {
    this.response.once('close', () => {
      this.end ??= { ms: this.stopwatch(), sentBytes: this.sentSoFar() }
      try {
        const hearing = heard(this)
        if (hearing instanceof Promise) hearing.catch((error: unknown) => this.failed(error, this))
      } catch (error) {
        this.failed(error, this)
      }
    })
  }

  /** Notes that the last byte of the request has arrived; for a request without a body that is its beginning. */
  noteRequestEnd(): void {
    this.requestMs = this.stopwatch()
  }

  /** Notes that the response begins. */
  noteHead(): void {
    if (this.headMs !== undefined) return
    this.headMs = this.stopwatch()
    this.sentBefore = this.request.socket.bytesWritten
  }

  /** Notes that a proxy sends these bytes of the body, which it is told of instead. */
  noteSentByProxy(bytes: number): void {
    this.sentByProxy = bytes
  }

  /** The status that was sent, also when the rest of the response was not. */
  get status(): number {
    return this.headMs === undefined && !this.response.headersSent ? CLIENT_LEFT : this.response.statusCode
  }

  /** Whether the response was cut off before its end. */
  get isAborted(): boolean {
    return !this.response.writableFinished
  }

  /** Bytes of the request's body that have arrived. */
  get receivedBytes(): number {
    return this.request instanceof ExchangeRequest ? this.request.bodyBytes : 0
  }

  /**
   * Bytes of the response's body that were handed to the network, or to a proxy; with its framing where it has no
   * Content-Length.
   */
  get sentBytes(): number {
    return (this.end?.sentBytes ?? this.sentSoFar()) + (this.isAborted ? 0 : this.sentByProxy)
  }

  /** Milliseconds from the last byte of the request to the first of the response. */
  get processingMs(): number {
    return Math.max((this.headMs ?? this.end?.ms ?? this.stopwatch()) - this.requestMs, 0)
  }

  /** Milliseconds from the first byte of the request to the last of the response. */
  get durationMs(): number {
    return (this.end?.ms ?? this.stopwatch()) - this.beganMs
  }

  get isTls(): boolean {
    return (this.request.socket as Partial<TLSSocket>).encrypted === true
  }

  private sentSoFar(): number {
    if (this.headMs === undefined) return 0
    const { socket } = this.request
    const { response } = this
    const { _header: head, headBytes = head?.length ?? 0 } = response as Partial<HeadOf>
    return Math.max(socket.bytesWritten - socket.writableLength - this.sentBefore - headBytes, 0)
  }
}

/** The head of a response: of Node, which has no name for it, and of a simple one. */
type HeadOf = { readonly _header: string | null; readonly headBytes: number }

function rethrow(error: unknown): never {
  throw error
}

/** A request that counts the bytes of its body, which its headers do not always announce. */
export class ExchangeRequest extends IncomingMessage {
  bodyBytes = 0

  override push(chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
    if (chunk) this.bodyBytes += chunk.length
    return super.push(chunk, encoding)
  }
}

/** A response that tells its exchange when it begins. */
export class ExchangeResponse extends ServerResponse<ExchangeRequest> {
  exchange: Exchange | undefined

  override writeHead(...args: unknown[]): this {
    this.exchange?.noteHead()
    return super.writeHead(...(args as Parameters<HttpResponse['writeHead']>))
  }
}
