/** A Smooth Streaming track as a fragmented movie: a header from what the manifest says, fragments with their times. */
import { nalUnits, unitType } from '../fixtures/nal-units.ts'
import { type Box, box, boxesOf, fullBox, u16, u32 } from './mp4-boxes.ts'

export const SMOOTH_TIMESCALE = 10_000_000

/** The attributes of a QualityLevel and the type of its StreamIndex. */
export type SmoothTrack = {
  readonly kind: 'video' | 'audio'
  readonly fourCC: string
  readonly codecPrivateData: Buffer
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly samplingRate: number
}

const TRACK = 1
const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/** ftyp and moov. */
export function smoothHeader(track: SmoothTrack): Buffer {
  const { kind, width, height } = track
  const mediaHeader = kind === 'video' ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u16(0, 0))
  const data = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
  const tables = [
    fullBox('stsd', 0, 0, u32(1), sampleEntry(track)),
    ...['stts', 'stsc', 'stco'].map((type) => fullBox(type, 0, 0, u32(0))),
    fullBox('stsz', 0, 0, u32(0, 0)),
  ]
  const handler = fullBox('hdlr', 0, 0, u32(0), Buffer.from(kind === 'video' ? 'vide' : 'soun'), Buffer.alloc(13))
  const media = box(
    'mdia',
    fullBox('mdhd', 0, 0, u32(0, 0, SMOOTH_TIMESCALE, 0), u16(0x55c4, 0)),
    handler,
    box('minf', mediaHeader, data, box('stbl', ...tables)),
  )
  const size = kind === 'video' ? u32(width * 0x10000, height * 0x10000) : u32(0, 0)
  const trackHeader = fullBox('tkhd', 0, 7, u32(0, 0, TRACK, 0, 0), u32(0, 0), u16(0, 0, 0x100, 0), MATRIX, size)
  const movie = fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, SMOOTH_TIMESCALE, 0, 0x10000),
    u16(0x100, 0),
    u32(0, 0),
    MATRIX,
    Buffer.alloc(24),
    u32(TRACK + 1),
  )
  return Buffer.concat([
    box('ftyp', Buffer.from('isom'), u32(0), Buffer.from('isom')),
    box('moov', movie, box('trak', trackHeader, media), box('mvex', fullBox('trex', 0, 0, u32(TRACK, 1, 0, 0, 0)))),
  ])
}

function sampleEntry(track: SmoothTrack): Buffer {
  const { fourCC, codecPrivateData, width, height, channels, samplingRate } = track
  const visual = [Buffer.alloc(6), u16(1), Buffer.alloc(16), u16(width, height), u32(0x480000, 0x480000, 0), u16(1)]
  const picture = [...visual, Buffer.alloc(32), u16(0x18, 0xffff)]
  const sound = [Buffer.alloc(6), u16(1), u32(0, 0), u16(channels, 16, 0, 0), u32(samplingRate * 0x10000)]
  switch (fourCC) {
    case 'H264':
    case 'AVC1':
      return box('avc1', ...picture, box('avcC', avcConfiguration(codecPrivateData)))
    case 'HVC1':
    case 'HEV1':
      return box('hvc1', ...picture, box('hvcC', hevcConfiguration(codecPrivateData)))
    case 'AACL':
    case 'AACH':
    case 'AACP':
      return box('mp4a', ...sound, fullBox('esds', 0, 0, elementaryStream(codecPrivateData)))
    case 'EC-3':
      return box('ec-3', ...sound)
    case 'AC-3':
      return box('ac-3', ...sound)
    default:
      throw new Error(`no sample entry for ${fourCC}`)
  }
}

const counted = (units: readonly Buffer[]) => units.flatMap((unit) => [u16(unit.length), unit])

function avcConfiguration(privateData: Buffer): Buffer {
  const units = nalUnits(privateData)
  const [sequence, picture] = [7, 8].map((type) => units.filter((unit) => unitType('h264', unit) === type))
  const [sps] = sequence!
  if (!sps || picture!.length === 0) throw new Error('CodecPrivateData without parameter sets')
  const head = [1, ...sps.subarray(1, 4), 0xff, 0xe0 | sequence!.length]
  return Buffer.concat([Buffer.from(head), ...counted(sequence!), Buffer.from([picture!.length]), ...counted(picture!)])
}

