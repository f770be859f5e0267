import { ByteReader, ByteWriter } from '../bytes.ts'
import type { ElementaryStream } from './psi.ts'
import type { AudioSetup } from './sample-aes-frames.ts'

/** stream_type and private_data_indicator of streams with encrypted samples. */
const MARKS = {
  avc: { streamType: 0xdb, indicator: 'zavc' },
  aac: { streamType: 0xcf, indicator: 'aacd' },
  ac3: { streamType: 0xc1, indicator: 'ac3d' },
  ec3: { streamType: 0xc2, indicator: 'ec3d' },
} as const

/** Tags of registration_descriptor and private_data_indicator_descriptor, ISO/IEC 13818-1 §2.6.8 and §2.6.28. */
const REGISTRATION = 0x05
const PRIVATE_DATA_INDICATOR = 0x0f
/** format_identifier of a registration whose additional_identification_info is audio setup information. */
const AUDIO_SETUP = 'apad'
const SETUP_VERSION = 1

/** Whether H.264, or how the audio is set up. */
export type EncryptedKind = { readonly codec: 'avc' } | AudioSetup

/**
 * The entry of a stream in the program map once its samples are encrypted. The registration of its clear format is
 * left out, other descriptors are kept.
 */
export function encryptedEntry(stream: ElementaryStream, kind: EncryptedKind): ElementaryStream {
  const { streamType, indicator } = MARKS[kind.codec]
  const writer = new ByteWriter(64)
  copyDescriptors(stream.descriptors, writer)
  writer.u8(PRIVATE_DATA_INDICATOR)
  writer.u8(indicator.length)
  writer.latin1(indicator)
  const setup = kind.codec === 'avc' ? undefined : audioSetupInformation(kind)
  if (setup) {
    writer.u8(REGISTRATION)
    writer.u8(AUDIO_SETUP.length + setup.length)
    writer.latin1(AUDIO_SETUP)
    writer.write(setup)
  }
  return { ...stream, streamType, descriptors: Uint8Array.from(writer.result()) }
}

/** What tells of encrypted audio outside its frames; undefined where no frame told enough. */
export function audioSetupInformation({ type, data }: AudioSetup): Uint8Array | undefined {
  if (type === undefined || data === undefined) return undefined
  const writer = new ByteWriter(SETUP_HEADER_SIZE + data.length)
  writer.latin1(type)
  writer.u16(0) // priming
  writer.u8(SETUP_VERSION)
  writer.u8(data.length)
  writer.write(data)
  return writer.result()
}

/** audio_type, priming, version and setup_data_length. */
const SETUP_HEADER_SIZE = 8

function copyDescriptors(descriptors: Uint8Array, writer: ByteWriter): void {
  const reader = new ByteReader(descriptors)
  while (reader.remaining >= 2) {
    const tag = reader.u8()
    const length = reader.u8()
    if (length > reader.remaining) return
    const content = reader.view(length)
    if (tag === REGISTRATION || tag === PRIVATE_DATA_INDICATOR) continue
    writer.u8(tag)
    writer.u8(length)
    writer.write(content)
  }
}
