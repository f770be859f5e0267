import { type ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import type { Id3Event } from '../sample.ts'
import { TICKS_PER_SECOND } from '../time.ts'
import { type Box, readFullBoxHeader, writeFullBox } from './box.ts'

/** AOM, Carriage of ID3 Timed Metadata in the Common Media Application Format. */
const ID3_SCHEME = 'https://aomedia.org/emsg/ID3'
const ID3_VALUE = '0'
/** ANSI/SCTE 214-3: a splice_info_section. */
const SPLICE_SCHEME = 'urn:scte:scte35:2013:bin'

const UNKNOWN_DURATION = 0xffffffff
/** More characters than any URI or value written here has. */
const MOST_CHARACTERS = 1024

/** An Event Message Box, ISO/IEC 23009-1 §5.10.3.3, version 1; its time is on the track's timeline, in ticks. */
type EventMessage = {
  readonly scheme: string
  readonly value: string
  readonly presentationTime: number
  /** Absent when it is not known. */
  readonly duration?: number | undefined
  readonly id: number
  readonly data: Uint8Array
}

/**
 * Writes timed ID3 as an event message. `nth` distinguishes events of the same time: players take equal identifiers for
 * one event.
 */
export function eventMessageBox({ pts, tag }: Pick<Id3Event, 'pts' | 'tag'>, nth = 0): Uint8Array {
  const id = (pts + nth) % 2 ** 32
  return writeEventMessage({ scheme: ID3_SCHEME, value: ID3_VALUE, presentationTime: pts, id, data: tag })
}

/** Writes a message of SCTE 35 as an event message, as it came, SCTE 214-3. */
export function spliceMessageBox(message: Pick<EventMessage, 'presentationTime' | 'duration' | 'id' | 'data'>) {
  return writeEventMessage({ ...message, scheme: SPLICE_SCHEME, value: '' })
}

function writeEventMessage({ scheme, value, presentationTime, duration, id, data }: EventMessage): Uint8Array {
  const writer = new ByteWriter(96 + data.length)
  writeFullBox(writer, 'emsg', 1, 0, () => {
    writer.u32(TICKS_PER_SECOND)
    writer.u64(BigInt(presentationTime))
    writer.u32(Math.min(duration ?? UNKNOWN_DURATION, UNKNOWN_DURATION))
    writer.u32(id)
    writer.latin1(`${scheme}\0`)
    writer.latin1(`${value}\0`)
    writer.write(data)
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
