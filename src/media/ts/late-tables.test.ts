import assert from 'node:assert/strict'
import { demux, probeTs } from '../../../test/fuzz/demuxed.ts'
import { encodeTs, ffprobePackets } from '../../../test/fuzz/media-samples.ts'
import { needing } from '../../../test/programs.ts'
import { MalformedMedia } from '../bytes.ts'
import type { MediaProbe } from '../track.ts'
import { filterTs } from './filter.ts'
import { PACKET_SIZE } from './packet.ts'
import { TsProbe } from './probe.ts'
import { findProgram } from './program.ts'
import { crc32Mpeg, packetise, writePmt } from './psi.ts'

const { before, describe, it } = needing('ffmpeg')

const PAT = 0
const PMT = 0x1000
const AUDIO = 0x101

const packetsOf = (ts: Buffer): Buffer[] =>
  Array.from({ length: ts.length / PACKET_SIZE }, (_, i) => ts.subarray(i * PACKET_SIZE, (i + 1) * PACKET_SIZE))
const pidOf = (packet: Buffer) => packet.readUInt16BE(1) & 0x1fff
const isTable = (packet: Buffer) => [PAT, PMT].includes(pidOf(packet))

/** The media as they stand, and these packets of tables in front of the n-th of them. */
function withTables(media: readonly Buffer[], tables: Readonly<Record<number, readonly Buffer[]>>): Buffer {
  return Buffer.concat(
    [...media, undefined].flatMap((packet, n) => [...(tables[n] ?? []), ...(packet ? [packet] : [])]),
  )
}

/** A packet with a PAT that names this PID. */
function patOf(pid: number): Buffer {
  const section = Buffer.from([PAT, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | (pid >> 8), pid & 0xff, 0, 0, 0, 0])
  section.writeUInt32BE(crc32Mpeg(section.subarray(0, -4)), 12)
  return Buffer.from(packetise(section, PAT, 0))
}

/** Without what depends on where packets lie. */
const shown = ({ keyFrames, ...probe }: MediaProbe) => ({ ...probe, keyFrames: keyFrames.map(({ pts }) => pts) })

describe('a segment whose tables do not come first', () => {
  let first: Buffer
  let media: Buffer[]
  let pat: Buffer
  let pmt: Buffer
  before(async () => {
    first = await encodeTs('both', ['-metadata:s:a:0', 'language=deu', '-t', '1'])
    const packets = packetsOf(first)
    media = packets.filter((packet) => !isTable(packet))
    pat = packets.find((packet) => pidOf(packet) === PAT)!
    pmt = packets.find((packet) => pidOf(packet) === PMT)!
    first = withTables(media, { 0: [pat, pmt] })
  })

  /** Probe, demultiplexer and filter find what they find where the tables come first. */
  async function isWhole(ts: Buffer): Promise<void> {
    for (const size of [ts.length, 100, 5000]) assert.deepEqual(shown(probeTs(ts, size)), shown(probeTs(first)))
    assert.deepEqual(demux(ts), demux(first))
    const probe = new TsProbe()
    probe.push(ts)
    probe.end()
    assert.deepEqual(
      probe.habits.map(({ habit }) => habit),
      ['tables-late'],
    )
    for (const { offset, size, pts } of probeTs(ts).keyFrames) {
      const alone = Buffer.concat([pat, pmt, ts.subarray(offset, offset + size)])
      assert.equal(probeTs(alone).firstPts, pts, 'a key frame lies where the index has it')
    }
    const sound = filterTs([ts], ({ pid }) => pid === AUDIO)
    const hashes = async (bytes: Uint8Array, select: string) =>
      (await ffprobePackets(bytes, select)).map(({ pts, data_hash }) => [pts, data_hash])
    assert.deepEqual(await hashes(sound, 'a:0'), await hashes(first, 'a:0'))
  }

  it('has them at its end', async () => {
    await isWhole(withTables(media, { [media.length]: [pat, pmt] }))
  })
  it('has them in the middle', async () => {
    await isWhole(withTables(media, { [media.length >> 1]: [pat, pmt] }))
  })
  it('has the program association alone late', async () => {
    await isWhole(withTables(media, { 0: [pmt], [media.length >> 1]: [pat] }))
    await isWhole(withTables(media, { 0: [pmt], 20: [pat], [media.length >> 1]: [pmt] }))
  })
  it('has the program map alone late', async () => {
    await isWhole(withTables(media, { 0: [pat], [media.length >> 1]: [pmt] }))
  })
  it('has media between the packets of its program map, and the association behind them', async () => {
    const { map } = findProgram(first)
    const long = packetise(
      writePmt({ ...map, descriptors: Buffer.concat([Buffer.of(0xfe, 250), Buffer.alloc(250)]) }),
      PMT,
      0,
    )
    const [one, two, ...more] = packetsOf(Buffer.from(long))
    assert.ok(one && two && more.length === 0)
    await isWhole(withTables(media, { 10: [pat, one], 40: [two] }))
    await isWhole(withTables(media, { 10: [one], 40: [two], 60: [pat] }))
  })

  it('has the streams of a later map from there on', () => {
    const { map } = findProgram(first)
    const [video] = map.streams
    const version = (streams: typeof map.streams, n: number) =>
      packetsOf(Buffer.from(packetise(writePmt({ ...map, streams, version: n }), PMT, n)))
    const change = media.findLastIndex((packet) => pidOf(packet) === AUDIO && (packet[1]! & 0x40) !== 0)
    const ts = withTables(media, { 30: [pat, ...version([video!], 0)], [change]: version(map.streams, 1) })
    const { tracks, times } = probeTs(ts, 1000)
    const [pictures, sound] = demux(ts).tracks
    const whole = demux(first).tracks
    assert.deepEqual(pictures, whole[0])
    assert.deepEqual(tracks, probeTs(first).tracks)
    assert.ok(sound!.samples.count > 0 && sound!.samples.count < whole[1]!.samples.count)
    assert.equal(sound!.samples.dts.at(-1), whole[1]!.samples.dts.at(-1))
    assert.equal(times[1]!.first, Math.round((sound!.samples.dts[0]! * 90) / 48))
    const filtered = filterTs([ts], ({ pid }) => pid === AUDIO || pid === 0x100)
    assert.deepEqual(demux(filtered), demux(ts))
  })

  it('is refused without them, and where they come behind more than is held', () => {
    const refused = (ts: Buffer, message: RegExp) =>
      assert.throws(
        () => probeTs(ts, 65_536),
        (error) => error instanceof MalformedMedia && message.test(error.message),
      )
    refused(withTables(media, {}), /no program association table: every segment has to carry PAT and PMT/)
    refused(withTables(media, { 9: [pat] }), /no program map table: every segment has to carry PAT and PMT/)
    const many = Array.from({ length: Math.ceil((8 << 20) / PACKET_SIZE / media.length) }, () => media).flat()
    refused(withTables(many, { [many.length]: [pat, pmt] }), /in the first 8 MiB/)
    // For each of them, all that precedes it would be searched.
    const other = patOf(PMT + 1)
    const changing = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? pat : other))
    refused(withTables(media, { 9: [...changing, pmt] }), /more than 16 program association tables/)
    assert.throws(() => demux(withTables(media, { 9: [...changing, pmt] })), MalformedMedia)
  })
})
