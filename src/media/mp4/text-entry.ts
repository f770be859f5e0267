import { type ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { type Box, writeBox } from './box.ts'

/** `stpp`, ISO/IEC 14496-30 §7.5: XMLSubtitleSampleEntry. Each sample is a whole document. */
export type TextSampleEntry = {
  readonly kind: 'text'
  /** Namespace of the documents' root elements. */
  readonly namespace: string
}

/** More characters than any namespace in use has. */
const MAX_STRING = 1024

export function writeTextEntry(writer: ByteWriter, { namespace }: TextSampleEntry): void {
  writeBox(writer, 'stpp', () => {
    writer.zeros(6)
    writer.u16(1) // data_reference_index
    writer.latin1(namespace)
    writer.u8(0)
    writer.u8(0) // schema_location
    writer.u8(0) // auxiliary_mime_types
  })
}

export function readTextEntry({ body }: Box): TextSampleEntry {
  body.skip(8)
  return { kind: 'text', namespace: readString(body) }
}

function readString(body: ByteReader): string {
  const end = body.bytes.subarray(body.position, Math.min(body.end, body.position + MAX_STRING)).indexOf(0)
  if (end < 0) throw new MalformedMedia('unterminated string', body.position)
  return body.latin1(end)
}
