import assert from 'node:assert/strict'
import { parse } from 'mpd-parser'
import { found } from '../../test/found.ts'
import { framesOf, packagerDecrypted, packetsOf, type RawKey } from '../../test/judges/decrypted.ts'
import { mp4boxFile } from '../../test/judges/mp4box-file.ts'
import { protectedChannel } from '../../test/keys/protected-channel.ts'
import { keyBytes, sampleKeys } from '../../test/keys/sample-keys.ts'
import { hexId, samplePssh, systemsEncryption } from '../../test/keys/sample-systems.ts'
import { assetOf, type FakeArchive } from '../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint } from '../../test/origin/sample-endpoints.ts'
import { needing } from '../../test/programs.ts'
import { IS_WHOLE } from '../../test/whole.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow } from '../model/output-segment.ts'
import { cmaf } from './cmaf/format.ts'
import { type ContentKeys, withKeys } from './content-keys.ts'
import { dash } from './dash/format.ts'
import type { OutputFormat, SegmentBody } from './output-format.ts'
import { protecting } from './protecting.ts'

const { before, describe, it } = needing('ffmpeg')

const KEYS = sampleKeys(samplePssh)

type Channel = { readonly archive: FakeArchive; readonly window: ArchiveWindow }

/** A format of an endpoint as origin uses it. */
class Served {
  readonly endpoint: OriginEndpoint
  private readonly format: OutputFormat
  private readonly channel: Channel
  private readonly media

  constructor(format: OutputFormat, endpoint: OriginEndpoint, channel: Channel) {
    this.format = endpoint.packaging.encryption ? protecting(format) : format
    this.endpoint = endpoint
    this.channel = channel
    this.media = channel.archive.media()
  }

  async body(path: string, keys: ContentKeys = KEYS): Promise<SegmentBody> {
    const request = this.format.resolve(this.endpoint, path)
    assert.ok(request?.kind === 'segment', path)
    return found(await request.body(this.channel.archive, this.media, keys))!
  }

  async bytes(path: string): Promise<Buffer> {
    return bytesOf(await this.body(path))
  }

  async manifest(path: string): Promise<string> {
    const request = this.format.resolve(this.endpoint, path)
    assert.ok(request?.kind === 'manifest', path)
    const written = request.write(await withKeys(this.endpoint, this.channel.window, KEYS), { kind: 'live' })
    assert.ok(typeof written === 'object')
    return written.text
  }
}

function bytesOf(body: SegmentBody | undefined): Buffer {
  assert.ok(body?.kind === 'bytes')
  return Buffer.concat(body.parts)
}

async function keyOf(endpoint: OriginEndpoint, period: number, trackType = 'ALL'): Promise<RawKey> {
  const key = (await KEYS.onRecord(endpoint, period)).find((each) => each.trackType === trackType)
  return { id: Buffer.from(hexId(key!.kid), 'hex'), key: keyBytes(key!.kid) }
}

/** The segments of a media playlist, each with its header. */
function listedIn(playlist: string): readonly { readonly header: string; readonly uri: string }[] {
  let header = ''
  return playlist.split('\n').flatMap((line) => {
    header = /^#EXT-X-MAP:URI="([^"?]*)/.exec(line)?.[1] ?? header
    return line === '' || line.startsWith('#') ? [] : [{ header, uri: line.split('?')[0]! }]
  })
}

const TRACKS = { video: 'video_1', aac: 'audio_2', ac3: 'audio_3', eac3: 'audio_4' } as const
const kindOf = (name: string) => (name.startsWith('video') ? 'video' : 'audio')
/** Of the segments that the sample channel begins at 12:00:08, :10 and :12. */
const PERIODS = [0, 1, 1].map((i) => Date.UTC(2026, 7, 1, 12, 0, 0) / 10_000 + i)

