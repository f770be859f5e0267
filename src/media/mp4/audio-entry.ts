import { type ByteReader, type ByteWriter, bytesOfHex, MalformedMedia } from '../bytes.ts'
import { aacParameters, readAudioSpecificConfig } from '../codecs/aac.ts'
import { ac3Parameters, ec3Parameters, readDac3, readDec3 } from '../codecs/ac3-configuration.ts'
import type { AudioParameters } from '../codecs/audio-parameters.ts'
import { type Box, readBoxes, readFullBoxHeader, theBox, writeBox, writeFullBox } from './box.ts'
import { type TrackEncryption, writeProtectionScheme } from './track-encryption.ts'

/** AudioSampleEntry, ISO/IEC 14496-12 §12.2.3: what a decoder must know before the first sample. */

/** The facts that can be read back from an audio sample entry. */
export type AudioEntry = AudioParameters & { readonly kind: 'audio' }

/** Writes `mp4a`, ISO/IEC 14496-14 §6.7.2, or `ac-3` or `ec-3`, ETSI TS 102 366 §F.3 and §F.5; or `enca`. */
export function writeAudioEntry(
  writer: ByteWriter,
  { codec, configuration, ...sound }: AudioParameters,
  encryption?: TrackEncryption,
): void {
  const payload = bytesOfHex(configuration)
  const type = entryType(codec)
  writeBox(writer, encryption ? 'enca' : type, () => {
    writer.zeros(6)
    writer.u16(1) // data_reference_index
    writer.zeros(8)
    writer.u16(sound.channels)
    writer.u16(16) // samplesize
    writer.u32(0)
    // 16.16 fixed point; a rate that does not fit is stated by the timescale and the configuration.
    writer.u32(sound.sampleRate <= 0xffff ? sound.sampleRate * 0x10000 : 0)
    if (codec === 'ac-3') writeBox(writer, 'dac3', () => writer.write(payload))
    else if (codec === 'ec-3') writeBox(writer, 'dec3', () => writer.write(payload))
    else writeFullBox(writer, 'esds', 0, 0, () => writeElementaryStreamDescriptor(writer, payload))
    if (encryption) writeProtectionScheme(writer, encryption, type, 'audio')
  })
}

function entryType(codec: string): string {
  return codec.startsWith('mp4a.') ? 'mp4a' : codec
}

/** Reads the entry's decoder configuration. Throws MalformedMedia when it is unreadable. */
export function readAudioEntry(box: Box): AudioEntry {
  return { kind: 'audio', ...readParameters(box) }
}

function readParameters(box: Box): AudioParameters {
  const { body } = box
  body.skip(28)
  const boxes = readBoxes(body)
  if (box.type === 'ac-3') return ac3Parameters(readDac3(rest(theBox(boxes, 'dac3', box).body)))
  if (box.type === 'ec-3') return ec3Parameters(readDec3(rest(theBox(boxes, 'dec3', box).body)))
  if (box.type !== 'mp4a') throw new MalformedMedia(`sample entry ${box.type}`, box.start)
  const esds = theBox(boxes, 'esds', box).body
  readFullBoxHeader(esds)
  return aacParameters(readAudioSpecificConfig(readElementaryStreamDescriptor(esds)))
}

function rest(body: ByteReader): Uint8Array {
  return body.view(body.remaining)
}

/** Tags of descriptors, ISO/IEC 14496-1 §7.2.6. */
const ES_DESCRIPTOR = 3
const DECODER_CONFIG_DESCRIPTOR = 4
const DECODER_SPECIFIC_INFO = 5
const SL_CONFIG_DESCRIPTOR = 6
const MPEG4_AUDIO = 0x40

function writeElementaryStreamDescriptor(writer: ByteWriter, configuration: Uint8Array): void {
  const specificSize = 2 + configuration.length
  const decoderSize = 2 + 13 + specificSize
  writer.u8(ES_DESCRIPTOR)
  writer.u8(3 + decoderSize + 3)
  writer.u16(0) // ES_ID
  writer.u8(0)
  writer.u8(DECODER_CONFIG_DESCRIPTOR)
  writer.u8(13 + specificSize)
  writer.u8(MPEG4_AUDIO)
  writer.u8(0x15) // AudioStream
  writer.zeros(11) // bufferSizeDB, maxBitrate, avgBitrate: not known
  writer.u8(DECODER_SPECIFIC_INFO)
  writer.u8(configuration.length)
  writer.write(configuration)
  writer.u8(SL_CONFIG_DESCRIPTOR)
  writer.u8(1)
  writer.u8(2) // predefined: MP4
}

/** Reads the DecoderSpecificInfo. */
function readElementaryStreamDescriptor(reader: ByteReader): Uint8Array {
  const es = readDescriptor(reader, ES_DESCRIPTOR)
  es.skip(2)
  const flags = es.u8()
  if ((flags & 0x80) !== 0) es.skip(2)
  if ((flags & 0x40) !== 0) es.skip(es.u8())
  if ((flags & 0x20) !== 0) es.skip(2)
  const decoder = readDescriptor(es, DECODER_CONFIG_DESCRIPTOR)
  const objectType = decoder.u8()
  if (objectType !== MPEG4_AUDIO) throw new MalformedMedia(`object type ${objectType}`, decoder.position - 1)
  decoder.skip(12)
  const specific = readDescriptor(decoder, DECODER_SPECIFIC_INFO)
  return specific.view(specific.remaining)
}

function readDescriptor(reader: ByteReader, expected: number): ByteReader {
  const tag = reader.u8()
  if (tag !== expected) throw new MalformedMedia(`descriptor ${tag} where ${expected} belongs`, reader.position - 1)
  let size = 0
  for (let i = 0; i < 4; i++) {
    const byte = reader.u8()
    size = (size << 7) | (byte & 0x7f)
    if ((byte & 0x80) === 0) break
  }
  return reader.part(size)
}
