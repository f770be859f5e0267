import { MalformedMedia } from '../bytes.ts'
import { allSteps, type Steps } from '../steps.ts'
import type { KeyFrame } from '../track.ts'
import { filterTsInSteps } from './filter.ts'
import { hasTransportError, PACKET_SIZE, PAT_PID, pidOf, SYNC_BYTE } from './packet.ts'
import { findProgram, ProgramFollower } from './program.ts'

/**
 * A key frame of a segment as a transport stream of its own: the tables, which list its stream alone, and the packets
 * of that stream, with the clock. Throws MalformedMedia when the segment has no program map, or there is no such stream
 * where the key frame should be.
 */
export function keyFrameSegment(segment: Uint8Array, keyFrame: Pick<KeyFrame, 'offset' | 'size'>): Uint8Array {
  return allSteps(keyFrameSegmentInSteps(segment, keyFrame))
}

/** As `keyFrameSegment`, in steps. */
export function* keyFrameSegmentInSteps(
  segment: Uint8Array,
  { offset, size }: Pick<KeyFrame, 'offset' | 'size'>,
): Steps<Uint8Array> {
  if (offset + PACKET_SIZE > segment.length) throw new MalformedMedia('key frame beyond the segment', offset)
  const pid = pidOf(segment, offset)
  const parts = [...tablesOf(segment, pid), segment.subarray(offset, offset + size)]
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return yield* filterTsInSteps([whole], (stream) => stream.pid === pid)
}

/** The packets of the first PAT, and of the first PMT that lists the stream. */
function tablesOf(segment: Uint8Array, pid: number): Uint8Array[] {
  const { pmtPid } = findProgram(segment)
  const association = new ProgramFollower()
  const program = new ProgramFollower(pmtPid)
  const pat: Uint8Array[] = []
  let pmt: Uint8Array[] = []
  let isListed = false
  for (let at = 0; at + PACKET_SIZE <= segment.length && !(isListed && association.pmtPid >= 0); at += PACKET_SIZE) {
    if (segment[at] !== SYNC_BYTE || hasTransportError(segment, at)) continue
    const packet = segment.subarray(at, at + PACKET_SIZE)
    if (pidOf(segment, at) === PAT_PID && association.pmtPid < 0) {
      pat.push(packet)
      association.pushPat(segment, at)
    } else if (pidOf(segment, at) === pmtPid && !isListed) {
      pmt.push(packet)
      program.pushPmt(segment, at, ({ streams }) => {
        isListed = streams.some((stream) => stream.pid === pid)
        if (!isListed) pmt = []
      })
    }
  }
  return [...pat, ...pmt]
}
