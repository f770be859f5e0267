import { type ElementaryStream, findDescriptor } from './psi.ts'

/** The kind of an elementary stream, from its entry in the program map. */
export type StreamKind = 'avc' | 'hevc' | 'aac' | 'ac3' | 'id3' | 'dvb-subtitles' | 'other'

/** Kinds by stream_type, ISO/IEC 13818-1 table 2-34; AC-3 and E-AC-3 as in ATSC A/52 annexes A and G. */
const KINDS: Readonly<Record<number, StreamKind>> = {
  15: 'aac',
  21: 'id3',
  27: 'avc',
  36: 'hevc',
  129: 'ac3',
  135: 'ac3',
}
/** PES packets with private data, whose kind a descriptor states. */
export const PRIVATE_STREAM_TYPE = 0x06
/** Tag of the subtitling_descriptor, ETSI EN 300 468 §6.2.42. */
export const SUBTITLING_DESCRIPTOR = 0x59

/** Tags of AC-3_descriptor and enhanced_AC-3_descriptor, ETSI EN 300 468 annex D. */
const AC3_DESCRIPTORS = [0x6a, 0x7a]
/** Tag of the registration_descriptor, ISO/IEC 13818-1 §2.6.8, and its identifiers for AC-3. */
const REGISTRATION_DESCRIPTOR = 0x05
const AC3_REGISTRATIONS = ['AC-3', 'EAC3']

/**
 * stream_type of what is no picture and no sound: private sections, DSM-CC (ISO/IEC 13818-6), metadata, and SCTE 35.
 */
const DATA_TYPES: ReadonlySet<number> = new Set([
  0x05, 0x0a, 0x0b, 0x0c, 0x0d, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x86,
])
/** Tags of descriptors of private data that is text: VBI, teletext, subtitles (EN 300 468), captions (ARIB STD-B10). */
const TEXT_DESCRIPTORS = [0x45, 0x46, 0x56, SUBTITLING_DESCRIPTOR, 0xfd]
/** Registrations of metadata in private data: SMPTE RP 217, and timed ID3. */
const DATA_REGISTRATIONS = ['KLVA', 'ID3 ']

export function streamKindOf({ streamType, descriptors }: ElementaryStream): StreamKind {
  if (streamType !== PRIVATE_STREAM_TYPE) return KINDS[streamType] ?? 'other'
  const has = (tag: number) => findDescriptor(descriptors, tag) !== undefined
  if (has(SUBTITLING_DESCRIPTOR)) return 'dvb-subtitles'
  if (AC3_DESCRIPTORS.some(has)) return 'ac3'
  return AC3_REGISTRATIONS.includes(registrationIn(descriptors)) ? 'ac3' : 'other'
}

/** True for a stream that is known to have neither pictures nor sound. */
export function isData({ streamType, descriptors }: ElementaryStream): boolean {
  if (streamType !== PRIVATE_STREAM_TYPE) return DATA_TYPES.has(streamType)
  const isText = TEXT_DESCRIPTORS.some((tag) => findDescriptor(descriptors, tag) !== undefined)
  return isText || DATA_REGISTRATIONS.includes(registrationIn(descriptors))
}

/** format_identifier; empty where there is none. */
function registrationIn(descriptors: Uint8Array): string {
  const content = findDescriptor(descriptors, REGISTRATION_DESCRIPTOR) ?? []
  return String.fromCharCode(...content.slice(0, 4))
}
