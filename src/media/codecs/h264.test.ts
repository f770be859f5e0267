import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedMedia } from '../bytes.ts'
import { hasRecoveryPoint, nextStartCode, readPps, readSps, trimZeros, unescapeNal, writeSentinel } from './h264.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** High, 1920x1088 cropped to 1080, 25 frames a second; as x264 wrote it. */
const SPS_1080 = hex('67640028acd940780227e5c05a808080a0000003002000000651e30632c0')
const PPS = hex('68ebe3cb22c0')

describe('unescapeNal', () => {
  it('takes out emulation prevention and nothing else', () => {
    assert.deepEqual(
      unescapeNal(hex('67 000003 01 000003 000003 03 0003')),
      hex('000001 0000 0000 03 0003'.replace('0000 0000', '00000000')),
    )
    assert.deepEqual(unescapeNal(hex('67')), hex(''))
    assert.deepEqual(unescapeNal(hex('')), hex(''))
  })
})

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
      width: 1920,
      height: 1080,
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

describe('readPps', () => {
  it('reads the ids', () => assert.deepEqual(readPps(PPS), { id: 0, spsId: 0 }))
})

describe('hasRecoveryPoint', () => {
  it('finds an exact one behind other messages', () => {
    assert.equal(hasRecoveryPoint(hex('06 05 02 aabb 06 01 c4 80')), true)
    assert.equal(hasRecoveryPoint(hex(`06 05 ff01 ${'11'.repeat(256)} 06 01 c4 80`)), true)
  })
  it('does not take gradual refresh or other messages for one', () => {
    assert.equal(hasRecoveryPoint(hex('06 06 01 44 80')), false)
    assert.equal(hasRecoveryPoint(hex('06 05 02 0606 80')), false)
    assert.equal(hasRecoveryPoint(hex('06 05 ff')), false)
    assert.equal(hasRecoveryPoint(hex('06')), false)
  })
})

describe('nextStartCode', () => {
  it('stops at the sentinel, and at one split from it', () => {
    const bytes = Buffer.alloc(40, 0xff)
    bytes.set([0, 0, 1, 0x65, 0, 0], 10)
    writeSentinel(bytes, 16)
    assert.equal(nextStartCode(bytes, 0), 10)
    assert.equal(nextStartCode(bytes, 13), 16)
    assert.equal(trimZeros(bytes, 13, 16), 14)
  })
})
