import { type ByteWriter, bytesOfHex, hexOf } from '../bytes.ts'
import { readAvcC } from '../codecs/avc-configuration.ts'
import { avcCodec, hevcCodec } from '../codecs/codec-string.ts'
import { readHvcC, withOpenArrays } from '../codecs/hevc-configuration.ts'
import type { Colour, VideoDescription } from '../track.ts'
import { type Box, readBoxes, theBox, writeBox } from './box.ts'
import { type TrackEncryption, writeProtectionScheme } from './track-encryption.ts'

/** The facts of a VisualSampleEntry, ISO/IEC 14496-12 §12.1.3. */
export type VideoEntry = Omit<VideoDescription, 'pid' | 'frameRate'> & {
  /** Samples have parameter sets, which may be others than those of the decoder configuration record. */
  readonly hasSetsInSamples?: true
}

/**
 * Writes `avc1` or `hvc1`, ISO/IEC 14496-15 §5.4.2 and §8.4.1, where the parameter sets are in the decoder
 * configuration record, or `avc3` or `hev1`, where samples have them too; `encv` around
 * either where samples are encrypted.
 */
export function writeVideoEntry(writer: ByteWriter, entry: VideoEntry, encryption?: TrackEncryption): void {
  const isHevc = entry.codec.startsWith('hvc1')
  const inSamples = entry.hasSetsInSamples === true
  const record = bytesOfHex(entry.configuration)
  const type = isHevc ? (inSamples ? 'hev1' : 'hvc1') : inSamples ? 'avc3' : 'avc1'
  writeBox(writer, encryption ? 'encv' : type, () => {
    writer.zeros(6)
    writer.u16(1) // data_reference_index
    writer.zeros(16)
    writer.u16(entry.width)
    writer.u16(entry.height)
    writer.u32(0x480000) // 72 dpi
    writer.u32(0x480000)
    writer.u32(0)
    writer.u16(1) // frame_count
    writer.zeros(32) // compressorname
    writer.u16(0x18) // depth
    writer.u16(0xffff) // pre_defined -1
    writeBox(writer, isHevc ? 'hvcC' : 'avcC', () =>
      writer.write(isHevc && inSamples ? withOpenArrays(record) : record),
    )
    writeExtensions(writer, entry)
    if (encryption) writeProtectionScheme(writer, encryption, type, 'video')
  })
}

function writeExtensions(writer: ByteWriter, entry: VideoEntry): void {
  const { colour, sampleAspectRatio, masteringDisplay, contentLight } = entry
  if (colour !== undefined) writeColr(writer, colour)
  if (sampleAspectRatio !== undefined) {
    // Pixel Aspect Ratio Box, §12.1.4: hSpacing, vSpacing.
    writeBox(writer, 'pasp', () => {
      writer.u32(sampleAspectRatio.width)
      writer.u32(sampleAspectRatio.height)
    })
  }
  // Mastering Display Colour Volume Box, §12.1.7.
  if (masteringDisplay !== undefined) writeBox(writer, 'mdcv', () => writer.write(bytesOfHex(masteringDisplay)))
  if (contentLight !== undefined) {
    // Content Light Level Box, §12.1.6.
    writeBox(writer, 'clli', () => {
      writer.u16(contentLight.maxContent)
      writer.u16(contentLight.maxPictureAverage)
    })
  }
}

/** Writes a Colour Information Box, §12.1.5, of type nclx. */
function writeColr(writer: ByteWriter, { primaries, transfer, matrix, fullRange }: Colour): void {
  writeBox(writer, 'colr', () => {
    writer.latin1('nclx')
    writer.u16(primaries)
    writer.u16(transfer)
    writer.u16(matrix)
    writer.u8(fullRange ? 0x80 : 0)
  })
}

export function readVideoEntry(box: Box): VideoEntry {
  const { body } = box
  body.skip(24)
  const width = body.u16()
  const height = body.u16()
  body.skip(50)
  const boxes = readBoxes(body)
  const isHevc = box.type === 'hvc1'
  const record = theBox(boxes, isHevc ? 'hvcC' : 'avcC', box).body
  const configuration = hexOf(record.bytes.subarray(record.position, record.end))
  const codec = isHevc ? hevcCodec(readHvcC(record).profileTierLevel) : avcCodec(readAvcC(record))
  return { kind: 'video', codec, configuration, width, height, ...readExtensions(boxes) }
}

function readExtensions(boxes: readonly Box[]): Partial<VideoEntry> {
  const body = (type: string) => boxes.find((box) => box.type === type)?.body
  const [colr, pasp, mdcv, clli] = [body('colr'), body('pasp'), body('mdcv'), body('clli')]
  return {
    ...(colr?.latin1(4) === 'nclx' ? { colour: readNclx(colr) } : {}),
    ...(pasp === undefined ? {} : { sampleAspectRatio: { width: pasp.u32(), height: pasp.u32() } }),
    ...(mdcv === undefined ? {} : { masteringDisplay: hexOf(mdcv.view(24)) }),
    ...(clli === undefined ? {} : { contentLight: { maxContent: clli.u16(), maxPictureAverage: clli.u16() } }),
  }
}

function readNclx(body: Box['body']): Colour {
  const [primaries, transfer, matrix] = [body.u16(), body.u16(), body.u16()]
  return { primaries, transfer, matrix, fullRange: (body.u8() & 0x80) !== 0 }
}
