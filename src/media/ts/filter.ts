import { MalformedMedia } from '../bytes.ts'
import { allSteps, StepMeter, type Steps } from '../steps.ts'
import { PTS_MODULUS, TICKS_PER_SECOND, type Ticks, unwrapPts } from '../time.ts'
import {
  adaptationFlags,
  continuityCounter,
  DISCONTINUITY_INDICATOR,
  hasTransportError,
  NULL_PID,
  PACKET_SIZE,
  PAT_PID,
  PID_COUNT,
  payloadOffset,
  pcrBase,
  pidOf,
  SYNC_BYTE,
  startsUnit,
  writePcrPacket,
} from './packet.ts'
import { NO_PACKET, PacketSync } from './packet-sync.ts'
import { PesHeader } from './pes.ts'
import { findProgram, ProgramFollower, TABLE_COST } from './program.ts'
import { type ElementaryStream, type ProgramMap, ProgramMapWriter } from './psi.ts'

/** 90 kHz ticks. Receivers may expect a PCR at least every 100 ms (ISO/IEC 13818-1 §2.7.2). */
const PCR_INTERVAL = TICKS_PER_SECOND / 10

/** Treatment of a PID's packets. */
const DROPPED = 0
const KEPT = 1
const PMT = 2
const CLOCK = 3

/** Bytes that are copied at once. */
const LONGEST_RUN = 1024 * 1024

/** A run of output: source bytes as they are, or one packet with nothing but the PCR of the packet at `from`. */
type Run = { readonly bytes: Uint8Array; readonly from: number; to: number } & (
  | { kind: 'copy' }
  /** With the continuity_counter of the last packet before it that was kept of its PID. */
  | { kind: 'pcr' | 'nothing'; readonly counter: number }
)

/** Where a transport stream ends, on an unwrapped timeline of 90 kHz ticks. */
export type TsEnd = {
  /** A time near the segments. */
  readonly near: Ticks
  /** The end of the stream with this PID. */
  readonly endOf: (pid: number) => number
}

export type FilterOptions = {
  /**
   * Leaves out of each kept stream all PES packets after the last one whose PTS is before its end. What has no PES
   * packets is kept as long as there are any.
   */
  readonly until?: TsEnd
  /** Makes the single output buffer, with the exact size. */
  readonly allocate?: (size: number) => Uint8Array
}

/**
 * Filters consecutive transport stream segments to the elementary streams that `keep` accepts. Packets of kept
 * streams and of the PAT are copied unchanged; PMTs list only the kept streams. Null packets, other tables and
 * packets without a sync byte are dropped. When a dropped stream carried the clock, its PCRs remain, in packets of
 * their own, as rarely as the standard allows.
 * @param keep is asked for each stream of each program map
 * @throws MalformedMedia when a segment has no program map, nothing to keep, lost sync or scrambled packets
 */
export function filterTs(
  segments: readonly Uint8Array[],
  keep: (stream: ElementaryStream) => boolean,
  options: FilterOptions = {},
): Uint8Array {
  return allSteps(filterTsInSteps(segments, keep, options))
}

/** As `filterTs`, in steps. */
export function* filterTsInSteps(
  segments: readonly Uint8Array[],
  keep: (stream: ElementaryStream) => boolean,
  { until, allocate = (size) => new Uint8Array(size) }: FilterOptions = {},
): Steps<Uint8Array> {
  const filter = new TsFilter(keep, until && (yield* findEnds(segments, until)))
  for (const segment of segments) yield* filter.plan(segment)
  return yield* filter.write(allocate)
}

/** Places in consecutive segments, counted in bytes from the first. */
type Ends = {
  /** Where the first PES packet begins that is left out, by PID. */
  readonly ofPid: ReadonlyMap<number, number>
  /** Behind the last packet of a PES packet that is kept. */
  readonly ofAll: number
}

function* findEnds(segments: readonly Uint8Array[], { near, endOf }: TsEnd): Steps<Ends> {
  const meter = new StepMeter()
  const ofPid = new Map<number, number>()
  /** Behind the last packet of each PID of which the PES packet that it belongs to may be kept. */
  const kept = new Map<number, number>()
  const header = new PesHeader()
  let base = 0
  for (const segment of segments) {
    for (let at = 0; at + PACKET_SIZE <= segment.length; at += PACKET_SIZE) {
      if (meter.ends()) yield
      if (segment[at] !== SYNC_BYTE || hasTransportError(segment, at)) continue
      const pid = pidOf(segment, at)
      if (startsUnit(segment, at)) {
        const payload = at + payloadOffset(segment, at)
        const isRead = payload > at && header.read(segment, payload, at + PACKET_SIZE) === 'read'
        if (isRead && header.pts >= 0) {
          if (unwrapPts(header.pts, near) < endOf(pid)) {
            ofPid.delete(pid)
            kept.set(pid, 0)
          } else if (!ofPid.has(pid)) ofPid.set(pid, base + at)
        }
      }
      if (kept.has(pid) && !ofPid.has(pid)) kept.set(pid, base + at + PACKET_SIZE)
    }
    base += segment.length
  }
  return { ofPid, ofAll: Math.max(0, ...kept.values()) }
}

class TsFilter {
  private readonly keep: (stream: ElementaryStream) => boolean
  private readonly ends: Ends | undefined
  /** Bytes of the segments before the current one. */
  private base = 0
  /** continuity_counter of the last packet kept, by PID. */
  private readonly counters = new Uint8Array(PID_COUNT)
  private clockPid = NULL_PID
  private readonly roles = new Uint8Array(PID_COUNT)
  private readonly runs: Run[] = []
  private readonly maps = new ProgramMapWriter()
  private lastPcr = -1
  private pendingPcr = -1
  private pendingRun: Extract<Run, { readonly counter: number }> | undefined

