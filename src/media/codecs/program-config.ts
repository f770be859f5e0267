import type { BitWriter } from '../bit-writer.ts'
import { BitReader, MalformedMedia } from '../bytes.ts'

/** program_config_element, ISO/IEC 14496-3 §4.4.1.1, up to its byte alignment. */
export type ProgramConfig = {
  readonly channels: number
  /** Its fields in order, each as a number of bits and a value. */
  readonly fields: readonly (readonly [bits: number, value: number])[]
}

const ID_PCE = 5

/** The program_config_element at the beginning of a raw_data_block; undefined for another element, or one cut off. */
export function findProgramConfig(block: Uint8Array): ProgramConfig | undefined {
  const bits = new BitReader(block)
  try {
    return bits.u(3) === ID_PCE ? readProgramConfig(bits) : undefined
  } catch (error) {
    if (error instanceof MalformedMedia) return undefined
    throw error
  }
}

export function readProgramConfig(bits: BitReader): ProgramConfig {
  const fields: [number, number][] = []
  const field = (size: number) => {
    const value = bits.u(size)
    fields.push([size, value])
    return value
  }
  field(4 + 2 + 4) // element_instance_tag, object_type, sampling_frequency_index
  const [front, side, back] = [field(4), field(4), field(4)]
  const lfe = field(2)
  const associated = field(3)
  const coupling = field(4)
  if (field(1) === 1) field(4) // mono_mixdown_element_number
  if (field(1) === 1) field(4) // stereo_mixdown_element_number
  if (field(1) === 1) field(3) // matrix_mixdown_idx, pseudo_surround_enable
  let channels = lfe
  for (let element = front + side + back; element > 0; element--) {
    channels += 1 + field(1) // is_cpe
    field(4)
  }
  for (let element = lfe + associated; element > 0; element--) field(4)
  for (let element = coupling; element > 0; element--) field(5)
  return { channels, fields }
}

export function writeProgramConfig({ fields }: ProgramConfig, bits: BitWriter): void {
  for (const [size, value] of fields) bits.u(size, value)
}
