import { MalformedMedia } from '../bytes.ts'
import { allSteps, type Steps } from '../steps.ts'
import { replicationOf } from './aac-descriptors.ts'
import { JoinedPes } from './joined-pes.ts'
import { hasTransportError, NULL_PID, PACKET_SIZE, PAT_PID, PID_COUNT, payloadOffset, pcrBase } from './packet.ts'
import { walkPackets } from './packet-walk.ts'
import { PesPackets } from './pes-packets.ts'
import { type ElementaryStream, type ProgramMap, ProgramMapWriter } from './psi.ts'
import { RewrittenPes } from './rewritten-pes.ts'
import { encryptFrames, type Replication } from './sample-aes-frames.ts'
import { type EncryptedKind, encryptedEntry } from './sample-aes-map.ts'
import { encryptUnits } from './sample-aes-units.ts'
import type { SampleCipher } from './sample-cipher.ts'
import { isData, type StreamKind, streamKindOf } from './stream-kind.ts'

/** PIDs up to this one are those of tables, ISO/IEC 13818-1 table 2-3 and EN 300 468 table 1; PSIP of ATSC A/65. */
const LAST_TABLE_PID = 0x1f
const PSIP_PID = 0x1ffb

/** Thrown for a program with a codec whose samples cannot be encrypted in MPEG-TS. */
export class NoSampleAes extends Error {
  override readonly name = 'NoSampleAes'
  readonly codec: string

  constructor(codec: string) {
    super(`SAMPLE-AES of MPEG-TS is not defined for ${codec}`)
    this.codec = codec
  }
}

/**
 * Encrypts the samples of consecutive transport stream segments, as METHOD=SAMPLE-AES of RFC 8216 §4.3.2.4 means it:
 * of H.264 the slices, of AAC, AC-3 and E-AC-3 the frames. The program maps tell so. Tables and data stay as they are;
 * all else is left out, since it would be in the clear: streams of other codecs, and those that no program map lists.
 * Counters at the end are those of the source, so that the next segment continues.
 * @returns memory that nobody else has
 * @throws NoSampleAes when the program has HEVC, or nothing but codecs that cannot be encrypted
 * @throws MalformedMedia when a segment has no program map, lost sync, scrambled packets, slices of other kinds, or
 * a stream that becomes another
 */
export function encryptSamples(segments: readonly Uint8Array[], cipher: SampleCipher): readonly Uint8Array[] {
  return allSteps(encryptSamplesInSteps(segments, cipher))
}

/** As `encryptSamples`, in steps. */
export function* encryptSamplesInSteps(
  segments: readonly Uint8Array[],
  cipher: SampleCipher,
): Steps<readonly Uint8Array[]> {
  const survey = new Survey()
  yield* walkPackets(segments, survey)
  survey.end()
  const joined = new Map<number, JoinedPes>()
  for (const pid of survey.streams.keys()) {
    joined.set(pid, new JoinedPes({ packets: survey.packets[pid]!, bytes: survey.bytes[pid]! }))
  }
  yield* walkPackets(segments, {
    packet: (pid, segment, at) => {
      if (hasMedia(segment, at)) joined.get(pid)?.push(segment, at)
    },
    map() {},
  })
  const output = new Output(
    segments.reduce((sum, { length }) => sum + length, 0),
    survey,
  )
  for (const [pid, pes] of joined) {
    pes.end()
    const { kind, payloads } = yield* encrypted(pes, survey.streams.get(pid)!, cipher)
    if (kind !== undefined) output.kinds.set(pid, kind)
    output.streams.set(pid, yield* RewrittenPes.of(pes, payloads))
  }
  yield* walkPackets(segments, output)
  return output.packets.end()
}

function* encrypted(pes: JoinedPes, stream: ElementaryStream, cipher: SampleCipher) {
  const kind = streamKindOf(stream)
  if (kind === 'avc') return { kind: { codec: kind } as const, payloads: yield* encryptUnits(pes, cipher) }
  const replication: Replication = (core) => replicationOf(stream.descriptors, core)
  const setup = yield* encryptFrames(kind === 'aac' ? 'aac' : 'ac3', pes, replication, cipher)
  return { kind: setup, payloads: pes }
}

/** True for a packet with a payload and without an error. */
function hasMedia(segment: Uint8Array, at: number): boolean {
  const offset = payloadOffset(segment, at)
  return offset > 0 && offset < PACKET_SIZE && !hasTransportError(segment, at)
}

const ENCRYPTED_KINDS: readonly StreamKind[] = ['avc', 'aac', 'ac3']

