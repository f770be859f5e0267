import { type ElementaryStream, findDescriptor } from './psi.ts'

/** What an elementary stream carries, as its entry in the program map says. */
export type StreamKind = 'avc' | 'hevc' | 'aac' | 'id3' | 'dvb-subtitles' | 'other'

/** stream_type, ISO/IEC 13818-1 table 2-34. */
const KINDS: Readonly<Record<number, StreamKind>> = { 27: 'avc', 36: 'hevc', 15: 'aac', 21: 'id3' }
/** PES packets with private data: what they are is said by a descriptor. */
const PRIVATE_STREAM_TYPE = 0x06
/** ETSI EN 300 468 §6.2.42. */
export const SUBTITLING_DESCRIPTOR = 0x59

export function kindOf({ streamType, descriptors }: ElementaryStream): StreamKind {
  if (streamType !== PRIVATE_STREAM_TYPE) return KINDS[streamType] ?? 'other'
  return findDescriptor(descriptors, SUBTITLING_DESCRIPTOR) === undefined ? 'other' : 'dvb-subtitles'
}
