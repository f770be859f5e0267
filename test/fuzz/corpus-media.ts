import { writeCmafHeader, writeCmafSegment } from '../../src/media/mp4/cmaf.ts'
import { crc32Mpeg } from '../../src/media/ts/psi.ts'
import { Bits } from '../fixtures/bits.ts'
import {
  descriptor,
  spliceInsert,
  spliceNull,
  spliceSection,
  timeSignal,
  withCrc,
} from '../fixtures/splice-messages.ts'
import { packed, withSplices } from '../fixtures/splice-packets.ts'
import { marker, SPLICES } from '../fixtures/splice-table.ts'
import { timestampTag, titleTag, withTags } from '../fixtures/timed-metadata.ts'
import { type Multiplex, type Pes, writeMultiplex } from '../fixtures/transport-stream.ts'
import { demux, probeTs } from './demuxed.ts'

/** The bytes of the corpus that no editor writes: each file is what its recipe here makes. */

const PACKET = 188
const VIDEO = 0x100
const AUDIO = 0x101
const [PAT, PMT] = [0, 1]
const START = 900_000

/** An Exp-Golomb code, H.264 9.1. */
const ue = (bits: Bits, value: number): Bits => {
  const length = 31 - Math.clz32(value + 1)
  return bits.put(length, 0).put(length + 1, value + 1)
}
const unit = (header: number, bits: Bits) => {
  return Buffer.concat([Buffer.from([0, 0, 0, 1, header]), bits.put(1, 1).bytes()])
}

/** A sequence parameter set of Baseline profile with pictures of so many macroblocks, H.264 7.3.2.1.1. */
function sps(width: number, height: number): Buffer {
  const bits = new Bits().put(8, 66).put(8, 0xc0).put(8, 30)
  for (const value of [0, 0, 2, 1]) ue(bits, value)
  ue(ue(bits.put(1, 0), width - 1), height - 1)
  return unit(0x67, bits.put(2, 3).put(2, 0))
}

const PPS = unit(
  0x68,
  ue(ue(ue(ue(ue(ue(new Bits(), 0), 0).put(2, 0), 0), 0), 0).put(3, 0), 0)
    .put(4, 7)
    .put(3, 0),
)
const IDR = unit(0x65, ue(ue(ue(ue(new Bits(), 0), 7), 0).put(4, 0), 0).put(16, 0xaaaa))
const KEY_FRAME = Buffer.concat([Buffer.from([0, 0, 0, 1, 9, 0xf0]), sps(20, 12), PPS, IDR])
/** ADTS, AAC-LC, 48 kHz, stereo: a header, and so many bytes that mean nothing. */
const adts = (size = 9) => {
  const length = 7 + size
  const header = Buffer.from([
    0xff,
    0xf1,
    0x4c,
    0x80 | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f,
    0xfc,
  ])
  return Buffer.concat([header, Buffer.alloc(size, 0x21)])
}

const video = (pts: number, payload = KEY_FRAME): Pes => ({
  pid: VIDEO,
  streamId: 0xe0,
  pts,
  payload,
  randomAccess: true,
})
const audio = (pts: number, payload = Buffer.concat([adts(), adts()])): Pes => {
  return { pid: AUDIO, streamId: 0xc0, pts, payload, randomAccess: false }
}
const STREAMS = [
  { pid: VIDEO, type: 0x1b, descriptors: Buffer.alloc(0) },
  { pid: AUDIO, type: 0x0f, descriptors: Buffer.alloc(0) },
]
const multiplex = (packets: readonly Pes[]): Multiplex => ({ streams: STREAMS, packets })
const written = (...packets: readonly Pes[]) => writeMultiplex(multiplex(packets), new Map())
const plain = () => written(video(START), audio(START), video(START + 3600), audio(START + 3840), video(START + 7200))

/** The bytes after a change of them. */
function edited(bytes: Buffer, edit: (bytes: Buffer) => void): Buffer {
  const changed = Buffer.from(bytes)
  edit(changed)
  return changed
}

/** A plain segment whose table in packet `packet` was changed, and has the CRC it should have. */
function withTable(packet: number, edit: (section: Buffer) => void): Buffer {
  return edited(plain(), (bytes) => {
    const section = bytes.subarray(packet * PACKET + 5, (packet + 1) * PACKET)
    const end = 3 + (section.readUInt16BE(1) & 0xfff) - 4
    edit(section)
    section.writeUInt32BE(crc32Mpeg(section.subarray(0, end)), end)
  })
}

const packetOf = (bytes: Buffer, pid: number, nth = 0) => {
  const places = Array.from({ length: bytes.length / PACKET }, (_, i) => i * PACKET)
  return places.filter((at) => (bytes.readUInt16BE(at + 1) & 0x1fff) === pid)[nth]!
}

