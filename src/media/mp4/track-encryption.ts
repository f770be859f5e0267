import type { ByteWriter } from '../bytes.ts'
import { BLOCK_SIZE, PATTERN } from '../cbc.ts'
import { writeBox, writeFullBox } from './box.ts'

/** How the samples of a track are protected, ISO/IEC 23001-7: what a decoder must know besides the key. */
export type TrackEncryption = {
  /** KID, 16 bytes. */
  readonly keyId: Uint8Array
} & ({ readonly scheme: 'cenc' } | { readonly scheme: 'cbcs' /** 16 bytes. */; readonly constantIv: Uint8Array })

export type ProtectionScheme = TrackEncryption['scheme']

/** What is encrypted: pictures by a pattern in cbcs, sound always whole. */
export type ProtectedKind = 'video' | 'audio'

/** scheme_version 1.0, §4.2. */
const SCHEME_VERSION = 0x00010000
/** Per_Sample_IV_Size of cenc; CMAF (ISO/IEC 23000-19) §8.2.3.1 asks for it. */
export const IV_SIZE = 8

/** sample_description_index of `seig` in the track fragment itself, ISO/IEC 14496-12 §8.9.4. */
const OF_FRAGMENT = 0x10001

/** Writes a Protection Scheme Information Box, ISO/IEC 14496-12 §8.12.1, around what `originalFormat` was. */
export function writeProtectionScheme(
  writer: ByteWriter,
  encryption: TrackEncryption,
  originalFormat: string,
  kind: ProtectedKind,
): void {
  writeBox(writer, 'sinf', () => {
    writeBox(writer, 'frma', () => writer.latin1(originalFormat))
    writeFullBox(writer, 'schm', 0, 0, () => {
      writer.latin1(encryption.scheme)
      writer.u32(SCHEME_VERSION)
    })
    // Version 1 has the pattern: without one, players take a constant IV for an error.
    const version = encryption.scheme === 'cbcs' ? 1 : 0
    writeBox(writer, 'schi', () => {
      writeFullBox(writer, 'tenc', version, 0, () => writeParameters(writer, encryption, kind))
    })
  })
}

/**
 * Writes the Sample To Group and Sample Group Description Boxes of a track fragment whose samples have another key than
 * its header says, §6: `seig`.
 */
export function writeKeyGroup(
  writer: ByteWriter,
  encryption: TrackEncryption,
  kind: ProtectedKind,
  sampleCount: number,
): void {
  writeFullBox(writer, 'sbgp', 0, 0, () => {
    writer.latin1('seig')
    writer.u32(1)
    writer.u32(sampleCount)
    writer.u32(OF_FRAGMENT)
  })
  writeFullBox(writer, 'sgpd', 1, 0, () => {
    writer.latin1('seig')
    const lengthAt = writer.position
    writer.u32(0)
    writer.u32(1)
    const start = writer.position
    writeParameters(writer, encryption, kind)
    writer.patchU32(lengthAt, writer.position - start)
  })
}

/** Writes what `tenc` (§8.2) and CencSampleEncryptionInformationGroupEntry (§6) have in common. */
function writeParameters(writer: ByteWriter, encryption: TrackEncryption, kind: ProtectedKind): void {
  const isPattern = encryption.scheme === 'cbcs' && kind === 'video'
  writer.u8(0)
  writer.u8(isPattern ? (PATTERN.crypt << 4) | PATTERN.skip : 0)
  writer.u8(1) // isProtected
  writer.u8(encryption.scheme === 'cenc' ? IV_SIZE : 0)
  writer.write(ofSize(16, encryption.keyId, 'key id'))
  if (encryption.scheme === 'cbcs') {
    writer.u8(BLOCK_SIZE)
    writer.write(ofSize(BLOCK_SIZE, encryption.constantIv, 'constant IV'))
  }
}

/** Throws RangeError when something has not as many bytes as it must have. */
export function ofSize(size: number, bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length !== size) throw new RangeError(`${name} of ${bytes.length} bytes`)
  return bytes
}
