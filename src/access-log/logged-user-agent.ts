import { ABSENT } from './logged-address.ts'

/** Bytes of a User-Agent that a line has. */
const MOST_BYTES = 8192

/** A User-Agent header, as Node reads it, as a line has it: in UTF-8, cut where it is long, a dash for none. */
export function loggedUserAgent(header: string): string {
  if (header === '') return ABSENT
  // A character takes at most twice as many bytes as Node has read of it.
  const text = asUtf8(header)
  return 2 * header.length > MOST_BYTES ? firstBytes(text, MOST_BYTES) : text
}

/** Text that Node has read as Latin-1, as the UTF-8 that it is, if it is. */
function asUtf8(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  const decoded = bytes.toString('utf8')
  return decoded.includes('\ufffd') ? text : decoded
}

/** As many whole characters of a text as fit into so many bytes of UTF-8. */
function firstBytes(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  let end = most
  // Bytes 10xxxxxx continue a character, RFC 3629 §3.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
