/** Access units as segments: transport streams and packed audio. */
import { timestampTag } from '../fixtures/timed-metadata.ts'
import { type Counters, type ElementaryStream, type Pes, writeMultiplex } from '../fixtures/transport-stream.ts'
import type { AccessUnit } from './access-unit.ts'
import type { TablePlace } from './encoder-script.ts'

const VIDEO: ElementaryStream = { pid: 0x100, type: 0x1b, descriptors: Buffer.alloc(0) }
const SOUND: ElementaryStream = { pid: 0x101, type: 0x0f, descriptors: Buffer.alloc(0) }
const PACKET = 188
const WRAP = 2 ** 33

/** The access units of one segment; absent is what the stream does not have. */
export type SegmentUnits = { readonly video?: readonly AccessUnit[]; readonly sound?: readonly AccessUnit[] }

export type Multiplexing = {
  readonly tables: TablePlace
  readonly framesInPes: number
  /** Of the stream, from segment to segment. */
  readonly counters: Counters
}

export function transportStream({ video, sound }: SegmentUnits, how: Multiplexing): Buffer {
  const pictures = (video ?? []).map((unit): Timed => ({ pts: unit.pts, pes: pesOf(VIDEO, 0xe0, [unit]) }))
  const frames: Timed[] = []
  for (let at = 0; sound && at < sound.length; at += how.framesInPes) {
    const units = sound.slice(at, at + how.framesInPes)
    frames.push({ pts: units[0]!.pts, pes: pesOf(SOUND, 0xc0, units) })
  }
  const packets = [...pictures, ...frames].sort((a, b) => a.pts - b.pts).map(({ pes }) => pes)
  const streams = [...(video ? [VIDEO] : []), ...(sound ? [SOUND] : [])]
  return withTablesAt(how.tables, writeMultiplex({ streams, packets }, how.counters))
}

type Timed = { readonly pts: number; readonly pes: Pes }

function pesOf({ pid }: ElementaryStream, streamId: number, units: readonly AccessUnit[]): Pes {
  return {
    pid,
    streamId,
    pts: units[0]!.pts % WRAP,
    payload: Buffer.concat(units.map(({ payload }) => payload)),
    randomAccess: streamId === 0xe0,
  }
}

/** PAT and PMT, which are the first two packets, elsewhere. */
function withTablesAt(place: TablePlace, segment: Buffer): Buffer {
  if (place === 'first') return segment
  const [tables, media] = [segment.subarray(0, 2 * PACKET), segment.subarray(2 * PACKET)]
  const at = place === 'last' ? media.length : Math.floor(media.length / PACKET / 2) * PACKET
  return Buffer.concat([media.subarray(0, at), tables, media.subarray(at)])
}

export function packedSound(units: readonly AccessUnit[]): Buffer {
  return Buffer.concat([timestampTag(units[0]!.pts % WRAP), ...units.map(({ payload }) => payload)])
}
