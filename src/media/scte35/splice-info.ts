import { ByteReader, MalformedMedia } from '../bytes.ts'
import type { SpliceProblem, SpliceSignal } from '../splice-signal.ts'
import { crc32Mpeg } from '../ts/psi.ts'
import { readSegmentations } from './segmentation.ts'
import { readSpliceInsert } from './splice-insert.ts'
import { read33, readSpliceTime, sumOfTimes } from './times.ts'

/** ANSI/SCTE 35 §9.6. */
const TABLE_ID = 0xfc
/** The longest section: section_length is at most 4093. */
export const MOST_SECTION_SIZE = 4096
const HEADER_SIZE = 3
const CRC_SIZE = 4
/** Where pts_adjustment begins, with the bits before it in its first byte. */
const ADJUSTMENT_AT = 4
/** splice_command_length of senders that do not state it. */
const UNSPECIFIED = 0xfff

/** splice_command_type, §9.6.1. */
const SPLICE_INSERT = 0x05
const TIME_SIGNAL = 0x06
/** splice_null, splice_schedule, bandwidth_reservation and private_command: they signal nothing at a time of media. */
const WITHOUT_SIGNALS: readonly number[] = [0x00, 0x04, 0x07, 0xff]

/** A splice_info_section. */
export type SpliceInfo = {
  readonly protocolVersion: 0
  /** 33 bits, in 90 kHz ticks. */
  readonly ptsAdjustment: number
  readonly tier: number
  /** splice_command_type */
  readonly commandType: number
  /**
   * pts_time of splice_insert() (of several components, the earliest) or time_signal() as it came, without
   * `ptsAdjustment`; absent when there is none.
   */
  readonly ptsTime?: number
  /** What it announces; nothing when the command is another one, or a time_signal() without segmentation. */
  readonly signals: readonly SpliceSignal[]
}

/** Reads a whole section, from table_id to CRC_32; answers why it cannot be read. Never throws. */
export function readSpliceInfo(section: Uint8Array): SpliceInfo | SpliceProblem {
  try {
    return checked(section) ?? readBody(section)
  } catch (error) {
    if (error instanceof MalformedMedia) return 'length'
    throw error
  }
}

function checked(section: Uint8Array): SpliceProblem | undefined {
  const reader = new ByteReader(section)
  if (reader.u8() !== TABLE_ID) return 'table-id'
  const size = HEADER_SIZE + (reader.u16() & 0xfff)
  if (size !== section.length || size > MOST_SECTION_SIZE) return 'length'
  if (crc32Mpeg(section) !== 0) return 'crc'
  if (reader.u8() !== 0) return 'protocol-version'
  return (reader.u8() & 0x80) === 0 ? undefined : 'encrypted'
}

function readBody(section: Uint8Array): SpliceInfo | SpliceProblem {
  const reader = new ByteReader(section, ADJUSTMENT_AT, section.length - CRC_SIZE)
  const ptsAdjustment = read33(reader)
  // cw_index
  reader.skip(1)
  const tierAndLength = reader.u24()
  const length = tierAndLength & 0xfff
  const commandType = reader.u8()
  const info = { protocolVersion: 0, ptsAdjustment, tier: tierAndLength >>> 12, commandType } as const
  if (WITHOUT_SIGNALS.includes(commandType)) return { ...info, signals: [] }
  const command = readCommand(commandType, length === UNSPECIFIED ? reader : reader.part(length), ptsAdjustment)
  if (command === undefined) return 'command-type'
  const { ptsTime, inserts } = command
  const time = ptsTime === undefined ? undefined : sumOfTimes(ptsTime, ptsAdjustment)
  const segmentations = readSegmentations(reader.part(reader.u16()), time)
  if (segmentations === undefined) return 'descriptors'
  return { ...info, ...(ptsTime !== undefined && { ptsTime }), signals: [...inserts, ...segmentations] }
}

type Command = { readonly ptsTime: number | undefined; readonly inserts: readonly SpliceSignal[] }

function readCommand(type: number, reader: ByteReader, ptsAdjustment: number): Command | undefined {
  if (type === TIME_SIGNAL) return { ptsTime: readSpliceTime(reader), inserts: [] }
  if (type !== SPLICE_INSERT) return undefined
  const { signal, ptsTime } = readSpliceInsert(reader, ptsAdjustment)
  return { ptsTime, inserts: [signal] }
}
