import { EventEmitter } from 'node:events'
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { STATUS_CODES } from '../../node-http.ts'
import type { HttpResponse } from '../message.ts'
import { fieldLines } from './field-lines.ts'

type Field = readonly [name: string, value: OutgoingHttpHeader]

const OK = 'HTTP/1.1 200 OK\r\n'
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304])

/** What responses of a connection have in common. */
export type ResponseContext = {
  readonly socket: Socket
  /** The fields by which the connection is kept, as lines. */
  readonly keptAlive: string
  /** The date of HTTP, RFC 9110 §5.6.7. */
  readonly httpDate: () => string
  /** Hears that a response has ended: all of it was sent, and the connection may be used again unless it is closing. */
  readonly ended: (isClosing: boolean) => void
}

/** The response to a simple request. Its length is always stated: no chunked coding, and no trailers. */
export class SimpleResponse extends EventEmitter implements HttpResponse {
  statusCode = 200
  headersSent = false
  writableEnded = false
  writableFinished = false
  destroyed = false
  closed = false
  /** Of the status line and the header fields. */
  headBytes = 0
  /** Of the body, as far as it was written. */
  bodyBytes = 0
  private readonly context: ResponseContext
  private readonly isHead: boolean
  /** Is told when the response begins. */
  exchange: { noteHead(): void } | undefined
  /** By its name in small letters, each field that was set, with its name as it was given. */
  private own: Map<string, Field> | undefined
  private head = ''
  private promisedBytes = 0
  private isClosing = false
  private corks = 0
  /** Writes that the kernel has not taken yet. */
  private underWay = 0

  constructor(context: ResponseContext, isHead: boolean) {
    super()
    this.context = context
    this.isHead = isHead
  }

  get socket(): Socket {
    return this.context.socket
  }

  get writableLength(): number {
    return this.closed ? 0 : this.context.socket.writableLength + this.head.length
  }

  getHeaderNames(): string[] {
    return [...(this.own?.keys() ?? [])]
  }

  removeHeader(name: string): void {
    this.own?.delete(name.toLowerCase())
  }

  setHeader(name: string, value: string): this {
    this.own ??= new Map()
    this.own.set(name.toLowerCase(), [name, value])
    return this
  }

  /** Throws where a field is none, or where there is no Content-Length for a body. */
  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    return this.makeHead(status, headers)
  }

  /** `impliedBytes` are stated where the fields do not tell the length of the body. */
  private makeHead(status: number, headers: OutgoingHttpHeaders, impliedBytes?: number): this {
    if (this.headersSent) throw new Error('the head of this response has been sent')
    const { lines, contentLength, connection } = fieldLines(this.own ? this.withOwn(this.own, headers) : headers)
    let length = contentLength
    if (connection === 'close') this.isClosing = true
    const kept = connection === undefined ? this.context.keptAlive : ''
    const hasBody = !WITHOUT_BODY.has(status)
    let implied = ''
    if (length === undefined && hasBody) {
      if (impliedBytes === undefined) throw new Error('a response must state its length')
      length = impliedBytes
      if (!this.isHead) implied = `Content-Length: ${length}\r\n`
    }
    this.promisedBytes = this.isHead || !hasBody ? 0 : (length ?? 0)
    const line = status === 200 ? OK : `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
    this.head = `${line}${lines}Date: ${this.context.httpDate()}\r\n${kept}${implied}\r\n`
    this.headBytes = this.head.length
    this.statusCode = status
    this.headersSent = true
    this.exchange?.noteHead()
    return this
  }

  /** The fields that were set, and those that are given with the status, which come in their place. */
  private withOwn(own: ReadonlyMap<string, Field>, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const fields = new Map(own)
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) fields.set(name.toLowerCase(), [name, value])
    }
    return Object.fromEntries(fields.values())
  }

  write(chunk: Uint8Array, flushed?: () => void): boolean {
    const { socket } = this.context
    if (this.destroyed || this.writableEnded) return false
    this.sendHead()
    if (this.promisedBytes === 0 || chunk.length === 0) {
      if (flushed) process.nextTick(flushed)
      return true
    }
    this.bodyBytes += chunk.length
    this.underWay++
    return socket.write(chunk, (error) => {
      flushed?.()
      this.sent(error)
    })
  }

  end(chunk?: string | Uint8Array, encoding?: BufferEncoding): this {
    if (this.destroyed || this.writableEnded) return this
    if (!this.headersSent)
      this.makeHead(this.statusCode, {}, chunk === undefined ? 0 : Buffer.byteLength(chunk, encoding))
    const hasBody = chunk !== undefined && chunk.length > 0 && this.promisedBytes > 0
    if (typeof chunk === 'string' && hasBody && encoding === 'latin1' && this.head !== '') {
      // One write, of text that V8 need not copy before.
      this.bodyBytes += chunk.length
      this.writeText(this.head + chunk)
      this.head = ''
    } else if (hasBody) {
      this.cork()
      this.write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)
    } else this.sendHead()
    this.writableEnded = true
    // The next response would be taken for a part of this one.
    if (this.bodyBytes !== this.promisedBytes) this.isClosing = true
    while (this.corks > 0) this.uncork()
    if (this.underWay === 0) process.nextTick(() => this.finish())
    return this
  }

  cork(): void {
    if (this.destroyed) return
    this.corks++
    this.context.socket.cork()
  }

  uncork(): void {
    if (this.corks === 0) return
    this.corks--
    this.context.socket.uncork()
  }

  destroy(): this {
    // The connection may have the next response by now.
    if (this.destroyed) return this
    this.destroyed = true
    this.context.socket.destroy()
    return this
  }

  /** Notes that the connection is closed. */
  lost(): void {
    if (this.closed) return
    this.destroyed = true
    this.closed = true
    this.emit('close')
  }

  private sendHead(): void {
    if (this.head === '') return
    const { head } = this
    this.head = ''
    this.writeText(head)
  }

  private writeText(text: string): void {
    this.underWay++
    this.context.socket.write(text, 'latin1', this.sent)
  }

  private readonly sent = (error?: Error | null): void => {
    // Its connection is closed, which is told of elsewhere.
    if (error || this.context.socket.destroyed) return
    if (--this.underWay === 0 && this.writableEnded) this.finish()
  }

  private finish(): void {
    if (this.closed || this.underWay > 0) return
    this.writableFinished = true
    this.destroyed = true
    this.closed = true
    this.emit('close')
    this.context.ended(this.isClosing)
  }
}
