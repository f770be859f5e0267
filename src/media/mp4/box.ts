import { type ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'

/** Boxes of ISO/IEC 14496-12 §4.2. */

/** More boxes than any file that is written or accepted here has. */
const MAX_BOXES = 10_000

export function writeBox(writer: ByteWriter, type: string, body: () => void): void {
  const start = writer.position
  writer.u32(0)
  writer.latin1(type)
  body()
  writer.patchU32(start, writer.position - start)
}

export function writeFullBox(writer: ByteWriter, type: string, version: number, flags: number, body: () => void): void {
  writeBox(writer, type, () => {
    writer.u8(version)
    writer.u24(flags)
    body()
  })
}

/** What is written, as bytes. */
export function bytesOf(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(256)
  write(writer)
  return writer.result()
}

export type Box = {
  readonly type: string
  /** Offset of the box's first byte. */
  readonly start: number
  /** The bytes after the header. */
  readonly body: ByteReader
}

/** Reads the boxes that fill the rest of `reader`. Throws MalformedMedia when they do not end where it ends. */
export function readBoxes(reader: ByteReader): Box[] {
  const boxes: Box[] = []
  while (reader.remaining > 0) {
    if (boxes.length === MAX_BOXES) throw new MalformedMedia(`more than ${MAX_BOXES} boxes`, reader.position)
    boxes.push(readBox(reader))
  }
  return boxes
}

function readBox(reader: ByteReader): Box {
  const start = reader.position
  const size32 = reader.u32()
  const type = reader.latin1(4)
  const size = size32 === 1 ? Number(reader.u64()) : size32 === 0 ? reader.end - start : size32
  const header = reader.position - start
  if (size < header || size - header > reader.remaining) throw new MalformedMedia(`${type} of ${size} bytes`, start)
  return { type, start, body: reader.part(size - header) }
}

/** The only box of this type. Throws MalformedMedia when there is none or more than one. */
export function theBox(boxes: readonly Box[], type: string, within: Box | undefined): Box {
  const found = boxes.filter((box) => box.type === type)
  if (found.length !== 1) {
    throw new MalformedMedia(`${found.length} ${type} boxes in ${within?.type ?? 'the file'}`, within?.start ?? 0)
  }
  return found[0]!
}

/** The box at the end of a path of types, each the only one of its type. */
export function boxAt(box: Box, ...path: readonly string[]): Box {
  return path.reduce((within, type) => theBox(readBoxes(within.body), type, within), box)
}

export function readFullBoxHeader(body: ByteReader): { readonly version: number; readonly flags: number } {
  const word = body.u32()
  return { version: word >>> 24, flags: word & 0xffffff }
}

/** Throws MalformedMedia for a version newer than the reader knows. */
export function requireVersion(version: number, highest: number, type: string, body: ByteReader): void {
  if (version > highest) throw new MalformedMedia(`${type} version ${version}`, body.position)
}
