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
const PRIVATE_STREAM_TYPE = 0x06
/** Tag of the subtitling_descriptor, ETSI EN 300 468 §6.2.42. */
export const SUBTITLING_DESCRIPTOR = 0x59

/** Tags of AC-3_descriptor and enhanced_AC-3_descriptor, ETSI EN 300 468 annex D. */
const AC3_DESCRIPTORS = [0x6a, 0x7a]
/** Tag of the registration_descriptor, ISO/IEC 13818-1 §2.6.8, and its identifiers for AC-3. */
const REGISTRATION_DESCRIPTOR = 0x05
const AC3_REGISTRATIONS = ['AC-3', 'EAC3']

export function streamKindOf({ streamType, descriptors }: ElementaryStream): StreamKind {
  if (streamType !== PRIVATE_STREAM_TYPE) return KINDS[streamType] ?? 'other'
  const has = (tag: number) => findDescriptor(descriptors, tag) !== undefined
  if (has(SUBTITLING_DESCRIPTOR)) return 'dvb-subtitles'
  if (AC3_DESCRIPTORS.some(has)) return 'ac3'
  const registration = findDescriptor(descriptors, REGISTRATION_DESCRIPTOR)?.subarray(0, 4) ?? []
  return AC3_REGISTRATIONS.includes(String.fromCharCode(...registration)) ? 'ac3' : 'other'
}
