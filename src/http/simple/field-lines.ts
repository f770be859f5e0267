import type { OutgoingHttpHeaders } from 'node:http'

/** What a header field may have, RFC 9110 §5.5. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Header fields as lines of a head, and what a connection must know of them. */
export type FieldLines = {
  readonly lines: string
  /** The length that they state; undefined where they state none. */
  readonly contentLength: number | undefined
  /** What they say of the connection; undefined where they say nothing. */
  readonly connection: string | undefined
}

/** Of objects that nobody can change: what is sent many times, such as a manifest, has its fields in one. */
const written = new WeakMap<OutgoingHttpHeaders, FieldLines>()

/** Writes header fields. Those of a frozen object are written once. Throws where one of them is none. */
export function fieldLines(headers: OutgoingHttpHeaders): FieldLines {
  const known = written.get(headers)
  if (known) return known
  let lines = ''
  let contentLength: number | undefined
  let connection: string | undefined
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    lines += fieldLine(name, value)
    const key = name.toLowerCase()
    if (key === 'content-length') contentLength = Number(value)
    if (key === 'connection') connection = String(value)
  }
  const made = { lines, contentLength, connection }
  if (Object.isFrozen(headers)) written.set(headers, made)
  return made
}

function fieldLine(name: string, value: number | string | readonly string[]): string {
  if (typeof value === 'object') return value.map((each) => fieldLine(name, each)).join('')
  const text = String(value)
  if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(text)) throw new Error(`no header field may be ${name}: ${text}`)
  return `${name}: ${text}\r\n`
}
