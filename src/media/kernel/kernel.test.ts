import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainHeader } from '../ts/packet.ts'
import { type Kernel, newKernel } from './kernel.ts'
import { TypeScriptKernel } from './typescript-kernel.ts'
import { newWebAssemblyKernel } from './webassembly-kernel.ts'

const PACKET = 188
const PID = 0x1e1

const FORMS = {
  'in TypeScript': (size: number) => new TypeScriptKernel(size),
  'in WebAssembly': (size: number) => {
    const kernel = newWebAssemblyKernel(size)
    assert.ok(kernel)
    return kernel
  },
} satisfies Record<string, (size: number) => Kernel>

/** Packets with one byte of payload over and over, which continue one another. */
function packets(count: number, first = 0): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, number) => {
      const packet = Buffer.alloc(PACKET, number + 1)
      packet.writeInt32LE(plainHeader(PID, 0x10 | ((first + number) & 0x0f)))
      return packet
    }),
  )
}

const payloads = (count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, number) => Buffer.alloc(184, number + 1)))

it('a kernel is in WebAssembly where that is to be had', () => {
  assert.ok(!(newKernel(1000) instanceof TypeScriptKernel))
})

for (const [form, make] of Object.entries(FORMS)) {
  describe(`a kernel ${form}`, () => {
    it('has the memory that is asked for', () => {
      for (const size of [0, 1, 65_536, 65_537, 3_000_000]) {
        const { bytes } = make(size)
        assert.ok(bytes.length >= size)
        assert.ok(bytes.every((byte) => byte === 0))
      }
    })

    it('copies payloads to where there is room for them', () => {
      const kernel = make(20 * PACKET)
      kernel.bytes.set(packets(5, 14))
      const to = 10 * PACKET
      assert.equal(kernel.copyPayloads(0, 5 * PACKET, to, plainHeader(PID, 0x1e)), 5 * PACKET)
      assert.deepEqual(kernel.bytes.subarray(to, to + 5 * 184), payloads(5))
      assert.equal(kernel.bytes[to + 5 * 184], 0)
    })

    it('copies payloads over the packets that they are of', () => {
      for (let distance = 0; distance <= 40; distance++) {
        const kernel = make(40 * PACKET)
        kernel.bytes.set(packets(30), distance)
        assert.equal(
          kernel.copyPayloads(distance, kernel.bytes.length, 0, plainHeader(PID, 0x10)),
          distance + 30 * PACKET,
        )
        assert.deepEqual(kernel.bytes.subarray(0, 30 * 184), payloads(30))
      }
    })

    it('copies no packet that does not continue the one before', () => {
      const from = 2 * PACKET
      const to = 0
      for (const [what, change] of [
        ['another PID', [2, 0xe2]],
        ['another PID above', [1, 0x02]],
        ['a transport error', [1, 0x81]],
        ['the beginning of a unit', [1, 0x41]],
        ['priority', [1, 0x21]],
        ['no sync byte', [0, 0x46]],
        ['a counter that is missing', [3, 0x14]],
        ['an adaptation field', [3, 0x33]],
        ['no payload', [3, 0x03]],
        ['scrambling', [3, 0x93]],
      ] as const) {
        const kernel = make(10 * PACKET)
        kernel.bytes.set(packets(6), from)
        kernel.bytes[from + 3 * PACKET + change[0]] = change[1]
        const next = kernel.copyPayloads(from, from + 6 * PACKET, to, plainHeader(PID, 0x10))
        assert.equal(next, from + 3 * PACKET, what)
      }
    })

    it('copies no packet that does not end in time', () => {
      const kernel = make(6 * PACKET)
      kernel.bytes.set(packets(5), PACKET)
      for (const [end, next] of [
        [PACKET, PACKET],
        [2 * PACKET - 1, PACKET],
        [2 * PACKET, 2 * PACKET],
        [4 * PACKET - 1, 3 * PACKET],
      ] as const) {
        assert.equal(kernel.copyPayloads(PACKET, end, 6 * PACKET - 184, plainHeader(PID, 0x10)), next)
      }
    })

    it('passes over packets of a PID whatever else they have', () => {
      const kernel = make(10 * PACKET)
      kernel.bytes.set(packets(6))
      kernel.bytes[2 * PACKET + 3] = 0x33
      kernel.bytes[3 * PACKET + 3] = 0x03
      const header = plainHeader(PID, 0)
      assert.equal(kernel.endOfPackets(0, 6 * PACKET, header), 6 * PACKET)
      assert.equal(kernel.endOfPackets(0, 6 * PACKET - 1, header), 5 * PACKET)
      assert.equal(kernel.endOfPackets(0, kernel.bytes.length, header), 6 * PACKET)
      for (const [at, byte] of [
        [0, 0],
        [1, 0x41],
        [2, 0xe2],
        [3, 0x40],
        [3, 0x90],
      ] as const) {
        const before = kernel.bytes[4 * PACKET + at]!
        kernel.bytes[4 * PACKET + at] = byte
        assert.equal(kernel.endOfPackets(0, 6 * PACKET, header), 4 * PACKET)
        kernel.bytes[4 * PACKET + at] = before
      }
    })

    it('finds a start code wherever it is, and only between the limits', () => {
      const kernel = make(300)
      for (const filling of [0xff, 0, 1]) {
        for (let at = 0; at < 200; at++) {
          kernel.bytes.fill(filling)
          kernel.bytes.set([0xff, 0xff, 0, 0, 1].slice(Math.max(0, 2 - at)), Math.max(0, at - 2))
          for (const [from, end, found] of [
            [0, 250, at],
            [at, at + 3, at],
            [at, at + 2, at + 2],
            [at + 1, 250, 250],
            [0, at, at],
          ] as const) {
            const expected = found === 250 && filling === 0 ? 250 : found
            assert.equal(kernel.findStartCode(from, end), expected, `${at} in ${from} to ${end} of ${filling}`)
          }
        }
      }
    })

    it('leaves what it searches as it is', () => {
      const kernel = make(100)
      kernel.bytes.fill(7)
      assert.equal(kernel.findStartCode(10, 100), 100)
      assert.equal(kernel.findStartCode(10, 10), 10)
      assert.ok(kernel.bytes.subarray(0, 100).every((byte) => byte === 7))
    })
  })
}
