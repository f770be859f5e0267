import { ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import { MOST_PAYLOAD, PACKET_SIZE, payloadOffset, SYNC_BYTE, startsUnit } from './packet.ts'

/** Program specific information, ISO/IEC 13818-1 §2.4.4. */
const PAT_TABLE_ID = 0
const PMT_TABLE_ID = 2
const HEADER_SIZE = 3
const CRC_SIZE = 4
/** section_length of a PAT or PMT is at most 1021. */
const MAX_SECTION_SIZE = 1024
const LANGUAGE_DESCRIPTOR = 0x0a

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value
})

/** CRC-32 as in annex A; 0 over a whole intact section. */
export function crc32Mpeg(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ bytes[i]!]!
  return crc >>> 0
}

type SectionRules = {
  /** In bytes; that of PAT and PMT by default. */
  readonly mostSize?: number
  /** False when whoever takes the sections checks their CRC. */
  readonly checksCrc?: boolean
}

/** Assembles the sections of one PID; a section may span packets, and a packet may hold several. */
export class SectionAssembler {
  private readonly section: Uint8Array
  private readonly checksCrc: boolean
  private filled = 0
  private collecting = false
  /** Number of sections discarded: too long, or with a wrong CRC. */
  damaged = 0
  /** Number of sections that ended before they were whole. */
  incomplete = 0

  constructor({ mostSize = MAX_SECTION_SIZE, checksCrc = true }: SectionRules = {}) {
    this.section = new Uint8Array(mostSize)
    this.checksCrc = checksCrc
  }

  /** Takes the packet at `at`; calls `emit` with each intact section, whose bytes are valid during the call. */
  push(bytes: Uint8Array, at: number, emit: (section: Uint8Array) => void): void {
    const offset = payloadOffset(bytes, at)
    if (offset === 0 || offset === PACKET_SIZE) return
    let from = at + offset
    const end = at + PACKET_SIZE
    if (startsUnit(bytes, at)) {
      const begin = from + 1 + bytes[from]!
      if (begin > end) {
        this.discard()
        return
      }
      this.append(bytes, from + 1, begin, emit)
      this.breakOff()
      from = begin
      this.collecting = true
    }
    this.append(bytes, from, end, emit)
  }

  /** Packets are missing, or no more will come: what has been collected will not be completed. */
  breakOff(): void {
    if (this.filled > 0) this.incomplete++
    this.collecting = false
    this.filled = 0
  }

  private append(bytes: Uint8Array, from: number, end: number, emit: (section: Uint8Array) => void): void {
    let next = from
    while (this.collecting && next < end) {
      // table_id 0xff at the start of a section is stuffing up to the end of the packet.
      if (this.filled === 0 && bytes[next] === 0xff) {
        this.collecting = false
        return
      }
      const target = this.filled < HEADER_SIZE ? HEADER_SIZE : this.size()
      const piece = Math.min(target - this.filled, end - next)
      this.section.set(bytes.subarray(next, next + piece), this.filled)
      this.filled += piece
      next += piece
      if (this.filled < HEADER_SIZE) return
      if (this.size() > this.section.length) {
        this.discard()
        return
      }
      if (this.filled < this.size()) continue
      const section = this.section.subarray(0, this.filled)
      this.filled = 0
      if (!this.checksCrc || crc32Mpeg(section) === 0) emit(section)
      else this.damaged++
    }
  }

  private size(): number {
    return HEADER_SIZE + (((this.section[1]! & 0x0f) << 8) | this.section[2]!)
  }

  private discard(): void {
    this.collecting = false
    this.filled = 0
    this.damaged++
  }
}

type SectionHeader = {
  /** transport_stream_id of a PAT, program_number of a PMT. */
  readonly id: number
  readonly version: number
  /** The bytes between the header and the CRC. */
  readonly body: ByteReader
}

/** Reads the header of a table in force; undefined for another table, or one announced for later. */
function readSectionHeader(section: Uint8Array, tableId: number): SectionHeader | undefined {
  const reader = new ByteReader(section, 0, Math.max(0, section.length - CRC_SIZE))
  if (reader.u8() !== tableId) return undefined
  reader.skip(2)
  const id = reader.u16()
  const versionAndCurrent = reader.u8()
  reader.skip(2)
  return (versionAndCurrent & 1) === 0 ? undefined : { id, version: (versionAndCurrent >>> 1) & 0x1f, body: reader }
}

/** The PMT's PID for the first program in a program association section; undefined when it lists none. */
export function readPat(section: Uint8Array): number | undefined {
  const body = readSectionHeader(section, PAT_TABLE_ID)?.body
  while (body !== undefined && body.remaining >= 4) {
    const programNumber = body.u16()
    const pid = body.u16() & 0x1fff
    if (programNumber !== 0) return pid
  }
  return undefined
}

export type ElementaryStream = {
  readonly pid: number
  /** stream_type, table 2-34. */
  readonly streamType: number
  /** Descriptors of ES_info, unparsed. */
  readonly descriptors: Uint8Array
  /** ISO 639-2, lower case; absent when undetermined. */
  readonly language?: string
}

