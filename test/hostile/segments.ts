/** Segments that take long to take apart, if that is done carelessly. */
import { titleTag, withTags } from '../fixtures/timed-metadata.ts'
import { type Multiplex, type Pes, readMultiplex, writeMultiplex } from '../fixtures/transport-stream.ts'

const AUDIO_STREAM = 0xc0
const MIB = 1 << 20
/** The end of a sequence, of four bytes: a NAL unit that says nothing. */
const NAL_UNIT = Buffer.from([0, 0, 1, 10])

const KINDS: readonly ((given: Multiplex) => Multiplex)[] = [
  (given) => {
    const pts = given.packets.find((packet) => packet.pts !== undefined)!.pts!
    return withTags(
      given,
      Array.from({ length: 20_000 }, (_, i) => ({ pts: pts + 2 * i, tag: titleTag(`${i}`) })),
    )
  },
  (given) => withPayload(given, (streamId) => streamId >> 4 === 0xe, repeated(NAL_UNIT, 4 * MIB)),
  (given) => withPayload(given, (streamId) => streamId === AUDIO_STREAM, repeated(smallestFrame(), 16 * MIB)),
]

/** A segment like a given one, with more in it than anyone needs: something else for each number. */
export function hostileSegment(given: Buffer, number: number): Buffer {
  return writeMultiplex(KINDS[number % KINDS.length]!(readMultiplex(given)), new Map())
}

/** With bytes behind those of the last packet of a kind. */
function withPayload(given: Multiplex, isMeant: (streamId: number) => boolean, more: Buffer): Multiplex {
  const at = given.packets.findLastIndex(({ streamId }) => isMeant(streamId))
  const packet: Pes = given.packets[at]!
  return { ...given, packets: given.packets.with(at, { ...packet, payload: Buffer.concat([packet.payload, more]) }) }
}

function repeated(bytes: Buffer, size: number): Buffer {
  return Buffer.alloc(size - (size % bytes.length), bytes)
}

/** ADTS without a CRC, AAC-LC, 48 kHz, stereo, and two bytes of nothing. */
function smallestFrame(): Buffer {
  return Buffer.from([0xff, 0xf1, 0x4c, 0x80, 9 >> 3, ((9 & 7) << 5) | 0x1f, 0xfc, 0x21, 0x21])
}