/** A program map of as many streams as its section holds, with PIDs from `first` on, then another such map. */
function floodOfStreams(): Buffer {
  const map = (first: number) => {
    const streams = Array.from({ length: 30 }, (_, i) => ({ pid: first + i, type: 6, descriptors: Buffer.alloc(0) }))
    return writeMultiplex({ streams, packets: [] }, new Map())
  }
  return Buffer.concat([plain(), ...Array.from({ length: 9 }, (_, i) => map(0x200 + i * 0x20))])
}

/** A plain segment with sections of SCTE 35 before its second picture. */
function withSections(sections: readonly Buffer[]): Buffer {
  const media = multiplex([video(START), audio(START), video(START + 3600)])
  return writeMultiplex(withSplices(media, packed(sections, { pid: 0x1f1, before: 2 })), new Map())
}

/** The longest section there may be: of descriptors without content. */
function emptyDescriptors(): Buffer {
  const descriptors = Array.from({ length: 678 }, () => descriptor(0, Buffer.alloc(0)))
  return spliceSection({ command: timeSignal(1), descriptors, stuffing: 3 })
}

/** A segment of CMAF with two samples of video, and its header. */
function cmaf(): { readonly header: Buffer; readonly segment: Buffer } {
  const [track] = demux(plain()).tracks
  const entry = probeTs(plain()).tracks[0]!
  if (!track || entry.kind !== 'video') throw new Error('the plain segment has no video')
  const { samples, media, timescale } = track
  const segment = writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples, media: [media] })
  return { header: Buffer.from(writeCmafHeader({ id: 1, timescale, entry })), segment: Buffer.concat(segment) }
}

const empty = Buffer.from([0, 0, 1, 9])