function hevcConfiguration(privateData: Buffer): Buffer {
  const units = nalUnits(privateData)
  const arrays = [32, 33, 34].map((type) => {
    const sets = units.filter((unit) => unitType('hevc', unit) === type)
    if (sets.length === 0) throw new Error('CodecPrivateData without parameter sets')
    return Buffer.concat([Buffer.from([0x80 | type]), u16(sets.length), ...counted(sets)])
  })
  // Decoders here go by the parameter sets, so profile, level and depths are left open.
  const head = Buffer.alloc(22)
  head[0] = 1
  head[21] = 3
  return Buffer.concat([head, Buffer.from([arrays.length]), ...arrays])
}

/** An ES_Descriptor around an AudioSpecificConfig, 14496-1 7.2.6. */
function elementaryStream(configuration: Buffer): Buffer {
  const tagged = (tag: number, ...body: readonly Uint8Array[]) => {
    const bytes = Buffer.concat(body)
    return Buffer.concat([Buffer.from([tag, bytes.length]), bytes])
  }
  const decoder = tagged(4, Buffer.from([0x40, 0x15]), Buffer.alloc(11), tagged(5, configuration))
  return tagged(3, u16(TRACK), Buffer.alloc(1), decoder, tagged(6, Buffer.from([2])))
}

/**
 * Added to composition offsets and taken from decoding times: ffmpeg shows everything later where an offset is
 * negative.
 */
const LEAD = SMOOTH_TIMESCALE

/** The fragment with its time in it, which Smooth Streaming leaves to the manifest. */
export function timedFragment(fragment: Buffer, time: number): Buffer {
  return Buffer.concat(
    boxesOf(fragment).map(({ type, body }) => {
      return type === 'moof' ? box('moof', ...boxesOf(body).map((each) => timedTrack(each, time))) : box(type, body)
    }),
  )
}

function timedTrack({ type, body }: Box, time: number): Buffer {
  if (type !== 'traf') return box(type, body)
  const children = boxesOf(body)
  const run = children.find((child) => child.type === 'trun')
  if (!run || children.some((child) => child.type === 'tfdt')) throw new Error('not a Smooth Streaming fragment')
  const decodes = hasOffsets(run.body) ? time - LEAD : time
  const decodeTime = fullBox('tfdt', 1, 0, u32(Math.floor(decodes / 2 ** 32), decodes % 2 ** 32))
  const timed = children.flatMap((child) => {
    if (child.type === 'tfhd') return [box('tfhd', renumbered(child.body)), decodeTime]
    return [box(child.type, child === run ? moved(child.body, decodeTime.length) : child.body)]
  })
  return box('traf', ...timed)
}

function renumbered(header: Buffer): Buffer {
  const changed = Buffer.from(header)
  changed.writeUInt32BE(TRACK, 4)
  return changed
}

/** Flags of trun, ISO/IEC 14496-12 8.8.8. */
const DATA_OFFSET = 1
const FIRST_SAMPLE_FLAGS = 4
const COMPOSITION_OFFSETS = 0x800

const flagsOf = (run: Buffer) => run.readUIntBE(1, 3)
const hasOffsets = (run: Buffer) => (flagsOf(run) & COMPOSITION_OFFSETS) !== 0

/** A trun whose data lies `by` bytes later and whose composition offsets are `LEAD` larger. */
function moved(run: Buffer, by: number): Buffer {
  const changed = Buffer.from(run)
  const flags = flagsOf(run)
  let at = 8
  if ((flags & DATA_OFFSET) !== 0) {
    changed.writeInt32BE(run.readInt32BE(at) + by, at)
    at += 4
  }
  if ((flags & FIRST_SAMPLE_FLAGS) !== 0) at += 4
  if (!hasOffsets(run)) return changed
  // Duration, size and flags of a sample stand before its offset.
  const before = [0x100, 0x200, 0x400].filter((flag) => (flags & flag) !== 0).length * 4
  for (let sample = 0; sample < run.readUInt32BE(4); sample++) {
    at += before
    changed.writeInt32BE(run.readInt32BE(at) + LEAD, at)
    at += 4
  }
  return changed
}
