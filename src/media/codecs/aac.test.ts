import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bits } from '../../../test/fixtures/bits.ts'
import { bytesOfHex, hexOf, MalformedMedia } from '../bytes.ts'
import {
  AdtsHeader,
  aacParameters,
  adtsConfiguration,
  explicitSbr,
  readAudioSpecificConfig,
  writeAudioSpecificConfig,
} from './aac.ts'
import { aacCodec, avcCodec } from './codec-string.ts'

/** AAC LC, 48 kHz, stereo, 371 bytes, without CRC, as ffmpeg writes it. */
const ADTS = Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x2e, 0x7f, 0xfc)
const NO_PAYLOAD = new Uint8Array(0)

function changed(at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(ADTS)
  copy[at] = value
  return copy
}

function headerOf(bytes: Uint8Array): AdtsHeader {
  const header = new AdtsHeader()
  assert.equal(header.read(bytes, 0), true)
  return header
}

describe('AdtsHeader', () => {
  it('reads the fixed header', () => {
    const header = headerOf(ADTS)
    assert.partialDeepStrictEqual(header, { objectType: 2, headerSize: 7, frameSize: 371, blocks: 1 })
    assert.equal(header.sampleRate, 48_000)
    assert.equal(headerOf(changed(1, 0xf0)).headerSize, 9, 'with a CRC')
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
    const config = adtsConfiguration(headerOf(ADTS), NO_PAYLOAD)!
    assert.deepEqual(aacParameters(config), {
      codec: 'mp4a.40.2',
      configuration: '1190',
      sampleRate: 48_000,
      channels: 2,
      samplesPerFrame: 1024,
    })
    assert.deepEqual(readAudioSpecificConfig(Uint8Array.of(0x11, 0x90)), config)
  })

  it('has the channels from the frame where the header leaves them open', () => {
    const header = headerOf(changed(2, 0x4c).with(3, 0))
    assert.equal(adtsConfiguration(header, Uint8Array.of(0x21, 0, 0)), undefined, 'another element')
    assert.equal(adtsConfiguration(header, Uint8Array.of(0xa0)), undefined, 'cut off')
    // id_syn_ele 5; tag, object type 1, 48 kHz; one front pair and a front single, no side, one back pair, one LFE.
    const element = new Bits().put(3, 5).put(4, 0).put(2, 1).put(4, 3).put(4, 2).put(4, 0).put(4, 1).put(2, 1).put(7, 0)
    element.put(3, 0)
    for (const isPair of [0, 1, 1]) element.put(1, isPair).put(4, 0)
    element.put(4, 0)
    const config = adtsConfiguration(header, Buffer.concat([element.bytes(), Buffer.from([3, 1, 2, 3])]))!
    assert.equal(aacParameters(config).channels, 6)
    const bytes = writeAudioSpecificConfig(config)
    assert.deepEqual(readAudioSpecificConfig(bytes), config)
    // The element begins with the third byte; its comment is empty.
    assert.equal(hexOf(bytes.subarray(0, 2)), '1180')
    assert.equal(hexOf(bytes.subarray(2)), `${element.cut(3).bytes().toString('hex')}00`)
    const sbr = readAudioSpecificConfig(bytesOfHex(explicitSbr(hexOf(bytes), 5)))
    assert.deepEqual(sbr.programConfig, config.programConfig)
  })

  it('signals SBR and PS explicitly, at twice the rate of the core', () => {
    // Object type 5, 24 kHz, stereo, 48 kHz, object type 2, three zeros.
    const stereo = new Bits().put(5, 5).put(4, 6).put(4, 2).put(4, 3).put(5, 2).put(3, 0).bytes()
    assert.equal(explicitSbr('1310', 5), stereo.toString('hex'))
    const mono = new Bits().put(5, 29).put(4, 6).put(4, 1).put(4, 3).put(5, 2).put(3, 0).bytes()
    assert.equal(explicitSbr('1308', 29), mono.toString('hex'))
    const described = aacParameters(readAudioSpecificConfig(mono))
    assert.partialDeepStrictEqual(described, { codec: 'mp4a.40.29', sampleRate: 24_000, channels: 2 })
    // Above 24 kHz downsampled: at the rate of the core.
    const fast = new Bits().put(5, 5).put(4, 3).put(4, 2).put(4, 3).put(5, 2).put(3, 0).bytes()
    assert.equal(explicitSbr('1190', 5), fast.toString('hex'))
  })

  it('is refused when it says what is not understood', () => {
    const rejected = [[0x11], [0xf8, 0, 0], [0x17, 0x80, 0, 0, 0], [0x11, 0xf0], [0x11, 0x94], [0x11, 0x80], [0, 0]]
    for (const config of rejected) {
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
