import { type ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import type { Id3Event } from '../sample.ts'
import { TICKS_PER_SECOND } from '../time.ts'
import { type Box, readFullBoxHeader, writeFullBox } from './box.ts'

/** AOM, Carriage of ID3 Timed Metadata in the Common Media Application Format. */
const ID3_SCHEME = 'https://aomedia.org/emsg/ID3'
const ID3_VALUE = '0'

const UNKNOWN_DURATION = 0xffffffff
/** More characters than any URI or value written here has. */
const MOST_CHARACTERS = 1024

/**
 * Writes an Event Message Box, ISO/IEC 23009-1 §5.10.3.3, version 1, whose time is on the track's timeline. `nth`
 * distinguishes events of the same time: players take equal identifiers for one event.
 */
export function eventMessageBox({ pts, tag }: Pick<Id3Event, 'pts' | 'tag'>, nth = 0): Uint8Array {
  const writer = new ByteWriter(96 + tag.length)
  writeFullBox(writer, 'emsg', 1, 0, () => {
    writer.u32(TICKS_PER_SECOND)
    writer.u64(BigInt(pts))
    writer.u32(UNKNOWN_DURATION)
    writer.u32((pts + nth) % 2 ** 32) // id
    writer.latin1(`${ID3_SCHEME}\0`)
    writer.latin1(`${ID3_VALUE}\0`)
    writer.write(tag)
  })
  return writer.result()
}

/** Reads the tag and its time. Throws MalformedMedia for another version, scheme or timescale. */
export function readEventMessage({ body, start }: Box): Pick<Id3Event, 'pts' | 'tag'> {
  const { version } = readFullBoxHeader(body)
  const timescale = body.u32()
  const pts = Number(body.u64())
  body.skip(8)
  const scheme = readString(body)
  const value = readString(body)
  if (version !== 1 || timescale !== TICKS_PER_SECOND || scheme !== ID3_SCHEME || value !== ID3_VALUE) {
    throw new MalformedMedia(`event message ${scheme} ${value}`, start)
  }
  return { pts, tag: new Uint8Array(body.view(body.remaining)) }
}

function readString(body: ByteReader): string {
  let text = ''
  for (let code = body.u8(); code !== 0; code = body.u8()) {
    if (text.length === MOST_CHARACTERS) throw new MalformedMedia('unterminated string', body.position)
    text += String.fromCharCode(code)
  }
  return text
}
