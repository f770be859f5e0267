import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { writeMultiplex } from '../../test/fixtures/transport-stream.ts'
import { sampleEncryption } from '../../test/keys/sample-encryption.ts'
import { sampleKeys } from '../../test/keys/sample-keys.ts'
import { OriginUnderTest } from '../../test/origin/origin-under-test.ts'
import {
  audio,
  LADDER,
  NOON,
  outputSegments,
  overEra,
  sampleBytes,
  variant,
  video,
  windowOf,
} from '../../test/origin/sample-channel.ts'
import { hlsEndpoint } from '../../test/origin/sample-endpoints.ts'
import type { TrackDescription } from '../media/track.ts'
import type { SourceStream } from '../model/output-segment.ts'
import { NoContentKey } from '../packaging/content-keys.ts'

const origin = new OriginUnderTest()
const ask = origin.ask.bind(origin)
const THREE = windowOf(outputSegments(10, [{}, {}, {}]))

before(() => origin.listen())
after(() => origin.close())

describe('an encrypted endpoint', () => {
  it('gives nobody the bytes of a source, under no name, and no ranges of them', async () => {
    const encryption = sampleEncryption('AES_128')
    origin.serve(hlsEndpoint({ encryption, includeIframeOnlyStream: true }), THREE)
    const playlist = await origin.manifest('index_1_iframe.m3u8')
    assert.doesNotMatch(playlist, /BYTERANGE/)
    const { status, headers, body } = await ask('index_1_10.ts')
    assert.deepEqual([status, headers['content-type'], body.length % 16], [200, 'video/mp2t', 0])
    assert.ok(!body.includes(Buffer.from(sampleBytes('s1-10-0')).subarray(0, 16)))
    const part = await ask('index_1_10.ts', { Range: 'bytes=16-31' })
    assert.ok(part.status === 206 && part.body.equals(body.subarray(16, 32)))
    // Its key frame is none: what cannot be made is not replaced by what it would be made of.
    assert.ok((await ask('index_1_iframe_10.ts')).status >= 400)
  })

  it('is 404 while its provider gives no key, and asked again soon', async () => {
    const refuse = async (): Promise<never> => {
      throw new NoContentKey('none yet')
    }
    origin.contentKeys = { find: refuse, describe: refuse, onRecord: refuse }
    origin.serve(hlsEndpoint({ encryption: sampleEncryption('AES_128') }), THREE)
    for (const path of ['index.m3u8', 'index_1.m3u8', 'index_1_10.ts']) {
      const { status, headers, text } = await ask(path)
      assert.deepEqual([status, headers['retry-after']], [404, '5'], path)
      assert.match(text, /^This endpoint has no content key so far: none yet\./)
    }
    origin.contentKeys = sampleKeys()
  })

  it('may leave out the session keys of a parent manifest, live or of a window, filtered or not', async () => {
    const encryption = sampleEncryption('AES_128', { keyRotationIntervalSeconds: 10 })
    origin.serve(
      hlsEndpoint({ encryption }, { startoverWindowSeconds: 600 }),
      windowOf(outputSegments(10, [{}, {}, {}])),
    )
    const start = NOON / 1000
    for (const query of ['', `start=${start}&end=${start + 12}`, 'aws.manifestfilter=video_height:1-400']) {
      const whole = (await ask(`index.m3u8?${query}`)).text
      assert.match(whole, /\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI="https:\/\/keys\.example\//)
      const { text } = await ask(`index.m3u8?${query}&aws.drmsettings=excludesessionkeys`)
      const without = whole.replace(/#EXT-X-SESSION-KEY:.*\n/, '')
      assert.equal(text.replace(/(?<=VERSION:)\d/, '5'), without)
      assert.equal((await ask(`index.m3u8?${query}`)).text, whole)
    }
  })

  it('is 404 where no stream can be encrypted, which is logged once', async () => {
    const hevc = { ...video(540), codec: 'hvc1.1.6.L93.B0' }
    const streams = [variant(1, 2_000_000, [hevc, audio(257)])]
    const era = { ...LADDER, streams }
    const encryption = sampleEncryption('SAMPLE_AES')
    origin.lines.length = 0
    origin.serve(hlsEndpoint({ encryption }), overEra(era, 1, [{}]))
    for (let asked = 0; asked < 2; asked++) {
      const { status, text } = await ask('index.m3u8')
      assert.equal(status, 404)
      assert.match(text, /not defined for HEVC/)
    }
    const told = origin.lines.filter(({ fields }) => fields.event === 'streams-not-encryptable')
    assert.deepEqual(
      told.map(({ level, fields }) => [level, fields['streams']]),
      [['warn', 'all']],
    )
  })

  it('leaves out variants that cannot be encrypted, and their files', async () => {
    const hevc = { ...video(1080), codec: 'hvc1.1.6.L93.B0' }
    const streams = [variant(1, 4_000_000, [hevc, audio(257)]), variant(2, 1_000_000, [video(360), audio(257)])]
    const window = overEra({ ...LADDER, streams }, 1, [{}])
    origin.serve(hlsEndpoint({ encryption: sampleEncryption('SAMPLE_AES'), includeIframeOnlyStream: true }), window)
    const parent = await origin.manifest('index.m3u8')
    assert.match(parent, /^index_2\.m3u8$/m)
    assert.match(parent, /URI="index_2_iframe\.m3u8"/)
    assert.doesNotMatch(parent, /index_1/)
    for (const path of ['index_1.m3u8', 'index_1_iframe.m3u8', 'index_1_1.ts']) {
      assert.equal((await ask(path)).status, 404, path)
    }
    origin.serve(hlsEndpoint({ encryption: sampleEncryption('AES_128') }), window)
    assert.match(await origin.manifest('index.m3u8'), /^index_1\.m3u8$/m)
    assert.equal((await ask('index_1_1.ts')).status, 200)
  })

  it('leaves out renditions of sound that cannot be encrypted, and their files', async () => {
    const sound = (index: number, tracks: readonly TrackDescription[]): SourceStream => ({
      index,
      playlist: `a${index}.m3u8`,
      role: { kind: 'audio', groupId: 'a', name: `${index}`, isDefault: index === 2, autoselect: true },
      tracks,
      container: 'mpeg-ts',
    })
    const mpeg = { kind: 'other', pid: 257, streamType: 0x03 } as const
    const streams = [variant(1, 1_000_000, [video(360)], { audioGroup: 'a' }), sound(2, [audio(257)]), sound(3, [mpeg])]
    const window = overEra({ ...LADDER, streams }, 1, [{}])
    origin.serve(hlsEndpoint({ encryption: sampleEncryption('SAMPLE_AES') }), window)
    const parent = await origin.manifest('index.m3u8')
    assert.match(parent, /index_2_0\.m3u8/)
    assert.doesNotMatch(parent, /index_3/)
    for (const path of ['index_3_0.m3u8', 'index_3_0_1.ts']) assert.equal((await ask(path)).status, 404, path)
    origin.serve(hlsEndpoint({ encryption: sampleEncryption('AES_128') }), window)
    assert.match(await origin.manifest('index.m3u8'), /index_3_0\.m3u8/)
    assert.equal((await ask('index_3_0_1.ts')).status, 200)
  })

  it('has lost a segment that cannot be encrypted where its stream could, as players and harvests are told', async () => {
    const window = overEra({ ...LADDER, streams: [variant(1, 1_000_000, [video(360)])] }, 1, [{}, {}])
    origin.serve(hlsEndpoint({ encryption: sampleEncryption('SAMPLE_AES') }), window)
    const streams = [{ pid: 256, type: 0x24, descriptors: Buffer.alloc(0) }]
    const packets = [{ pid: 256, streamId: 0xe0, pts: 900_000, payload: Buffer.alloc(500, 7), randomAccess: true }]
    origin.archive.overrides.set('s1-1-0', writeMultiplex({ streams, packets }, new Map()))
    origin.lines.length = 0
    const { status } = await ask('index_1_1.ts')
    const lost = origin.lines.find(({ fields }) => fields.event === 'segment-lost')
    assert.deepEqual([status, lost?.fields['reason']], [404, 'unusable'])
  })
})
