import { ByteWriter } from '../bytes.ts'
import { writeBox } from './box.ts'

/** Timed text, 3GPP TS 26.245: the subtitles that players of MP4 files show. */

/** `tx3g`, §5.16: TextSampleEntry. Each sample is plain text in one style. */
export type TimedTextEntry = { readonly kind: 'timed text' }

/** Longer text is cut off: a sample states its bytes in 16 bits. */
const MOST_BYTES = 0xffff

const FONT = 'Sans-Serif'
const FONT_ID = 1
const FONT_SIZE = 18

/** Writes a sample entry for white text at the bottom, in the middle. */
export function writeTimedTextEntry(writer: ByteWriter): void {
  writeBox(writer, 'tx3g', () => {
    writer.zeros(6)
    writer.u16(1) // data_reference_index
    writer.u32(0) // displayFlags
    writer.u8(1) // horizontal-justification: centre
    writer.u8(0xff) // vertical-justification -1: bottom
    writer.u32(0) // background-color-rgba: transparent
    writer.zeros(8) // default-text-box
    writer.u16(0) // default-style: startChar, endChar
    writer.u16(0)
    writer.u16(FONT_ID)
    writer.u8(0) // face-style-flags
    writer.u8(FONT_SIZE)
    writer.u32(0xffffffff) // text-color-rgba
    writeBox(writer, 'ftab', () => {
      writer.u16(1)
      writer.u16(FONT_ID)
      writer.u8(FONT.length)
      writer.latin1(FONT)
    })
  })
}

/** A sample, §5.17: a text of any number of lines, which is empty where nothing is shown. */
export function timedTextSample(text: string): Uint8Array {
  const bytes = utf8OfAtMost(text, MOST_BYTES)
  const writer = new ByteWriter(2 + bytes.length)
  writer.u16(bytes.length)
  writer.write(bytes)
  return writer.result()
}

/** The first so many bytes of a text, without a part of a character at their end. */
export function utf8OfAtMost(text: string, most: number): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= most) return bytes
  let end = most
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
