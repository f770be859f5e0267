import type { IncomingHttpHeaders } from 'node:http'

/** Longer heads, with more fields, are left to Node. */
const MOST_HEAD_BYTES = 4096
const MOST_FIELDS = 64
/** The longest fields that are remembered, so that a connection that is idle takes a few kilobytes. */
const MOST_REMEMBERED = 1024
/** Shorter than any request with a Host. */
const LEAST_HEAD_BYTES = 'GET / HTTP/1.1\r\nHost:\r\n\r\n'.length
const VERSION = ' HTTP/1.1'
const LF = 0x0a
const CR = 0x0d
const BLANK = 0x20

/** Path and query of characters that mean themselves everywhere, RFC 3986 §3.3 and §3.4. */
const PLAIN_TARGET = /^\/[A-Za-z0-9/._~%?=&:;,@!$'()*+-]*$/
/** A field line whose value is of visible ASCII, blanks and tabs, RFC 9110 §5. */
const FIELD = /^([!#$%&'*+.^`|~0-9A-Za-z-]+):([\t\x20-\x7e]*)$/
/** Fields that say how the message is framed, what else the connection becomes, or that there is more to come. */
const OF_FRAMING = new Set([
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

type Fields = {
  readonly headers: Readonly<IncomingHttpHeaders>
  /** Names as they were sent, each followed by its value. */
  readonly rawHeaders: readonly string[]
}

/** The request line and the header fields of a simple request. */
export type RequestHead = Fields & { readonly method: 'GET' | 'HEAD'; readonly url: string }

/**
 * Reads the heads of a connection's requests, as far as they are simple: a GET or HEAD of HTTP/1.1 for a path, with one
 * Host, without a body, of characters that nobody reads differently. Whatever is not certain is not simple.
 */
export class RequestHeads {
  /** Of the request before: clients send the same fields with each. */
  private fieldText = ''
  private fields: Fields | undefined
  private readonly mostBytes: number

  /** `mostBytes` is the longest head that a listener takes. */
  constructor(mostBytes: number) {
    this.mostBytes = Math.min(mostBytes, MOST_HEAD_BYTES)
  }

  /** The request that bytes are, from the first to the last of them; undefined where they are no simple one. */
  read(bytes: Buffer): RequestHead | undefined {
    const { length } = bytes
    if (length < LEAST_HEAD_BYTES || length > this.mostBytes) return undefined
    const method = bytes[0] === 0x47 ? 'GET' : 'HEAD'
    const targetAt = method.length + 1
    const lineEnd = bytes.indexOf(CR)
    const targetEnd = lineEnd - VERSION.length
    if (
      bytes[lineEnd + 1] !== LF ||
      bytes[targetAt - 1] !== BLANK ||
      targetEnd <= targetAt ||
      bytes.toString('latin1', 0, targetAt - 1) !== method ||
      bytes.toString('latin1', targetEnd, lineEnd) !== VERSION
    )
      return undefined
    const url = bytes.toString('latin1', targetAt, targetEnd)
    if (!PLAIN_TARGET.test(url)) return undefined
    const fieldText = bytes.toString('latin1', lineEnd + 2, length)
    const fields = fieldText === this.fieldText ? this.fields : fieldsOf(fieldText)
    if (fieldText.length <= MOST_REMEMBERED) {
      this.fieldText = fieldText
      this.fields = fields
    }
    return fields && { method, url, ...fields }
  }
}

/** The fields of lines that end with an empty one; undefined where one of them is not simple. */
function fieldsOf(text: string): Fields | undefined {
  // Another empty line would be the end of the head, and something of the next request behind it.
  if (!text.endsWith('\r\n\r\n')) return undefined
  const lines = text.slice(0, -4).split('\r\n')
  if (lines.length > MOST_FIELDS) return undefined
  const headers: IncomingHttpHeaders = {}
  const rawHeaders: string[] = []
  for (const line of lines) {
    const [, name, padded] = FIELD.exec(line) ?? []
    if (name === undefined || padded === undefined) return undefined
    const value = padded.trim()
    const key = name.toLowerCase()
    if (Object.hasOwn(headers, key) || OF_FRAMING.has(key)) return undefined
    if (key === 'connection' && value.toLowerCase() !== 'keep-alive') return undefined
    headers[key] = value
    rawHeaders.push(name, value)
  }
  return headers.host === undefined || headers.host === '' ? undefined : { headers, rawHeaders }
}
