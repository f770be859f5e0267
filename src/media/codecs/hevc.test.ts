import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BitReader, ByteReader, ByteWriter, MalformedMedia } from '../bytes.ts'
import { hevcCodec } from './codec-string.ts'
import { readHevcPps, readHevcSps, readVps } from './hevc.ts'
import { readHvcC, withOpenArrays, writeHvcC } from './hevc-configuration.ts'
import { HevcStream } from './hevc-stream.ts'
import { readShortTermSets, skipScalingListData } from './hevc-syntax.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** Bytes from bits, which may be separated by spaces, with zeros up to the next byte. */
const bits = (text: string) => {
  const digits = text.replaceAll(' ', '')
  return hex(
    (digits.padEnd(Math.ceil(digits.length / 8) * 8, '0').match(/.{4}/g) ?? [])
      .map((four) => Number.parseInt(four, 2).toString(16))
      .join(''),
  )
}

/** Main 10, 1920x1088 cropped to 1080, 50 pictures a second, PQ, samples 16:11, with an HRD; as x265 wrote them. */
const VPS = hex('40010c01ffff02200000030090000003000003007b959409')
const SPS = hex(
  '42010102200000030090000003000003007ba003c0801107cad965654a4c2f046a122012080000030008000003019300a4c370000989680004c4b640',
)
const PPS = hex('4401c073c109')

describe('readHevcSps', () => {
  it('reads profile, level, the cropped size, depths, colours and the rate', () => {
    assert.deepEqual(readHevcSps(SPS), {
      id: 0,
      vpsId: 0,
      subLayers: 1,
      temporalIdNesting: true,
      profileTierLevel: {
        profileSpace: 0,
        tier: 0,
        profile: 2,
        compatibility: 0x20000000,
        constraints: [0x90, 0, 0, 0, 0, 0],
        level: 123,
      },
      chromaFormat: 1,
      separatePlanes: false,
      width: 1920,
      height: 1080,
      bitDepthLuma: 10,
      bitDepthChroma: 10,
      orderBits: 8,
      sampleAspectRatio: { width: 16, height: 11 },
      colour: { primaries: 9, transfer: 16, matrix: 9, fullRange: false },
      frameRate: { numerator: 50, denominator: 1 },
      minSpatialSegmentation: 0,
    })
  })
  it('says where it was cut short', () => {
    for (let size = 0; size < 40; size++) {
      assert.throws(() => readHevcSps(SPS.subarray(0, size)), MalformedMedia, `${size}`)
    }
  })
  it('refuses sizes nobody has', () => {
    const general = SPS.subarray(0, 18)
    const sized = (width: string, height: string) =>
      new Uint8Array([...general, ...bits(`1 010 ${width} ${height} 0 1 1 ${'1'.repeat(200)}`)])
    // The sizes as Exp-Golomb codes: 0, 16 385 and 4 294 967 294.
    for (const size of ['1', `${'0'.repeat(14)}100000000000010`, `${'0'.repeat(31)}${'1'.repeat(32)}`]) {
      assert.throws(() => readHevcSps(sized(size, '00100')), /picture of/, size)
      assert.throws(() => readHevcSps(sized('00100', size)), /picture of/, size)
    }
  })
})

describe('readVps', () => {
  it('reads the rate where it is stated', () => {
    assert.deepEqual(readVps(VPS), { id: 0 })
    // Behind the general part: ordering of one layer, highest layer 0, one set, and timing: 1001 units of 60 000.
    const timing = `1 1 ${(1001).toString(2).padStart(32, '0')} ${(60_000).toString(2).padStart(32, '0')} 1`
    const head = [...hex('4001 0c01 ffff 0220000000 9f0101010101 7b'.replaceAll('00', '01'))]
    const vps = new Uint8Array([...head, ...bits(`1 1 1 1 000000 ${timing}`)])
    assert.deepEqual(readVps(vps).frameRate, { numerator: 60_000, denominator: 1001 })
  })
})

