import { ByteWriter, bytesOfHex, hexOf } from './bytes.ts'
import { locationsOf, readDac3, readDec3 } from './codecs/ac3-configuration.ts'
import type { AudioDescription } from './track.ts'

/** An audio format in the terms of Windows, which Smooth Streaming uses: WAVEFORMATEX and the bytes after it. */
export type WaveFormat = {
  /** wFormatTag. */
  readonly formatTag: number
  /** The bytes after WAVEFORMATEX, in hexadecimal: the decoder configuration. */
  readonly extra: string
}

const WAVE_FORMAT_RAW_AAC = 0xff
const WAVE_FORMAT_EXTENSIBLE = 0xfffe

/** MEDIASUBTYPE_DOLBY_AC3 and MEDIASUBTYPE_DOLBY_DDPLUS, in the byte order of a GUID. */
const DOLBY_AC3 = '2c806de046dbcf11b4d100805f6cbbea'
const DOLBY_DDPLUS = 'af87fba7022dfb42a4d405cd93843bdd'

/**
 * The format of a track. AAC has its AudioSpecificConfig; AC-3 and E-AC-3 have the rest of WAVEFORMATEXTENSIBLE, then
 * the payload of their MP4 box. Throws MalformedMedia when the configuration is no such payload.
 */
export function waveFormatOf({ codec, configuration, samplesPerFrame }: AudioDescription): WaveFormat {
  if (codec !== 'ac-3' && codec !== 'ec-3') return { formatTag: WAVE_FORMAT_RAW_AAC, extra: configuration }
  const payload = bytesOfHex(configuration)
  const writer = new ByteWriter(32)
  const mask = channelMask(codec === 'ac-3' ? locationsOf(readDac3(payload)) : ec3Locations(payload))
  // wSamplesPerBlock and dwChannelMask, little-endian.
  writer.u8(samplesPerFrame)
  writer.u8(samplesPerFrame >>> 8)
  for (const shift of [0, 8, 16, 24]) writer.u8(mask >>> shift)
  writer.write(bytesOfHex(codec === 'ac-3' ? DOLBY_AC3 : DOLBY_DDPLUS))
  writer.write(payload)
  return { formatTag: WAVE_FORMAT_EXTENSIBLE, extra: hexOf(writer.result()) }
}

/** Locations of the first program, as a chanmap. */
function ec3Locations(payload: Uint8Array): number {
  const [first] = readDec3(payload).programs
  return first ? locationsOf(first) | first.dependentLocations : 0
}

/**
 * dwChannelMask by location of a chanmap (ETSI TS 102 366 table E.1.4), most significant bit first; 0 where Windows
 * has no such speaker.
 */
const SPEAKERS = [
  0x1, // left
  0x4, // centre
  0x2, // right
  0x10, // left surround: back left
  0x20, // right surround: back right
  0x40 | 0x80, // left and right of centre
  0, // rear surrounds: see below
  0x100, // back centre
  0x800, // top centre
  0, // surround direct
  0, // wide
  0x1000 | 0x4000, // top front left and right
  0x2000, // top front centre
  0x8000 | 0x20000, // top surround: top back left and right
  0, // second LFE
  0x8, // LFE
]
const SURROUNDS = 0x1800
const REAR_SURROUNDS = 0x0200
const SIDE_PAIR = 0x200 | 0x400

function channelMask(locations: number): number {
  const mask = SPEAKERS.reduce((all, speaker, i) => all | ((locations & (0x8000 >>> i)) === 0 ? 0 : speaker), 0)
  // With rear surrounds, those are the back pair and the surrounds are the side pair.
  return (locations & REAR_SURROUNDS) !== 0 && (locations & SURROUNDS) !== 0 ? mask | SIDE_PAIR : mask
}
