import assert from 'node:assert/strict'
import { decodedFrames, encodeTs, ffprobePackets, run } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { MalformedMedia } from '../bytes.ts'
import { ticks } from '../time.ts'
import { filterTs } from './filter.ts'
import { NULL_PID, PACKET_SIZE, pcrBase } from './packet.ts'
import { TsProbe } from './probe.ts'
import type { ElementaryStream } from './psi.ts'

const { before, describe, it } = needing('ffmpeg')

const VIDEO = 0x100
const AUDIO = 0x101
const PMT = 0x1000
const only = (pid: number) => (stream: ElementaryStream) => stream.pid === pid

function packetsOf(ts: Uint8Array, pid?: number): Buffer[] {
  const packets: Buffer[] = []
  for (let at = 0; at + PACKET_SIZE <= ts.length; at += PACKET_SIZE) {
    const packet = Buffer.from(ts.buffer, ts.byteOffset + at, PACKET_SIZE)
    if (pid === undefined || (packet.readUInt16BE(1) & 0x1fff) === pid) packets.push(packet)
  }
  return packets
}

const pids = (ts: Uint8Array) =>
  [...new Set(packetsOf(ts).map((packet) => packet.readUInt16BE(1) & 0x1fff))].sort((a, b) => a - b)

/** Packets of a stream, without its number and their positions, which a filter may change. */
async function samples(ts: Uint8Array, select: string) {
  return (await ffprobePackets(ts, select)).map(({ pts, dts, size, flags, data_hash }) => ({
    pts,
    dts,
    size,
    flags,
    data_hash,
  }))
}

