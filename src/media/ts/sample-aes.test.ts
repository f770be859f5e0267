import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodedFiles } from '../../../test/fixtures/encoded.ts'
import { isParameterSet, nalUnits } from '../../../test/fixtures/nal-units.ts'
import {
  plainSlice,
  SLICES_PID,
  sliceEncryptedAs,
  slicePictures,
  zeroSlice,
} from '../../../test/fixtures/odd-slices.ts'
import { VIDEO_FIXTURES } from '../../../test/fixtures/odd-video.ts'
import { ragged } from '../../../test/fixtures/ragged-packets.ts'
import { type Counters, readMultiplex, writeMultiplex } from '../../../test/fixtures/transport-stream.ts'
import { encodeTs } from '../../../test/fuzz/media-samples.ts'
import { mutant, seeded } from '../../../test/fuzz/mutants.ts'
import { decryptedTracks, LEFT_ENCRYPTED } from '../../../test/judges/encrypted-hls.ts'
import { missingPackets } from '../../../test/judges/missing-packets.ts'
import { differences, type Track, tracksOfSegments } from '../../../test/judges/packets.ts'
import { words } from '../../../test/judges/processes.ts'
import { PACKAGER } from '../../../test/judges/reference-packager.ts'
import { needing } from '../../../test/programs.ts'
import { cbcEncryption } from '../../packaging/segments/segment-cipher.ts'
import { hexOf, MalformedMedia } from '../bytes.ts'
import { continuityCounter, PACKET_SIZE, pcrBase, pidOf, startsUnit } from './packet.ts'
import { findProgram } from './program.ts'
import { encryptSamples, NoSampleAes } from './sample-aes.ts'

const { before, describe, it } = needing('ffmpeg', 'tshark')

const KEY = { key: Buffer.from('00112233445566778899aabbccddeeff', 'hex'), iv: Buffer.alloc(16, 0x5a) }
const cipher = { encrypt: cbcEncryption(KEY.key), iv: KEY.iv }
const PMT_PID = 0x1000

const encrypted = (...segments: readonly Uint8Array[]) => Buffer.concat(encryptSamples(segments, cipher))

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function packetsOf(ts: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = []
  for (let at = 0; at < ts.length; at += PACKET_SIZE) packets.push(ts.subarray(at, at + PACKET_SIZE))
  return packets
}

const clocks = (ts: Uint8Array) =>
  packetsOf(ts).flatMap((packet) => (pcrBase(packet, 0) < 0 ? [] : [pcrBase(packet, 0)]))

/** Shows that ffmpeg decrypts every packet but the last of each track to what the clear segments have. */
async function assertDecrypted(segments: readonly Uint8Array[], clear: readonly Uint8Array[]): Promise<Track[]> {
  const expected = await tracksOfSegments(clear)
  const actual = await decryptedTracks(segments, 'SAMPLE-AES', KEY)
  assert.equal(actual.length, expected.length)
  for (const [index, { packets }] of expected.entries()) {
    const found = actual[index]!.packets
    assert.equal(found.length, packets.length)
    assert.ok(packets.length > 2 * LEFT_ENCRYPTED)
    assert.deepEqual(differences(found.slice(0, -LEFT_ENCRYPTED), packets.slice(0, -LEFT_ENCRYPTED)), [])
  }
  return expected
}

