import { MalformedMedia } from '../bytes.ts'

/** samplingFrequencyIndex, ISO/IEC 14496-3 table 1.18. */
const SAMPLE_RATES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
]
/** Channels of each channelConfiguration, table 1.19. */
const CHANNELS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8]

export const SAMPLES_PER_FRAME = 1024
export const ADTS_MIN_HEADER_SIZE = 7

/** The fixed header of an ADTS frame, ISO/IEC 14496-3 §1.A.2.2. One object is filled again and again. */
export class AdtsHeader {
  /** audioObjectType: 2 is AAC LC. */
  objectType = 0
  sampleRateIndex = 0
  /** 0 when the channels are described in the frame itself. */
  channelConfiguration = 0
  headerSize = 0
  /** Header and payload. */
  frameSize = 0
  /** raw_data_blocks in the frame, each 1024 samples. */
  blocks = 0

  /** Whether an ADTS header stands at `at`; the caller has seen to it that seven bytes are there. */
  read(bytes: Uint8Array, at: number): boolean {
    // syncword, then layer 0; the MPEG-2 bit may be either.
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return false
    const third = bytes[at + 2]!
    const fourth = bytes[at + 3]!
    this.objectType = (third >>> 6) + 1
    this.sampleRateIndex = (third >>> 2) & 0x0f
    this.channelConfiguration = ((third & 1) << 2) | (fourth >>> 6)
    this.headerSize = (bytes[at + 1]! & 1) === 1 ? 7 : 9
    this.frameSize = ((fourth & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >>> 5)
    this.blocks = (bytes[at + 6]! & 3) + 1
    return this.sampleRateIndex < SAMPLE_RATES.length && this.frameSize >= this.headerSize
  }

  get sampleRate(): number {
    return SAMPLE_RATES[this.sampleRateIndex]!
  }

  get channels(): number {
    return CHANNELS[this.channelConfiguration]!
  }
}

/** AudioSpecificConfig of a frame with this header, §1.6.2.1. */
export function writeAudioSpecificConfig(header: AdtsHeader): Uint8Array {
  const { objectType, sampleRateIndex, channelConfiguration } = header
  return Uint8Array.of(
    (objectType << 3) | (sampleRateIndex >>> 1),
    ((sampleRateIndex & 1) << 7) | (channelConfiguration << 3),
  )
}

/** The first fields of an AudioSpecificConfig. */
export function readAudioSpecificConfig(config: Uint8Array): {
  objectType: number
  sampleRate: number
  channels: number
} {
  if (config.length < 2) throw new MalformedMedia(`AudioSpecificConfig of ${config.length} bytes`, 0)
  const objectType = config[0]! >>> 3
  const sampleRate = SAMPLE_RATES[((config[0]! & 7) << 1) | (config[1]! >>> 7)]
  const channels = CHANNELS[(config[1]! >>> 3) & 0x0f]
  // 31 announces a longer object type, index 15 an explicit rate: neither comes out of ADTS.
  if (objectType === 31 || sampleRate === undefined || channels === undefined) {
    throw new MalformedMedia('AudioSpecificConfig that ADTS cannot carry', 0)
  }
  return { objectType, sampleRate, channels }
}
