import { BitWriter } from '../bit-writer.ts'
import { BitReader, bytesOfHex, hexOf, MalformedMedia } from '../bytes.ts'
import type { AudioParameters } from './audio-parameters.ts'
import { aacCodec } from './codec-string.ts'
import { findProgramConfig, type ProgramConfig, readProgramConfig, writeProgramConfig } from './program-config.ts'

/** Hz by samplingFrequencyIndex, ISO/IEC 14496-3 table 1.18. */
const SAMPLE_RATES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
]
const EXPLICIT_RATE = 15
/** Channels by channelConfiguration, table 1.19; 0 means that a program_config_element states them. */
const CHANNELS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8]

export const SAMPLES_PER_FRAME = 1024
/** Size of the CRC behind each of several raw_data_blocks. */
const BLOCK_CRC_SIZE = 2
/** Hz. A faster core has no doubled rate in any level of High Efficiency AAC but the highest, table 1.11. */
export const MOST_CORE_RATE = 24_000

/** audioObjectType, table 1.17. */
export const SBR = 5
export const PARAMETRIC_STEREO = 29

/** The fixed header of an ADTS frame, ISO/IEC 14496-3 §1.A.2.2. One object is reused for every frame. */
export class AdtsHeader {
  readonly syncByte = 0xff
  readonly minSize = 7

  /** audioObjectType: 2 is AAC LC. */
  objectType = 0
  sampleRateIndex = 0
  /** channelConfiguration; 0 when the frame itself describes its channels. */
  channelConfiguration = 0
  headerSize = 0
  /** Size of header and payload in bytes. */
  frameSize = 0
  /** Number of raw_data_blocks in the frame, each of 1024 samples. */
  blocks = 0
  private hasCrc = false