/** By file. Those that end in `.gz` are kept compressed. */
export const RECIPES: Readonly<Record<string, () => Buffer>> = {
  'plain.mpegts': plain,
  'lost-sync.mpegts': () => edited(plain(), (bytes) => bytes.fill(0, 4 * PACKET, 6 * PACKET)),
  'one-lost-sync-byte.mpegts': () => edited(plain(), (bytes) => bytes.fill(0, 4 * PACKET, 4 * PACKET + 1)),
  'cut-in-last-packet.mpegts': () => plain().subarray(0, -100),
  'scrambled-packets.mpegts': () =>
    edited(plain(), (bytes) => {
      bytes[packetOf(bytes, VIDEO) + 3]! |= 0x80
    }),
  'scrambled-pes.mpegts': () =>
    edited(plain(), (bytes) => {
      const at = packetOf(bytes, AUDIO)
      bytes[bytes.indexOf(Buffer.from([0, 0, 1, 0xc0]), at) + 6]! |= 0x10
    }),
  'pat-with-wrong-crc.mpegts': () =>
    edited(plain(), (bytes) => {
      bytes[16]! ^= 1
    }),
  'pat-names-its-own-pid.mpegts': () => withTable(PAT, (section) => section.writeUInt16BE(0xe000, 10)),
  'pat-names-the-video.mpegts': () => withTable(PAT, (section) => section.writeUInt16BE(0xe000 | VIDEO, 10)),
  'pmt-descriptors-beyond-section.mpegts': () => withTable(PMT, (section) => section.writeUInt16BE(0xffff, 15)),
  'pmt-program-info-beyond-section.mpegts': () => withTable(PMT, (section) => section.writeUInt16BE(0xffff, 10)),
  'pmt-one-pid-twice.mpegts': () => withTable(PMT, (section) => section.writeUInt16BE(0xe000 | VIDEO, 18)),
  'pmt-flood-of-streams.mpegts': floodOfStreams,
  'adaptation-field-beyond-packet.mpegts': () =>
    edited(plain(), (bytes) => {
      const at = packetOf(bytes, AUDIO)
      bytes[at + 3]! |= 0x20
      bytes[at + 4] = 0xff
    }),
  'pes-header-beyond-packet.mpegts': () =>
    edited(plain(), (bytes) => {
      const at = bytes.indexOf(Buffer.from([0, 0, 1, 0xc0]), packetOf(bytes, AUDIO))
      bytes[at + 8] = 0xff
    }),
  'picture-hours-away.mpegts': () => written(video(START), video(START + 8 * 3600 * 90_000), video(START + 3600)),
  'clock-wraps.mpegts': () => written(video(2 ** 33 - 3600), audio(2 ** 33 - 3600), video(0), audio(240)),
  'picture-of-a-giant.mpegts': () => {
    const payload = Buffer.concat([sps(2 ** 30, 2 ** 30), PPS, IDR])
    return written(video(START, payload), audio(START), video(START + 3600, payload))
  },
  'parameter-set-cut.mpegts': () => {
    const payload = Buffer.concat([sps(20, 12).subarray(0, 8), PPS, IDR])
    return written(video(START, payload), audio(START))
  },
  'id3-flood.mpegts.gz': () => {
    // 17 tags in each packet: 1000 times, 17,000 tags.
    const tag = Buffer.alloc(10 * 17, Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'))
    const tags = Array.from({ length: 1000 }, (_, i) => ({ pts: START + i, tag }))
    return writeMultiplex(withTags(multiplex([video(START), audio(START)]), tags), new Map())
  },
  'nal-unit-flood.mpegts.gz': () => {
    const payload = Buffer.concat([KEY_FRAME, Buffer.alloc(4 * (2 ** 18 + 1), empty)])
    return written(video(START, payload), audio(START))
  },
  'audio-frame-flood.aac.gz': () => Buffer.concat([timestampTag(START), Buffer.alloc(8 * (2 ** 18 + 1), adts(1))]),
  'plain.aac': () => Buffer.concat([timestampTag(START), titleTag('title'), adts(), adts(), adts()]),
  'no-timestamp.aac': () => Buffer.concat([titleTag('title'), adts(), adts()]),
  'timestamp-of-64-bits.aac': () =>
    Buffer.concat([edited(timestampTag(START), (tag) => tag.fill(0xff, tag.length - 8)), adts(), adts()]),
  'tag-cut-off.aac': () => timestampTag(START).subarray(0, -1),
  'tag-of-256-mib.aac': () =>
    Buffer.concat([edited(timestampTag(START), (tag) => tag.fill(0x7f, 6, 10)), adts(), adts()]),
  'tag-size-with-high-bits.aac': () =>
    Buffer.concat([edited(timestampTag(START), (tag) => tag.fill(0xff, 6, 10)), adts(), adts()]),
  'frame-beyond-tag.aac': () =>
    Buffer.concat([edited(timestampTag(START), (tag) => tag.fill(0x7f, 14, 18)), adts(), adts()]),
  'tags-without-end.aac.gz': () =>
    Buffer.concat(Array.from({ length: 4000 }, () => Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'))),
  'riff-behind-timestamp.aac': () => Buffer.concat([timestampTag(START), Buffer.alloc(500, 'RIFF')]),
  'frame-of-length-0.aac': () =>
    Buffer.concat([timestampTag(START), edited(adts(), (frame) => frame.writeUInt16BE(0x8000, 3)), adts()]),
  'header.mp4': () => cmaf().header,
  'fragment.mp4': () => cmaf().segment,
  'box-beyond-file.mp4': () => edited(cmaf().segment, (bytes) => bytes.writeUInt32BE(0x7fffffff, 0)),
  'box-of-size-0.mp4': () => edited(cmaf().header, (bytes) => bytes.writeUInt32BE(0, bytes.indexOf('trak') - 4)),
  'box-in-box-without-end.mp4.gz': () => {
    const depth = 2000
    const boxes = Buffer.alloc(8 * depth)
    for (let i = 0; i < depth; i++) {
      boxes.writeUInt32BE(8 * (depth - i), 8 * i)
      boxes.write('moov', 8 * i + 4)
    }
    return boxes
  },
  'run-of-4-billion-samples.mp4': () =>
    edited(cmaf().segment, (bytes) => bytes.writeUInt32BE(0xffffffff, bytes.indexOf('trun') + 8)),
  'splice-messages.mpegts': () => withSections(Object.values(SPLICES).map(({ section }) => section)),
  'splice-flood.mpegts.gz': () => {
    const heartbeats = Array.from({ length: 10 }, () => spliceSection({ command: spliceNull() }))
    const sections = Array.from({ length: 100 }, (_, id) => [
      ...heartbeats,
      spliceSection({ command: spliceInsert({ id, isOut: true, at: 1 }) }),
    ])
    return withSections(sections.flat())
  },
  'splice-descriptor-flood.mpegts.gz': () => withSections(Array(20).fill(emptyDescriptors())),
  'splice-lengths.scte35': () => {
    const section = spliceSection({ command: timeSignal(1), descriptors: [marker(1)] }).subarray(0, -4)
    // splice_command_length and descriptor_loop_length beyond the section.
    section.writeUInt16BE(0xfffe, 11)
    section.writeUInt16BE(0xffff, 19)
    return withCrc(section)
  },
  'spaces-after-timing.vtt.gz': () =>
    Buffer.from(`WEBVTT\n\n00:00.000 --> 00:01.000${' '.repeat(250_000)}\u2028\nHello\n`),
  'tags-in-tags.vtt.gz': () => Buffer.from(`WEBVTT\n\n00:00.000 --> 00:01.000\n${'<b>'.repeat(80_000)}\n`),
  'flood-of-cues.vtt.gz': () =>
    Buffer.from(`WEBVTT\n\n${'00:00.000 --> 00:01.000\n\n'.repeat(20_001)}`.slice(0, 600_000)),
  'flood-of-segments.m3u8.gz': () => {
    return Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:2\n${'#EXTINF:2,\na.ts\n'.repeat(100_001)}`)
  },
  'empty-lines.m3u8.gz': () => Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:2\n${'\n'.repeat(2 ** 20)}`),
}