/** TS_program_map_section, §2.4.4.8. */
export type ProgramMap = {
  readonly programNumber: number
  readonly version: number
  /** PCR_PID; 0x1fff when there is none. */
  readonly pcrPid: number
  /** Descriptors of program_info, unparsed. */
  readonly descriptors: Uint8Array
  readonly streams: readonly ElementaryStream[]
}

/**
 * Reads a PMT; undefined when the section is not a PMT in force. Throws MalformedMedia when its lengths contradict
 * each other.
 */
export function readPmt(section: Uint8Array): ProgramMap | undefined {
  const header = readSectionHeader(section, PMT_TABLE_ID)
  if (header === undefined) return undefined
  const { id, version, body } = header
  const pcrPid = body.u16() & 0x1fff
  const descriptors = new Uint8Array(body.view(body.u16() & 0x0fff))
  const streams: ElementaryStream[] = []
  while (body.remaining > 0) {
    const streamType = body.u8()
    const pid = body.u16() & 0x1fff
    const info = new Uint8Array(body.view(body.u16() & 0x0fff))
    const language = readLanguage(info)
    streams.push({ pid, streamType, descriptors: info, ...(language === undefined ? {} : { language }) })
  }
  return { programNumber: id, version, pcrPid, descriptors, streams }
}

/** Reads the ISO_639_language_descriptor, §2.6.18. */
function readLanguage(descriptors: Uint8Array): string | undefined {
  const content = findDescriptor(descriptors, LANGUAGE_DESCRIPTOR)
  return content === undefined ? undefined : languageCode(content)
}

/** Content of the first descriptor with this tag; undefined when there is none. */
export function findDescriptor(descriptors: Uint8Array, wanted: number): Uint8Array | undefined {
  const reader = new ByteReader(descriptors)
  while (reader.remaining >= 2) {
    const tag = reader.u8()
    const length = reader.u8()
    // A descriptor that is cut off does not make the stream unreadable.
    if (length > reader.remaining) return undefined
    const content = reader.view(length)
    if (tag === wanted) return content
  }
  return undefined
}

/** The ISO 639-2 code at the beginning of a descriptor, lower case; undefined when it is none, or undetermined. */
export function languageCode(content: Uint8Array): string | undefined {
  const code = String.fromCharCode(...content.subarray(0, 3)).toLowerCase()
  return /^[a-z]{3}$/.test(code) && code !== 'und' ? code : undefined
}

/** Writes a whole section, including its CRC. Throws MalformedMedia when it would exceed the maximum size. */
export function writePmt(map: ProgramMap): Uint8Array {
  const writer = new ByteWriter(128)
  writer.u8(PMT_TABLE_ID)
  writer.u16(0)
  writer.u16(map.programNumber)
  writer.u8(0xc0 | (map.version << 1) | 1)
  writer.u16(0)
  writer.u16(0xe000 | map.pcrPid)
  writer.u16(0xf000 | map.descriptors.length)
  writer.write(map.descriptors)
  for (const { streamType, pid, descriptors } of map.streams) {
    writer.u8(streamType)
    writer.u16(0xe000 | pid)
    writer.u16(0xf000 | descriptors.length)
    writer.write(descriptors)
  }
  const size = writer.position + CRC_SIZE
  if (size > MAX_SECTION_SIZE) throw new MalformedMedia(`program map of ${size} bytes`, 0)
  const section = writer.result()
  section[1] = 0xb0 | ((size - HEADER_SIZE) >>> 8)
  section[2] = size - HEADER_SIZE
  writer.u32(crc32Mpeg(section))
  return writer.result()
}

/** Splits a section into whole packets of `pid`, counting from `counter`, with stuffing at the end. */
export function packetise(section: Uint8Array, pid: number, counter: number): Uint8Array {
  const count = Math.ceil((section.length + 1) / MOST_PAYLOAD)
  const packets = new Uint8Array(count * PACKET_SIZE).fill(0xff)
  for (let i = 0, taken = 0; i < count; i++) {
    const at = i * PACKET_SIZE
    packets[at] = SYNC_BYTE
    packets[at + 1] = (i === 0 ? 0x40 : 0) | (pid >>> 8)
    packets[at + 2] = pid
    packets[at + 3] = 0x10 | ((counter + i) & 0x0f)
    // pointer_field: the section begins with the first packet's payload.
    if (i === 0) packets[at + 4] = 0
    const from = i === 0 ? 5 : 4
    const piece = section.subarray(taken, taken + PACKET_SIZE - from)
    packets.set(piece, at + from)
    taken += piece.length
  }
  return packets
}

/** Writes program maps in place of those of a source, whose counters it takes over at the first. */
export class ProgramMapWriter {
  /** continuity_counter of the next packet; -1 before the first. */
  private counter = -1

  /** Tells of a packet of the source that has a program map, or its beginning. */
  meet(counter: number): void {
    if (this.counter < 0) this.counter = counter
  }

  /** Whole packets with a map. Throws MalformedMedia when it would exceed the maximum size. */
  write(map: ProgramMap, pmtPid: number): Uint8Array {
    const packets = packetise(writePmt(map), pmtPid, this.counter)
    this.counter = (this.counter + packets.length / PACKET_SIZE) & 0x0f
    return packets
  }
}