  constructor(keep: (stream: ElementaryStream) => boolean, ends: Ends | undefined) {
    this.keep = keep
    this.ends = ends
  }

  *plan(segment: Uint8Array): Steps<void> {
    const meter = new StepMeter()
    const { pmtPid, map } = findProgram(segment)
    const program = new ProgramFollower(pmtPid)
    if (!map.streams.some(this.keep)) throw new MalformedMedia('program without any of the wanted streams', 0)
    this.follow(map, pmtPid)
    const sync = new PacketSync()
    const end = Math.min(segment.length, (this.ends?.ofAll ?? Number.POSITIVE_INFINITY) - this.base)
    for (let at = 0; at + PACKET_SIZE <= end; at += PACKET_SIZE) {
      if (meter.ends()) yield
      const pid = sync.pidAt(segment, at)
      if (pid === NO_PACKET) continue
      if (pid === PAT_PID && !hasTransportError(segment, at)) {
        const before = program.pmtPid
        if (program.pushPat(segment, at)) this.roles[before] = DROPPED
        this.roles[program.pmtPid] = PMT
      }
      const role = this.roleOf(pid, at)
      if (role === KEPT) this.copy(segment, at)
      else if (role === CLOCK) this.clock(segment, at)
      else if (role === PMT) {
        this.programMap(program, segment, at)
        if (meter.ends(TABLE_COST)) yield
      }
    }
    this.base += segment.length
  }

  *write(allocate: (size: number) => Uint8Array): Steps<Uint8Array> {
    const meter = new StepMeter()
    this.keepPendingPcr()
    let size = 0
    for (const { from, to, kind } of this.runs) if (kind !== 'nothing') size += to - from
    const output = allocate(size)
    let at = 0
    for (const run of this.runs) {
      const { bytes, from, to } = run
      if (run.kind === 'nothing') continue
      if (meter.ends(to - from)) yield
      if (run.kind === 'copy') output.set(bytes.subarray(from, to), at)
      else writePcrPacket(output, at, { source: bytes, from, counter: run.counter })
      at += to - from
    }
    return output
  }

  /** The treatment of a packet at an offset of the current segment. */
  private roleOf(pid: number, at: number): number {
    const role = this.roles[pid]!
    const end = role === KEPT ? this.ends?.ofPid.get(pid) : undefined
    if (end === undefined || this.base + at < end) return role
    return pid === this.clockPid ? CLOCK : DROPPED
  }

  /** Assigns each PID its role under `map`. */
  private follow(map: ProgramMap, pmtPid: number): void {
    this.clockPid = map.pcrPid
    this.roles.fill(DROPPED)
    this.roles[PAT_PID] = KEPT
    this.roles[map.pcrPid] = CLOCK
    this.roles[NULL_PID] = DROPPED
    for (const { pid } of map.streams.filter(this.keep)) this.roles[pid] = KEPT
    this.roles[pmtPid] = PMT
  }

  private programMap(program: ProgramFollower, segment: Uint8Array, at: number): void {
    if (hasTransportError(segment, at)) return
    this.maps.meet(continuityCounter(segment, at))
    program.pushPmt(segment, at, (map, changed) => {
      if (changed) this.follow(map, program.pmtPid)
      const packets = this.maps.write({ ...map, streams: map.streams.filter(this.keep) }, program.pmtPid)
      this.runs.push({ bytes: packets, from: 0, to: packets.length, kind: 'copy' })
    })
  }

  private copy(segment: Uint8Array, at: number): void {
    this.counters[pidOf(segment, at)] = continuityCounter(segment, at)
    const last = this.runs.at(-1)
    const isNext = last !== undefined && last.bytes === segment && last.to === at && last.kind === 'copy'
    if (isNext && at - last.from < LONGEST_RUN) last.to += PACKET_SIZE
    else this.runs.push({ bytes: segment, from: at, to: at + PACKET_SIZE, kind: 'copy' })
  }

  /**
   * Writes a PCR, or leaves it out when the next one is still soon enough, which is known only when that one arrives.
   */
  private clock(segment: Uint8Array, at: number): void {
    const pcr = pcrBase(segment, at)
    if (pcr < 0 || hasTransportError(segment, at)) return
    const counter = this.counters[pidOf(segment, at)]!
    const run: TsFilter['pendingRun'] = { bytes: segment, from: at, to: at + PACKET_SIZE, kind: 'nothing', counter }
    this.runs.push(run)
    if (this.pendingRun !== undefined && elapsed(this.lastPcr, pcr) > PCR_INTERVAL) this.keepPendingPcr()
    this.pendingRun = run
    this.pendingPcr = pcr
    const isBreak = (adaptationFlags(segment, at) & DISCONTINUITY_INDICATOR) !== 0
    if (this.lastPcr < 0 || isBreak || elapsed(this.lastPcr, pcr) > PCR_INTERVAL) this.keepPendingPcr()
  }

  private keepPendingPcr(): void {
    if (this.pendingRun !== undefined) this.pendingRun.kind = 'pcr'
    this.pendingRun = undefined
    this.lastPcr = this.pendingPcr
  }
}

function elapsed(from: number, to: number): number {
  return (to - from + PTS_MODULUS) % PTS_MODULUS
}
