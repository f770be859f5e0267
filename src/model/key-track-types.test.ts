import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AudioDescription, VideoDescription } from '../media/track.ts'
import type { EncryptionContractConfiguration } from './encryption.ts'
import { keyRulesOf, trackTypeOf } from './key-track-types.ts'

const PICTURES: Readonly<Record<string, readonly [number, number]>> = {
  '1024x576': [1024, 576],
  '1280x720': [1280, 720],
  '1920x1080': [1920, 1080],
  '4096x2160': [4096, 2160],
  '7680x4320': [7680, 4320],
}

function encryptionWith(video: EncryptionContractConfiguration['presetSpeke20Video'], audio = 'PRESET-AUDIO-1') {
  const presets = { presetSpeke20Video: video, presetSpeke20Audio: audio } as EncryptionContractConfiguration
  const provider = { resourceId: 'r', roleArn: 'arn', systemIds: [], url: 'https://keys.example' }
  return { spekeKeyProvider: { ...provider, encryptionContractConfiguration: presets } }
}

const video = ([width, height]: readonly [number, number]) => ({ kind: 'video', width, height }) as VideoDescription
const audio = (channels: number) => ({ kind: 'audio', channels }) as AudioDescription

describe('the key of a track', () => {
  const cases: readonly [EncryptionContractConfiguration['presetSpeke20Video'], readonly (string | undefined)[]][] = [
    ['PRESET-VIDEO-1', ['VIDEO', 'VIDEO', 'VIDEO', 'VIDEO', 'VIDEO']],
    ['PRESET-VIDEO-2', ['SD', 'HD', 'HD', 'HD', 'HD']],
    ['PRESET-VIDEO-3', ['SD', 'HD', 'HD', 'UHD', 'UHD']],
    ['PRESET-VIDEO-4', ['SD', 'HD', 'HD', 'UHD1', 'UHD2']],
    ['PRESET-VIDEO-5', ['SD', 'HD1', 'HD2', 'UHD1', 'UHD2']],
    ['PRESET-VIDEO-6', ['SD', 'HD1', 'HD2', 'UHD', 'UHD']],
    ['PRESET-VIDEO-7', ['SD+HD1', 'SD+HD1', 'HD2', 'UHD', 'UHD']],
    ['PRESET-VIDEO-8', ['SD+HD1', 'SD+HD1', 'HD2', 'UHD1', 'UHD2']],
    ['UNENCRYPTED', [undefined, undefined, undefined, undefined, undefined]],
  ]
  for (const [preset, expected] of cases) {
    it(`follows from the pixels with ${preset}`, () => {
      const encryption = encryptionWith(preset)
      assert.deepEqual(
        Object.values(PICTURES).map((size) => trackTypeOf(encryption, video(size))),
        expected,
      )
    })
  }

  it('follows from the channels of sound', () => {
    const of = (preset: string) =>
      [1, 2, 3, 6, 7, 8].map((n) => trackTypeOf(encryptionWith('UNENCRYPTED', preset), audio(n)))
    assert.deepEqual(of('PRESET-AUDIO-1'), Array(6).fill('AUDIO'))
    assert.deepEqual(of('PRESET-AUDIO-2'), ['STEREO_AUDIO', 'STEREO_AUDIO', ...Array(4).fill('MULTICHANNEL_AUDIO')])
    const [six, seven] = ['MULTICHANNEL_AUDIO_3_6', 'MULTICHANNEL_AUDIO_7']
    assert.deepEqual(of('PRESET-AUDIO-3'), ['STEREO_AUDIO', 'STEREO_AUDIO', six, six, seven, seven])
    assert.deepEqual(of('UNENCRYPTED'), Array(6).fill(undefined))
  })

  it('is one for everything but text with SPEKE 1.0, and where it is shared', () => {
    const provider = { resourceId: 'r', roleArn: 'arn', systemIds: [], url: 'https://keys.example' }
    for (const encryption of [{ spekeKeyProvider: provider }, encryptionWith('SHARED', 'SHARED')]) {
      assert.deepEqual(
        [video([640, 360]), audio(6), { kind: 'text', pid: 0, codec: 'wvtt' } as const].map((track) =>
          trackTypeOf(encryption, track),
        ),
        ['ALL', 'ALL', undefined],
      )
    }
  })

  it('leaves no track between two rules, and gives none to two', () => {
    for (let preset = 1; preset <= 8; preset++) {
      const { video } = keyRulesOf(encryptionWith(`PRESET-VIDEO-${preset as 1}`))
      const [first, ...others] = video
      assert.equal(first?.minPixels, undefined)
      for (const [i, { minPixels }] of others.entries()) assert.equal(minPixels, video[i]!.maxPixels! + 1)
      assert.equal(video.at(-1)?.maxPixels, undefined)
    }
  })
})
