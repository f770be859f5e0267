import { MalformedMedia } from '../bytes.ts'
import { PTS_MODULUS } from '../time.ts'
import {
  addToPcr,
  continuityCounter,
  hasPayload,
  NULL_PID,
  PACKET_SIZE,
  payloadOffset,
  pidOf,
  SYNC_BYTE,
  setContinuityCounter,
  startsUnit,
} from './packet.ts'
import { addToTimestamps, isVideoStreamId, PesHeader } from './pes.ts'

type Recorded = {
  readonly bytes: Uint8Array
  /** The first PTS in ticks from the first one of the loop: of video, where there is some. */
  readonly start: number
  /** For each PID, how far the segment's counters are ahead of those that go on from the segments before it. */
  readonly counterOffsets: ReadonlyMap<number, number>
}

/**
 * Segments of a transport stream that were recorded so that the first follows the last, as a stream that never ends: of
 * segment n, which may be any number, PTS, DTS and PCR are those of a clock that began with segment 0, modulo 2³³, and
 * the continuity counters go on from segment n - 1. Tables must be whole packets.
 */
export class LoopedSegments {
  private readonly recorded: readonly Recorded[]
  private readonly loopTicks: number
  private readonly firstPts: number
  /** For each PID, the number of its packets in a loop, modulo 16. */
  private readonly packets: ReadonlyMap<number, number>

  /** `loopTicks` is how long the segments last together. Throws MalformedMedia where they are no transport streams. */
  constructor(segments: readonly Uint8Array[], loopTicks: number) {
    const counted = new Map<number, number>()
    this.loopTicks = loopTicks
    this.firstPts = firstPtsOf(segments[0] ?? new Uint8Array(0))
    this.recorded = segments.map((bytes) => ({
      bytes,
      start: (firstPtsOf(bytes) - this.firstPts + PTS_MODULUS) % PTS_MODULUS,
      counterOffsets: offsetsOf(bytes, counted),
    }))
    this.packets = new Map(counted)
  }

  /** When a segment begins: ticks since segment 0 did. */
  startOf(number: number): number {
    return this.loopOf(number) * this.loopTicks + this.recordedOf(number).start
  }

  /** A segment as bytes of its own. Its first PTS is `startOf` modulo 2³³. */
  segment(number: number): Uint8Array<ArrayBuffer> {
    const { bytes, counterOffsets } = this.recordedOf(number)
    const loop = this.loopOf(number)
    const moved = new Uint8Array(bytes)
    const shift = (loop * this.loopTicks - this.firstPts + PTS_MODULUS) % PTS_MODULUS
    for (let at = 0; at < moved.length; at += PACKET_SIZE) {
      addToPcr(moved, at, shift)
      const pid = pidOf(moved, at)
      if (pid === NULL_PID) continue
      const before = (loop % 16) * (this.packets.get(pid) ?? 0) + (counterOffsets.get(pid) ?? 0)
      setContinuityCounter(moved, at, continuityCounter(bytes, at) + before)
      if (hasPayload(moved, at) && startsPes(moved, at)) addToTimestamps(moved, at + payloadOffset(moved, at), shift)
    }
    return moved
  }

  private loopOf(number: number): number {
    return Math.floor(number / this.recorded.length)
  }

  private recordedOf(number: number): Recorded {
    return this.recorded[number % this.recorded.length]!
  }
}

/** Counts the packets of a segment on; gives what its counters lack to go on from those that were counted before. */
function offsetsOf(segment: Uint8Array, counted: Map<number, number>): Map<number, number> {
  const offsets = new Map<number, number>()
  for (let at = 0; at < segment.length; at += PACKET_SIZE) {
    const pid = pidOf(segment, at)
    if (!hasPayload(segment, at) || pid === NULL_PID) continue
    const before = counted.get(pid) ?? 0
    if (!offsets.has(pid)) offsets.set(pid, before - continuityCounter(segment, at) + 16)
    counted.set(pid, (before + 1) % 16)
  }
  return offsets
}

/** The PTS of the first PES packet of video; of a segment without video, of the first with a PTS. */
function firstPtsOf(segment: Uint8Array): number {
  if (segment.length % PACKET_SIZE !== 0) throw new MalformedMedia('no whole number of packets', segment.length)
  const header = new PesHeader()
  let other: number | undefined
  for (let at = 0; at < segment.length; at += PACKET_SIZE) {
    if (segment[at] !== SYNC_BYTE) throw new MalformedMedia('no sync byte', at)
    if (!hasPayload(segment, at) || !startsPes(segment, at)) continue
    header.read(segment, at + payloadOffset(segment, at), at + PACKET_SIZE)
    if (isVideoStreamId(header.streamId) && header.pts >= 0) return header.pts
    if (header.pts >= 0) other ??= header.pts
  }
  if (other === undefined) throw new MalformedMedia('no PES packet with a PTS', 0)
  return other
}

/** Whether a PES packet begins in a packet, rather than a table. */
function startsPes(bytes: Uint8Array, at: number): boolean {
  const begin = at + payloadOffset(bytes, at)
  return startsUnit(bytes, at) && bytes[begin] === 0 && bytes[begin + 1] === 0 && bytes[begin + 2] === 1
}
