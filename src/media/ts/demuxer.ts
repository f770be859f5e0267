import { MalformedMedia } from '../bytes.ts'
import { AvcStream } from '../codecs/avc-stream.ts'
import { HevcStream } from '../codecs/hevc-stream.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Id3Event, Track } from '../sample.ts'
import { allSteps, StepMeter, type Steps } from '../steps.ts'
import { PTS_MODULUS, type Ticks, ticks, unwrapPts } from '../time.ts'
import { elementaryAudioTrack } from './audio-track.ts'
import type { DemuxBuffer } from './demux-buffer.ts'
import type { DemuxOptions } from './demux-options.ts'
import { EsBuffer } from './es-buffer.ts'
import { id3Events } from './id3-events.ts'
import {
  hasTransportError,
  isScrambled,
  LOST_SYNC,
  NULL_PID,
  PACKET_SIZE,
  PAT_PID,
  PID_COUNT,
  pidOf,
  plainHeader,
  SCRAMBLED,
  SYNC_BYTE,
} from './packet.ts'
import { type MapFound, ProgramFollower, pushMaps, TABLE_COST } from './program.ts'
import type { ElementaryStream } from './psi.ts'
import { type StreamKind, streamKindOf } from './stream-kind.ts'
import { videoTrack } from './video-track.ts'

/** Makers of samples by kind of stream; other kinds are not demuxed. */
const TRACKS: Readonly<Partial<Record<StreamKind, TrackMaker>>> = {
  avc: (es, unwrap, options) => videoTrack(es, unwrap, options, new AvcStream()),
  hevc: (es, unwrap, options) => videoTrack(es, unwrap, options, new HevcStream()),
  aac: (es, unwrap, options) => elementaryAudioTrack('aac', es, unwrap, options),
  ac3: (es, unwrap, options) => elementaryAudioTrack('ac3', es, unwrap, options),
}

/** Makes the track of a stream; undefined when it has no sample. */
type TrackMaker = (es: EsBuffer, unwrap: (time: number) => number, options: DemuxOptions) => Steps<Track | undefined>

export type DemuxedSegment = {
  /** Tracks with samples, in the order of the program map; views of the DemuxBuffer. */
  readonly tracks: readonly Track[]
  /** Timed ID3 tags, stream by stream. */
  readonly events: readonly Id3Event[]
  /**
   * Number of PES packets, access units or frames left out: cut off by the segment's start, broken, or without a
   * time.
   */
  readonly dropped: number
  /** Number of packets damaged or missing. */
  readonly continuityErrors: number
}

/**
 * Takes the segment in `buffer` apart. Damage is skipped and counted as `TsProbe` does. Throws MalformedMedia where
 * the probe would, and when a track's times or parameters cannot belong to one track.
 */
export function demuxTs(buffer: DemuxBuffer, options: DemuxOptions = {}): DemuxedSegment {
  return allSteps(demuxTsInSteps(buffer, options))
}

/** As `demuxTs`, in steps. Nobody else may use the buffer before the last. */
export function* demuxTsInSteps(buffer: DemuxBuffer, options: DemuxOptions = {}): Steps<DemuxedSegment> {
  const { keep = () => true, near } = options
  const survey = yield* surveyOf(buffer)
  const wanted = survey.streams.filter((stream) => isUnderstood(streamKindOf(stream)) && keep(stream))
  const streams = layOut(wanted, survey.packets, buffer)
  yield* gather(buffer, streams, survey.namedAt)

  const reference = near ?? firstTime(streams)
  const unwrap = (time: number) => unwrapPts(time, reference)
  const tracks: Track[] = []
  const events: Id3Event[] = []
  for (const es of streams) {
    const kind = streamKindOf(es.stream)
    if (kind === 'id3') for (const event of yield* id3Events(es, unwrap)) events.push(event)
    const track = yield* TRACKS[kind]?.(es, unwrap, options) ?? NO_TRACK
    if (track !== undefined) tracks.push(track)
  }
  return {
    tracks,
    events,
    dropped: streams.reduce((sum, es) => sum + es.dropped, 0),
    continuityErrors: streams.reduce((sum, es) => sum + es.continuityErrors, survey.damaged),
  }
}

/**
 * Takes one stream out of packets that need no program map before them, such as those of a key frame: the samples that
 * begin in them. Undefined when there is none.
 */
export function* demuxStreamInSteps(
  buffer: DemuxBuffer,
  stream: ElementaryStream,
  options: DemuxOptions = {},
): Steps<Track | undefined> {
  const { bytes, start, end } = buffer
  const packets = new Uint32Array(PID_COUNT)
  for (let at = start; at + PACKET_SIZE <= end; at += PACKET_SIZE) packets[pidOf(bytes, at)]!++
  const streams = layOut([stream], packets, buffer)
  yield* gather(buffer, streams, new Map())
  const [es] = streams
  const reference = options.near ?? firstTime(streams)
  const unwrap = (time: number) => unwrapPts(time, reference)
  return es && (yield* TRACKS[streamKindOf(stream)]?.(es, unwrap, options) ?? NO_TRACK)
}

const NO_TRACK: readonly [] = []

function isUnderstood(kind: StreamKind): boolean {
  return kind in TRACKS || kind === 'id3'
}

