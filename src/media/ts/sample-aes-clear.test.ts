import assert from 'node:assert/strict'
import { plainSlice, SLICES_PID, slicePictures } from '../../../test/fixtures/odd-slices.ts'
import {
  type ElementaryStream,
  type Pes,
  readMultiplex,
  writeMultiplex,
} from '../../../test/fixtures/transport-stream.ts'
import { encodeTs } from '../../../test/fuzz/media-samples.ts'
import { seeded } from '../../../test/fuzz/mutants.ts'
import { needing } from '../../../test/programs.ts'
import { cbcEncryption } from '../../packaging/segments/segment-cipher.ts'
import { MalformedMedia } from '../bytes.ts'
import { PACKET_SIZE, pcrBase, pidOf } from './packet.ts'
import { findProgram } from './program.ts'
import { encryptSamples, NoSampleAes } from './sample-aes.ts'

const { before, describe, it } = needing('ffmpeg')

const cipher = { encrypt: cbcEncryption(Buffer.alloc(16, 7)), iv: Buffer.alloc(16, 0x5a) }
const encrypted = (...segments: readonly Uint8Array[]) => Buffer.concat(encryptSamples(segments, cipher))

const NONE = Buffer.alloc(0)
const PID = 0x150
const random = seeded(7)
/** Bytes that are found again wherever they are copied. */
const SECRET = Buffer.from(Array.from({ length: 100 }, () => 1 + random(254)))

