import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteWriter, MalformedMedia } from '../bytes.ts'
import type { SliceHeaders } from '../codecs/slice-headers.ts'
import { writeSampleEncryption } from '../mp4/sample-encryption.ts'
import { emptySamples } from '../sample.ts'
import { allSteps } from '../steps.ts'
import { type FragmentCipher, protectedSamples } from './protected-samples.ts'
import { videoSubsamples } from './subsamples.ts'

const SLICE = 1
/** Slices are NAL units that begin with 1, and their headers have 10 bytes. */
const slices: SliceHeaders = {
  next: (bytes, at) => (bytes[at] === SLICE ? { bits: 80, bytes: 10 } : undefined),
}

/** A sample of NAL units, by their sizes; those of slices are negative. */
function sampleOf(...sizes: readonly number[]): Uint8Array {
  const writer = new ByteWriter()
  for (const size of sizes) {
    writer.u32(Math.abs(size))
    if (size !== 0) writer.u8(size < 0 ? SLICE : 2)
    writer.zeros(Math.max(0, Math.abs(size) - 1))
  }
  return writer.result()
}

const pairs = (scheme: 'cenc' | 'cbcs', sample: Uint8Array) =>
  allSteps(videoSubsamples(sample, 0, sample.length, scheme, slices)).map(({ clear, protected: bytes }) => [
    clear,
    bytes,
  ])

describe('subsamples', () => {
  it('of cenc end with whole blocks at the end of each slice, with the remainder in front', () => {
    assert.deepEqual(pairs('cenc', sampleOf(-(10 + 35), -(10 + 16))), [
      [4 + 10 + 3, 32],
      [4 + 10, 16],
    ])
  })

  it('of cbcs begin right behind each slice header', () => {
    assert.deepEqual(pairs('cbcs', sampleOf(-(10 + 35), -(10 + 3))), [
      [4 + 10, 35],
      [4 + 10, 3],
    ])
  })

  it('have other NAL units in the clear bytes before the next slice, or in a last one', () => {
    for (const scheme of ['cenc', 'cbcs'] as const) {
      assert.deepEqual(pairs(scheme, sampleOf(7, 8, 0, -(10 + 16), 5)), [
        [4 + 7 + 4 + 8 + 4 + 4 + 10, 16],
        [4 + 5, 0],
      ])
    }
  })

  it('have in cenc slices of less than a block in the clear, and in cbcs slices of a header alone', () => {
    assert.deepEqual(pairs('cenc', sampleOf(-(10 + 15), -(10 + 20))), [[4 + 25 + 4 + 10 + 4, 16]])
    assert.deepEqual(pairs('cbcs', sampleOf(-10, -(10 + 1))), [[4 + 10 + 4 + 10, 1]])
  })

  it('have no more clear bytes than 16 bits can state', () => {
    assert.deepEqual(pairs('cenc', sampleOf(0x1ffff, -(10 + 16))), [
      [0xffff, 0],
      [0xffff, 0],
      [1 + 4 + 4 + 10, 16],
    ])
    assert.deepEqual(pairs('cbcs', sampleOf(0xffff - 4)), [[0xffff, 0]])
  })

  it('are refused where NAL units do not fill the sample', () => {
    assert.throws(() => pairs('cenc', sampleOf(5).subarray(0, -1)), /NAL unit of 5 bytes at byte 4/)
    assert.throws(() => pairs('cenc', Uint8Array.of(0, 0, 0)), MalformedMedia)
  })

  it('are refused where there are more of a sample than saiz can state', () => {
    const write = (count: number, ivs?: Uint8Array[]) => {
      const subsamples = [Array.from({ length: count }, () => ({ clear: 14, protected: 16 }))]
      writeSampleEncryption(new ByteWriter(), { subsamples, ...(ivs && { ivs }) }, 1, 0)
    }
    assert.equal(pairs('cbcs', sampleOf(...Array.from({ length: 42 }, () => -20))).length, 42)
    assert.throws(() => pairs('cbcs', sampleOf(...Array.from({ length: 43 }, () => -20))), /more subsamples than fit/)
    write(42)
    assert.throws(() => write(43), /sample of 43 subsamples/)
    write(40, [new Uint8Array(8)])
    assert.throws(() => write(41, [new Uint8Array(8)]), /sample of 41 subsamples/)
  })
})

describe('samples to be encrypted', () => {
  const start = () => (piece: Uint8Array) => piece
  const cenc = (firstIv: bigint): FragmentCipher => ({ scheme: 'cenc', start, firstIv })
  const hidden = (count: number, cipher: FragmentCipher, bytes = 0) =>
    allSteps(protectedSamples({ samples: emptySamples(count), media: [new Uint8Array(bytes)] }, cipher))

  it('have IVs that count up from the first, modulo 2⁶⁴', () => {
    const hex = (first: bigint) => hidden(3, cenc(first)).ivs?.map((iv) => Buffer.from(iv).toString('hex'))
    assert.deepEqual(hex(0n), ['0000000000000000', '0000000000000001', '0000000000000002'])
    assert.deepEqual(hex(0xabc1_ffff_ffffn), ['0000abc1ffffffff', '0000abc200000000', '0000abc200000001'])
    assert.deepEqual(hex(2n ** 64n - 1n), ['ffffffffffffffff', '0000000000000000', '0000000000000001'])
  })

  it('are refused where they are more than IVs are left room for', () => {
    hidden(65_536, cenc(0n))
    assert.throws(() => hidden(65_537, cenc(0n)), /fragment of 65537 samples/)
  })

  it('are refused where they do not fill their media', () => {
    assert.throws(() => hidden(1, cenc(0n), 3), /3 bytes behind the last sample/)
    const samples = emptySamples(1)
    samples.sizes[0] = 4
    const media = [new Uint8Array(3)]
    assert.throws(() => allSteps(protectedSamples({ samples, media }, cenc(0n))), /sample of 4 bytes/)
  })

  it('are encrypted by the pattern 1:9 from the beginning of each subsample, and no partial block', () => {
    const inverted = (piece: Uint8Array) => piece.map((byte) => ~byte)
    const pieces: number[] = []
    const cipher: FragmentCipher = {
      scheme: 'cbcs',
      constantIv: new Uint8Array(16),
      encrypt: (_, blocks) => {
        pieces.push(blocks.length)
        return inverted(blocks)
      },
    }
    // 160 bytes from block to block: two of them and 15 bytes of a third; then less than a block.
    const media = sampleOf(-(10 + 335), -(10 + 15))
    const samples = emptySamples(1)
    samples.sizes[0] = media.length
    const all = allSteps(protectedSamples({ samples, media: [media], slices }, cipher))
    const changed = [...all.media.keys()].filter((at) => all.media[at] !== media[at])
    const expected = [14, 174].flatMap((from) => Array.from({ length: 16 }, (_, i) => from + i))
    assert.deepEqual(changed, expected)
    assert.deepEqual(pieces, [32])
  })
})
