import assert from 'node:assert/strict'
import { encodeTs } from '../../../test/fuzz/media-samples.ts'
import { decryptedTracks } from '../../../test/judges/encrypted-hls.ts'
import { tracksOfSegments } from '../../../test/judges/packets.ts'
import { needing } from '../../../test/programs.ts'
import { bytesOfHex, hexOf } from '../../media/bytes.ts'
import { allSteps } from '../../media/steps.ts'
import { cbcEncryption, encryptedSize, encryptSegment } from './segment-cipher.ts'

const { describe, it } = needing('ffmpeg')

const KEY = { key: Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex'), iv: Buffer.alloc(16, 7) }

describe('encryptSegment', () => {
  it('gives ffmpeg every packet back, whatever the parts are', async () => {
    const segment = await encodeTs('both', ['-t', '1'])
    const parts = [segment.subarray(0, 1), segment.subarray(1, 1000), segment.subarray(1000)]
    const encrypted = Buffer.concat(allSteps(encryptSegment(parts, KEY)))
    assert.deepEqual(await decryptedTracks([encrypted], 'AES-128', KEY), await tracksOfSegments([segment]))
  })

  it('makes as many bytes as are announced', () => {
    for (const size of [0, 1, 15, 16, 17, 188, 2 ** 20 - 1, 2 ** 20, 3 * 2 ** 20 + 5]) {
      const parts = allSteps(encryptSegment([new Uint8Array(size)], KEY))
      assert.equal(Buffer.concat(parts).length, encryptedSize(size))
    }
  })
})

describe('cbcEncryption', () => {
  it('encrypts the example of NIST SP 800-38A F.2.1, in pieces too', () => {
    const encrypt = cbcEncryption(KEY.key)
    const iv = bytesOfHex('000102030405060708090a0b0c0d0e0f')
    const clear = bytesOfHex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51')
    const expected = '7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2'
    assert.equal(hexOf(encrypt(iv, clear)), expected)
    const first = encrypt(iv, clear.subarray(0, 16))
    assert.equal(hexOf(first) + hexOf(encrypt(first, clear.subarray(16))), expected)
  })
})
