import type { ByteReader } from '../bytes.ts'

/** Country, provider, user_identifier and user_data_type_code of captions, ATSC A/53 part 4 §6.2.3. */
const CC_DATA = [0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03]

/** cc_type: CEA-608 in either field, then CEA-708, of which only the start of a packet is read. */
const FIELD_2 = 1
const DTVCC_DATA = 2
const DTVCC_START = 3
/** Standard services of CEA-708; 7 stands for an extended one, which the next bytes name. */
const LAST_STANDARD_SERVICE = 6

/**
 * The channels of CEA-608 and services of CEA-708 that a user_data_registered_itu_t_t35 message begins or goes on with,
 * by their names in INSTREAM-ID: CC1 to CC4, SERVICE1 to SERVICE6. Padding and other messages have none. A channel is
 * known by its control codes, without which there is no caption, and a service by the first block of its packet.
 */
export function captionsIn(payload: ByteReader): readonly string[] {
  if (payload.remaining < CC_DATA.length + 2) return []
  for (const byte of CC_DATA) if (payload.u8() !== byte) return []
  const flags = payload.u8()
  const hasCaptions = (flags & 0x40) !== 0
  // em_data
  payload.u8()
  const found = new Set<string>()
  for (let left = hasCaptions ? flags & 0x1f : 0; left > 0 && payload.remaining >= 3; left--) {
    const [head, first, second] = [payload.u8(), payload.u8(), payload.u8()]
    const isValid = (head & 0x04) !== 0
    const name = isValid ? nameOf(head & 0x03, first, second) : undefined
    if (name !== undefined) found.add(name)
  }
  return [...found]
}

function nameOf(type: number, first: number, second: number): string | undefined {
  if (type === DTVCC_DATA) return undefined
  if (type === DTVCC_START) {
    const [service, size] = [second >> 5, second & 0x1f]
    return service >= 1 && service <= LAST_STANDARD_SERVICE && size > 0 ? `SERVICE${service}` : undefined
  }
  // Behind the parity bits: 0x10 to 0x17 is the first channel of a field, 0x18 to 0x1f the second.
  const [code, operand] = [first & 0x7f, second & 0x7f]
  if (code < 0x10 || code > 0x1f || operand < 0x20) return undefined
  return `CC${(type === FIELD_2 ? 3 : 1) + (code >> 3 === 3 ? 1 : 0)}`
}
