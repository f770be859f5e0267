import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { type EncryptionSketch, sampleEncryption } from '../../../test/keys/sample-encryption.ts'
import { type SampleSystems, sampleKeys } from '../../../test/keys/sample-keys.ts'
import {
  audio,
  CLOCK,
  ORIGIN,
  outputSegments,
  type SegmentSketch,
  subtitles,
  variant,
  video,
  windowOf,
  written,
} from '../../../test/origin/sample-channel.ts'
import { type HlsSettings, hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { keyLine } from '../../manifests/hls/keys.ts'
import type { KeyDescription } from '../../model/content-keys.ts'
import { FAIRPLAY, PLAYREADY, WIDEVINE } from '../../model/drm-systems.ts'
import type { Era } from '../../model/output-segment.ts'
import { withKeys } from '../content-keys.ts'
import { hls } from '../hls-ts/format.ts'
import type { PlayedStyle } from '../output-format.ts'
import { keySet } from './key-tags.ts'

hlsParser.setOptions({ strictMode: true })

const KID = '0a1b2c3d-0000-4000-8000-0123456789ab'
const IV = new Uint8Array(16).fill(0x77)

const described = (systems: KeyDescription['systems']): KeyDescription => ({ trackType: 'ALL', kid: KID, systems })
const lines = (key: KeyDescription, method: 'AES-128' | 'SAMPLE-AES' = 'SAMPLE-AES', iv?: Uint8Array) =>
  (['EXT-X-KEY', 'EXT-X-SESSION-KEY'] as const).map((tag) =>
    keySet(tag, key, { method, iv }).map((each) => keyLine(tag, each)),
  )

describe('the tags of a key', () => {
  it('follow from what a provider of SPEKE 1.0 tells: a URI, or a PSSH box alone', () => {
    const key = described([
      { systemId: WIDEVINE, pssh: Buffer.from('pssh') },
      { systemId: FAIRPLAY, uriExtXKey: 'skd://1', keyFormat: 'com.apple.x', keyFormatVersions: '1' },
      { systemId: PLAYREADY },
    ])
    const attributes = [
      'METHOD=SAMPLE-AES,URI="skd://1",IV=0x77777777777777777777777777777777,KEYFORMAT="com.apple.x",KEYFORMATVERSIONS="1"',
      `METHOD=SAMPLE-AES,URI="data:text/plain;base64,cHNzaA==",KEYID=0x${KID.replaceAll('-', '')},IV=0x77777777777777777777777777777777,KEYFORMAT="urn:uuid:${WIDEVINE}",KEYFORMATVERSIONS="1"`,
    ]
    assert.deepEqual(lines(key, 'SAMPLE-AES', IV), [
      attributes.map((each) => `#EXT-X-KEY:${each}`),
      attributes.map((each) => `#EXT-X-SESSION-KEY:${each}`),
    ])
  })

  it('state no format and no versions where the provider names no format', () => {
    const key = described([{ systemId: FAIRPLAY, uriExtXKey: 'https://k', keyFormat: '', keyFormatVersions: '1' }])
    assert.deepEqual(lines(key, 'AES-128')[0], ['#EXT-X-KEY:METHOD=AES-128,URI="https://k"'])
  })

  it('are the lines that a provider of SPEKE 2.0 has written, FairPlay first, others last', () => {
    const tags = (system: string, count: number) => ({
      mediaTags: Array.from({ length: count }, (_, i) => `#EXT-X-KEY:METHOD=SAMPLE-AES,URI="${system}${i}"`),
      masterTags: [`#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="${system}"`],
    })
    const key = described([
      { systemId: '1077efec-c0b2-4d02-ace3-3c1e52e2fb4b', ...tags('other', 1) },
      { systemId: PLAYREADY, ...tags('playready', 2), pssh: IV },
      { systemId: WIDEVINE, ...tags('widevine', 1) },
      { systemId: FAIRPLAY, ...tags('fairplay', 1) },
    ])
    const [media, session] = lines(key).map((those) => those.map((line) => line.match(/URI="(.*)"$/)![1]))
    assert.deepEqual(media, ['fairplay0', 'widevine0', 'playready0', 'playready1', 'other0'])
    assert.deepEqual(session, ['fairplay', 'widevine', 'playready', 'other'])
  })
})

const ERA: Era = {
  id: 1,
  origin: ORIGIN,
  clock: CLOCK,
  streams: [variant(1, 2_700_123, [video(540), audio(257, 'eng')]), subtitles(2)],
}

type Sketch = {
  readonly encryption?: EncryptionSketch
  readonly method?: 'AES_128' | 'SAMPLE_AES'
  readonly settings?: HlsSettings
  readonly explicitIv?: Uint8Array
  readonly systems?: SampleSystems
  readonly segments?: readonly SegmentSketch[]
  /** The media sequence numbers that are left out of the window. */
  readonly leftOut?: readonly number[]
  readonly style?: Partial<PlayedStyle>
}

const PLAIN: SampleSystems = (kid) => ({ uriExtXKey: `https://keys.example/${kid}`, keyFormat: '' })

async function manifest(path: string, sketch: Sketch): Promise<string> {
  const { method = 'AES_128', explicitIv, systems = PLAIN, segments = Array(5).fill({}) as object[] } = sketch
  const endpoint = hlsEndpoint({ ...sketch.settings, encryption: sampleEncryption(method, sketch.encryption) })
  const shown = outputSegments(
    11,
    segments.map((each) => ({ era: ERA, ...each })),
  ).filter(({ number }) => !sketch.leftOut?.includes(number))
  const window = await withKeys(
    endpoint,
    windowOf(shown, { eras: [ERA] }),
    sampleKeys(systems, explicitIv ? { explicitIv } : {}),
  )
  const text = written(hls, endpoint, path, window, { kind: 'live', ...sketch.style })!.text
  hlsParser.parse(text)
  const parser = new M3u8Parser()
  parser.push(text)
  parser.end()
  return text
}

/** The lines of keys in front of each segment, without the zeros that IVs begin with, and with KIDs counted. */
function keysIn(text: string): readonly (readonly string[])[] {
  const kids = new Map<string, number>()
  const counted = (line: string) =>
    line
      .replace(/^#EXT-X-KEY:/, '')
      .replace(/(?<=keys\.example\/)[^"]+/, (kid) => {
        kids.set(kid, kids.get(kid) ?? kids.size + 1)
        return `${kids.get(kid)}`
      })
      .replace(/(?<=IV=0x)0+(?=.)/, '')
  return text
    .split(/^[^#\n].*\n/m)
    .slice(0, -1)
    .map((part) =>
      part
        .split('\n')
        .filter((line) => line.startsWith('#EXT-X-KEY'))
        .map(counted),
    )
}

const KEY = (n: number, more = '') => `METHOD=AES-128,URI="https://keys.example/${n}"${more}`

describe('keys in media playlists', () => {
  const version = (text: string) => Number(/^#EXT-X-VERSION:(\d+)$/m.exec(text)?.[1])

  it('stand in front of the first segment', async () => {
    const text = await manifest('index_1.m3u8', {})
    assert.deepEqual(keysIn(text), [[KEY(1)], [], [], [], []])
    assert.equal(version(text), 3)
  })

  it('stand where the key changes, at whole intervals since 1970', async () => {
    const text = await manifest('index_1.m3u8', { encryption: { keyRotationIntervalSeconds: 10 } })
    // Segments begin 0, 6, 12, 18 and 24 s behind noon.
    assert.deepEqual(keysIn(text), [[KEY(1)], [], [KEY(2)], [], [KEY(3)]])
  })

  it('stand in front of each segment where they are to be repeated', async () => {
    const encryption = { keyRotationIntervalSeconds: 12 }
    const text = await manifest('index_1.m3u8', { encryption, settings: { repeatExtXKey: true } })
    assert.deepEqual(keysIn(text), [[KEY(1)], [KEY(1)], [KEY(2)], [KEY(2)], [KEY(3)]])
  })

  it('do not change where a provider gave one key for two key periods', async () => {
    const systems: SampleSystems = () => ({ uriExtXKey: 'https://keys.example/same' })
    const text = await manifest('index_1.m3u8', { encryption: { keyRotationIntervalSeconds: 6 }, systems })
    assert.deepEqual(keysIn(text), [[KEY(1)], [], [], [], []])
  })

  it('state the IV of the settings, or that of the provider', async () => {
    const constantInitializationVector = `${'0'.repeat(30)}AB`
    const constant = await manifest('index_1.m3u8', { encryption: { constantInitializationVector }, explicitIv: IV })
    assert.deepEqual(keysIn(constant)[0], [KEY(1, ',IV=0xab')])
    const given = await manifest('index_1.m3u8', { explicitIv: IV, leftOut: [12] })
    assert.deepEqual(keysIn(given), [[KEY(1, `,IV=0x${'77'.repeat(16)}`)], [], [], []])
    assert.equal(version(given), 3)
  })

  it('state the IV of each segment whose number is not the one that players count', async () => {
    const text = await manifest('index_1.m3u8', { leftOut: [13] })
    assert.match(text, /#EXT-X-MEDIA-SEQUENCE:11\n/)
    assert.deepEqual(keysIn(text), [[KEY(1)], [], [KEY(1, ',IV=0xe')], [KEY(1, ',IV=0xf')]])
  })

  it('pass over gaps', async () => {
    const segments = [{ missing: [1] }, {}, { missing: [1] }, {}]
    const text = await manifest('index_1.m3u8', { segments, encryption: { keyRotationIntervalSeconds: 10 } })
    assert.deepEqual(keysIn(text), [[], [KEY(1)], [], [KEY(2)]])
    assert.equal(version(text), 8)
  })

  it('are none of subtitles', async () => {
    assert.doesNotMatch(await manifest('index_2_0.m3u8', {}), /KEY/)
  })

  it('have version 5 with a format', async () => {
    const systems: SampleSystems = () => ({ uriExtXKey: 'skd://1', keyFormat: 'x', keyFormatVersions: '1' })
    const text = await manifest('index_1.m3u8', { systems })
    assert.deepEqual(keysIn(text)[0], ['METHOD=AES-128,URI="skd://1",KEYFORMAT="x",KEYFORMATVERSIONS="1"'])
    assert.equal(version(text), 5)
    assert.equal(version(await manifest('index.m3u8', { systems })), 5)
  })

  it('state the media sequence number as IV of encrypted samples', async () => {
    const text = await manifest('index_1.m3u8', { method: 'SAMPLE_AES', segments: [{}, {}] })
    assert.deepEqual(keysIn(text), [
      ['METHOD=SAMPLE-AES,URI="https://keys.example/1",IV=0xb'],
      ['METHOD=SAMPLE-AES,URI="https://keys.example/1",IV=0xc'],
    ])
  })
})

describe('session keys in parent playlists', () => {
  it('are those of the newest segment, as its media playlists have them, once for each system', async () => {
    const encryption = { keyRotationIntervalSeconds: 10, systemIds: [WIDEVINE, FAIRPLAY] }
    const systems: SampleSystems = (kid, systemId) => ({ uriExtXKey: `${systemId}/${kid}`, keyFormat: systemId })
    const sketch = { encryption, systems, explicitIv: IV, method: 'SAMPLE_AES' } as const
    const parent = await manifest('index.m3u8', sketch)
    const media = await manifest('index_1.m3u8', sketch)
    const session = parent.split('\n').filter((line) => line.startsWith('#EXT-X-SESSION-KEY:'))
    assert.equal(session.length, 2)
    assert.deepEqual(
      session.map((line) => line.replace('SESSION-', '')),
      media
        .split('\n')
        .filter((line) => line.startsWith('#EXT-X-KEY:'))
        .slice(-2),
    )
    assert.match(parent, /^#EXTM3U\n#EXT-X-VERSION:5\n/)
  })

  it('are none where a request excludes them, and none of an endpoint in the clear', async () => {
    const excluded = await manifest('index.m3u8', { style: { excludesSessionKeys: true } })
    assert.equal(excluded, (await manifest('index.m3u8', {})).replace(/#EXT-X-SESSION-KEY.*\n/, ''))
    const clear = written(
      hls,
      hlsEndpoint(),
      'index.m3u8',
      windowOf(outputSegments(1, [{ era: ERA }]), { eras: [ERA] }),
    )
    assert.doesNotMatch(clear!.text, /KEY/)
  })
})