describe('encrypted fragmented MP4', () => {
  const channels = new Map<string, Channel>()
  before(async () => {
    for (const codec of ['h264', 'hevc'] as const) channels.set(codec, await protectedChannel(codec))
  })

  /** AC-3 and E-AC-3, which are encrypted alike, share the four ways. */
  const ALL_CASES = (['CBCS', 'CENC'] as const).flatMap((method) =>
    [false, true].flatMap((rotates) => [
      { codec: 'h264', name: TRACKS.video, method, rotates },
      { codec: 'hevc', name: TRACKS.video, method, rotates },
      { codec: 'h264', name: TRACKS.aac, method, rotates },
      { codec: 'h264', name: rotates === (method === 'CBCS') ? TRACKS.ac3 : TRACKS.eac3, method, rotates },
    ]),
  )
  /** Each codec of pictures by each method, one of them with keys that rotate, and sound. */
  const CASES = ALL_CASES.filter(({ codec, name, method, rotates }) => {
    if (IS_WHOLE) return true
    return name === TRACKS.video
      ? (codec === 'hevc') === rotates && (method === 'CENC') === rotates
      : name === TRACKS.aac && method === 'CBCS' && rotates
  })

  /** Segments of a track and the headers they are played behind, by key period. */
  async function inKeyPeriods(served: Served, name: string): Promise<ReadonlyMap<number, Buffer>> {
    const { keyRotationIntervalSeconds: seconds } = served.endpoint.packaging.encryption!
    const files =
      served.endpoint.packaging.manifests[0]!.type === 'DASH'
        ? [4, 5, 6].map((n) => ({ header: `index_${name}_3_init.mp4`, uri: `index_${name}_3_${n}.mp4` }))
        : listedIn(await served.manifest(`main/news_${name}.m3u8`)).map(({ header, uri }) => ({
            header: header.replace('../', ''),
            uri: uri.replace('../', ''),
          }))
    assert.equal(files.length, 3)
    const periods = new Map<number, Buffer>()
    for (const [i, { header, uri }] of files.entries()) {
      const period = seconds === 0 ? 0 : PERIODS[i]!
      const before = periods.get(period) ?? (await served.bytes(header))
      periods.set(period, Buffer.concat([before, await served.bytes(uri)]))
    }
    return periods
  }

  for (const { codec, name, method, rotates } of CASES) {
    const keys = rotates ? 'keys that rotate' : 'one key'
    it(`is decrypted to what a clear endpoint has: ${codec}, ${name}, ${method}, ${keys}`, async () => {
      const channel = channels.get(codec)!
      const clear = new Served(cmaf, cmafEndpoint(), channel)
      const segments: Buffer[] = []
      for (const n of [4, 5, 6]) segments.push(await clear.bytes(`sports_${name}_${n}.mp4`))
      const header = await clear.bytes(`sports_${name}_track_1_csid_3_init.mp4`)
      const expected: string[][] = []
      for (const of of rotates ? [segments.slice(0, 1), segments.slice(1)] : [segments]) {
        expected.push(await packetsOf(Buffer.concat([header, ...of])))
      }
      const encryption = systemsEncryption(method, { rotates })
      for (const [format, endpoint] of [
        [cmaf, cmafEndpoint({ encryption })],
        [dash, dashEndpoint({ encryption })],
      ] as const) {
        // A constant IV that no header can have, since it follows from the key.
        const isUnknown = format === dash && rotates && method === 'CBCS'
        const periods = await inKeyPeriods(new Served(format, endpoint, channel), name)
        assert.equal(periods.size, expected.length)
        for (const [i, [period, file]] of [...periods].entries()) {
          const key = await keyOf(endpoint, period)
          if (!isUnknown) assert.deepEqual(await packetsOf(file, key), expected[i])
          // Of keys that segments tell, shaka-packager knows nothing.
          if (format === dash && rotates) continue
          assert.deepEqual(await packetsOf(await packagerDecrypted(file, kindOf(name), key)), expected[i])
        }
      }
    })
  }

  it('shows the pictures of a clear endpoint, and under another key none of them', async () => {
    const channel = channels.get('h264')!
    const clear = new Served(cmaf, cmafEndpoint(), channel)
    const plain = [
      await clear.bytes('sports_video_1_track_1_csid_3_init.mp4'),
      await clear.bytes('sports_video_1_4.mp4'),
    ]
    const endpoint = cmafEndpoint({ encryption: systemsEncryption('CBCS') })
    const served = new Served(cmaf, endpoint, channel)
    const file = [
      await served.bytes('sports_video_1_track_1_csid_3_0_init.mp4'),
      await served.bytes('sports_video_1_4.mp4'),
    ]
    const frames = await framesOf(Buffer.concat(plain))
    assert.equal(frames.length, 50)
    assert.deepEqual(await framesOf(Buffer.concat(file), await keyOf(endpoint, 0)), frames)
    const packets = await packetsOf(Buffer.concat(plain))
    const wrong = await packetsOf(Buffer.concat(file), await keyOf(endpoint, 1))
    assert.deepEqual(
      wrong.filter((packet) => packets.includes(packet)),
      [],
    )
  })

  it('has the key frames of trick play in both formats, under IVs of their own', async () => {
    const channel = channels.get('h264')!
    const encryption = systemsEncryption('CENC')
    const hls = new Served(cmaf, cmafEndpoint({ encryption, includeIframeOnlyStream: true }), channel)
    const mpd = new Served(dash, dashEndpoint({ encryption, includeIframeOnlyStream: true }), channel)
    const header = await hls.bytes('sports_video_1_track_1_csid_3_0_init.mp4')
    const key = await keyOf(hls.endpoint, 0)
    const ofHls = await hls.bytes('sports_iframe_1_4.mp4')
    const ofDash = await mpd.bytes('index_iframe_1_3_4.mp4')
    const whole = await hls.bytes('sports_video_1_4.mp4')
    const [keyFrame] = await packetsOf(Buffer.concat([header, whole]), key)
    for (const segment of [ofHls, ofDash]) {
      assert.equal((await packetsOf(Buffer.concat([header, segment]), key))[0], keyFrame)
    }
    assert.deepEqual(ivsIn(ofHls)[0], ivsIn(ofDash)[0])
    assert.notDeepEqual(ivsIn(ofHls)[0], ivsIn(whole)[0])
  })

  it('has the same bytes in an asset of what is shown as it is recorded', async () => {
    const channel = channels.get('h264')!
    for (const [format, endpoint] of [
      [cmaf, cmafEndpoint({ encryption: systemsEncryption('CENC', { rotates: true }) })],
      [dash, dashEndpoint({ encryption: systemsEncryption('CENC', { rotates: true }) })],
    ] as const) {
      const served = new Served(format, endpoint, channel)
      const window = await withKeys(endpoint, channel.window, KEYS)
      const asset = assetOf(protecting(format), endpoint, window)!
      const media = channel.archive.media()
      const names = new Set<string>()
      for (const { name, body } of asset.segments) {
        names.add(name)
        assert.deepEqual(bytesOf(await body(media, KEYS)), await served.bytes(name), name)
      }
      // Four tracks of three segments, and a header for each; of HLS one for each of two key periods.
      assert.equal(names.size, 12 + (format === cmaf ? 8 : 4))
    }
  })

  it('never requests keys for the headers of key periods that somebody names', async () => {
    const refusing: ContentKeys = {
      ...KEYS,
      find: () => assert.fail('requested'),
      onRecord: async (endpoint, period) => (period === 7 ? [] : KEYS.onRecord(endpoint, period)),
    }
    const encryption = systemsEncryption('CENC', { rotates: true })
    const served = new Served(cmaf, cmafEndpoint({ encryption }), channels.get('h264')!)
    await served.body('sports_video_1_track_1_csid_3_6_init.mp4', refusing)
    await assert.rejects(() => served.body('sports_video_1_track_1_csid_3_7_init.mp4', refusing), {
      name: 'NoContentKey',
    })
    assert.equal(cmaf.resolve(served.endpoint, 'sports_video_1_track_1_csid_3_init.mp4'), undefined)
    assert.equal(cmaf.resolve(cmafEndpoint(), 'sports_video_1_track_1_csid_3_6_init.mp4'), undefined)
  })

  it('names DRM systems in headers while keys stay, and else in the segments of DASH alone', async () => {
    const channel = channels.get('h264')!
    const systems = async (endpoint: OriginEndpoint, format: OutputFormat, header: string, segment: string) => {
      const served = new Served(format, endpoint, channel)
      const file = mp4boxFile(Buffer.concat([await served.bytes(header), await served.bytes(segment)]))
      const { psshs = [], boxes } = file.moov as unknown as { psshs?: unknown[]; boxes: { type: string }[] }
      const { boxes: inMoof } = file.moofs![0] as unknown as { boxes: { type: string }[] }
      const count = (all: { type: string }[]) => all.filter(({ type }) => type === 'pssh').length
      assert.equal(psshs.length, count(boxes))
      return [count(boxes), count(inMoof)]
    }
    const [still, turning] = [false, true].map((rotates) => systemsEncryption('CENC', { rotates }))
    const ofHls = (period: number) => `sports_video_1_track_1_csid_3_${period}_init.mp4`
    const segment = 'sports_video_1_4.mp4'
    assert.deepEqual(await systems(cmafEndpoint({ encryption: still! }), cmaf, ofHls(0), segment), [2, 0])
    assert.deepEqual(await systems(cmafEndpoint({ encryption: turning! }), cmaf, ofHls(PERIODS[0]!), segment), [0, 0])
    const ofDash = ['index_video_1_3_init.mp4', 'index_video_1_3_4.mp4'] as const
    assert.deepEqual(await systems(dashEndpoint({ encryption: still! }), dash, ...ofDash), [2, 0])
    assert.deepEqual(await systems(dashEndpoint({ encryption: turning! }), dash, ...ofDash), [0, 2])
  })

  it('stays in the clear on the side that a contract leaves out', async () => {
    const channel = channels.get('h264')!
    for (const [presets, clear, hidden] of [
      [['UNENCRYPTED', 'PRESET-AUDIO-1'], 'video_1', 'audio_2'],
      [['PRESET-VIDEO-1', 'UNENCRYPTED'], 'audio_2', 'video_1'],
    ] as const) {
      const encryption = systemsEncryption('CENC', { presets })
      const served = new Served(cmaf, cmafEndpoint({ encryption }), channel)
      const plain = new Served(cmaf, cmafEndpoint(), channel)
      const header = (name: string) => `sports_${name}_track_1_csid_3_0_init.mp4`
      for (const path of [header(clear), `sports_${clear}_4.mp4`]) {
        const body = await served.body(path)
        assert.equal(body.protection, 'not in contract')
        assert.deepEqual(bytesOf(body), await plain.bytes(path.replace('_3_0_init', '_3_init')))
      }
      for (const path of [header(hidden), `sports_${hidden}_4.mp4`]) {
        assert.equal((await served.body(path)).protection, 'encrypted')
      }
      const text = await new Served(dash, dashEndpoint({ encryption }), channel).manifest('index.mpd')
      const sets = text.split('<AdaptationSet ').slice(1)
      const isHidden = sets.map((set) => set.includes('<ContentProtection '))
      const isSound = sets.map((set) => set.includes('contentType="audio"'))
      assert.deepEqual(isHidden, hidden === 'audio_2' ? isSound : isSound.map((each) => !each))
      assert.ok(parse(text, { manifestUri: 'https://origin.example/index.mpd' }).playlists.length > 0)
    }
  })
})

/** The IVs of a fragment, as mp4box reads them. */
function ivsIn(segment: Buffer): readonly string[] {
  const [moof] = mp4boxFile(segment).moofs!
  const { senc } = moof!.trafs[0] as unknown as { senc: { start: number; size: number } }
  return [segment.subarray(senc.start + 16, senc.start + 24).toString('hex')]
}
