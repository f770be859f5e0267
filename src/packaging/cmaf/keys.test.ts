import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { type SystemsSketch, samplePssh, systemsEncryption } from '../../../test/keys/sample-systems.ts'
import {
  audio,
  CLOCK,
  ORIGIN,
  overEra,
  subtitles,
  variant,
  video,
  written,
} from '../../../test/origin/sample-channel.ts'
import { cmafEndpoint } from '../../../test/origin/sample-endpoints.ts'
import type { Era } from '../../model/output-segment.ts'
import type { CmafPackaging } from '../../model/packaging.ts'
import { withKeys } from '../content-keys.ts'
import { cmaf } from './format.ts'

hlsParser.setOptions({ strictMode: true })

const surround = { ...audio(258, 'deu'), codec: 'ac-3', channels: 6, samplesPerFrame: 1536 }
const ERA: Era = {
  id: 4,
  origin: ORIGIN,
  clock: CLOCK,
  streams: [
    variant(1, 3_000_000, [video(1080), audio(257, 'eng'), surround]),
    variant(2, 1_000_000, [video(360), audio(257, 'eng'), surround]),
    subtitles(3),
  ],
}
/** Four segments of six seconds from noon on: 12:00:00, :06, :12 and :18. */
const WINDOW = overEra(ERA, 7, [{}, {}, {}, {}])
const PERIOD = Date.UTC(2026, 7, 1, 12, 0, 0) / 10_000
const KEYS = sampleKeys(samplePssh)

async function playlist(
  name: string,
  sketch: SystemsSketch & { readonly method?: NonNullable<CmafPackaging['encryption']>['method'] } = {},
  kind: 'live' | 'harvest' = 'live',
): Promise<string> {
  const { method = 'CBCS', ...more } = sketch
  const endpoint = cmafEndpoint({ encryption: systemsEncryption(method, more), includeIframeOnlyStream: true })
  const text = written(cmaf, endpoint, `main/news${name}.m3u8`, await withKeys(endpoint, WINDOW, KEYS), { kind })!.text
  hlsParser.parse(text)
  return text
}

/** What stands in front of each segment: how many keys, of which KID, and the header. */
function framesOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => /^#EXT-X-(KEY|MAP)|^[^#]/.test(line))
  return lines.map((line) => {
    const [, kid] = /KEYID=0x(\w{8})/.exec(line) ?? []
    const [, map] = /MAP:URI="\.\.\/sports_([^?"]*)/.exec(line) ?? []
    return kid ? `key ${kid}` : (map ?? 'segment')
  })
}

async function kid(period: number, trackType: string, presets?: SystemsSketch['presets']): Promise<string> {
  const endpoint = cmafEndpoint({ encryption: systemsEncryption('CBCS', { ...(presets && { presets }) }) })
  const keys = await KEYS.onRecord(endpoint, period)
  return keys.find((each) => each.trackType === trackType)!.kid.slice(0, 8)
}

describe('the keys of CMAF playlists', () => {
  it('come with a header of their key period each', async () => {
    const [first, second] = [await kid(PERIOD, 'ALL'), await kid(PERIOD + 1, 'ALL')]
    for (const [name, track] of [
      ['_video_1', 'video_1'],
      ['_audio_2', 'audio_2'],
      ['_iframe_1', 'video_1'],
    ] as const) {
      const header = (period: number) => `${track}_track_1_csid_4_${period}_init.mp4`
      const behind = (id: string, period: number) => [`key ${id}`, `key ${id}`, header(period), 'segment', 'segment']
      const all = [...behind(first, PERIOD), ...behind(second, PERIOD + 1)]
      assert.deepEqual(framesOf(await playlist(name, { rotates: true })), all)
      const still = await kid(0, 'ALL')
      const once = [`key ${still}`, `key ${still}`, header(0), 'segment', 'segment', 'segment', 'segment']
      assert.deepEqual(framesOf(await playlist(name)), once)
    }
    assert.doesNotMatch(await playlist('_subtitles_21', { rotates: true }), /KEY|MAP/)
  })

  it('have the method of the scheme, and the IV that settings give to all', async () => {
    const iv = '00112233445566778899aabbccddeeff'
    assert.match(await playlist('_video_1'), /METHOD=SAMPLE-AES,(?!.*IV=)/)
    const given = await playlist('_video_1', { constantInitializationVector: iv })
    assert.match(given, /METHOD=SAMPLE-AES,.*,IV=0x00112233445566778899aabbccddeeff,/)
    const counted = await playlist('_video_1', { method: 'CENC', constantInitializationVector: iv })
    assert.match(counted, /METHOD=SAMPLE-AES-CTR,(?!.*,IV=)/)
  })

  it('are those of the tracks by the contract, and of the parent those of all tracks', async () => {
    const presets = ['PRESET-VIDEO-2', 'PRESET-AUDIO-2'] as const
    const expected = {
      _video_1: 'HD',
      _video_11: 'SD',
      _iframe_1: 'HD',
      _audio_2: 'STEREO_AUDIO',
      _audio_3: 'MULTICHANNEL_AUDIO',
    }
    const kids: string[] = []
    for (const [name, trackType] of Object.entries(expected)) {
      const own = await kid(0, trackType, presets)
      assert.equal(framesOf(await playlist(name, { presets }))[0], `key ${own}`)
      kids.push(own)
    }
    const session = (text: string) => [...text.matchAll(/SESSION-KEY:.*KEYID=0x(\w{8})/g)].map(([, id]) => id!)
    assert.deepEqual(new Set(session(await playlist('', { presets }))), new Set(kids))
    assert.deepEqual(new Set(session(await playlist('', { rotates: true }))), new Set([await kid(PERIOD + 1, 'ALL')]))
  })

  it('are none on the side that a contract leaves out', async () => {
    const presets = ['PRESET-VIDEO-1', 'UNENCRYPTED'] as const
    assert.doesNotMatch(await playlist('_audio_2', { presets }), /KEY/)
    assert.match(await playlist('_video_1', { presets }), /EXT-X-KEY/)
    assert.match(await playlist('_audio_2', { presets: ['UNENCRYPTED', 'PRESET-AUDIO-1'] }), /EXT-X-KEY/)
  })

  it('stay in an asset', async () => {
    const text = await playlist('_video_1', { rotates: true }, 'harvest')
    assert.equal(text.match(/#EXT-X-MAP:URI="sports_video_1_track_1_csid_4_\d+_init\.mp4"/g)?.length, 2)
    assert.equal(text.match(/#EXT-X-KEY/g)?.length, 4)
  })
})