/** The streams to be encrypted by PID, and how much there is of each; what of the others stays clear. */
class Survey {
  readonly streams = new Map<number, ElementaryStream>()
  readonly packets = new Uint32Array(PID_COUNT)
  readonly bytes = new Uint32Array(PID_COUNT)
  /** All streams that program maps list. */
  private readonly kinds = new Map<number, StreamKind>()
  /** Those of them that are not encrypted, and are not known to be data. */
  private readonly leftOut = new Map<number, ElementaryStream>()
  private readonly clocks = new Set<number>()

  packet(pid: number, segment: Uint8Array, at: number): void {
    if (!hasMedia(segment, at)) return
    this.packets[pid]!++
    this.bytes[pid]! += PACKET_SIZE - payloadOffset(segment, at)
  }

  map({ streams, pcrPid }: ProgramMap): void {
    this.clocks.add(pcrPid)
    const encrypted = new Set<number>()
    for (const stream of streams) {
      const { pid } = stream
      if (pid === PAT_PID || pid === NULL_PID) continue
      const kind = streamKindOf(stream)
      if (kind === 'hevc') throw new NoSampleAes('HEVC')
      // It is what its table lists it as first: as such it is encrypted, and nothing in it stays clear.
      if (encrypted.has(pid)) continue
      const known = this.kinds.get(pid) ?? kind
      const isEncrypted = ENCRYPTED_KINDS.includes(kind)
      if (known !== kind && (isEncrypted || ENCRYPTED_KINDS.includes(known))) {
        throw new MalformedMedia(`stream ${pid} is ${known}, and then ${kind}`, 0)
      }
      this.kinds.set(pid, kind)
      if (!isEncrypted) {
        if (!isData(stream)) this.leftOut.set(pid, stream)
        continue
      }
      encrypted.add(pid)
      if (!this.streams.has(pid)) this.streams.set(pid, stream)
    }
  }

  /** Throws NoSampleAes for a program of which nothing would be left. */
  end(): void {
    const [stream] = this.leftOut.values()
    if (this.streams.size === 0 && stream) throw new NoSampleAes(`streams of type ${stream.streamType}`)
  }

  /** True for a stream that is listed in the program maps of the output. */
  isListed(pid: number): boolean {
    return !this.leftOut.has(pid)
  }

  /** True for packets that are copied: those of tables and data, and null packets. */
  isCopied(pid: number): boolean {
    if (this.kinds.has(pid)) return this.isListed(pid)
    return pid <= LAST_TABLE_PID || pid === NULL_PID || pid === PSIP_PID
  }

  hasClock(pid: number): boolean {
    return this.clocks.has(pid)
  }
}

/** Writes the packets of encrypted streams anew, and copies those of others that stay clear. */
class Output {
  readonly packets: PesPackets
  private readonly survey: Survey
  readonly kinds = new Map<number, EncryptedKind>()
  readonly streams = new Map<number, RewrittenPes>()
  private readonly maps = new ProgramMapWriter()

  constructor(size: number, survey: Survey) {
    this.packets = new PesPackets(size)
    this.survey = survey
  }

  packet(pid: number, segment: Uint8Array, at: number): void {
    const stream = this.streams.get(pid)
    if (stream === undefined) this.other(pid, segment, at)
    else if (hasMedia(segment, at)) stream.write(segment, at, this.packets)
    else if (!hasTransportError(segment, at) && payloadOffset(segment, at) === PACKET_SIZE) {
      stream.copy(segment, at, this.packets)
    }
  }

  private other(pid: number, segment: Uint8Array, at: number): void {
    if (this.survey.isCopied(pid)) this.packets.copy(segment.subarray(at, at + PACKET_SIZE))
    else if (this.survey.hasClock(pid) && !hasTransportError(segment, at) && pcrBase(segment, at) >= 0) {
      // Counters of packets without a payload do not count.
      this.packets.clock(segment, at, 0)
    }
  }

  map(map: ProgramMap, pmtPid: number, counter: number): void {
    this.maps.meet(counter)
    const listed = new Set<number>()
    const streams = map.streams.flatMap((stream) => {
      const { pid } = stream
      const kind = this.kinds.get(pid)
      if (kind === undefined) return this.survey.isListed(pid) ? stream : []
      if (listed.has(pid)) return []
      listed.add(pid)
      return encryptedEntry(stream, kind)
    })
    this.packets.copy(this.maps.write({ ...map, streams }, pmtPid))
  }
}
