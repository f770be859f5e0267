import { titleTag } from '../media/id3.ts'
import { spliceNullSection, spliceOutSection } from '../media/scte35/splice-sections.ts'
import { PTS_MODULUS, ticks } from '../media/time.ts'
import type { AddedStream } from '../media/ts/added-streams.ts'
import { packetOf } from '../media/ts/packet.ts'
import { writePrivatePes } from '../media/ts/pes.ts'
import { packetise } from '../media/ts/psi.ts'
import { SPLICE_STREAM_TYPE } from '../media/ts/splice-probe.ts'
import { dateOfSegment, SEGMENT_SECONDS, SEGMENT_TICKS } from './segment-numbers.ts'

const SPLICE_PID = 0x1f1
/** registration_descriptor() of programs with SCTE 35, ANSI/SCTE 35 §8.1. */
const SPLICE_PROGRAM = Uint8Array.of(5, 4, 0x43, 0x55, 0x45, 0x49)
/** In how many segments before its first one a break is announced. */
const ANNOUNCED_SEGMENTS = 2

/**
 * SCTE 35 in a segment: breaks of `breakSeconds`, a multiple of two, begin that long after each even multiple of it
 * since 1970; two segments announce each. All others have a splice_null(). PTS are those of segments that count from
 * 1970.
 */
export function spliceData(number: number, breakSeconds: number): AddedStream {
  const length = breakSeconds / SEGMENT_SECONDS
  const nextBreak = Math.floor((number + length) / (2 * length))
  const first = (2 * nextBreak + 1) * length
  const section =
    first - number > ANNOUNCED_SEGMENTS
      ? spliceNullSection()
      : spliceOutSection({
          id: nextBreak % 2 ** 32,
          pts: (first * SEGMENT_TICKS) % PTS_MODULUS,
          duration: ticks(length * SEGMENT_TICKS),
        })
  return {
    stream: { pid: SPLICE_PID, streamType: SPLICE_STREAM_TYPE, descriptors: new Uint8Array(0) },
    descriptors: SPLICE_PROGRAM,
    packets: packetise(section, SPLICE_PID, number),
  }
}

const ID3_PID = 0x1f0
/** stream_type of metadata in PES packets, ISO/IEC 13818-1 table 2-34. */
const METADATA_TYPE = 0x15
const ID3 = [0x49, 0x44, 0x33, 0x20] as const
/** metadata_descriptor() and metadata_pointer_descriptor() of timed ID3, ISO/IEC 13818-1 §2.6.60 and §2.6.58. */
const ID3_STREAM = Uint8Array.of(0x26, 13, 0xff, 0xff, ...ID3, 0xff, ...ID3, 0xff, 0x0f)
const ID3_PROGRAM = Uint8Array.of(0x25, 15, 0xff, 0xff, ...ID3, 0xff, ...ID3, 0, 0x1f, 0, 1)

/** Timed ID3 in a segment: one tag where it begins, whose title is the date. */
export function id3Data(number: number): AddedStream {
  const pes = writePrivatePes((number * SEGMENT_TICKS) % PTS_MODULUS, titleTag(dateOfSegment(number)))
  return {
    stream: { pid: ID3_PID, streamType: METADATA_TYPE, descriptors: ID3_STREAM },
    descriptors: ID3_PROGRAM,
    packets: packetOf(pes, ID3_PID, number),
  }
}