/** The first DTS of the first stream; one clock cycle later where another stream would otherwise begin before 0. */
function firstTime(streams: readonly EsBuffer[]): Ticks {
  const times = streams.map((es) => es.firstDts()).filter((dts) => dts >= 0)
  const first = ticks(times[0] ?? 0)
  return ticks(times.some((dts) => unwrapPts(dts, first) < 0) ? first + PTS_MODULUS : first)
}

/** Assigns each stream its place in the buffer: the largest overlays the segment itself, the others follow it. */
function layOut(
  streams: readonly ElementaryStream[],
  packets: Uint32Array,
  { kernel, start, end }: DemuxBuffer,
): EsBuffer[] {
  const present = streams.filter(({ pid }) => packets[pid]! > 0)
  const most = present.reduce((max, { pid }) => Math.max(max, packets[pid]!), 0)
  const largest = present.find(({ pid }) => packets[pid] === most)
  let free = end
  return present.map((stream) => {
    const count = packets[stream.pid]!
    if (stream === largest) return new EsBuffer(stream, kernel, start, count)
    const first = free + EsBuffer.margin(count)
    free = first + EsBuffer.room(count)
    return new EsBuffer(stream, kernel, first, count)
  })
}

/** Bytes of a stream that are moved at a time. */
const MOST_PUSHED = 1024 * 1024

/** Passes each stream its packets, beginning where the program map lists it. */
function* gather(
  { bytes, start, end }: DemuxBuffer,
  streams: readonly EsBuffer[],
  namedAt: ReadonlyMap<number, number>,
): Steps<void> {
  const meter = new StepMeter()
  const roles = new Uint16Array(PID_COUNT)
  const listedAt = streams.map(({ stream: { pid } }) => namedAt.get(pid) ?? start)
  let next = start
  for (let at = start; at + PACKET_SIZE <= end; ) {
    if (at >= next) {
      for (const [index, { stream }] of streams.entries()) if (listedAt[index]! <= at) roles[stream.pid] = index + 1
      next = listedAt.reduce((least, from) => (from > at && from < least ? from : least), end)
    }
    const role = roles[pidOf(bytes, at)]!
    if (role !== 0 && bytes[at] === SYNC_BYTE && !hasTransportError(bytes, at)) {
      const next = streams[role - 1]!.push(at, Math.min(end, at + MOST_PUSHED))
      if (meter.ends(next - at)) yield
      at = next
    } else at += PACKET_SIZE
  }
}

function* surveyOf({ kernel, start, end }: DemuxBuffer): Steps<Survey> {
  const survey = new Survey()
  yield* survey.walk(kernel, start, end)
  survey.end(end - start)
  return survey
}

/** The facts needed before payloads are moved: the streams, and the number of packets of each PID. */
class Survey {
  readonly packets = new Uint32Array(PID_COUNT)
  readonly streams: ElementaryStream[] = []
  /** By PID, the position from which packets belong to the stream; see `ProgramFollower`. */
  readonly namedAt = new Map<number, number>()
  damaged = 0
  private readonly program = new ProgramFollower()

  /** Completes the survey of `size` bytes. Throws MalformedMedia without a program map. */
  end(size: number): void {
    if (size % PACKET_SIZE !== 0) this.damaged++
    this.program.requireMap(size)
    this.damaged += this.program.damaged
  }

  *walk(kernel: Kernel, start: number, end: number): Steps<void> {
    const { bytes } = kernel
    const meter = new StepMeter()
    let lastLost = -1
    for (let at = start; at + PACKET_SIZE <= end; at += PACKET_SIZE) {
      if (meter.ends()) yield
      if (bytes[at] !== SYNC_BYTE) {
        if (at === start) throw new MalformedMedia('no sync byte', 0)
        if (lastLost === at - PACKET_SIZE) throw new MalformedMedia(LOST_SYNC, at - start)
        lastLost = at
        this.damaged++
      } else if (hasTransportError(bytes, at)) {
        this.damaged++
      } else {
        const pid = pidOf(bytes, at)
        if (isScrambled(bytes, at) && pid !== NULL_PID) throw new MalformedMedia(SCRAMBLED, at - start)
        this.packets[pid]!++
        if (pid === PAT_PID) this.programAssociation(bytes, start, at)
        else if (pid === this.program.pmtPid) {
          this.program.pushPmt(bytes, at, this.follow(start, at))
          if (meter.ends(TABLE_COST)) yield
        } else at = this.countRun(kernel, pid, at, end)
      }
    }
  }

  /**
   * Counts the packets after the one at `at` that plainly continue its PID, as nearly all do.
   * @returns the offset of the last
   */
  private countRun(kernel: Kernel, pid: number, at: number, end: number): number {
    const last = kernel.endOfPackets(at + PACKET_SIZE, end, plainHeader(pid, 0)) - PACKET_SIZE
    this.packets[pid]! += (last - at) / PACKET_SIZE
    return last
  }

  private programAssociation(bytes: Uint8Array, start: number, at: number): void {
    const isFirst = this.program.map === undefined
    if (!this.program.pushPat(bytes, at) || !isFirst) return
    pushMaps(this.program, bytes.subarray(start, at), this.follow(start, start))
  }

  /** Records the streams of a map at `at`; the first map applies from `start`. */
  private follow(start: number, at: number): MapFound {
    const from = this.program.map === undefined ? start : at
    return (map, changed) => {
      if (!changed) return
      for (const stream of map.streams) {
        if (this.namedAt.has(stream.pid)) continue
        this.namedAt.set(stream.pid, from)
        this.streams.push(stream)
      }
    }
  }
}
