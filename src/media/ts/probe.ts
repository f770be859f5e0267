import { MalformedMedia } from '../bytes.ts'
import { allSteps, StepMeter, type Steps } from '../steps.ts'
import type { MediaProbe } from '../track.ts'
import { ElementaryProbe } from './elementary-probe.ts'
import { HeldPackets, type HoldingRoom } from './held-packets.ts'
import {
  hasTransportError,
  isScrambled,
  LOST_SYNC,
  NULL_PID,
  PACKET_SIZE,
  PAT_PID,
  PID_COUNT,
  payloadOffset,
  pidOf,
  SCRAMBLED,
  SYNC_BYTE,
} from './packet.ts'
import { RANK } from './payload-probe.ts'
import { ProgramFollower } from './program.ts'
import type { ProgramMap } from './psi.ts'
import { SPLICE_STREAM_TYPE, SpliceProbe } from './splice-probe.ts'

/** More elementary streams than one program map can list. */
const MAX_STREAMS = 256

/** Packets that are taken of those held for each that comes: no step is long, and what is held soon ends. */
const TAKEN_FOR_EACH = 8

/**
 * Roles of PIDs: ignored, a table, `FIRST_STREAM + n` for elementary stream n, or `FIRST_SPLICES + n` for the one that
 * is the nth of those with messages of SCTE 35.
 */
const IGNORED = 0
const PAT = 1
const PMT = 2
const FIRST_STREAM = 3
const FIRST_SPLICES = FIRST_STREAM + MAX_STREAMS

/**
 * Reads a transport stream segment as it arrives, in chunks cut anywhere. It keeps one packet, and for each
 * elementary stream the beginning of its current PES packet, up to `MAX_PREFIX_SIZE`: at most 256 × 16 KiB for a
 * hostile program map, and about 20 KiB for an ordinary segment. It holds packets that precede the tables until the
 * first program map identifies them, up to 8 MiB, and only while the `room` that it shares with others has space. Of
 * messages of SCTE 35 it keeps as many as `SpliceProbe` does.
 * Damage that a receiver can skip is counted: a packet with a transport error, a single lost sync byte, a gap in a
 * continuity counter, a broken section, a last packet cut short. `push` and `end` throw MalformedMedia when the
 * segment is unusable: no transport stream, sync lost, scrambled, no program, or no timestamp. A probe that has
 * thrown must not be used again. `close` gives back what it holds.
 */
export class TsProbe {
  /** What the multiplexer does that is corrected. */
  readonly habits: { readonly habit: 'tables-late'; readonly example: string }[] = []
  private readonly roles = new Uint16Array(PID_COUNT)
  private readonly program = new ProgramFollower()
  private readonly streams: ElementaryProbe[] = []
  private readonly splices = new SpliceProbe()
  /** Until the first program map has come, and all that was held has been read. */
  private held: HeldPackets | undefined
  /** Number of packets held when the map came; -1 before. */
  private precedeMap = -1
  /** How many of those belong to streams. */
  private early = 0
  private readonly carry = new Uint8Array(PACKET_SIZE)
  private carried = 0
  /** Bytes before the packet being read. */
  private offset = 0
  private syncLost = false
  private damaged = 0

  constructor(room: HoldingRoom = { free: Infinity }) {
    this.roles[PAT_PID] = PAT
    this.held = new HeldPackets(room)
  }

  push(chunk: Uint8Array): void {
    let at = 0
    if (this.carried > 0) {
      at = Math.min(PACKET_SIZE - this.carried, chunk.length)
      this.carry.set(chunk.subarray(0, at), this.carried)
      this.carried += at
      if (this.carried < PACKET_SIZE) return
      this.packet(this.carry, 0)
      this.carried = 0
    }
    for (; at + PACKET_SIZE <= chunk.length; at += PACKET_SIZE) this.packet(chunk, at)
    this.carried = chunk.length - at
    this.carry.set(chunk.subarray(at))
  }

  /** Completes the segment. */
  end(): MediaProbe {
    if (this.carried > 0) this.damaged++
    if (this.offset === 0) throw new MalformedMedia('less than one transport stream packet', 0)
    this.program.requireMap(this.offset)
    allSteps(this.readHeld())
    for (const stream of this.streams) stream.end()
    const [timed] = this.streams
      .filter((stream) => stream.times !== null)
      .toSorted((a, b) => a.payload.rank - b.payload.rank)
    const times = timed?.times ?? null
    if (timed === undefined || times === null) throw new MalformedMedia('no PES packet with a PTS', this.offset)
    const { keyFrames, startsWithKeyFrame, rank } = timed.payload
    const captions = [...new Set(this.streams.flatMap(({ payload }) => [...(payload.captions ?? [])]))].sort()
    const decodeDelay = rank === RANK.video ? timed.decodeDelay : 0
    const continuityErrors = this.streams.reduce(
      (sum, stream) => sum + stream.errors,
      this.damaged + this.program.damaged + this.splices.errors,
    )
    return {
      container: 'mpeg-ts',
      tracks: this.streams.map(({ payload }) => payload.describe()),
      times: this.streams.map((stream) => stream.times),
      firstPts: times.first,
      lastPts: times.last,
      keyFrames,
      startsWithKeyFrame,
      ...(decodeDelay === 0 ? {} : { decodeDelay }),
      ...(captions.length === 0 ? {} : { captions }),
      ...(continuityErrors === 0 ? {} : { continuityErrors }),
      ...this.splices.end(times.first),
    }
  }

