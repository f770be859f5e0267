import { MOST_CORE_RATE, PARAMETRIC_STEREO, SBR } from '../codecs/aac.ts'
import { findDescriptor } from './psi.ts'

/**
 * Descriptor tags with which a program map describes AAC. ISO/IEC 13818-1 §2.6.38 and §2.6.68; ETSI EN 300 468 annex
 * H.
 */
const MPEG4_AUDIO_DESCRIPTOR = 0x1c
const MPEG2_AAC_AUDIO_DESCRIPTOR = 0x2b
const DVB_AAC_DESCRIPTOR = 0x7c

/** High Efficiency AAC profile and its version 2, ISO/IEC 13818-1 table 2-72: levels 2 to 5 of each. */
const HE_AAC = 0x58
const HE_AAC_V2 = 0x60
const LEVELS = 4
/** AAC profile, levels 1 to 5. */
const AAC = 0x50
/** AAC_type of version 2, stereo and its variants: component_type of stream_content 6, EN 300 468 table 26. */
const HE_AAC_V2_TYPES = [0x43, 0x44, 0x45, 0x46, 0x49, 0x4a]

/**
 * The object type that the descriptors give to AAC with this core: 5, 29, or undefined for the core alone. A profile
 * states what the decoder must be capable of; up to level 4 that includes no band replication above a core of 24 kHz
 * (ISO/IEC 14496-3 table 1.11), and parametric stereo needs a core of one channel.
 */
export function replicationOf(
  descriptors: Uint8Array,
  core: { readonly sampleRate: number; readonly channels: number },
): typeof SBR | typeof PARAMETRIC_STEREO | undefined {
  if (core.sampleRate > MOST_CORE_RATE) return undefined
  const stated = statedObjectType(descriptors)
  return stated === PARAMETRIC_STEREO && core.channels !== 1 ? SBR : stated
}

function statedObjectType(descriptors: Uint8Array): typeof SBR | typeof PARAMETRIC_STEREO | undefined {
  const dvb = findDescriptor(descriptors, DVB_AAC_DESCRIPTOR) ?? []
  for (const profile of [findDescriptor(descriptors, MPEG4_AUDIO_DESCRIPTOR)?.[0], dvb[0]]) {
    if (isWithin(profile, HE_AAC)) return SBR
    if (isWithin(profile, HE_AAC_V2)) return PARAMETRIC_STEREO
    if (isWithin(profile, AAC)) return undefined
  }
  // AAC_type_flag
  if (((dvb[1] ?? 0) & 0x80) !== 0 && HE_AAC_V2_TYPES.includes(dvb[2] ?? 0)) return PARAMETRIC_STEREO
  // MPEG-2_AAC_additional_information 1: bandwidth extension data present.
  return findDescriptor(descriptors, MPEG2_AAC_AUDIO_DESCRIPTOR)?.[2] === 1 ? SBR : undefined
}

function isWithin(profile: number | undefined, first: number): boolean {
  return profile !== undefined && profile >= first && profile < first + LEVELS
}
