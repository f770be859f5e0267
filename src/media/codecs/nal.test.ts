import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedMedia } from '../bytes.ts'
import { nextStartCode, sliceBits, trimZeros, unescapeNal, writeSentinel } from './nal.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('unescapeNal', () => {
  it('takes out the header, emulation prevention and nothing else', () => {
    assert.deepEqual(unescapeNal(hex('67 000003 01 000003 000003 03 0003'), 1), hex('0000010000000003 0003'))
    assert.deepEqual(unescapeNal(hex('4001 000003 01'), 2), hex('000001'))
    assert.deepEqual(unescapeNal(hex('67'), 1), hex(''))
    assert.deepEqual(unescapeNal(hex('67'), 2), hex(''))
    assert.deepEqual(unescapeNal(hex(''), 1), hex(''))
  })
})

describe('sliceBits', () => {
  it('reads between two offsets, and not beyond, whatever was read before', () => {
    assert.equal(sliceBits(hex('ffffffffffff'), 0, 6).u(32), 0xffffffff)
    const bits = sliceBits(hex('65 000003 01 aa'), 1, 5)
    assert.equal(bits.u(24), 1)
    assert.throws(() => bits.u(1), MalformedMedia)
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
