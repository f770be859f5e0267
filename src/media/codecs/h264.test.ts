import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedMedia } from '../bytes.ts'
import { readPps, readReordering, readSliceHeader, readSps, type Sps, withReordering } from './h264.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** High, 1920x1088 cropped to 1080, 25 frames a second; as x264 wrote it. */
const SPS_1080 = hex('67640028acd940780227e5c05a808080a0000003002000000651e30632c0')
const PPS = hex('68ebe3cb22c0')

describe('readSps', () => {
  it('reads profile, level, the cropped size and the rate', () => {
    assert.deepEqual(readSps(SPS_1080), {
      id: 0,
      profile: 100,
      constraints: 0,
      level: 40,
      chromaFormat: 1,
      bitDepthLuma: 8,
      bitDepthChroma: 8,
      separatePlanes: false,
      frameNumberBits: 4,
      orderBits: 6,
      statesOrderDelta: false,
      mayHaveFields: false,
      width: 1920,
      height: 1080,
      colour: { primaries: 1, transfer: 1, matrix: 1, fullRange: false },
      frameRate: { numerator: 25, denominator: 1 },
    })
  })
  it('says where it was cut short', () => {
    for (let size = 0; size < 20; size++)
      assert.throws(() => readSps(SPS_1080.subarray(0, size)), MalformedMedia, `${size}`)
  })
  it('refuses sizes nobody has', () => {
    // pic_width_in_mbs_minus1 as long as a code gets.
    assert.throws(() => readSps(hex('67 42001e da 0000000100000000 ffffffffffffffffff')), MalformedMedia)
  })
})

describe('what a sequence parameter set says of reordering', () => {
  const reordered = { reordered: 2, buffered: 4 }
  it('is read from its end', () => assert.deepEqual(readReordering(SPS_1080), reordered))
  it('is replaced, and nothing else, but never by less than its pictures need', () => {
    assert.deepEqual(withReordering(SPS_1080, reordered), SPS_1080)
    const more = withReordering(SPS_1080, { reordered: 3, buffered: 1 })
    assert.deepEqual(readReordering(more), { reordered: 3, buffered: 4 })
    assert.deepEqual(readSps(more), readSps(SPS_1080))
    const nothing = withReordering(SPS_1080, undefined)
    assert.equal(readReordering(nothing), undefined)
    assert.deepEqual(readSps(nothing), readSps(SPS_1080))
    assert.deepEqual(readReordering(withReordering(nothing, reordered)), reordered)
  })
})

describe('readPps', () => {
  it('reads the ids', () => assert.deepEqual(readPps(PPS), { id: 0, spsId: 0 }))
})

describe('readSliceHeader', () => {
  /** A slice of this type, its header given as bits. */
  const slice = (type: number, bits: string) => {
    const bytes = bits
      .padEnd(Math.ceil(bits.length / 8) * 8, '0')
      .match(/.{8}/g)!
      .map((byte) => Number.parseInt(byte, 2))
    return Uint8Array.of(type, ...bytes)
  }
  const sps: Sps = { ...readSps(SPS_1080), frameNumberBits: 4, orderBits: 6 }
  const read = (nal: Uint8Array, found: Sps | undefined) => readSliceHeader(nal, 0, nal.length, () => found)

  it('reads frames: first_mb 0, I, PPS 0, frame_num, idr_pic_id, order', () => {
    const header = { intra: true, frameNumber: 5, parity: 'frame', orderLsb: 33 }
    assert.deepEqual(read(slice(0x65, '1 0001000 1 0101 010 100001'.replaceAll(' ', '')), sps), header)
    assert.deepEqual(read(slice(0x41, '1 0001000 1 0101 100001'.replaceAll(' ', '')), sps), header)
  })
  it('reads fields where there may be some, and planes', () => {
    const fields = { ...sps, mayHaveFields: true }
    const bits = (field: string) => `1 1 1 0101 ${field} 100001`.replaceAll(' ', '')
    assert.deepEqual(read(slice(0x41, bits('0')), fields), {
      intra: false,
      frameNumber: 5,
      parity: 'frame',
      orderLsb: 33,
    })
    assert.equal(read(slice(0x41, bits('10')), fields)?.parity, 'top')
    assert.equal(read(slice(0x41, bits('11')), fields)?.parity, 'bottom')
    const planes = { ...sps, separatePlanes: true }
    assert.equal(read(slice(0x41, '11110 0101 100001'.replaceAll(' ', '')), planes)?.frameNumber, 5)
  })
  it('needs its parameter sets, and all of itself', () => {
    assert.equal(read(slice(0x41, '1110101100001'), undefined), undefined)
    assert.throws(() => read(slice(0x41, '111'), sps), MalformedMedia)
  })
})