  /** Reads the ADTS header at `at`, where the caller has ensured seven bytes; false when there is none. */
  read(bytes: Uint8Array, at: number): boolean {
    // The syncword, then layer 0; the MPEG-2 bit may be either.
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return false
    const third = bytes[at + 2]!
    const fourth = bytes[at + 3]!
    this.objectType = (third >>> 6) + 1
    this.sampleRateIndex = (third >>> 2) & 0x0f
    this.channelConfiguration = ((third & 1) << 2) | (fourth >>> 6)
    this.blocks = (bytes[at + 6]! & 3) + 1
    this.hasCrc = (bytes[at + 1]! & 1) === 0
    // With a CRC, the header lists the positions of all blocks but the first: §1.A.2.2.2.
    this.headerSize = this.hasCrc ? 7 + 2 * this.blocks : 7
    this.frameSize = ((fourth & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >>> 5)
    return this.sampleRateIndex < SAMPLE_RATES.length && this.frameSize > this.headerSize
  }

  get sampleRate(): number {
    return SAMPLE_RATES[this.sampleRateIndex]!
  }

  get samples(): number {
    return this.blocks * SAMPLES_PER_FRAME
  }

  /**
   * Offsets in the frame at `at` where each raw_data_block begins and ends. Undefined when there are several and they
   * cannot be separated without decoding: only frames with a CRC list their positions.
   */
  blockRanges(bytes: Uint8Array, at: number): readonly (readonly [from: number, end: number])[] | undefined {
    const { blocks, headerSize, frameSize } = this
    if (blocks === 1) return [[headerSize, frameSize]]
    if (!this.hasCrc) return undefined
    const begins = Array.from({ length: blocks }, (_, i) => {
      const entry = at + 7 + 2 * (i - 1)
      return headerSize + (i === 0 ? 0 : (bytes[entry]! << 8) | bytes[entry + 1]!)
    })
    const ranges = begins.map((from, i) => [from, (begins[i + 1] ?? frameSize) - BLOCK_CRC_SIZE] as const)
    return ranges.every(([from, end]) => from < end) ? ranges : undefined
  }

  /** True when a decoder can continue from a frame with this header to one with the other. */
  agrees(other: AdtsHeader): boolean {
    return (
      this.objectType === other.objectType &&
      this.sampleRateIndex === other.sampleRateIndex &&
      this.channelConfiguration === other.channelConfiguration
    )
  }
}

/** AudioSpecificConfig, ISO/IEC 14496-3 §1.6.2.1, for object types that GASpecificConfig describes. */
export type AudioSpecificConfig = {
  /** audioObjectType of the core. */
  readonly objectType: number
  /** samplingFrequencyIndex of the core. */
  readonly sampleRateIndex: number
  readonly channelConfiguration: number
  /** The program_config_element; present where channelConfiguration is 0. */
  readonly programConfig?: ProgramConfig
  /** Explicit hierarchical signalling of spectral band replication (5), or with parametric stereo (29). */
  readonly extension?: { readonly objectType: number; readonly sampleRateIndex: number }
}

/**
 * The configuration of ADTS frames with this header; `payload` belongs to a frame that may describe its channels.
 * Undefined when channelConfiguration is 0 and the payload does not begin with a program_config_element.
 */
export function adtsConfiguration(header: AdtsHeader, payload: Uint8Array): AudioSpecificConfig | undefined {
  const { objectType, sampleRateIndex, channelConfiguration } = header
  const config = { objectType, sampleRateIndex, channelConfiguration }
  if (channelConfiguration !== 0) return config
  const programConfig = findProgramConfig(payload)
  return programConfig === undefined ? undefined : { ...config, programConfig }
}

export function writeAudioSpecificConfig(config: AudioSpecificConfig): Uint8Array {
  const bits = new BitWriter()
  bits.u(5, config.extension?.objectType ?? config.objectType)
  bits.u(4, config.sampleRateIndex)
  bits.u(4, config.channelConfiguration)
  if (config.extension !== undefined) {
    bits.u(4, config.extension.sampleRateIndex)
    bits.u(5, config.objectType)
  }
  bits.u(3, 0) // frameLengthFlag: 1024 samples; dependsOnCoreCoder, extensionFlag
  if (config.programConfig !== undefined) {
    writeProgramConfig(config.programConfig, bits)
    bits.align()
    bits.u(8, 0) // comment_field_bytes
  }
  return bits.result()
}

/** Reads an AudioSpecificConfig. Throws MalformedMedia for what neither ADTS nor `explicitSbr` can state. */
export function readAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig {
  const bits = new BitReader(bytes)
  const first = bits.u(5)
  const sampleRateIndex = readRate(bits)
  const channelConfiguration = bits.u(4)
  const isExtended = first === SBR || first === PARAMETRIC_STEREO
  const extension = isExtended ? { objectType: first, sampleRateIndex: readRate(bits) } : undefined
  const objectType = isExtended ? bits.u(5) : first
  if (objectType === 0 || objectType > 4 || channelConfiguration >= CHANNELS.length) {
    throw new MalformedMedia(`AAC of object type ${objectType}, channel configuration ${channelConfiguration}`, 0)
  }
  if (bits.u(3) !== 0) throw new MalformedMedia('frames of 960 samples, or scalable AAC', 0)
  return {
    objectType,
    sampleRateIndex,
    channelConfiguration,
    ...(channelConfiguration === 0 ? { programConfig: readProgramConfig(bits) } : {}),
    ...(extension === undefined ? {} : { extension }),
  }
}

function readRate(bits: BitReader): number {
  const index = bits.u(4)
  if (index >= SAMPLE_RATES.length) {
    throw new MalformedMedia(index === EXPLICIT_RATE ? 'explicit sampling frequency' : `sampling frequency ${index}`, 0)
  }
  return index
}

/** Describes an AudioSpecificConfig as audio parameters. */
export function aacParameters(config: AudioSpecificConfig): AudioParameters {
  const { objectType, sampleRateIndex, channelConfiguration, programConfig, extension } = config
  return {
    codec: aacCodec(extension?.objectType ?? objectType),
    configuration: hexOf(writeAudioSpecificConfig(config)),
    sampleRate: SAMPLE_RATES[sampleRateIndex]!,
    // Parametric stereo decodes one channel to two.
    channels:
      extension?.objectType === PARAMETRIC_STEREO ? 2 : (programConfig?.channels ?? CHANNELS[channelConfiguration]!),
    samplesPerFrame: SAMPLES_PER_FRAME,
  }
}

/**
 * The AudioSpecificConfig of AAC LC with spectral band replication (5) or also parametric stereo (29), signalled
 * explicitly and hierarchically, so that a decoder knows before the first frame (§1.6.5.2). The rate is twice that of
 * the core, or the same (downsampled) where the core is above 24 kHz. Both configurations are in hexadecimal.
 */
export function explicitSbr(configuration: string, objectType: typeof SBR | typeof PARAMETRIC_STEREO): string {
  return hexOf(writeAudioSpecificConfig(withSbr(readAudioSpecificConfig(bytesOfHex(configuration)), objectType)))
}

/** Adds spectral band replication, and for 29 parametric stereo, to a configuration; see `explicitSbr`. */
export function withSbr(
  config: AudioSpecificConfig,
  objectType: typeof SBR | typeof PARAMETRIC_STEREO,
): AudioSpecificConfig {
  const rate = SAMPLE_RATES[config.sampleRateIndex]!
  const doubled = rate > MOST_CORE_RATE ? -1 : SAMPLE_RATES.indexOf(2 * rate)
  return { ...config, extension: { objectType, sampleRateIndex: doubled < 0 ? config.sampleRateIndex : doubled } }
}
