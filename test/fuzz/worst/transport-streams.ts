import assert from 'node:assert/strict'
import { writeCmafSegment } from '../../../src/media/mp4/cmaf.ts'
import { allSteps } from '../../../src/media/steps.ts'
import { ticks, utcMs } from '../../../src/media/time.ts'
import { DemuxBuffer } from '../../../src/media/ts/demux-buffer.ts'
import { type DemuxedSegment, demuxTsInSteps } from '../../../src/media/ts/demuxer.ts'
import { filterTsInSteps } from '../../../src/media/ts/filter.ts'
import { TsProbe } from '../../../src/media/ts/probe.ts'
import { segmentOf } from '../../../src/packaging/segments/track-segment.ts'
import type { SingleVideo } from '../../../src/packaging/tracks/track-set.ts'
import { NOON } from '../../origin/sample-channel.ts'
import type { WorstInput } from './judge.ts'
import { SPLICE_PACKETS, SPLICES } from './splices.ts'
import { type ListedStream, TsWriter, tablesOf } from './ts-writer.ts'

const MiB = 1024 * 1024
/** The largest segment accepted by default. */
export const MOST = 64 * MiB
/** Bytes of a body that arrive at a time. */
const CHUNK = 64 * 1024

const [VIDEO, AUDIO, TAGS, SOUND] = [0x100, 0x101, 0x102, 0x103]
const AVC: ListedStream = { pid: VIDEO, type: 0x1b }
const HEVC: ListedStream = { pid: VIDEO, type: 0x24 }
const AAC: ListedStream = { pid: AUDIO, type: 0x0f }
const AC3: ListedStream = { pid: SOUND, type: 0x81 }
const ID3: ListedStream = {
  pid: TAGS,
  type: 0x15,
  descriptors: Buffer.from([0x26, 13, 0xff, 0xff, ...Buffer.from('ID3 '), 0xff, ...Buffer.from('ID3 '), 0, 0x0f]),
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
/** NAL units of H.264 with start codes: 16 by 16 pixels, picture order of type 2. */
const SPS = hex('000001 6742c01eda1aeb')
const PPS = hex('000001 68ce3880')
const IDR = hex('000001 6588801aaaaa')
const KEY_FRAME = Buffer.concat([hex('000001 09f0'), SPS, PPS, IDR])
const TAG = Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1')
/** ADTS, AAC-LC, 48 kHz, stereo: a header and one byte. */
const ADTS = hex('fff14c80011ffc00')
/** E-AC-3 of one block: substream 0, and a dependent one; 8 bytes each. */
const EAC3 = hex('0b77 0003 0c80 0000')
const DEPENDENT = hex('0b77 4003 0c80 0000')

const repeated = (unit: Buffer, size: number) => Buffer.alloc(Math.max(size, unit.length), unit)

/** A segment whose first picture is sound, and whose rest is `fill`. */
function segment(
  streams: readonly ListedStream[],
  size: number,
  fill: (writer: TsWriter, step: number) => void,
): Buffer {
  const writer = new TsWriter(size, streams)
  writer.pes(VIDEO, 0xe0, KEY_FRAME, 900_000)
  for (let step = 1; !writer.isFull; step++) fill(writer, step)
  return writer.result()
}

/** One PES packet of video that `unit` fills. */
const oneOf = (unit: Buffer) => (size: number) =>
  segment([AVC], size, (writer) => writer.pes(VIDEO, 0xe0, repeated(unit, size), 903_600))
/** PES packets of 60 KB that `unit` fills. */
const manyOf = (streams: readonly ListedStream[], pid: number, streamId: number, unit: Buffer) => (size: number) =>
  segment(streams, size, (writer, step) => writer.pes(pid, streamId, repeated(unit, 60_000), 900_000 + step * 1920))
/** A PES packet of its own for each `unit`. */
const eachOf = (streams: readonly ListedStream[], pid: number, streamId: number, unit: Buffer) => (size: number) =>
  segment(streams, size, (writer, step) => writer.pes(pid, streamId, unit, 900_000 + step * 3))

const numbered = (make: (n: number) => Buffer) => Buffer.concat(Array.from({ length: 256 }, (_, n) => make(n)))

/** Sets of parameters of 1 KiB that differ in their last bytes alone, each with an identifier of its own. */
function longSets(size: number): Buffer {
  const ids = numbered((n) => {
    const id = ((n + 1) * 2 ** 7) & 0xffff
    return Buffer.concat([
      hex('000001 68'),
      Buffer.from([id >> 8 || 1, id & 0xff]),
      Buffer.alloc(1000, 0xaa),
      Buffer.of(n, 0x80),
    ])
  })
  return oneOf(ids)(size)
}

const withoutTables = (size: number) => {
  const writer = new TsWriter(size)
  while (!writer.isFull) writer.pes(VIDEO, 0xe0, Buffer.concat([hex('000001 09f0'), IDR]), 900_000)
  const bytes = writer.result()
  const tables = tablesOf([AVC])
  const held = Math.min(bytes.length, 8 * MiB - 188 * 4)
  tables.copy(bytes, held - (held % 188) - tables.length)
  return bytes
}

const floodOf = (packets: Buffer) => (size: number) => segment([AVC], size, (writer) => writer.whole(packets))
const repeatedSplices = (packets: Buffer) => (size: number) =>
  segment([AVC, SPLICES], size, (writer) => writer.whole(packets))
const manyStreams = (first: number) =>
  tablesOf(Array.from({ length: 30 }, (_, i) => ({ pid: first + i, type: 0x0f }))).subarray(188)

export const SEGMENTS: Readonly<Record<string, (size: number) => Buffer>> = {
  'a picture in each packet': eachOf([AVC], VIDEO, 0xe0, Buffer.concat([hex('000001 09f0'), IDR])),
  'a key frame with its sets in each packet': eachOf([AVC], VIDEO, 0xe0, KEY_FRAME),
  'an audio frame in each packet': eachOf([AVC, AAC], AUDIO, 0xc0, repeated(ADTS, 16)),
  'a tag in each packet': eachOf([AVC, ID3], TAGS, 0xbd, TAG),
  'an empty PES packet in each packet': eachOf([AVC, AAC], AUDIO, 0xc0, Buffer.alloc(0)),
  'one PES packet of zeros': oneOf(Buffer.alloc(1)),
  'one NAL unit of ones': oneOf(Buffer.from([0xff])),
  'NAL units of one byte': oneOf(hex('000001 0c')),
  'start codes alone': oneOf(hex('000001')),
  'start codes of four bytes, and zeros': oneOf(hex('00000000000001')),
  'slices of two bytes': oneOf(hex('000001 6188')),
  'first slices': oneOf(IDR),
  'slices that are none': oneOf(hex('000001 65 000000')),
  'access unit delimiters': oneOf(hex('000001 09f0')),
  'sequence parameter sets': oneOf(SPS),
  'sequence parameter sets that alternate': oneOf(Buffer.concat([SPS, hex('000001 6742c01eda1aec')])),
  'picture parameter sets': oneOf(PPS),
  '256 picture parameter sets': oneOf(
    numbered((n) => Buffer.concat([hex('000001 68'), Buffer.from([1, n, 0xce, 0x38, 0x80])])),
  ),
  'long parameter sets that end otherwise': longSets,
  'parameter sets without end': oneOf(Buffer.concat([hex('000001 67'), Buffer.alloc(60_000, 0xff)])),
  'SEI messages of nothing': oneOf(Buffer.concat([hex('000001 06'), Buffer.alloc(60_000, hex('0100'))])),
  'SEI whose type never ends': oneOf(Buffer.concat([hex('000001 06'), Buffer.alloc(60_000, 0xff)])),
  'SEI with emulation prevention': oneOf(Buffer.concat([hex('000001 06'), Buffer.alloc(60_000, hex('000003'))])),
  'SEI in each packet': eachOf([AVC], VIDEO, 0xe0, Buffer.concat([hex('000001 06'), Buffer.alloc(150, hex('0100'))])),
  'captions in front of every picture': oneOf(
    Buffer.concat([hex('000001 06 04ff'), Buffer.alloc(200, 0xb5), hex('80'), IDR]),
  ),
  'filler data': oneOf(Buffer.concat([hex('000001 0c'), Buffer.alloc(100, 0xff)])),
  'HEVC: parameter sets': (size) =>
    segment([HEVC], size, (writer) =>
      writer.pes(
        VIDEO,
        0xe0,
        repeated(hex('000001 4001 0c01ffff 000001 4201 0101 6000 000001 4401 c172'), size),
        900_000,
      ),
    ),
  'HEVC: slices of four bytes': (size) =>
    segment([HEVC], size, (writer) => writer.pes(VIDEO, 0xe0, repeated(hex('000001 2601 af00'), size), 900_000)),
  'empty tags': manyOf([AVC, ID3], TAGS, 0xbd, TAG),
  'tags that are none': manyOf([AVC, ID3], TAGS, 0xbd, Buffer.from('ID')),
  'tags cut off': manyOf([AVC, ID3], TAGS, 0xbd, Buffer.from('ID3\x04\0\0\0\0\x01\0', 'latin1')),
  'ADTS of one byte': manyOf([AVC, AAC], AUDIO, 0xc0, ADTS),
  'ADTS headers that are none': manyOf([AVC, AAC], AUDIO, 0xc0, Buffer.from([0xff])),
  'ADTS headers in ADTS headers': manyOf([AVC, AAC], AUDIO, 0xc0, hex('fff1')),
  'ADTS frames that promise more': manyOf([AVC, AAC], AUDIO, 0xc0, hex('fff14c83ffff fc')),
  'ADTS that changes with each frame': manyOf([AVC, AAC], AUDIO, 0xc0, Buffer.concat([ADTS, hex('fff15040011ffc00')])),
  'AC-3 sync words': manyOf([AVC, AC3], SOUND, 0xbd, hex('0b77')),
  'E-AC-3 of eight bytes': manyOf([AVC, AC3], SOUND, 0xbd, EAC3),
  'E-AC-3: dependent substreams without end': manyOf([AVC, AC3], SOUND, 0xbd, DEPENDENT),
  'E-AC-3: a frame and its substreams': manyOf([AVC, AC3], SOUND, 0xbd, Buffer.concat([EAC3, DEPENDENT, DEPENDENT])),
  'program association tables': floodOf(tablesOf([AVC]).subarray(0, 188)),
  'program maps': floodOf(tablesOf([AVC]).subarray(188)),
  'program maps that alternate': floodOf(Buffer.concat([manyStreams(0x200), manyStreams(0x230)])),
  'program maps of other streams each time': (size) => {
    const maps = Buffer.concat(Array.from({ length: 8 }, (_, n) => manyStreams(0x200 + 30 * n)))
    return segment([AVC], size, (writer) => writer.whole(maps))
  },
  'two streams packet by packet': (size) =>
    segment([AVC, AAC], size, (writer, step) => {
      writer.packet(VIDEO, Buffer.alloc(184, 0x55), false)
      if (step % 100 === 1) writer.pes(AUDIO, 0xc0, ADTS, 900_000 + step)
      else writer.packet(AUDIO, repeated(ADTS, 184), false)
    }),
  'packets that repeat the one before': (size) =>
    segment([AVC], size, (writer) => writer.packet(VIDEO, Buffer.alloc(184, 0x55), false, 0)),
  'packets that are missing': (size) =>
    segment([AVC], size, (writer) => writer.packet(VIDEO, Buffer.alloc(184, 0x55), false, 2)),
  'packets with nothing but an adaptation field': (size) =>
    segment([AVC], size, (writer) => writer.packet(VIDEO, Buffer.alloc(0), false)),
  'packets with one byte': (size) => segment([AVC], size, (writer) => writer.packet(VIDEO, Buffer.alloc(1), false)),
  'null packets': (size) => segment([AVC], size, (writer) => writer.packet(0x1fff, Buffer.alloc(184), false)),
  'packets of no stream': (size) =>
    segment([AVC], size, (writer, step) => writer.packet(0x400 + (step % 4096), Buffer.alloc(184), true)),
  'lost sync, every other packet': (size) =>
    segment([AVC], size, (writer) => {
      writer.packet(VIDEO, Buffer.alloc(184, 0x55), false)
      writer.whole(Buffer.alloc(188))
    }),
  'packets with a transport error': (size) => {
    const bytes = segment([AVC], size, (writer) => writer.packet(VIDEO, Buffer.alloc(184), false))
    for (let at = 10 * 188; at < bytes.length; at += 188) bytes[at + 1]! |= 0x80
    return bytes
  },
  'packets that precede the tables': withoutTables,
  ...Object.fromEntries(Object.entries(SPLICE_PACKETS).map(([name, packets]) => [name, repeatedSplices(packets)])),
}

function* probing(bytes: Buffer): Generator<void, unknown, void> {
  const probe = new TsProbe({ free: 128 * MiB })
  for (let at = 0; at < bytes.length; at += CHUNK) {
    probe.push(bytes.subarray(at, at + CHUNK))
    yield
  }
  return probe.end()
}

/** Taking apart, then what the origin makes of it: event messages and the tables of a fragment. */
async function packaged({ tracks, events }: DemuxedSegment): Promise<unknown> {
  for (const { samples, media } of tracks) {
    if (samples.count > 0 && samples.dts[0]! >= 0)
      writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples, media: [media] })
  }
  const [track] = tracks
  if (!track) return undefined
  const object = { key: 'c/o', size: 1, crc32: 0, sha256: '' }
  const slot = {
    era: 1,
    index: 1,
    start: 900_000,
    duration: 180_000,
    startUtc: NOON,
    sealedAt: utcMs(NOON),
    objects: { 1: object },
  }
  const described = {
    kind: 'video',
    timescale: 90_000,
    stream: { index: 1 },
    description: { kind: 'video', pid: track.pid },
  }
  const one = { ...slot, number: 1, discontinuity: false, discontinuitySequence: 0, slots: [slot] }
  const media = { demuxed: async () => ({ tracks, events }), inTurns: async () => assert.fail('nothing is encrypted') }
  return segmentOf(described as unknown as SingleVideo, one as never, media, { protection: undefined })
}

