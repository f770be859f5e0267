import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/** What those use of a request who answer it and need no body: one of Node, or a simple one. */
export type HttpRequest = {
  readonly method?: string | undefined
  /** The request target, as it was sent. */
  readonly url?: string | undefined
  readonly httpVersion: string
  readonly headers: Readonly<IncomingHttpHeaders>
  readonly rawHeaders: readonly string[]
  readonly socket: Socket
}

/** What they use of its response, which means what it does in `http.ServerResponse`: one of Node, or a simple one. */
export type HttpResponse = {
  readonly statusCode: number
  readonly headersSent: boolean
  /** True after `end`. */
  readonly writableEnded: boolean
  /** True once the kernel has all of it. */
  readonly writableFinished: boolean
  /** Bytes that the kernel has not taken yet, of the whole connection. */
  readonly writableLength: number
  readonly destroyed: boolean
  readonly closed: boolean
  readonly socket: Socket | null
  getHeaderNames(): string[]
  setHeader(name: string, value: string): unknown
  removeHeader(name: string): void
  writeHead(status: number, headers?: OutgoingHttpHeaders): HttpResponse
  write(chunk: Uint8Array, flushed?: () => void): boolean
  end(chunk?: string | Uint8Array, encoding?: BufferEncoding): unknown
  cork(): void
  uncork(): void
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}
