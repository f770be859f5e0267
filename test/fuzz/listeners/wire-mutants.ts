import { mutant, type Random } from '../mutants.ts'
import { textMutant } from '../text-mutants.ts'
import type { SeedRequest } from './seeds.ts'

/** Requests as bytes on a connection, and ways to break them there. */

const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  'PROPFIND',
  'get',
  'M-SEARCH',
  'PRI',
]
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'HTTP/9', '', 'http/1.1']
const LENGTHS = ['0', '1', '-1', '5, 5', '5,6', '99999999999999999999', '0x10', '+3', ' 3', '1e3', '']
const CODINGS = [
  'chunked',
  'Chunked, chunked',
  'gzip, chunked',
  'identity',
  'chunked, identity',
  'x',
  ' chunked',
  '\x0bchunked',
]
const HOSTS = ['', 'a b', '[::1', 'a.example:99999', '127.0.0.1', 'a,b', '\xff', '../..']
const LINES = [
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Connection: close, upgrade',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Content-Encoding: gzip',
  'Transfer-Encoding : chunked',
  ' folded: a',
  ': a',
  'a',
  'a\0b: c',
  'Authorization: Bearer a',
  'Authorization: Digest username=',
  'Range: bytes=18446744073709551615-',
  'X-HTTP-Method-Override: DELETE',
  'Trailer: a',
  'TE: trailers',
  'Max-Forwards: 0',
]

/** A body that was broken, as its name says. */
export function brokenBody(body: Buffer, random: Random): Buffer {
  if (body.length === 0) return random(8) === 0 ? Buffer.from('{}') : body
  const isText = body.length < 8192 && !body.includes(0)
  if (!isText || random(3) === 0) return mutant(body, random)
  return Buffer.from(textMutant(String(body), random, [String(body)]))
}

/** The bytes of a request whose framing is right. */
export function wireOf({ method, target, headers, body }: SeedRequest, host: string): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers.map((pair) => pair.join(': '))]
  if (body.length > 0) lines.push(`Content-Length: ${body.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/** A target broken as text, without blanks, which would end it. */
export function brokenTarget(target: string, random: Random, others: readonly string[]): string {
  const broken = textMutant(target, random, others).replaceAll(/[\s\0]/g, '%20')
  return Buffer.from(broken.startsWith('/') ? broken : `/${broken}`).toString('latin1')
}

type Change = (lines: string[], random: Random) => void
const at = (lines: readonly string[], random: Random) => random(lines.length)

const CHANGES: readonly Change[] = [
  function requestLine(lines, random) {
    const [method = '', target = '', version = ''] = lines[0]!.split(' ')
    lines[0] = [
      random(2) === 0 ? METHODS[random(METHODS.length)] : method,
      target,
      random(3) === 0 ? VERSIONS[random(VERSIONS.length)] : version,
    ].join(random(12) === 0 ? '  ' : ' ')
  },
  function absoluteForm(lines, random) {
    const [method = '', target = '', version = ''] = lines[0]!.split(' ')
    const scheme = ['http://', 'https://', 'HTTP://', 'ftp://', '//'][random(5)]!
    lines[0] = `${method} ${scheme}${HOSTS[random(HOSTS.length)]!.trim()}${target} ${version}`
  },
  function anotherLength(lines, random) {
    lines.push(`Content-Length: ${LENGTHS[random(LENGTHS.length)]}`)
  },
  function coding(lines, random) {
    lines.push(`Transfer-Encoding: ${CODINGS[random(CODINGS.length)]}`)
  },
  function host(lines, random) {
    lines[1] = `Host: ${HOSTS[random(HOSTS.length)]}`
  },
  function line(lines, random) {
    lines.splice(1 + at(lines, random), 0, LINES[random(LINES.length)]!)
  },
  function twice(lines, random) {
    lines.push(lines[at(lines, random)]!)
  },
  function without(lines, random) {
    lines.splice(at(lines, random), 1)
  },
  function changedLine(lines, random) {
    const place = at(lines, random)
    if (lines[place] !== undefined) lines[place] = textMutant(lines[place], random, lines).slice(0, 4000)
  },
  function manyLines(lines, random) {
    for (let n = random(random(20) === 0 ? 3000 : 50); n > 0; n--) lines.push(`x-${n}: a`)
  },
]

/** The bytes of a request broken in its head and framing, cut off, or followed by another. */
export function brokenWire(wire: Buffer, random: Random): Buffer {
  const end = wire.indexOf('\r\n\r\n')
  const lines = wire.toString('latin1', 0, end).split('\r\n')
  const rest = wire.subarray(end + 4)
  for (let n = 1 + random(3); n > 0; n--) if (lines.length > 1) CHANGES[random(CHANGES.length)]!(lines, random)
  const lineEnd = random(30) === 0 ? '\n' : '\r\n'
  const head = Buffer.from(`${lines.join(lineEnd)}${lineEnd}${lineEnd}`, 'latin1')
  const body = random(4) === 0 ? chunked(rest, random) : rest
  const whole = Buffer.concat([head, body])
  switch (random(20)) {
    case 0:
      return whole.subarray(0, random(whole.length))
    case 1:
      return Buffer.concat([whole, wire, whole])
    case 2:
      return mutant(whole, random)
    default:
      return whole
  }
}

/** A body in chunks, some of whose sizes are wrong. */
function chunked(body: Buffer, random: Random): Buffer {
  const parts: Buffer[] = []
  for (let from = 0; from < body.length && parts.length < 60; ) {
    const size = Math.min(1 + random(4000), body.length - from)
    const said = random(5) === 0 ? ['fffffffff', '-1', '0x5', 'g', '5;a="b', '5 ', ''][random(7)]! : size.toString(16)
    parts.push(Buffer.from(`${said}\r\n`), body.subarray(from, from + size), Buffer.from('\r\n'))
    from += size
  }
  return Buffer.concat([...parts, Buffer.from(random(6) === 0 ? '0\r\na: b\r\nc' : '0\r\n\r\n')])
}
