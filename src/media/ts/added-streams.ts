import { MalformedMedia } from '../bytes.ts'
import { continuityCounter, PACKET_SIZE, pidOf } from './packet.ts'
import { findProgram } from './program.ts'
import { type ElementaryStream, packetise, writePmt } from './psi.ts'

/** An elementary stream to be added to a segment: whole packets, and what a program map says of it. */
export type AddedStream = {
  readonly stream: ElementaryStream
  /** Descriptors of the program itself. */
  readonly descriptors: Uint8Array
  readonly packets: Uint8Array
}

/**
 * The segment with further streams: all its program maps list them, and their packets are behind the first. Throws
 * MalformedMedia when the segment has no program map, or one that takes more than a packet.
 */
export function withAddedStreams(segment: Uint8Array, added: readonly AddedStream[]): Uint8Array<ArrayBuffer> {
  const { pmtPid, map } = findProgram(segment)
  const section = writePmt({
    ...map,
    version: (map.version + 1) % 32,
    descriptors: joined([map.descriptors, ...added.map(({ descriptors }) => descriptors)]),
    streams: [...map.streams, ...added.map(({ stream }) => stream)],
  })
  const pieces: Uint8Array[] = []
  let taken = 0
  for (let at = 0; at < segment.length; at += PACKET_SIZE) {
    if (pidOf(segment, at) !== pmtPid) continue
    const packet = packetise(section, pmtPid, continuityCounter(segment, at))
    if (packet.length > PACKET_SIZE) throw new MalformedMedia('a program map of more than one packet', at)
    pieces.push(segment.subarray(taken, at), packet)
    if (taken === 0) pieces.push(...added.map(({ packets }) => packets))
    taken = at + PACKET_SIZE
  }
  return joined([...pieces, segment.subarray(taken)])
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
