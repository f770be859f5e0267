import { isUtf8 } from 'node:buffer'

/** Characters of a name, and of each of its parts between slashes. */
const MAX_LENGTH = 1024
const MAX_PART_LENGTH = 255

/** A name of a single part in which nothing is encoded, as nearly all are. */
const PLAIN = /^[\w~-]+(?:\.[\w~-]+)*$/

/** What `fileName` lets pass, for messages. */
export const FILE_NAME_RULE = `a file name is a path below the ingest URL, of up to ${MAX_LENGTH} characters and ${MAX_PART_LENGTH} between slashes, none of them a control character`

/**
 * Reads the name that a path stands for, seen from a folder: the path below the ingest URL, RFC 3986 §5.2.4, without
 * percent-encoding, which is undone once. It is opaque: names are the same when all their characters are. Undefined
 * when it leaves the ingest URL, is too long, has control characters, or names a folder.
 */
export function fileName(path: string, folder = ''): string | undefined {
  if (folder === '' && path.length <= MAX_PART_LENGTH && PLAIN.test(path)) return path
  // Longer than any name with every byte encoded, and than any name of dots.
  if (path.length > 12 * MAX_LENGTH) return undefined
  const parts = folder.split('/').filter((part) => part !== '')
  const decoded = percentDecodedBytes(path).split('/').map(fromLatin1)
  for (const part of decoded) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  if (['', '.', '..'].includes(decoded.at(-1)!)) return undefined
  const name = parts.join('/')
  const isTooLong = name.length > MAX_LENGTH || parts.some((part) => part.length > MAX_PART_LENGTH)
  return isTooLong || /\p{Cc}/u.test(name) ? undefined : name
}

/** Returns the folder that a file is in, seen from the ingest URL: empty, or ending with a slash. */
export function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1)
}

/** What is put under such a name is read as a playlist, and everything else kept as a segment. */
export function isPlaylistName(name: string): boolean {
  return /\.m3u8?$/i.test(name)
}

/** Undoes percent-encoding once; a percent sign that encodes nothing stands for itself. */
export function percentDecoded(text: string): string {
  return text.includes('%') ? fromLatin1(percentDecodedBytes(text)) : text
}

/** The bytes of a text, each as a character, without percent-encoding. */
function percentDecodedBytes(text: string): string {
  const bytes = Buffer.from(text).toString('latin1')
  return bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function fromLatin1(bytes: string): string {
  return decodedText(Buffer.from(bytes, 'latin1'))
}

/** The characters from 0x80 to 0x9f, in which Windows-1252 and Latin-1 differ. */
const WINDOWS_1252 = new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i))

/** Decodes UTF-8, or what was never meant to be UTF-8. */
export function decodedText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString()
  return buffer.toString('latin1').replaceAll(/[\x80-\x9f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80]!)
}
