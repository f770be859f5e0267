import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BitReader, ByteReader, ByteWriter, MalformedMedia } from './bytes.ts'

const options = { seed: 1, numRuns: 200 }

describe('ByteWriter and ByteReader', () => {
  it('read back every field, whatever the buffer had to grow from', () => {
    const field = fc.oneof(
      fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
      fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
      fc.record({ kind: fc.constant('u24' as const), value: fc.nat(0xffffff) }),
      fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 0xffffffff }) }),
      fc.record({ kind: fc.constant('u64' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
      fc.record({ kind: fc.constant('write' as const), value: fc.uint8Array({ maxLength: 300 }) }),
    )
    fc.assert(
      fc.property(fc.array(field), fc.integer({ min: 1, max: 16 }), (fields, capacity) => {
        const writer = new ByteWriter(capacity)
        for (const { kind, value } of fields) (writer[kind] as (value: unknown) => void).call(writer, value)
        const reader = new ByteReader(writer.result())
        for (const { kind, value } of fields) {
          if (kind === 'write') assert.deepEqual(new Uint8Array(reader.view(value.length)), value)
          else assert.equal(reader[kind](), value)
        }
        assert.equal(reader.remaining, 0)
      }),
      options,
    )
  })

  it('write big-endian, and negative numbers as two’s complement', () => {
    const writer = new ByteWriter(1)
    writer.u16(0x0102)
    writer.u32(-2)
    writer.latin1('moof')
    writer.zeros(2)
    writer.patchU32(2, 0x03040506)
    assert.deepEqual([...writer.result()], [1, 2, 3, 4, 5, 6, 0x6d, 0x6f, 0x6f, 0x66, 0, 0])
    assert.equal(new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xfe)).i32(), -2)
  })

  it('zero what an earlier, larger use of the memory left', () => {
    const writer = new ByteWriter(4)
    writer.zeros(3)
    assert.deepEqual([...writer.result()], [0, 0, 0])
  })
})

describe('ByteReader', () => {
  it('says where a read failed and by how much, and does not move', () => {
    const reader = new ByteReader(new Uint8Array(10), 2, 7)
    reader.skip(3)
    for (const read of [
      () => reader.u24(),
      () => reader.u32(),
      () => reader.u64(),
      () => reader.view(3),
      () => reader.part(3),
    ]) {
      assert.throws(read, (error) => error instanceof MalformedMedia && error.offset === 5)
      assert.equal(reader.position, 5)
    }
    assert.throws(() => reader.u32(), { message: '4 bytes wanted, 2 left at byte 5' })
    assert.throws(() => reader.view(-1), MalformedMedia)
    assert.equal(reader.u16(), 0)
  })

  it('keeps a part inside its bounds', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3, 4))
    const part = reader.part(2)
    assert.equal(part.u16(), 0x0102)
    assert.throws(() => part.u8(), { offset: 2 })
    assert.equal(reader.u8(), 3)
  })
})

describe('BitReader', () => {
  const bits = (text: string) => {
    const padded = text.replaceAll(' ', '')
    return Uint8Array.from(padded.match(/.{1,8}/g)!, (byte) => Number.parseInt(byte.padEnd(8, '0'), 2))
  }

  it('reads the Exp-Golomb codes of table 9-2', () => {
    const reader = new BitReader(bits('1 010 011 00100 00101 00110 00111 0001000'))
    for (let value = 0; value < 8; value++) assert.equal(reader.ue(), value)
    const signed = new BitReader(bits('1 010 011 00100 00101'))
    for (const value of [0, 1, -1, 2, -2]) assert.equal(signed.se(), value)
  })

  it('reads 32 bits and codes as long as they get', () => {
    assert.equal(new BitReader(bits('1'.repeat(32))).u(32), 2 ** 32 - 1)
    assert.equal(new BitReader(bits(`${'0'.repeat(31)}1${'1'.repeat(31)}`)).ue(), 2 ** 32 - 2)
    assert.throws(() => new BitReader(new Uint8Array(8)).ue(), /longer than 32 bits/)
  })

  it('never reads past the end', () => {
    const reader = new BitReader(Uint8Array.of(0xff))
    reader.u(5)
    assert.throws(() => reader.u(4), { message: '4 bits wanted, 3 left at byte 0' })
    assert.equal(reader.u(3), 7)
  })
})
