import { ByteReader, ByteWriter, MalformedMedia } from './bytes.ts'
import type { Id3Event } from './sample.ts'
import { StepMeter, type Steps } from './steps.ts'

/** ID3 version 2 tags, as id3.org's ID3v2.3.0 and ID3v2.4.0 describe them. */
export const ID3_HEADER_SIZE = 10

/** Tags of a segment: two a second for more than an hour, or several with each picture of ten seconds. */
export const MOST_TAGS = 8192

/** Flags of a tag's header. */
const UNSYNCHRONISED = 0x80
const EXTENDED_HEADER = 0x40
const FOOTER = 0x10

/** Frame flags by version: those that make content unreadable here, and those that put fields in front of it. */
const FRAME_FLAGS = {
  3: { sealed: 0x00c0, group: 0x0020, length: 0, unsynchronised: 0 },
  4: { sealed: 0x000c, group: 0x0040, length: 0x0001, unsynchronised: 0x0002 },
} as const

/**
 * Size in bytes of the tag that begins at `at`, including header and footer; 0 when none begins there, or too few
 * bytes are present.
 */
export function id3TagSize(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < ID3_HEADER_SIZE) return 0
  if (bytes[at] !== 0x49 || bytes[at + 1] !== 0x44 || bytes[at + 2] !== 0x33) return 0
  if (bytes[at + 3] === 0xff || bytes[at + 4] === 0xff) return 0
  let size = 0
  for (let i = 6; i < ID3_HEADER_SIZE; i++) {
    const byte = bytes[at + i]!
    if (byte >= 0x80) return 0
    size = size * 128 + byte
  }
  const hasFooter = (bytes[at + 5]! & FOOTER) !== 0
  return ID3_HEADER_SIZE + size + (hasFooter ? ID3_HEADER_SIZE : 0)
}

/** Bytes of a tag that are searched for its title: more than there are in front of it in any tag in use. */
const MOST_OF_TAG = 512 * 1024
/** Frames of a tag that are looked at. */
const MOST_FRAMES = 1000
/** Searching a byte of a tag may take as long as moving so many. */
const SEARCH_COST = 16

/** Bytes of a text frame that are read: more than any title in use has. */
const MOST_TEXT = 1024

/** By the byte that precedes a text, as labels of the Encoding Standard. ID3v2.4.0-structure §4. */
const ENCODINGS = ['latin1', 'utf-16le', 'utf-16be', 'utf-8'] as const

/**
 * Content of the first PRIV frame with this owner; undefined when the tag has none, or has a version without them.
 * Frames that are cut off count as absent.
 */
export function privateFrame(tag: Uint8Array, owner: string): Uint8Array | undefined {
  return firstFrame(tag, 'PRIV', (content) => isOwnedBy(content, owner))?.subarray(owner.length + 1)
}

/** A tag of version 4 with one PRIV frame, of this owner. */
export function privateTag(owner: string, content: Uint8Array): Uint8Array {
  const body = new ByteWriter(owner.length + 1 + content.length)
  body.latin1(`${owner}\0`)
  body.write(content)
  return tagOf('PRIV', body.result())
}

/** A tag of version 4 with a title of characters of Latin-1, which `titleIn` finds. */
export function titleTag(title: string): Uint8Array {
  const body = new ByteWriter(1 + title.length)
  body.u8(0)
  body.latin1(title)
  return tagOf('TIT2', body.result())
}

/** A tag of version 4 with one frame. */
function tagOf(frame: string, body: Uint8Array): Uint8Array {
  const writer = new ByteWriter(2 * ID3_HEADER_SIZE + body.length)
  writer.latin1('ID3')
  writer.u24(0x040000) // version, revision, flags
  writeSynchsafe(ID3_HEADER_SIZE + body.length, writer)
  writer.latin1(frame)
  writeSynchsafe(body.length, writer)
  writer.u16(0) // flags
  writer.write(body)
  return writer.result()
}

/** The title of each event's tag, as `titleIn` finds it; of events without one, none. */
export function* titlesIn(
  events: readonly Id3Event[],
): Steps<readonly { readonly pts: number; readonly title: string }[]> {
  const meter = new StepMeter()
  const titles: { pts: number; title: string }[] = []
  for (const { pts, tag } of events) {
    const title = titleIn(tag)
    if (title !== undefined) titles.push({ pts, title })
    if (meter.ends(SEARCH_COST * tag.length)) yield
  }
  return titles
}

