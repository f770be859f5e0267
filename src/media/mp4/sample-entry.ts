import { type ByteReader, type ByteWriter, MalformedMedia } from '../bytes.ts'
import { readAudioSpecificConfig } from '../codecs/aac.ts'
import { type AvcConfiguration, readAvcC, writeAvcC } from '../codecs/avc-configuration.ts'
import { type Box, readBoxes, readFullBoxHeader, theBox, writeBox, writeFullBox } from './box.ts'

/** What a decoder must know before the first sample, ISO/IEC 14496-12 §8.5.2. */
export type SampleEntry = AvcSampleEntry | Mp4aSampleEntry

/** `avc1`, ISO/IEC 14496-15 §5.4.2: parameter sets stand here and nowhere else. */
type AvcSampleEntry = {
  readonly kind: 'video'
  readonly width: number
  readonly height: number
  readonly configuration: AvcConfiguration
}

/** `mp4a`, ISO/IEC 14496-14 §6.7.2. */
type Mp4aSampleEntry = {
  readonly kind: 'audio'
  readonly channels: number
  readonly sampleRate: number
  /** AudioSpecificConfig. */
  readonly configuration: Uint8Array
}

export function writeSampleEntry(writer: ByteWriter, entry: SampleEntry): void {
  if (entry.kind === 'video') writeAvc1(writer, entry)
  else writeMp4a(writer, entry)
}

export function readSampleEntry(box: Box): SampleEntry {
  if (box.type === 'avc1') return readAvc1(box)
  if (box.type === 'mp4a') return readMp4a(box)
  throw new MalformedMedia(`sample entry ${box.type}`, box.start)
}

function writeAvc1(writer: ByteWriter, { width, height, configuration }: AvcSampleEntry): void {
  writeBox(writer, 'avc1', () => {
    writer.zeros(6)
    writer.u16(1) // data_reference_index
    writer.zeros(16)
    writer.u16(width)
    writer.u16(height)
    writer.u32(0x480000) // 72 dpi
    writer.u32(0x480000)
    writer.u32(0)
    writer.u16(1) // frame_count
    writer.zeros(32) // compressorname
    writer.u16(0x18) // depth
    writer.u16(0xffff) // pre_defined -1
    writeBox(writer, 'avcC', () => writeAvcC(writer, configuration))
  })
}

function readAvc1(box: Box): AvcSampleEntry {
  const { body } = box
  body.skip(24)
  const width = body.u16()
  const height = body.u16()
  body.skip(50)
  return { kind: 'video', width, height, configuration: readAvcC(theBox(readBoxes(body), 'avcC', box).body) }
}

function writeMp4a(writer: ByteWriter, entry: Mp4aSampleEntry): void {
  writeBox(writer, 'mp4a', () => {
    writer.zeros(6)
    writer.u16(1) // data_reference_index
    writer.zeros(8)
    writer.u16(entry.channels)
    writer.u16(16) // samplesize
    writer.u32(0)
    // 16.16; a rate that does not fit is said by the timescale and the configuration.
    writer.u32(entry.sampleRate <= 0xffff ? entry.sampleRate * 0x10000 : 0)
    writeFullBox(writer, 'esds', 0, 0, () => writeElementaryStreamDescriptor(writer, entry.configuration))
  })
}

function readMp4a(box: Box): Mp4aSampleEntry {
  const { body } = box
  body.skip(28)
  const esds = theBox(readBoxes(body), 'esds', box).body
  readFullBoxHeader(esds)
  const configuration = readElementaryStreamDescriptor(esds)
  const { sampleRate, channels } = readAudioSpecificConfig(configuration)
  return { kind: 'audio', channels, sampleRate, configuration }
}

/** Descriptors of ISO/IEC 14496-1 §7.2.6. */
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

/** The DecoderSpecificInfo. */
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
  return new Uint8Array(specific.view(specific.remaining))
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
