import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sampleEncryption } from '../../../test/keys/sample-encryption.ts'
import { hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import { editionName, parseClipPath } from './clip-paths.ts'

type TsEncryption = NonNullable<TsPackaging['encryption']>

describe('the names of the segments of a clip', () => {
  const encryption = sampleEncryption<TsEncryption['method']>('AES_128')
  const { spekeKeyProvider } = encryption
  const nameOf = (more: Partial<TsEncryption> = {}) =>
    editionName(7, hlsEndpoint({ encryption: { ...encryption, ...more } }))

  it('tell its editions, and the encryptions that make other bytes of them', () => {
    const clear = hlsEndpoint()
    const names = [
      editionName(7, clear),
      editionName(8, clear),
      nameOf(),
      nameOf({ method: 'SAMPLE_AES' }),
      nameOf({ keyRotationIntervalSeconds: 60 }),
      nameOf({ constantInitializationVector: '0'.repeat(32) }),
      nameOf({ spekeKeyProvider: { ...spekeKeyProvider, resourceId: 'other' } }),
      nameOf({ spekeKeyProvider: { ...spekeKeyProvider, url: 'https://other.example' } }),
    ]
    assert.equal(new Set(names).size, names.length, names.join())
    assert.equal(nameOf({ spekeKeyProvider: { ...spekeKeyProvider, roleArn: 'other' } }), nameOf())
  })

  for (const name of [editionName(7, hlsEndpoint()), nameOf()]) {
    it(`are read again as they are written: ${name}`, () => {
      const files = [
        ['hls', `${name}_1_5.ts`],
        ['dash', `${name}_v1_init.mp4`],
        ['mss', `index.ism/${name}/QualityLevels(1)/Fragments(v=0)`],
      ]
      for (const [folder, file] of files) {
        const { id, edition } = parseClipPath(`clips/goal/${folder}/${file}`) ?? {}
        assert.deepEqual([id, edition], ['goal', name])
      }
    })
  }

  it('are of no edition where they are written otherwise', () => {
    for (const file of ['s7e12_1_5.ts', 's7eABCDEF12_1.ts', 's7e123456789_1.ts', 'e12345678_1.ts', 'index.m3u8']) {
      assert.equal(parseClipPath(`clips/goal/hls/${file}`)?.edition, undefined, file)
    }
  })
})
