import assert from 'node:assert/strict'
import { type FixtureName, fixture } from '../../../test/fixtures/catalogue.ts'
import { readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { asMp4, demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import {
  decodedFrames,
  encodeTs,
  ffprobePackets,
  type ProbedPacket,
  packetHashes,
  run,
} from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { someOf } from '../../../test/whole.ts'
import type { Track } from '../sample.ts'
import { rescale } from '../time.ts'
import type { AudioDescription, TrackDescription } from '../track.ts'
import { PACKET_SIZE } from './packet.ts'

const { describe, it } = needing('ffmpeg')

const isAudio = (track: TrackDescription): track is AudioDescription => track.kind === 'audio'

function audioOf(ts: Uint8Array) {
  const { tracks, times } = probeTs(ts, 1000)
  const at = tracks.findIndex(isAudio)
  const description = tracks[at] as AudioDescription
  const { tracks: found, dropped, continuityErrors } = demux(ts)
  const track = found.find(({ pid }) => pid === description?.pid)
  return { description, times: times[at], track, dropped, continuityErrors }
}

const ticksOf = ({ samples, timescale }: Track) => Array.from(samples.dts, (dts) => rescale(dts, timescale, 90_000))

/** Checks that probe and demuxer agree on the first and the last sample. */
function agree({ times, track }: ReturnType<typeof audioOf>): void {
  const found = ticksOf(track!)
  assert.ok(Math.abs(found[0]! - times!.first) <= 1, `${found[0]} and ${times!.first}`)
  assert.ok(Math.abs(found.at(-1)! - times!.last) <= 2, `${found.at(-1)} and ${times!.last}`)
}

/** The stream with its audio payloads changed, one PES packet each. */
function withPayloads(ts: Buffer, change: (payloads: readonly Buffer[]) => readonly Buffer[]): Buffer {
  const multiplex = readMultiplex(ts)
  const payloads = change(multiplex.packets.map(({ payload }) => payload))
  const packets = multiplex.packets.flatMap((pes, at) => (payloads[at] ? [{ ...pes, payload: payloads[at] }] : []))
  return writeMultiplex({ ...multiplex, packets }, new Map())
}

/** The stream with other descriptors and another stream type for its only elementary stream. */
function announced(ts: Buffer, type: number, ...descriptors: number[]): Buffer {
  const multiplex = readMultiplex(ts)
  const streams = multiplex.streams.map(({ pid }) => ({ pid, type, descriptors: Buffer.from(descriptors) }))
  return writeMultiplex({ ...multiplex, streams }, new Map())
}

/** Offset of a packet in the middle of the audio that begins no PES packet. */
function middleOfPes(ts: Buffer): number {
  const plain = Array.from({ length: ts.length / PACKET_SIZE }, (_, i) => i * PACKET_SIZE).filter(
    (at) => ts.readUInt16BE(at + 1) === 0x0100 && (ts[at + 3]! & 0x30) === 0x10,
  )
  return plain[plain.length >> 1]!
}

function adtsFrames(payload: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < payload.length; at += frames.at(-1)!.length) {
    frames.push(payload.subarray(at, at + ((payload.readUIntBE(at + 3, 3) >> 5) & 0x1fff)))
  }
  return frames
}

/** The raw_data_blocks of frames as one frame with CRCs, ISO/IEC 13818-7 §6.2; nobody checks those. */
function withSeveralBlocks(frames: readonly Buffer[]): Buffer {
  if (frames.length === 1) return frames[0]!
  const blocks = frames.map((frame) => Buffer.concat([frame.subarray(7), Buffer.alloc(2)]))
  const head = Buffer.alloc(7 + 2 * blocks.length)
  frames[0]!.copy(head, 0, 0, 7)
  const size = head.length + blocks.reduce((sum, { length }) => sum + length, 0)
  head[1]! &= 0xfe
  head[3] = (head[3]! & 0xfc) | (size >> 11)
  head[4] = (size >> 3) & 0xff
  head[5] = (head[5]! & 0x1f) | ((size & 7) << 5)
  head[6] = (head[6]! & 0xfc) | (blocks.length - 1)
  let position = 0
  for (const [i, { length }] of blocks.slice(0, -1).entries()) {
    position += length
    head.writeUInt16BE(position, 7 + 2 * i)
  }
  return Buffer.concat([head, ...blocks])
}

const AC3 = ['-c:a', 'ac3', '-b:a', '448k', '-ac', '6']
const EAC3 = ['-c:a', 'eac3', '-b:a', '384k', '-ac', '6']

describe('audio in a transport stream', () => {
  const judged: [string, string[]][] = [
    ['AAC of 48 kHz', ['-ac', '2']],
    ['AAC of 44.1 kHz', ['-ar', '44100', '-ac', '2']],
    ['AAC of 24 kHz', ['-ar', '24000']],
    ['AC-3 of six channels', AC3],
    ['AC-3 of two at 44.1 kHz', ['-c:a', 'ac3', '-b:a', '192k', '-ac', '2', '-ar', '44100']],
    ['E-AC-3 of six channels', EAC3],
    ['AAC in a wrap of the clock', ['-output_ts_offset', '95441.5']],
  ]
  for (const [name, args] of someOf(judged, 2)) {
    it(`${name}: has the times, sizes and bytes that ffprobe finds`, async () => {
      const ts = await encodeTs('audio', args)
      const found = audioOf(ts)
      const { description, times, track, dropped, continuityErrors } = found
      assert.equal(dropped + continuityErrors, 0)
      const expected = await ffprobePackets(ts, 'a:0')
      const unwrapped = ({ pts }: ProbedPacket) => (pts < 0 ? pts + 2 ** 33 : pts)
      // ffprobe adds up rounded durations from one PES packet's PTS to the next.
      const tolerance = track!.timescale === 44_100 ? 16 : 0
      for (const [i, pts] of ticksOf(track!).entries()) {
        assert.ok(Math.abs((pts % 2 ** 33) - (unwrapped(expected[i]!) % 2 ** 33)) <= tolerance, `frame ${i}`)
      }
      assert.equal(times!.first, unwrapped(expected[0]!))
      assert.ok(Math.abs((times!.last % 2 ** 33) - (unwrapped(expected.at(-1)!) % 2 ** 33)) <= tolerance)
      agree(found)
      const mp4 = asMp4(track!, [description])
      const hashes = await hashesOf(ts, description.codec)
      assert.equal(hashes.length, track!.samples.count)
      assert.deepEqual(await hashesOf(mp4, description.codec), hashes)
    })
  }

  const fixtures: FixtureName[] = ['frames-across-pes', 'two-codecs-muxed', 'aac-he-v2']
  for (const name of fixtures) {
    it(`${name}: the probe and the demuxer agree on every segment`, async () => {
      for (const { bytes } of (await fixture(name)).streams[0]!.segments) agree(audioOf(bytes))
    })
  }

  it('counts the frames that begin in one PES packet and end in the next once', async () => {
    const { streams, plain } = await fixture('frames-across-pes')
    const across = audioOf(streams[0]!.segments[0]!.bytes)
    const whole = audioOf(plain!['all']![0]!)
    assert.equal(across.dropped + across.continuityErrors, 0)
    assert.deepEqual(across.track!.samples, whole.track!.samples)
    assert.deepEqual(Buffer.from(across.track!.media), Buffer.from(whole.track!.media))
    assert.deepEqual(across.times, { ...whole.times })
  })

  it('knows AC-3 by stream type, DVB descriptor and registration', async () => {
    const ac3 = await encodeTs('audio', [...AC3, '-t', '0.3'])
    const eac3 = await encodeTs('audio', [...EAC3, '-t', '0.3'])
    const codec = (ts: Buffer) => audioOf(ts).description?.codec
    assert.equal(codec(ac3), 'ac-3')
    assert.equal(codec(eac3), 'ec-3')
    assert.equal(codec(announced(ac3, 6, 0x6a, 1, 0)), 'ac-3')
    assert.equal(codec(announced(eac3, 6, 0x7a, 1, 0)), 'ec-3')
    assert.equal(codec(announced(ac3, 6, 5, 4, ...Buffer.from('AC-3'))), 'ac-3')
    assert.equal(codec(announced(eac3, 6, 5, 4, ...Buffer.from('EAC3'))), 'ec-3')
    assert.equal(codec(announced(ac3, 6)), undefined)
    assert.equal(codec(announced(ac3, 0xc1)), undefined)
  })

  it('takes HE-AAC from the program map', async () => {
    const stereo = await encodeTs('audio', ['-ar', '24000', '-ac', '2', '-t', '0.3'])
    const mono = await encodeTs('audio', ['-ar', '24000', '-ac', '1', '-t', '0.3'])
    const fast = await encodeTs('audio', ['-ac', '2', '-t', '0.3'])
    const said = (ts: Buffer, ...descriptors: number[]) => {
      const { codec, configuration, sampleRate, channels } = audioOf(announced(ts, 0x0f, ...descriptors)).description
      return [codec, configuration, sampleRate, channels]
    }
    const sbr = ['mp4a.40.5', '2b118800', 24_000, 2]
    assert.deepEqual(said(stereo), ['mp4a.40.2', '1310', 24_000, 2])
    assert.deepEqual(said(stereo, 0x1c, 1, 0x58), sbr)
    assert.deepEqual(said(stereo, 0x2b, 3, 1, 2, 1), sbr)
    assert.deepEqual(said(stereo, 0x7c, 1, 0x59), sbr)
    assert.deepEqual(said(mono, 0x7c, 3, 0xff, 0x80, 0x43), ['mp4a.40.29', 'eb098800', 24_000, 2])
    assert.deepEqual(said(mono, 0x1c, 1, 0x60), ['mp4a.40.29', 'eb098800', 24_000, 2])
    assert.deepEqual(said(stereo, 0x1c, 1, 0x60), sbr, 'stereo of two channels is not parametric')
    assert.deepEqual(said(fast, 0x1c, 1, 0x58), ['mp4a.40.2', '1190', 48_000, 2], 'no band above 24 kHz to replicate')
    assert.deepEqual(said(stereo, 0x1c, 1, 0x51, 0x2b, 3, 1, 2, 1), ['mp4a.40.2', '1310', 24_000, 2])
  })

  it('makes one sample of frames of fewer than six blocks', async () => {
    const ts = await encodeTs('audio', ['-c:a', 'eac3', '-b:a', '1500k', '-ac', '2'])
    const packets = await ffprobePackets(ts, 'a:0')
    const found = audioOf(ts)
    const { samples } = found.track!
    assert.equal(samples.count, Math.floor(packets.length / 2))
    assert.equal(samples.sizes[0], packets[0]!.size + packets[1]!.size)
    // The last frame has no second half.
    assert.equal(found.dropped, packets.length % 2)
    agree(found)
  })

  for (const [count, args] of [
    [2, ['-ac', '2']],
    [3, ['-ac', '1', '-ar', '44100']],
    [4, ['-ac', '2', '-ar', '24000']],
  ] as const) {
    it(`makes ${count} samples of a frame of as many blocks with a CRC`, async () => {
      const ts = await encodeTs('audio', args)
      const single = audioOf(ts)
      const joined = withPayloads(ts, (payloads) => {
        const frames = payloads.flatMap(adtsFrames)
        const groups = Array.from({ length: Math.ceil(frames.length / count) }, (_, i) =>
          frames.slice(i * count, (i + 1) * count),
        )
        return [Buffer.concat(groups.map(withSeveralBlocks))]
      })
      const found = audioOf(joined)
      agree(found)
      assert.deepEqual([found.dropped, found.continuityErrors], [0, 0])
      assert.deepEqual(found.description, single.description)
      assert.deepEqual(found.track!.samples.sizes, single.track!.samples.sizes)
      assert.equal(
        found.track!.samples.dts.at(-1)! - found.track!.samples.dts[0]!,
        1024 * (found.track!.samples.count - 1),
      )
      // Decoded by others, they are the same sound.
      const decoded = (track: Track) => decodedFrames(asMp4(track, [single.description]), 'a:0')
      assert.deepEqual(await decoded(found.track!), await decoded(single.track!))
    })
  }

  describe('steps over', () => {
    it('a lost packet: the frame it belongs to is left out, and the times go on', async () => {
      for (const args of [['-ac', '2'], AC3, EAC3]) {
        const ts = await encodeTs('audio', args)
        const whole = audioOf(ts)
        const at = middleOfPes(ts)
        const damaged = Buffer.concat([ts.subarray(0, at), ts.subarray(at + PACKET_SIZE)])
        const found = audioOf(damaged)
        const missing = whole.track!.samples.count - found.track!.samples.count
        assert.ok(missing >= 1 && missing <= 3, `${missing} missing`)
        assert.ok(found.continuityErrors >= 1)
        assert.equal(found.track!.samples.dts.at(-1), whole.track!.samples.dts.at(-1))
        agree(found)
      }
    })

    it('a frame cut off by the beginning, and one by the end', async () => {
      const ts = await encodeTs('audio', ['-ac', '2'])
      const whole = audioOf(ts)
      const cut = withPayloads(ts, (payloads) => [
        payloads[0]!.subarray(100),
        ...payloads.slice(1, -1),
        payloads.at(-1)!.subarray(0, -5),
      ])
      const found = audioOf(cut)
      assert.equal(found.track!.samples.count, whole.track!.samples.count - 2)
      assert.equal(found.continuityErrors, 2)
      // The PTS of a PES packet is that of the first frame that begins in it.
      assert.equal(found.track!.samples.dts[0], whole.track!.samples.dts[0])
      agree(found)
    })

    it('frames of another rate or other channels', async () => {
      for (const [args, other] of [
        [
          ['-ac', '2'],
          ['-ac', '2', '-ar', '44100'],
        ],
        [
          ['-ac', '2'],
          ['-ac', '1'],
        ],
        [AC3, ['-c:a', 'ac3', '-ac', '2']],
        [EAC3, ['-c:a', 'eac3', '-ac', '2']],
      ] as const) {
        const [ts, foreign] = await Promise.all([encodeTs('audio', args), encodeTs('audio', other)])
        const [stranger] = readMultiplex(foreign).packets
        const mixed = withPayloads(ts, (payloads) => payloads.with(2, stranger!.payload))
        const found = audioOf(mixed)
        assert.ok(found.dropped > 0)
        assert.equal(found.continuityErrors, 0)
        assert.equal(found.track!.samples.dts.at(-1), audioOf(ts).track!.samples.dts.at(-1))
        agree(found)
      }
    })

    it('frames of several blocks without a CRC', async () => {
      const ts = await encodeTs('audio', ['-ac', '2'])
      const marked = withPayloads(ts, (payloads) => {
        const [first, second, _third, ...more] = adtsFrames(payloads[1]!)
        second![6]! |= 1
        return payloads.with(1, Buffer.concat([first!, second!, ...more]))
      })
      const found = audioOf(marked)
      assert.equal(found.dropped, 1)
      const { durations } = found.track!.samples
      const first = adtsFrames(readMultiplex(ts).packets[0]!.payload).length
      // Two blocks are two frames long, and what follows counts on from there.
      assert.equal(durations[first], 3 * 1024)
      agree(found)
    })

    it('a silence of hours', async () => {
      const [ts, later] = await Promise.all([
        encodeTs('audio', ['-ac', '2', '-t', '0.5']),
        encodeTs('audio', ['-ac', '2', '-t', '0.5', '-output_ts_offset', '45000']),
      ])
      const found = audioOf(Buffer.concat([ts, later]))
      const { dts, durations } = found.track!.samples
      const [before, behind] = [audioOf(ts).track!.samples, audioOf(later).track!.samples]
      assert.deepEqual([...dts], [...before.dts, ...behind.dts])
      assert.equal(Math.max(...durations), behind.dts[0]! - before.dts.at(-1)!)
      assert.ok(Math.max(...durations) > 2 ** 31)
    })
  })
})

/** MD5 of the payload of every packet. */
async function hashesOf(media: Uint8Array, codec: string): Promise<string[]> {
  if (codec.startsWith('mp4a')) return packetHashes(media, 'audio', '0:0')
  const listing = await run('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-c', 'copy', '-f', 'framemd5', 'pipe:1'], media)
  const lines = String(listing).split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(',')[5]!.trim())
}