export const TRANSPORT_STREAMS: readonly WorstInput[] = Object.entries(SEGMENTS).flatMap(([name, make]) => [
  {
    name,
    reader: 'probe',
    most: MOST,
    prepare: (size) => {
      const bytes = make(size)
      return () => probing(bytes)
    },
  },
  {
    name,
    reader: 'demuxer',
    most: MOST,
    prepare: (size) => {
      const bytes = make(size)
      const buffer = new DemuxBuffer()
      return () => {
        buffer.fill([bytes])
        return demuxTsInSteps(buffer)
      }
    },
  },
  {
    name,
    reader: 'packaging',
    most: MOST,
    prepare: (size) => {
      const buffer = new DemuxBuffer()
      buffer.fill([make(size)])
      let demuxed: DemuxedSegment = { tracks: [], events: [], dropped: 0, continuityErrors: 0 }
      try {
        demuxed = allSteps(demuxTsInSteps(buffer))
      } catch {
        // What is refused is not packaged.
      }
      return () => () => packaged(demuxed)
    },
  },
  {
    name,
    reader: 'filter',
    most: MOST,
    prepare: (size) => {
      const bytes = make(size)
      return () => filterTsInSteps([bytes], ({ pid }) => pid !== AUDIO)
    },
  },
  {
    name,
    reader: 'filter, cut',
    most: MOST,
    prepare: (size) => {
      const bytes = make(size)
      const until = { near: ticks(900_000), endOf: () => 910_000 }
      return () => filterTsInSteps([bytes], ({ pid }) => pid !== AUDIO, { until })
    },
  },
])