  close(): void {
    this.held?.release()
    this.held = undefined
  }

  /** Reads what is still held at the end of the segment, in steps; `end` does it at once. */
  *readHeld(): Steps<void> {
    const meter = new StepMeter()
    while (this.held !== undefined && this.precedeMap >= 0) {
      this.readFirst(this.held)
      if (meter.ends()) yield
    }
  }

  private packet(bytes: Uint8Array, at: number): void {
    if (bytes[at] !== SYNC_BYTE) {
      if (this.offset === 0) throw new MalformedMedia('no sync byte', 0)
      if (this.syncLost) throw new MalformedMedia(LOST_SYNC, this.offset)
      this.syncLost = true
      this.damaged++
      this.offset += PACKET_SIZE
      return
    }
    this.syncLost = false
    this.offset += PACKET_SIZE
    const pid = pidOf(bytes, at)
    if (hasTransportError(bytes, at)) {
      this.damaged++
      return
    }
    if (isScrambled(bytes, at) && pid !== NULL_PID) throw new MalformedMedia(SCRAMBLED, this.offset - PACKET_SIZE)
    if (pid === NULL_PID) return
    if (this.held !== undefined && this.precedeMap >= 0) this.holdBack(this.held, bytes, at)
    else this.read(bytes, at, this.offset - PACKET_SIZE)
  }

  /** Takes a packet while others before it are held: it waits for its turn, and some of them have theirs. */
  private holdBack(held: HeldPackets, bytes: Uint8Array, at: number): void {
    held.hold(bytes, at, this.offset - PACKET_SIZE, true)
    for (let taken = 0; taken < TAKEN_FOR_EACH && this.held !== undefined; taken++) this.readFirst(held)
  }

  private readFirst(held: HeldPackets): void {
    held.takeFirst((bytes, at, offset, index) => {
      const role = this.roles[pidOf(bytes, at)]!
      const isBeforeMap = index < this.precedeMap
      if (isBeforeMap && role >= FIRST_STREAM) this.early++
      // Tables before the map were read when it came.
      if (!isBeforeMap || role >= FIRST_STREAM) this.read(bytes, at, offset)
    })
    if (!held.isEmpty) return
    this.close()
    const { early } = this
    if (early > 0) this.habits.push({ habit: 'tables-late', example: `${early} packets of media precede the tables` })
  }

  private read(bytes: Uint8Array, at: number, offset: number): void {
    const role = this.roles[pidOf(bytes, at)]!
    if (role >= FIRST_SPLICES) this.splices.packet(role - FIRST_SPLICES, bytes, at, this.streams)
    else if (role >= FIRST_STREAM) this.elementary(role, bytes, at, offset)
    else if (role === PMT) this.pmt(bytes, at)
    else if (role === PAT) this.pat(bytes, at)
    else if (this.precedeMap < 0) this.held?.hold(bytes, at, offset, false)
  }

  /** Takes a packet of the stream with this role, `offset` bytes into the segment. */
  private elementary(role: number, bytes: Uint8Array, at: number, offset: number): void {
    const stream = this.streams[role - FIRST_STREAM]!
    if (stream.passes(bytes, at, offset) || !stream.follows(bytes, at)) return
    const from = payloadOffset(bytes, at)
    if (from === 0) {
      this.damaged++
      return
    }
    stream.packet(bytes, at, at + from, offset)
    if (stream.scrambled) throw new MalformedMedia('scrambled PES packet', offset)
  }

  private pat(bytes: Uint8Array, at: number): void {
    const before = this.program.pmtPid
    if (!this.program.pushPat(bytes, at)) return
    const { pmtPid } = this.program
    if (before >= 0) this.roles[before] = IGNORED
    this.roles[pmtPid] = PMT
    if (this.precedeMap < 0)
      this.held?.forEach((packet, place) => {
        if (pidOf(packet, place) === pmtPid) this.readMap(packet, place)
      })
    this.mapCame()
  }

  private pmt(bytes: Uint8Array, at: number): void {
    this.readMap(bytes, at)
    this.mapCame()
  }

  private readMap(bytes: Uint8Array, at: number): void {
    this.program.pushPmt(bytes, at, (map, changed) => changed && this.follow(map))
  }

  /** Lets the held packets be read once the program map is known. */
  private mapCame(): void {
    if (this.precedeMap >= 0 || this.program.map === undefined) return
    this.precedeMap = this.held?.count ?? 0
    if (this.precedeMap === 0) this.close()
  }

  /** Follows a new program map. Streams that it no longer lists stay as they are. */
  private follow(map: ProgramMap): void {
    for (const stream of map.streams) {
      if (this.roles[stream.pid] !== IGNORED) continue
      if (this.streams.length === MAX_STREAMS) {
        throw new MalformedMedia(`more than ${MAX_STREAMS} elementary streams`, this.offset)
      }
      this.streams.push(new ElementaryProbe(stream))
      this.roles[stream.pid] =
        stream.streamType === SPLICE_STREAM_TYPE
          ? FIRST_SPLICES + this.splices.add()
          : FIRST_STREAM + this.streams.length - 1
    }
  }
}