describe('encryptSamples leaves out', () => {
  let one: ReturnType<typeof readMultiplex>
  before(async () => {
    one = readMultiplex(await encodeTs('both', ['-map', '0:v', '-map', '1:a', '-t', '0.4']))
  })

  function withStream(stream: Omit<ElementaryStream, 'pid'>, streamId: number): Buffer {
    const pes: Pes = { pid: PID, streamId, pts: one.packets[0]!.pts!, payload: SECRET, randomAccess: true }
    return writeMultiplex(
      { streams: [...one.streams, { ...stream, pid: PID }], packets: [pes, ...one.packets] },
      new Map(),
    )
  }

  const pids = (ts: Buffer) => {
    const all = new Set<number>()
    for (let at = 0; at < ts.length; at += PACKET_SIZE) all.add(pidOf(ts, at))
    return [...all]
  }

  for (const [name, type, descriptors, streamId] of [
    ['MPEG-2 video', 0x02, '', 0xe0],
    ['MPEG audio', 0x03, '', 0xc0],
    ['LATM', 0x11, '', 0xc0],
    ['VVC', 0x33, '', 0xe0],
    ['Opus', 0x06, '05044f707573', 0xbd],
    ['private data of no known kind', 0x06, '', 0xbd],
    ['what is encrypted already', 0xcf, '', 0xc0],
  ] as const) {
    it(`streams that nobody can encrypt: ${name}`, () => {
      const source = withStream({ type, descriptors: Buffer.from(descriptors, 'hex') }, streamId)
      assert.ok(source.includes(SECRET))
      const output = encrypted(source)
      assert.ok(!output.includes(SECRET))
      assert.ok(!pids(output).includes(PID))
      assert.deepEqual(
        findProgram(output).map.streams.map(({ pid }) => pid),
        one.streams.map(({ pid }) => pid),
      )
    })
  }

  for (const [name, type, descriptors] of [
    ['timed ID3', 0x15, ''],
    ['SCTE 35', 0x86, ''],
    ['DVB subtitles', 0x06, '5908656e671000010001'],
    ['teletext', 0x06, '5605656e671100'],
    ['KLV', 0x06, '05044b4c5641'],
  ] as const) {
    it(`nothing of ${name}`, () => {
      const output = encrypted(withStream({ type, descriptors: Buffer.from(descriptors, 'hex') }, 0xbd))
      assert.ok(output.includes(SECRET))
      assert.equal(findProgram(output).map.streams.at(-1)!.streamType, type)
    })
  }

  it('packets of streams that no program map lists, such as those of other programs', () => {
    const source = withStream({ type: 0x1b, descriptors: NONE }, 0xe0)
    const unlisted = writeMultiplex(
      {
        streams: one.streams,
        packets: [{ pid: PID, streamId: 0xe0, payload: SECRET, randomAccess: true }, ...one.packets],
      },
      new Map(),
    )
    assert.ok(pids(source).includes(PID) && pids(unlisted).includes(PID))
    assert.ok(!pids(encrypted(unlisted)).includes(PID))
  })

  it('all of a stream that carries the clock, but for that', () => {
    const streams: ElementaryStream[] = [{ pid: PID, type: 0x24 - 0x22, descriptors: NONE }, ...one.streams.slice(1)]
    const packets = one.packets.map((packet) => (packet.pid === one.streams[0]!.pid ? { ...packet, pid: PID } : packet))
    const source = writeMultiplex({ streams, packets }, new Map())
    const clocks = (ts: Buffer) => {
      const found: number[] = []
      for (let at = 0; at < ts.length; at += PACKET_SIZE) if (pcrBase(ts, at) >= 0) found.push(pcrBase(ts, at))
      return found
    }
    const output = encrypted(source)
    assert.deepEqual(clocks(output), clocks(source))
  })

  it('nothing where a stream becomes another within a segment: that is refused', () => {
    const half = (streams: readonly ElementaryStream[], packets: readonly Pes[]) =>
      writeMultiplex({ streams, packets }, new Map())
    const [video, sound] = one.streams as [ElementaryStream, ElementaryStream]
    const sounds = one.packets.filter(({ pid }) => pid === sound.pid)
    const first = half(
      [video],
      one.packets.filter(({ pid }) => pid === video.pid),
    )
    const second = half(
      [{ ...sound, pid: video.pid }],
      sounds.map((packet) => ({ ...packet, pid: video.pid })),
    )
    assert.throws(() => encrypted(first, second), MalformedMedia)
    assert.throws(() => encrypted(second, first), MalformedMedia)
  })

  for (const [what, streamId, payload] of [
    ['nothing of pictures', 0xe0, undefined],
    ['sound', 0xc0, SECRET],
  ] as const) {
    it(`${what} in a PID that one table lists as H.264 and then as AAC: it is what it was listed as first`, () => {
      const [video] = one.streams as [ElementaryStream]
      const packets = one.packets
        .filter(({ pid }) => pid === video.pid)
        .map((packet) => ({ ...packet, streamId, payload: payload ?? packet.payload }))
      const once = writeMultiplex({ streams: [video], packets }, new Map())
      const twice = writeMultiplex({ streams: [video, { ...video, type: 0x0f }], packets }, new Map())
      assert.equal(findProgram(twice).map.streams.length, 2)
      assert.ok(encrypted(twice).equals(encrypted(once)))
      assert.ok(!encrypted(twice).includes(SECRET))
    })
  }

  it('what is in front of the first NAL unit, as of a slice that is cut off', () => {
    const multiplex = slicePictures([], [plainSlice(500)])
    const packets = multiplex.packets.map((packet) => ({
      ...packet,
      payload: Buffer.concat([SECRET, packet.payload]),
    }))
    const source = writeMultiplex({ ...multiplex, packets }, new Map())
    assert.ok(source.includes(SECRET))
    assert.ok(!encrypted(source).includes(SECRET))
  })

  it('nothing of slices of H.264 of other kinds, such as partitions: they are refused', () => {
    for (const type of [2, 3, 4, 19, 20, 21]) {
      const slice = Buffer.from(plainSlice(500))
      slice[0] = 0x60 | type
      const source = writeMultiplex(slicePictures([], [slice]), new Map())
      assert.ok(pids(source).includes(SLICES_PID))
      assert.throws(() => encrypted(source), MalformedMedia, `${type}`)
    }
  })

  it('nothing of a program without a stream that can be encrypted: that is refused', () => {
    const streams = [{ pid: PID, type: 0x03, descriptors: NONE }]
    const source = writeMultiplex(
      { streams, packets: [{ pid: PID, streamId: 0xc0, payload: SECRET, randomAccess: true }] },
      new Map(),
    )
    assert.throws(() => encrypted(source), NoSampleAes)
  })
})
