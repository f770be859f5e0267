import { allSteps, type Steps } from '../steps.ts'
import { replicationOf } from './aac-descriptors.ts'
import { JoinedPes } from './joined-pes.ts'
import { hasTransportError, NULL_PID, PACKET_SIZE, PAT_PID, PID_COUNT, payloadOffset } from './packet.ts'
import { walkPackets } from './packet-walk.ts'
import { PesPackets } from './pes-packets.ts'
import { type ElementaryStream, packetise, writePmt } from './psi.ts'
import { RewrittenPes } from './rewritten-pes.ts'
import { encryptFrames, type Replication } from './sample-aes-frames.ts'
import { type EncryptedKind, encryptedEntry } from './sample-aes-map.ts'
import { encryptUnits } from './sample-aes-units.ts'
import type { SampleCipher } from './sample-cipher.ts'
import { streamKindOf } from './stream-kind.ts'

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
 * of H.264 the slices, of AAC, AC-3 and E-AC-3 the frames. The program maps tell so. Packets of all other streams
 * stay as they are. Counters at the end are those of the source, so that the next segment continues.
 * @returns memory that nobody else has
 * @throws NoSampleAes when the program has HEVC
 * @throws MalformedMedia when a segment has no program map, lost sync or scrambled packets
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
  const output = new Output(segments.reduce((sum, { length }) => sum + length, 0))
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

/** The streams to be encrypted by PID, and how much there is of each. */
class Survey {
  readonly streams = new Map<number, ElementaryStream>()
  readonly packets = new Uint32Array(PID_COUNT)
  readonly bytes = new Uint32Array(PID_COUNT)

  packet(pid: number, segment: Uint8Array, at: number): void {
    if (!hasMedia(segment, at)) return
    this.packets[pid]!++
    this.bytes[pid]! += PACKET_SIZE - payloadOffset(segment, at)
  }

  map({ streams }: { readonly streams: readonly ElementaryStream[] }): void {
    for (const stream of streams) {
      const kind = streamKindOf(stream)
      if (kind === 'hevc') throw new NoSampleAes('HEVC')
      const isEncrypted = kind === 'avc' || kind === 'aac' || kind === 'ac3'
      if (!isEncrypted || stream.pid === PAT_PID || stream.pid === NULL_PID) continue
      if (!this.streams.has(stream.pid)) this.streams.set(stream.pid, stream)
    }
  }
}

/** Writes the packets of encrypted streams anew, and copies the others. */
class Output {
  readonly packets: PesPackets
  readonly kinds = new Map<number, EncryptedKind>()
  readonly streams = new Map<number, RewrittenPes>()
  /** continuity_counter of the next PMT packet; -1 before the first. */
  private pmtCounter = -1

  constructor(size: number) {
    this.packets = new PesPackets(size)
  }

  packet(pid: number, segment: Uint8Array, at: number): void {
    const stream = this.streams.get(pid)
    if (stream === undefined) this.packets.copy(segment.subarray(at, at + PACKET_SIZE))
    else if (hasMedia(segment, at)) stream.write(segment, at, this.packets)
    else if (!hasTransportError(segment, at) && payloadOffset(segment, at) === PACKET_SIZE) {
      stream.copy(segment, at, this.packets)
    }
  }

  map(map: Parameters<typeof writePmt>[0], pmtPid: number, counter: number): void {
    if (this.pmtCounter < 0) this.pmtCounter = counter
    const streams = map.streams.map((stream) => {
      const kind = this.kinds.get(stream.pid)
      return kind === undefined ? stream : encryptedEntry(stream, kind)
    })
    const packets = packetise(writePmt({ ...map, streams }), pmtPid, this.pmtCounter)
    this.pmtCounter = (this.pmtCounter + packets.length / PACKET_SIZE) & 0x0f
    this.packets.copy(packets)
  }
}