describe('encryptSamples', () => {
  let one: Buffer
  let two: Buffer
  let parameterSets: Buffer[]
  before(async () => {
    // Constant rate, so that there are null packets.
    const codecs = ['-c:a:0', 'aac', '-c:a:1', 'ac3', '-c:a:2', 'eac3', '-metadata:s:a:1', 'language=fra']
    const maps = ['-map', '0:v', '-map', '1:a', '-map', '1:a', '-map', '1:a', '-muxrate', '2M', '-t', '1']
    one = await encodeTs('both', [...maps, ...codecs])
    two = await encodeTs('both', [...maps, ...codecs, '-output_ts_offset', '1'])
    const [video] = readMultiplex(one).packets.filter(({ streamId }) => streamId === 0xe0)
    parameterSets = nalUnits(video!.payload).filter((unit) => isParameterSet('h264', unit))
  })

  it('gives ffmpeg every frame of H.264, AAC, AC-3 and E-AC-3 back', async () => {
    const expected = await assertDecrypted([encrypted(one), encrypted(two)], [one, two])
    assert.deepEqual(
      expected.map(({ kind }) => kind),
      ['video', 'audio', 'audio', 'audio'],
    )
    // Somebody who has no key sees other bytes.
    const seen = await tracksOfSegments([encrypted(one)])
    for (const [index, { packets }] of seen.entries()) {
      const clear = new Set(expected[index]!.packets.map(({ hash }) => hash))
      const left = packets.filter(({ hash }) => clear.has(hash))
      assert.ok(left.length < packets.length / 4, `${left.length} of ${packets.length} packets are as they were`)
    }
  })

  it('leaves other packets, the clock and the source as they are', () => {
    const before = digest(one)
    const output = encrypted(one)
    assert.equal(digest(one), before)
    const streams = findProgram(one).map.streams.map(({ pid }) => pid)
    const others = (ts: Uint8Array) =>
      packetsOf(ts).filter((packet) => ![...streams, PMT_PID].includes(pidOf(packet, 0)))
    assert.ok(others(one).some((packet) => pidOf(packet, 0) === 0x11))
    assert.ok(others(one).some((packet) => pidOf(packet, 0) === 0x1fff))
    assert.equal(digest(Buffer.concat(others(output))), digest(Buffer.concat(others(one))))
    assert.deepEqual(clocks(output), clocks(one))
    assert.deepEqual(
      packetsOf(output).map((packet) => pidOf(packet, 0)),
      packetsOf(one).map((packet) => pidOf(packet, 0)),
    )
  })

  it('tells in the program map which streams are encrypted, and how audio is set up', () => {
    const { map } = findProgram(encrypted(one))
    assert.deepEqual(
      map.streams.map(({ streamType }) => streamType),
      [0xdb, 0xcf, 0xc1, 0xc2],
    )
    const texts = map.streams.map(({ descriptors }) => Buffer.from(descriptors).toString('latin1'))
    for (const [index, indicator] of ['zavc', 'aacd', 'ac3d', 'ec3d'].entries()) {
      assert.ok(texts[index]!.includes(`\x0f\x04${indicator}`), indicator)
    }
    assert.equal(map.streams[2]!.language, 'fra')
    assert.ok(!texts.some((text) => text.includes('AC-3') || text.includes('EAC3')))
  })

  it('describes streams as shaka-packager does', async () => {
    const { key, iv } = KEY
    const hex = key.toString('hex')
    const copy = words('-v error -f mpegts -i pipe:0 -map 0:v -map 0:a -c copy source.mp4')
    const folder = await encodedFiles(
      { program: 'ffmpeg', args: copy, input: one },
      {
        program: PACKAGER,
        args: [
          ...[0, 1, 2, 3].map((n) => `in=source.mp4,stream=${n},segment_template=${n}-$Number$.ts`),
          ...words('--clear_lead 0 --protection_scheme cbcs --enable_raw_key_encryption'),
          ...words(`--keys label=:key_id=${hex}:key=${hex} --iv ${iv.toString('hex')}`),
        ],
      },
    )
    const LANGUAGE = /^0a04.{8}/
    const ours = findProgram(encrypted(one)).map.streams.map(({ streamType, descriptors }) => {
      return { streamType, descriptors: hexOf(descriptors).replace(LANGUAGE, '') }
    })
    const theirs = [0, 1, 2, 3].map((n) => {
      const [stream] = findProgram(readFileSync(join(folder, `${n}-1.ts`))).map.streams
      return { streamType: stream!.streamType, descriptors: hexOf(stream!.descriptors) }
    })
    assert.deepEqual(ours, theirs)
  })

  describe('of slices that are hard to encrypt', () => {
    const SIZES = [32, 47, 48, 49, 50, 63, 64, 65, 66, 80, 81, 82, 207, 208, 209, 210, 224, 225, 2000]
    /** More than is encrypted, and searched, at once. */
    const LONG = 700_000
    const hard = () => [
      boundarySlice(),
      zeroSlice(LONG),
      ...SIZES.map(plainSlice),
      ...SIZES.slice(1).map(zeroSlice),
      ...[
        '00000000000000000000000000000000',
        '00000100000200000300000000000001',
        'ff0000030000010000020000000000ff',
      ].map((block) => sliceEncryptedAs(Buffer.from(block, 'hex'), 5, KEY)),
    ]
    /** Where a piece that is searched ends, there are zeros before and a 03 behind. */
    function boundarySlice(): Buffer {
      const slice = plainSlice(LONG)
      slice.set([0, 0, 3, 1], 256 * 1024 - 2)
      return slice
    }
    /** Two segments with counters that run on. */
    let clear: Buffer[]
    before(() => {
      const counters: Counters = new Map()
      const slices = [plainSlice(500), ...hard(), plainSlice(500), plainSlice(500), plainSlice(500)]
      clear = [0, slices.length].map((first) => writeMultiplex(slicePictures(parameterSets, slices, first), counters))
    })

    it('gives ffmpeg every one of them back', async () => {
      const output = clear.map((segment) => encrypted(segment))
      assert.ok(output.every(({ length }, index) => length > clear[index]!.length))
      await assertDecrypted(output, clear)
    })

    it('leaves those of 48 bytes and less as they are, and encrypts 16 bytes of 49', () => {
      const [segment] = clear as [Buffer]
      const units = (ts: Buffer) => nalUnits(Buffer.concat(readMultiplex(ts).packets.map(({ payload }) => payload)))
      const [sent, output] = [units(segment), units(encrypted(segment))]
      assert.equal(output.length, sent.length)
      for (const [index, unit] of sent.entries()) {
        if (unit.length <= 48) assert.deepEqual(output[index], unit)
        else assert.notDeepEqual(output[index], unit)
      }
      const at = sent.findIndex(({ length }) => length === 49)
      assert.deepEqual(output[at]!.subarray(0, 32), sent[at]!.subarray(0, 32))
      assert.deepEqual(output[at]!.at(-1), sent[at]!.at(-1))
    })

    it('counts the packets that are added, and ends with the counter of the source', async () => {
      const output = clear.map((segment) => encrypted(segment))
      assert.ok(output.some(({ length }, index) => length >= clear[index]!.length + 16 * PACKET_SIZE))
      assert.deepEqual(await missingPackets(Buffer.concat(output)), [])
      const last = (ts: Buffer) =>
        packetsOf(ts)
          .filter((packet) => pidOf(packet, 0) === SLICES_PID)
          .at(-1)!
      for (const [index, ts] of output.entries()) {
        assert.equal(continuityCounter(last(ts), 0), continuityCounter(last(clear[index]!), 0))
      }
      assert.deepEqual(output.map(clocks), clear.map(clocks))
    })
  })

  it('reads PES packets that are interleaved, split and stuffed anyhow', async () => {
    const counters: Counters = new Map()
    const clear = [ragged(one, 1, counters), ragged(two, 2, counters)]
    const output = clear.map((segment) => encrypted(segment))
    await assertDecrypted(output, clear)
    assert.deepEqual(await missingPackets(Buffer.concat(output)), [])
  })

  it('encrypts frames and pictures that PES packets share', async () => {
    const { streams } = await VIDEO_FIXTURES['frames-across-pes'].make()
    const clear = streams[0]!.segments.slice(0, 2).map(({ bytes }) => bytes)
    await assertDecrypted(
      clear.map((segment) => encrypted(segment)),
      clear,
    )
  })

  it('has one output of a segment in two pieces', () => {
    const packets = packetsOf(one)
    const cut = packets.findIndex((packet, at) => at > packets.length / 2 && pidOf(packet, 0) === 0)
    const [first, second] = [one.subarray(0, cut * PACKET_SIZE), one.subarray(cut * PACKET_SIZE)]
    assert.equal(digest(encrypted(first, second)), digest(encrypted(one)))
  })

  it('leaves out repeated packets and shows that others are missing', async () => {
    const packets = packetsOf(one)
    const repeated = Buffer.concat(
      packets.flatMap((packet) => (pidOf(packet, 0) === 0x101 ? [packet, packet] : [packet])),
    )
    assert.equal(digest(encrypted(repeated)), digest(encrypted(one)))
    const inner = packets.findIndex((packet, at) => at > 100 && pidOf(packet, 0) === 0x100 && !startsUnit(packet, 0))
    const broken = encrypted(Buffer.concat(packets.toSpliced(inner, 1)))
    assert.equal((await missingPackets(broken)).length, 1)
  })

  it('refuses HEVC', async () => {
    const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error:pools=2:frame-threads=1']
    const hevc = await encodeTs('video', ['-t', '0.2', ...x265])
    assert.throws(() => encrypted(hevc), NoSampleAes)
  })

  it('refuses malformed media, or encrypts what it finds', () => {
    const random = seeded(1)
    const cheap = { encrypt: (_: Uint8Array, blocks: Uint8Array) => blocks.map((byte) => byte ^ 0xa5), iv: KEY.iv }
    let refused = 0
    const slices = writeMultiplex(slicePictures(parameterSets, [200, 400, 49].map(zeroSlice)), new Map())
    const samples = [one.subarray(0, 150 * PACKET_SIZE), slices]
    for (let run = 0; run < 300; run++) {
      const broken = mutant(samples[run % samples.length]!, random)
      try {
        const output = Buffer.concat(encryptSamples([broken, broken], cheap))
        assert.equal(output.length % PACKET_SIZE, 0)
        assert.ok(output.length <= 2 * broken.length * 2 + 100 * PACKET_SIZE)
        for (const packet of packetsOf(output)) assert.equal(packet[0], 0x47)
      } catch (error) {
        if (!(error instanceof MalformedMedia || error instanceof NoSampleAes)) throw error
        refused++
      }
    }
    assert.ok(refused > 0 && refused < 200, `${refused} refused`)
  })
})
