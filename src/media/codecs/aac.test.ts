import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MalformedMedia } from '../bytes.ts'
import { AdtsHeader, readAudioSpecificConfig, writeAudioSpecificConfig } from './aac.ts'
import { aacCodec, avcCodec } from './codec-string.ts'

/** AAC LC, 48 kHz, stereo, 371 bytes, no CRC: as ffmpeg writes it. */
const ADTS = Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x2e, 0x7f, 0xfc)

function changed(at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(ADTS)
  copy[at] = value
  return copy
}

describe('AdtsHeader', () => {
  it('reads the fixed header', () => {
    const header = new AdtsHeader()
    assert.equal(header.read(ADTS, 0), true)
    assert.partialDeepStrictEqual(header, { objectType: 2, headerSize: 7, frameSize: 371, blocks: 1 })
    assert.equal(header.sampleRate, 48_000)
    assert.equal(header.channels, 2)
    assert.equal(header.read(changed(1, 0xf0), 0), true)
    assert.equal(header.headerSize, 9, 'with a CRC')
  })
  it('takes no other bytes for one', () => {
    const header = new AdtsHeader()
    assert.equal(header.read(changed(0, 0xfe), 0), false, 'no syncword')
    assert.equal(header.read(changed(1, 0xf7), 0), false, 'layer')
    assert.equal(header.read(changed(2, 0x7c), 0), false, 'no such sample rate')
    assert.equal(header.read(changed(4, 0), 0), false, 'frame shorter than its header')
  })
})

describe('AudioSpecificConfig', () => {
  it('says what the header said', () => {
    const header = new AdtsHeader()
    header.read(ADTS, 0)
    const config = writeAudioSpecificConfig(header)
    assert.deepEqual([...config], [0x11, 0x90])
    assert.deepEqual(readAudioSpecificConfig(config), { objectType: 2, sampleRate: 48_000, channels: 2 })
  })
  it('is refused when it says what ADTS cannot', () => {
    for (const config of [[0x11], [0xf8, 0], [0x17, 0x80], [0x11, 0xf0]]) {
      assert.throws(() => readAudioSpecificConfig(Uint8Array.from(config)), MalformedMedia)
    }
  })
})

describe('codec strings', () => {
  it('follow RFC 6381', () => {
    assert.equal(avcCodec({ profile: 66, constraints: 0xc0, level: 30 }), 'avc1.42c01e')
    assert.equal(aacCodec(5), 'mp4a.40.5')
  })
})
