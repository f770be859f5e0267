import { MalformedMedia } from '../bytes.ts'
import type { Track } from '../sample.ts'
import { PTS_MODULUS, type Ticks, ticks, unwrapPts } from '../time.ts'
import { aacTrack } from './aac-track.ts'
import { avcTrack } from './avc-track.ts'
import type { DemuxBuffer } from './demux-buffer.ts'
import { EsBuffer } from './es-buffer.ts'
import {
  hasTransportError,
  isScrambled,
  LOST_SYNC,
  NULL_PID,
  PACKET_SIZE,
  PAT_PID,
  PID_COUNT,
  pidOf,
  SCRAMBLED,
  SYNC_BYTE,
} from './packet.ts'
import { ProgramFollower } from './program.ts'
import { AAC_ADTS_STREAM_TYPE, type ElementaryStream, H264_STREAM_TYPE } from './psi.ts'

export type DemuxOptions = {
  /** Which streams of the program are wanted; by default all that are understood. */
  readonly keep?: (stream: ElementaryStream) => boolean
  /** A time near which the segment lies: decides the turns of the 33-bit clock. By default that of its first DTS. */
  readonly near?: Ticks
}

export type DemuxedSegment = {
  /** H.264 and AAC tracks with samples, in the order of the program map. Views of the DemuxBuffer. */
  readonly tracks: readonly Track[]
  /** PES packets, access units or frames left out: cut off by the segment's start, broken, or without a time. */
  readonly dropped: number
  /** Packets damaged or missing. */
  readonly continuityErrors: number
}

/**
 * Takes the segment in `buffer` apart. Damage is stepped over and counted as `TsProbe` does; throws MalformedMedia where the
 * probe would, and when a track's times or parameters cannot be those of one track.
 */
export function demuxTs(buffer: DemuxBuffer, { keep = () => true, near }: DemuxOptions = {}): DemuxedSegment {
  const { bytes, size } = buffer
  const survey = new Survey(bytes, size)
  const roles = new Uint16Array(PID_COUNT)
  const streams: EsBuffer[] = []
  let free = size
  for (const stream of survey.streams) {
    if (stream.streamType !== H264_STREAM_TYPE && stream.streamType !== AAC_ADTS_STREAM_TYPE) continue
    const packets = survey.packets[stream.pid]!
    if (roles[stream.pid] !== 0 || packets === 0 || !keep(stream)) continue
    streams.push(new EsBuffer(stream, bytes, free, packets))
    free += EsBuffer.room(packets)
    roles[stream.pid] = streams.length
  }
  gather(bytes, size, roles, streams)

  const reference = near ?? firstTime(streams)
  const unwrap = (time: number) => unwrapPts(time, reference)
  const tracks: Track[] = []
  for (const es of streams) {
    const track = es.stream.streamType === H264_STREAM_TYPE ? avcTrack(es, unwrap) : aacTrack(es, unwrap)
    if (track !== undefined) tracks.push(track)
  }
  return {
    tracks,
    dropped: streams.reduce((sum, es) => sum + es.dropped, 0),
    continuityErrors: streams.reduce((sum, es) => sum + es.continuityErrors, survey.damaged),
  }
}

/** The first DTS of the first stream; one turn later where another stream would begin before 0. */
function firstTime(streams: readonly EsBuffer[]): Ticks {
  const times = streams.map((es) => es.firstDts()).filter((dts) => dts >= 0)
  const first = ticks(times[0] ?? 0)
  return ticks(times.some((dts) => unwrapPts(dts, first) < 0) ? first + PTS_MODULUS : first)
}

/** A loop this hot stands in a function of its own, where the compiler optimises it whole. */
function gather(bytes: Uint8Array, size: number, roles: Uint16Array, streams: readonly EsBuffer[]): void {
  for (let at = 0; at + PACKET_SIZE <= size; at += PACKET_SIZE) {
    const role = roles[pidOf(bytes, at)]!
    if (role !== 0 && bytes[at] === SYNC_BYTE && !hasTransportError(bytes, at)) streams[role - 1]!.push(at)
  }
}

/** What must be known before the payloads move: the streams, and how many packets each PID has. */
class Survey {
  readonly packets = new Uint32Array(PID_COUNT)
  readonly streams: ElementaryStream[] = []
  damaged = 0
  private readonly program = new ProgramFollower()

  constructor(bytes: Uint8Array, size: number) {
    this.walk(bytes, size)
    if (size % PACKET_SIZE !== 0) this.damaged++
    if (this.program.map === undefined) throw new MalformedMedia('no program map table', size)
    this.damaged += this.program.damaged
  }

  private walk(bytes: Uint8Array, size: number): void {
    let lastLost = -PACKET_SIZE
    for (let at = 0; at + PACKET_SIZE <= size; at += PACKET_SIZE) {
      if (bytes[at] !== SYNC_BYTE) {
        if (at === 0) throw new MalformedMedia('no sync byte', 0)
        if (lastLost === at - PACKET_SIZE) throw new MalformedMedia(LOST_SYNC, at)
        lastLost = at
        this.damaged++
      } else if (hasTransportError(bytes, at)) {
        this.damaged++
      } else {
        const pid = pidOf(bytes, at)
        if (isScrambled(bytes, at) && pid !== NULL_PID) throw new MalformedMedia(SCRAMBLED, at)
        this.packets[pid]!++
        if (pid === PAT_PID) this.program.pushPat(bytes, at)
        else if (pid === this.program.pmtPid) this.programMap(bytes, at)
      }
    }
  }

  private programMap(bytes: Uint8Array, at: number): void {
    this.program.pushPmt(bytes, at, (map, changed) => {
      if (changed) this.streams.push(...map.streams)
    })
  }
}