describe('structures on the way', () => {
  it('are read to their end: scaling lists', () => {
    // The first list copied, the second of 16 steps, the 32x32 ones with a step for their mean.
    const list = (steps: number) => `1 ${'1'.repeat(steps)}`
    const data = `01 ${list(16)} ${'01'.repeat(10)} ${list(65)} ${'01'.repeat(5)} ${list(65)} 01`
    const reader = new BitReader(bits(`${data} 10110101`))
    skipScalingListData(reader)
    assert.equal(reader.u(8), 0b10110101)
  })
  it('are read to their end: reference picture sets', () => {
    // Three sets: two pictures before; predicted from it, one picture moved to this one's place and left out, one not
    // taken over, one added; predicted from that, so of two flags.
    const data = '00100 011 1 11 11 1 0 1 1 00 1 1 0 1 1 1'
    const reader = new BitReader(bits(`${data} 10110101`))
    assert.deepEqual(readShortTermSets(reader), [
      [
        { delta: -1, used: true },
        { delta: -2, used: true },
      ],
      [{ delta: 1, used: true }],
      [
        { delta: 1, used: true },
        { delta: 2, used: true },
      ],
    ])
    assert.equal(reader.u(8), 0b10110101)
    assert.throws(() => readShortTermSets(new BitReader(bits('0000001000010'))), /num_short_term_ref_pic_sets 65/)
    assert.throws(() => readShortTermSets(new BitReader(bits('010 000010010 1'))), /num_negative_pics 17/)
  })
})

describe('hvcC', () => {
  it('is read back as it was written', () => {
    const writer = new ByteWriter()
    const sets = { vps: [VPS], sps: [SPS], pps: [PPS, hex('4401c173c109')] }
    writeHvcC(writer, sets, { sps: readHevcSps(SPS), pps: readHevcPps(PPS) })
    const record = writer.result()
    const { profileTierLevel, ...read } = readHvcC(new ByteReader(record))
    assert.deepEqual(read, sets)
    assert.deepEqual(profileTierLevel, readHevcSps(SPS).profileTierLevel)
  })
  it('says that there are other sets than its own, and nothing else', () => {
    const writer = new ByteWriter()
    writeHvcC(writer, { vps: [VPS], sps: [SPS], pps: [PPS, PPS] }, { sps: readHevcSps(SPS), pps: readHevcPps(PPS) })
    const record = writer.result()
    const open = withOpenArrays(record)
    const places = [23, 28 + VPS.length, 33 + VPS.length + SPS.length]
    assert.deepEqual(
      [...open.keys()].filter((at) => open[at] !== record[at]),
      places,
    )
    for (const at of places) assert.equal(open[at], record[at]! - 0x80)
  })
  it('needs lengths of four bytes', () => {
    assert.throws(() => readHvcC(new ByteReader(hex(`01${'00'.repeat(20)}0d00`))), /NAL lengths of 2 bytes/)
    assert.throws(() => readHvcC(new ByteReader(hex('02'))), /hvcC version 2/)
  })
})

describe('hevcCodec', () => {
  const plain = { profileSpace: 0, tier: 0, profile: 1, compatibility: 0x60000000, level: 93 }
  it('follows ISO/IEC 14496-15 annex E', () => {
    // The examples of the standard.
    assert.equal(hevcCodec({ ...plain, constraints: [0xb0, 0, 0, 0, 0, 0] }), 'hvc1.1.6.L93.B0')
    assert.equal(hevcCodec({ ...plain, profileSpace: 1, tier: 1, constraints: [0, 0, 0, 0, 0, 0] }), 'hvc1.A1.6.H93')
    assert.equal(hevcCodec({ ...plain, constraints: [0, 0x10, 0, 1, 0, 0] }), 'hvc1.1.6.L93.0.10.0.1')
  })
})

describe('HevcStream', () => {
  it('forgets the sets that refer to one that is replaced', () => {
    const stream = new HevcStream()
    assert.deepEqual(
      [VPS, SPS, PPS, SPS].map((nal) => stream.addParameterSet(nal)),
      ['added', 'added', 'added', 'known'],
    )
    const level = Uint8Array.from(VPS)
    level[20] = 0x78
    assert.deepEqual(
      [level, SPS, PPS].map((nal) => stream.addParameterSet(nal)),
      ['replaced', 'replaced', 'replaced'],
    )
    assert.equal(stream.addParameterSet(SPS.subarray(0, 20)), 'malformed')
  })
})
