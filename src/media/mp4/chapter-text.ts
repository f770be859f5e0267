import { ByteWriter } from '../bytes.ts'
import { writeBox } from './box.ts'
import { utf8OfAtMost } from './timed-text.ts'

/**
 * Chapters as players of MP4 files know them: a text track of the QuickTime File Format that other tracks refer to as
 * `chap`, with a sample for each chapter.
 */
export type ChapterEntry = { readonly kind: 'chapters' }

/** What players of chapters show; a longer title is cut off. */
const MOST_BYTES = 255

/** Says of the text before it that it is Unicode: UTF-8, where no byte order mark says otherwise. */
const ENCODING = [0, 0, 0, 12, 0x65, 0x6e, 0x63, 0x64, 0, 0, 1, 0]

/** Writes `text`, Text Sample Description: black on nothing, in no particular font, since players draw it elsewhere. */
export function writeChapterEntry(writer: ByteWriter): void {
  writeBox(writer, 'text', () => {
    writer.zeros(6)
    writer.u16(1) // data_reference_index
    writer.u32(0) // display flags
    writer.u32(0) // text justification
    writer.zeros(6) // background colour
    writer.zeros(8) // default text box
    writer.zeros(8)
    writer.u16(0) // font number
    writer.u16(0) // font face
    writer.zeros(3)
    writer.zeros(6) // foreground colour
    writer.u8(0) // text name
  })
}

/** The sample of a chapter; one without a title is a chapter without a name. */
export function chapterSample(title: string): Uint8Array {
  const bytes = utf8OfAtMost(title, MOST_BYTES)
  const writer = new ByteWriter(2 + bytes.length + ENCODING.length)
  writer.u16(bytes.length)
  writer.write(bytes)
  writer.write(Uint8Array.from(ENCODING))
  return writer.result()
}
