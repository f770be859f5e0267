import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { readAvcC, writeAvcC } from './avc-configuration.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** High, 1920x1088 cropped to 1080, 25 frames a second; as x264 wrote it. */
const SPS_1080 = hex('67640028acd940780227e5c05a808080a0000003002000000651e30632c0')
const PPS = hex('68ebe3cb22c0')

describe('avcC', () => {
  it('is read back as it was written', () => {
    const configuration = { sps: [SPS_1080], pps: [PPS, hex('6801')] }
    const writer = new ByteWriter()
    writeAvcC(writer, configuration)
    const bytes = writer.result()
    assert.deepEqual(readAvcC(new ByteReader(bytes)), { profile: 100, constraints: 0, level: 40, ...configuration })
    assert.deepEqual([...bytes.subarray(0, 6)], [1, 100, 0, 40, 0xff, 0xe1])
    assert.deepEqual([...bytes.subarray(-4)], [0xfd, 0xf8, 0xf8, 0], 'High profile says chroma format and bit depths')
  })
  it('needs an SPS, and lengths of four bytes', () => {
    assert.throws(() => writeAvcC(new ByteWriter(), { sps: [], pps: [PPS] }), /0 SPS and 1 PPS/)
    assert.throws(() => readAvcC(new ByteReader(hex('01640028fde000'))), /NAL lengths of 2 bytes/)
  })
})
