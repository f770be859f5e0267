import { ByteWriter } from '../bytes.ts'
import type { Ticks } from '../time.ts'
import { crc32Mpeg } from '../ts/psi.ts'

/** A splice_insert() out of the network at a PTS, which returns by itself after `duration`. */
export type SpliceOut = { readonly id: number; readonly pts: number; readonly duration: Ticks }

const SPLICE_INSERT = 0x05
const SPLICE_NULL = 0x00

/** Bytes of splice_info_section() between section_length and splice_command(), and behind that with the CRC. */
const HEAD_SIZE = 11
const TAIL_SIZE = 6

/** A whole splice_info_section with a splice_insert(), ANSI/SCTE 35 §9.7.3. */
export function spliceOutSection({ id, pts, duration }: SpliceOut): Uint8Array {
  const command = new ByteWriter(20)
  command.u32(id)
  // Not cancelled; out_of_network, program_splice and duration flags.
  command.u16(0x7fef)
  write33(command, pts)
  write33(command, duration)
  command.u16(1) // unique_program_id
  command.u16(0) // avail_num, avails_expected
  return sectionOf(SPLICE_INSERT, command.result())
}

/** A whole splice_info_section with a splice_null(), which says that the stream of messages is there. */
export function spliceNullSection(): Uint8Array {
  return sectionOf(SPLICE_NULL, new Uint8Array(0))
}

function sectionOf(type: number, command: Uint8Array): Uint8Array {
  const writer = new ByteWriter(64)
  writer.u8(0xfc)
  writer.u16(0x3000 | (HEAD_SIZE + command.length + TAIL_SIZE))
  writer.zeros(7) // protocol_version, not encrypted, pts_adjustment, cw_index
  writer.u24(0xfff000 | command.length) // tier
  writer.u8(type)
  writer.write(command)
  writer.u16(0) // descriptor_loop_length
  writer.u32(crc32Mpeg(writer.result()))
  return writer.result()
}

/** A number of 33 bits behind a bit that is set and six reserved ones, as in splice_time() and break_duration(). */
function write33(writer: ByteWriter, value: number): void {
  writer.u8(0xfe | Math.floor(value / 2 ** 32))
  writer.u32(value)
}
