import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { sampleEncryption } from '../../test/keys/sample-encryption.ts'
import { cmafEndpoint, hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ContentKey } from '../packaging/content-keys.ts'
import { lackFairPlayIv } from './fairplay-iv.ts'
import { encryptedPackagingOf } from './key-source.ts'

const IV = new Uint8Array(16)

function lacks(endpoint: OriginEndpoint, keyFormat: string, more: Pick<ContentKey, 'explicitIv'> = {}): boolean {
  const systems = [{ systemId: '94ce86fb-07ff-4f43-adb8-93d2fa968ca2', uriExtXKey: 'skd://key', keyFormat }]
  const kid = '00000000-0000-8000-8000-000000000000'
  const key = { trackType: 'ALL', kid, systems, ...more, key: createSecretKey(Buffer.alloc(16)) } as const
  return lackFairPlayIv(encryptedPackagingOf(endpoint)!, [key])
}

describe('keys for FairPlay', () => {
  const samples = hlsEndpoint({ encryption: sampleEncryption('SAMPLE_AES') })
  const FAIRPLAY = 'com.apple.streamingkeydelivery'

  it('need an IV for segments of MPEG-TS, from the provider or from the settings', () => {
    const constantInitializationVector = '0'.repeat(32)
    const constant = hlsEndpoint({ encryption: { ...sampleEncryption('SAMPLE_AES'), constantInitializationVector } })
    assert.deepEqual(
      [lacks(samples, FAIRPLAY), lacks(samples, FAIRPLAY, { explicitIv: IV }), lacks(constant, FAIRPLAY)],
      [true, false, false],
    )
  })

  it('are not those that players fetch, nor those whose IV is in headers', () => {
    const cmaf = cmafEndpoint({ encryption: sampleEncryption('CBCS') })
    assert.deepEqual([lacks(samples, 'identity'), lacks(cmaf, FAIRPLAY)], [false, false])
  })
})