/**
 * The title that a tag has, its TIT2 frame, in one line; undefined where that is absent, cut off or blank, far behind
 * others, or in a tag of another version. Of several titles in one frame, the first.
 */
export function titleIn(tag: Uint8Array): string | undefined {
  const content = firstFrame(tag.subarray(0, MOST_OF_TAG), 'TIT2', () => true)
  return content && (textOf(content) || undefined)
}

function textOf(content: Uint8Array): string {
  const encoding = ENCODINGS[content[0] ?? 0] ?? 'latin1'
  const isBigEndian = encoding === 'utf-16le' && content[1] === 0xfe && content[2] === 0xff
  const decoder = new TextDecoder(isBigEndian ? 'utf-16be' : encoding)
  const [first = ''] = decoder.decode(content.subarray(1, 1 + MOST_TEXT)).split('\0', 1)
  return first.replace(/[\s\p{Cc}]+/gu, ' ').trim()
}

/** Content of the first readable frame of this kind that is wanted. */
function firstFrame(tag: Uint8Array, kind: string, isWanted: (content: Uint8Array) => boolean): Uint8Array | undefined {
  const version = tag[3]
  if (version !== 3 && version !== 4) return undefined
  const flags = tag[5]!
  const end = Math.min(tag.length, id3TagSize(tag, 0, tag.length)) - ((flags & FOOTER) !== 0 ? ID3_HEADER_SIZE : 0)
  const stored = tag.subarray(ID3_HEADER_SIZE, Math.max(ID3_HEADER_SIZE, end))
  try {
    // Version 4 repeats the flag in each frame, and its sizes count the bytes as stored.
    const body = version === 3 && (flags & UNSYNCHRONISED) !== 0 ? synchronise(stored) : stored
    for (const { id, frame, frameFlags } of framesIn(body, version, flags)) {
      const content = id === kind ? contentOf(frame, frameFlags, version) : undefined
      if (content !== undefined && isWanted(content)) return content
    }
  } catch (error) {
    if (!(error instanceof MalformedMedia)) throw error
  }
  return undefined
}

function* framesIn(body: Uint8Array, version: 3 | 4, flags: number) {
  const reader = new ByteReader(body)
  if ((flags & EXTENDED_HEADER) !== 0) {
    // In version 4 the size includes itself.
    const size = version === 4 ? synchsafe(reader) - 4 : reader.u32()
    reader.skip(size)
  }
  // Padding is zeros.
  for (let n = 0; n < MOST_FRAMES && reader.remaining >= ID3_HEADER_SIZE && body[reader.position] !== 0; n++) {
    const id = reader.latin1(4)
    const size = version === 4 ? synchsafe(reader) : reader.u32()
    const frameFlags = reader.u16()
    yield { id, frame: reader.part(size), frameFlags }
  }
}

function contentOf(frame: ByteReader, flags: number, version: 3 | 4): Uint8Array | undefined {
  const { sealed, group, length, unsynchronised } = FRAME_FLAGS[version]
  if ((flags & sealed) !== 0) return undefined
  if ((flags & group) !== 0) frame.skip(1)
  if ((flags & length) !== 0) frame.skip(4)
  const content = frame.view(frame.remaining)
  return (flags & unsynchronised) !== 0 ? synchronise(content) : content
}

/** True when the content begins with `owner` and the zero that ends it. */
function isOwnedBy(content: Uint8Array, owner: string): boolean {
  if (content[owner.length] !== 0) return false
  for (let i = 0; i < owner.length; i++) if (content[i] !== owner.charCodeAt(i)) return false
  return true
}

/** Reads a synchsafe integer: 28 bits in four bytes. */
function synchsafe(reader: ByteReader): number {
  return reader.view(4).reduce((value, byte) => value * 128 + (byte & 0x7f), 0)
}

function writeSynchsafe(value: number, writer: ByteWriter): void {
  for (const shift of [21, 14, 7, 0]) writer.u8((value >> shift) & 0x7f)
}

/** Removes the zero after each 0xff. */
function synchronise(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length)
  let size = 0
  for (let i = 0; i < bytes.length; i++)
    if (i === 0 || bytes[i] !== 0 || bytes[i - 1] !== 0xff) result[size++] = bytes[i]!
  return result.subarray(0, size)
}
