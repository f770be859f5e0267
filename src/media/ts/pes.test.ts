import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PesHeader } from './pes.ts'

/** PTS 2³³ - 1 and DTS 2³² + 2¹⁵ + 1. */
const BOTH = Buffer.of(0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10, 0x3f, 0xff, 0xff, 0xff, 0xff, 0x19, 0, 3, 0, 3)

function read(bytes: Uint8Array): [string, PesHeader] {
  const header = new PesHeader()
  return [header.read(bytes, 0, bytes.length), header]
}

function changed(at: number, value: number): Buffer {
  const copy = Buffer.from(BOTH)
  copy[at] = value
  return copy
}

describe('PesHeader', () => {
  it('reads both timestamps in all their 33 bits', () => {
    const [outcome, header] = read(BOTH)
    assert.equal(outcome, 'read')
    assert.partialDeepStrictEqual(header, { streamId: 0xe0, headerSize: 19, payloadSize: -1, scrambled: false })
    assert.equal(header.pts, 2 ** 33 - 1)
    assert.equal(header.dts, 2 ** 32 + 2 ** 15 + 1)
  })
  it('takes the PTS for an absent DTS, and none for neither', () => {
    const [, ptsOnly] = read(changed(7, 0x80))
    assert.equal(ptsOnly.dts, ptsOnly.pts)
    const [, none] = read(changed(7, 0))
    assert.equal(none.pts, -1)
  })
  it('tells the payload’s size from the packet’s', () => {
    const [, header] = read(changed(5, 20))
    assert.equal(header.payloadSize, 7)
  })
  it('wants the whole header', () => {
    for (let size = 0; size < BOTH.length; size++)
      assert.equal(read(BOTH.subarray(0, size))[0], 'short', `${size} bytes`)
  })
  it('refuses what contradicts itself', () => {
    const broken = {
      'no start code': [2, 2],
      'no marker': [6, 0],
      'DTS alone': [7, 0x40],
      'too short for DTS': [8, 9],
    } as const
    for (const [name, [at, value]] of Object.entries(broken))
      assert.equal(read(changed(at, value))[0], 'malformed', name)
    assert.equal(read(changed(5, 12))[0], 'malformed', 'length inside the header')
  })
  it('knows the streams without an optional header', () => {
    const [outcome, header] = read(Buffer.of(0, 0, 1, 0xbe, 0, 9))
    assert.equal(outcome, 'read')
    assert.partialDeepStrictEqual(header, { headerSize: 6, payloadSize: 9, pts: -1 })
  })
})