describe('filterTs', () => {
  let both: Buffer
  let next: Buffer
  /** The stream `both`, split before its second PAT. */
  let pieces: Buffer[]
  before(async () => {
    // Constant rate, so that there are null packets; two audio tracks.
    const args = ['-map', '0:v', '-map', '1:a', '-map', '1:a', '-metadata:s:a:1', 'language=fra', '-muxrate', '1500k']
    both = await encodeTs('both', args)
    next = await encodeTs('both', [...args, '-output_ts_offset', '3'])
    const cut =
      PACKET_SIZE * packetsOf(both).findIndex((packet, i) => i > 10 && (packet.readUInt16BE(1) & 0x1fff) === 0)
    pieces = [both.subarray(0, cut), both.subarray(cut)]
  })

  it('keeps every packet of the wanted streams as it was, in order, and no other', () => {
    assert.ok(pids(both).includes(NULL_PID) && pids(both).includes(0x11))
    const kept = filterTs([both], (stream) => stream.pid !== AUDIO)
    assert.deepEqual(pids(kept), [0, VIDEO, AUDIO + 1, PMT])
    const order = (ts: Uint8Array) =>
      packetsOf(ts).filter((p) => [0, VIDEO, AUDIO + 1].includes(p.readUInt16BE(1) & 0x1fff))
    assert.deepEqual(Buffer.concat(order(kept)), Buffer.concat(order(both)))
  })

  it('gives ffprobe the same samples with the same times', async () => {
    assert.deepEqual(await samples(filterTs([both], only(VIDEO)), 'v'), await samples(both, 'v'))
    assert.deepEqual(await samples(filterTs([both], only(AUDIO + 1)), 'a'), await samples(both, 'a:1'))
  })

  it('names only what is left in the PMT, with its language and an intact CRC', async () => {
    const kept = filterTs([both], only(AUDIO + 1))
    const probe = new TsProbe()
    probe.push(kept)
    const { tracks, continuityErrors } = probe.end()
    assert.deepEqual(
      tracks.map((track) => [track.pid, track.kind === 'audio' && track.language]),
      [[AUDIO + 1, 'fra']],
    )
    assert.equal(continuityErrors, undefined)
    // ffmpeg ignores a PMT with a wrong CRC.
    const shown = String(
      await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=id:stream_tags', '-of', 'csv', 'pipe:0'], kept),
    )
    assert.match(shown, /0x102,fra/)
    assert.doesNotMatch(shown, /0x10[01],/)
  })

  it('leaves a lawful clock where the stream that carried it is dropped', () => {
    const clock = (ts: Uint8Array) =>
      packetsOf(ts, VIDEO)
        .map((packet) => pcrBase(packet, 0))
        .filter((pcr) => pcr >= 0)
    const source = clock(both)
    const kept = filterTs(pieces, only(AUDIO))
    const times = clock(kept)
    assert.equal(times[0], source[0])
    assert.equal(times.at(-1), source.at(-1))
    for (let i = 1; i < times.length; i++) assert.ok(times[i]! - times[i - 1]! <= 9000, `${times[i - 1]} → ${times[i]}`)
    for (let i = 2; i < times.length - 1; i++) assert.ok(times[i]! - times[i - 2]! > 9000, times.join())
    assert.ok(times.length < source.length / 2)
    assert.ok(packetsOf(kept, VIDEO).every((packet) => (packet[3]! & 0x10) === 0 && packet[4] === 183))
  })

  it('joins segments: all samples of both, and PMT counters that run on', async () => {
    const joined = filterTs([both, next], only(VIDEO))
    assert.deepEqual(await samples(joined, 'v'), [...(await samples(both, 'v')), ...(await samples(next, 'v'))])
    const counters = packetsOf(joined, PMT).map((packet) => packet[3]! & 0x0f)
    for (let i = 1; i < counters.length; i++) assert.equal(counters[i], (counters[i - 1]! + 1) & 0x0f)
  })

  it('makes of a segment in two pieces what it makes of the whole', async () => {
    for (const pid of [VIDEO, AUDIO]) assert.deepEqual(filterTs(pieces, only(pid)), filterTs([both], only(pid)))
    const frames = await decodedFrames(filterTs(pieces, only(VIDEO)), 'v:0')
    assert.deepEqual(frames, await decodedFrames(both, 'v:0'))
  })

  it('reads and rewrites a PMT that spans packets', async () => {
    const language = 'x'.repeat(3)
    const many = [
      '-map',
      '0:v',
      ...Array.from({ length: 24 }, (_, i) => ['-map', '1:a', `-metadata:s:a:${i}`, `language=${language}`]),
    ]
    const ts = await encodeTs('both', [...many.flat(), '-t', '0.3'])
    const pmt = packetsOf(ts, PMT)
    assert.ok(pmt.length > 1 && pmt.some((packet) => (packet[1]! & 0x40) === 0))
    const kept = filterTs([ts], (stream) => stream.pid !== AUDIO)
    assert.deepEqual(await samples(kept, 'a:22'), await samples(ts, 'a:23'))
    const few = filterTs([ts], only(AUDIO + 5))
    assert.ok(packetsOf(few, PMT).every((packet) => (packet[1]! & 0x40) !== 0))
    assert.deepEqual(await samples(few, 'a'), await samples(ts, 'a:5'))
  })

  it('writes into the buffer it is given, whose size is exact', () => {
    let asked = -1
    const pool = new Uint8Array(both.length)
    const allocate = (size: number) => {
      asked = size
      return pool.subarray(0, size)
    }
    const kept = filterTs([both], only(VIDEO), { allocate })
    assert.equal(kept.buffer, pool.buffer)
    assert.equal(kept.length, asked)
    assert.deepEqual(kept, filterTs([both], only(VIDEO)))
  })

  it('ends each stream with the last PES packet before its end, in order of decoding, and keeps the clock', async () => {
    const of = async (ts: Uint8Array, select: string) =>
      (await samples(ts, select)).filter(({ pts }) => !Number.isNaN(pts))
    const [pictures, sound] = [await of(both, 'v'), await of(both, 'a:0')]
    const [first] = pictures
    // Pictures end long before the sound, whose packets then have no clock but that of the pictures.
    const ends = { [VIDEO]: first!.pts + 45_000, [AUDIO]: first!.pts + 135_000, [AUDIO + 1]: first!.pts + 90_000 }
    const until = { near: ticks(first!.pts), endOf: (pid: number) => ends[pid]! }
    for (const segments of [[both], pieces]) {
      const kept = filterTs(segments, () => true, { until })
      const shown = pictures.slice(0, pictures.findLastIndex(({ pts }) => pts < ends[VIDEO]!) + 1)
      assert.ok(shown.length > 5 && shown.length < pictures.length / 2)
      assert.deepEqual(await of(kept, 'v'), shown)
      const heard = await of(kept, 'a:0')
      assert.deepEqual(heard, sound.slice(0, heard.length))
      assert.ok(heard.at(-1)!.pts >= ends[AUDIO]! - 10_000 && heard.at(-1)!.pts < ends[AUDIO]! + 27_000)
      const other = (await of(kept, 'a:1')).at(-1)!.pts
      assert.ok(other >= ends[AUDIO + 1]! - 10_000 && other < ends[AUDIO + 1]! + 27_000)
      const clock = packetsOf(kept, VIDEO)
        .map((packet) => pcrBase(packet, 0))
        .filter((pcr) => pcr >= 0)
      assert.ok(clock.every((pcr, i) => i === 0 || (pcr > clock[i - 1]! && pcr - clock[i - 1]! <= 9000)))
      assert.ok(clock.at(-1)! > ends[AUDIO]! - 90_000)
      const probe = new TsProbe()
      probe.push(kept)
      assert.equal(probe.end().continuityErrors, undefined)
      const counters = packetsOf(kept, VIDEO).map((packet) => packet[3]! & 0x1f)
      assert.ok(counters.some((counter) => (counter & 0x10) === 0))
      for (const [i, counter] of counters.entries()) {
        // With a payload it goes on, without one it stays.
        const next = ((counters[i - 1] ?? counter - 1) + (counter >> 4)) & 0x0f
        assert.equal(counter & 0x0f, next)
      }
    }
  })

  it('drops a packet without its sync byte and a last one cut short', () => {
    const copy = Buffer.from(both.subarray(0, -10))
    const [, , , packet] = packetsOf(copy, VIDEO)
    packet![0] = 0
    assert.equal(packetsOf(filterTs([copy], only(VIDEO)), VIDEO).length, packetsOf(both, VIDEO).length - 1)
  })

  it('refuses what it cannot filter', () => {
    const refused = (ts: Uint8Array, keep: (stream: ElementaryStream) => boolean, message: RegExp) =>
      assert.throws(
        () => filterTs([ts], keep),
        (error) => error instanceof MalformedMedia && message.test(error.message),
      )
    refused(both, () => false, /without any of the wanted/)
    refused(Buffer.alloc(3760, 'x'), only(VIDEO), /no program association/)
    refused(Buffer.concat([both.subarray(0, 9400), Buffer.alloc(940)]), only(VIDEO), /two packets in a row/)
    const scrambled = Buffer.from(both)
    packetsOf(scrambled, AUDIO)[2]![3]! |= 0x80
    refused(scrambled, only(VIDEO), /scrambled packet/)
  })
})
