/** Encrypted HLS over MPEG-TS, as it is served: decrypted by programs of others, by nothing but its playlists. */
import assert from 'node:assert/strict'
import hlsParser from 'hls-parser'
import { ticks } from '../../src/media/time.ts'
import type { KeyDescription } from '../../src/model/content-keys.ts'
import type { OutputSegment } from '../../src/model/output-segment.ts'
import { withKeys } from '../../src/packaging/content-keys.ts'
import { hls } from '../../src/packaging/hls-ts/format.ts'
import { LEFT_ENCRYPTED } from '../judges/encrypted-hls.ts'
import { assertSamePackets, type Packet, type Track, tracksOfSegments, tracksOfUrl } from '../judges/packets.ts'
import { Player } from '../judges/player.ts'
import { run } from '../judges/processes.ts'
import { KeyFiles } from '../keys/key-files.ts'
import { type EncryptionSketch, sampleEncryption } from '../keys/sample-encryption.ts'
import { sampleKeys } from '../keys/sample-keys.ts'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'
import { type EncryptedChannel, encryptedChannel, SEGMENTS } from './encrypted-channel.ts'
import { OriginUnderTest } from './origin-under-test.ts'
import { assetOf, GUID } from './sample-channel.ts'
import { type HlsSettings, hlsEndpoint } from './sample-endpoints.ts'

const { after, before, describe, it } = needing('ffmpeg', 'openssl')
const playing = needing('chromium')

const IV = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const METHODS = ['AES_128', 'SAMPLE_AES'] as const
const IVS = {
  'the IV of the settings': { encryption: { constantInitializationVector: IV.toString('hex') }, more: {} },
  'the IV of the provider': { encryption: {}, more: { explicitIv: IV } },
  'the media sequence as IV': { encryption: {}, more: {} },
} as const satisfies Record<string, { encryption: EncryptionSketch; more: Pick<KeyDescription, 'explicitIv'> }>

/** Pictures with all sounds, then with one, then packed audio in each codec. */
const PLAYLISTS = ['index_1.m3u8', 'index_2.m3u8', 'index_3_0.m3u8', 'index_4_0.m3u8', 'index_5_0.m3u8']

type Method = (typeof METHODS)[number]

/** By how often keys change; all of all in `npm run soak -- --only whole-cases`. */
const IN_GATE: Readonly<Record<Method, Readonly<Record<number, keyof typeof IVS>>>> = {
  AES_128: { 10: 'the IV of the provider' },
  SAMPLE_AES: { 0: 'the media sequence as IV', 10: 'the IV of the settings' },
}

const halved = (segment: OutputSegment): OutputSegment => {
  return { ...segment, duration: ticks(segment.duration / 2), isCut: true }
}

describe('encrypted HLS over MPEG-TS', () => {
  let channel: EncryptedChannel
  let origin: OriginUnderTest
  let keyFiles: KeyFiles
  let base: string
  /** The segments of the channel in the clear, by their playlists. */
  const clear = new Map<string, readonly Buffer[]>()
  /** The tracks of its first stream, and how many packets each has in each segment. */
  let tracks: readonly Track[]
  let counts: readonly (readonly number[])[]
  before(async () => {
    channel = await encryptedChannel()
    keyFiles = await KeyFiles.start()
    origin = new OriginUnderTest()
    await origin.listen()
    base = `${origin.url}/out/v1/${GUID}/`
    serve({})
    for (const path of PLAYLISTS) clear.set(path, await segmentsOf(path))
    tracks = await tracksOfUrl(`${base}index_1.m3u8`)
    const bySegment = await Promise.all(clear.get('index_1.m3u8')!.map((segment) => tracksOfSegments([segment])))
    counts = tracks.map((_, at) => bySegment.map((each) => each[at]!.packets.length))
  })
  after(async () => {
    await origin.close()
    keyFiles.stop()
  })

  function serve(settings: HlsSettings, more: Pick<KeyDescription, 'explicitIv'> = {}): void {
    origin.contentKeys = sampleKeys(keyFiles.systems, more)
    origin.serve(hlsEndpoint({ durationSeconds: 4, ...settings }), channel.window)
    for (const [key, bytes] of channel.sources) origin.archive.overrides.set(key, bytes)
  }
  const encrypted = (method: Method, sketch: EncryptionSketch = {}, more: Pick<KeyDescription, 'explicitIv'> = {}) =>
    serve({ includeIframeOnlyStream: true, encryption: sampleEncryption(method, sketch) }, more)

  const bytesAt = async (uri: string) => Buffer.from(await (await fetch(base + uri)).arrayBuffer())
  const playlist = async (path: string) => hlsParser.parse(await origin.manifest(path)) as hlsParser.types.MediaPlaylist
  const segmentsOf = async (path: string): Promise<Buffer[]> => {
    const { segments } = await playlist(path)
    return Promise.all(segments.map(({ uri }) => bytesAt(uri)))
  }

  /**
   * The packets that ffmpeg decrypts. Of SAMPLE-AES it decrypts those that its parsers hold at the end of a segment by
   * the key and the IV of the next.
   */
  function decrypted(packets: readonly Packet[], method: Method, counts: readonly number[]): readonly Packet[] {
    if (method === 'AES_128') return packets
    let end = 0
    return counts.flatMap((count) => {
      const begin = end
      end += count
      return packets.slice(begin + LEFT_ENCRYPTED, end - LEFT_ENCRYPTED)
    })
  }

  for (const method of METHODS) {
    for (const [what, { encryption, more }] of Object.entries(IVS)) {
      for (const keyRotationIntervalSeconds of [0, 10]) {
        if (!IS_WHOLE && what !== IN_GATE[method][keyRotationIntervalSeconds]) continue
        const keys = keyRotationIntervalSeconds === 0 ? 'one key' : 'a new key every ten seconds'
        it(`${method} gives ffmpeg every packet of pictures and all sounds, with ${what} and ${keys}`, async () => {
          encrypted(method, { keyRotationIntervalSeconds, ...encryption }, more)
          const text = await origin.manifest('index_1.m3u8')
          const isStated = method === 'AES_128' || what !== 'the media sequence as IV'
          const count = isStated ? (keyRotationIntervalSeconds === 0 ? 1 : 2) : SEGMENTS
          assert.equal(text.split('#EXT-X-KEY').length - 1, count)
          const found = await tracksOfUrl(`${base}index_1.m3u8`)
          for (const [at, { kind, packets }] of tracks.entries()) {
            assert.equal(found[at]!.packets.length, packets.length)
            const [actual, expected] = [found[at]!.packets, packets].map((each) => decrypted(each, method, counts[at]!))
            assert.ok(expected!.length > packets.length / 2)
            assertSamePackets({ kind, packets: actual! }, { kind, packets: expected! }, `track ${at}`)
          }
        })
      }
    }
  }

  /** Each segment of a playlist as openssl decrypts it, by what the playlist says of its key and its IV. */
  async function wholeDecrypted(
    { segments }: hlsParser.types.MediaPlaylist,
    bytesOf: (uri: string) => Promise<Buffer>,
  ): Promise<Buffer[]> {
    return Promise.all(
      segments.map(async ({ uri, key, mediaSequenceNumber }) => {
        const bytes = Buffer.from(await (await fetch(key!.uri!)).arrayBuffer())
        const iv = key!.iv ? Buffer.from(key!.iv).toString('hex') : mediaSequenceNumber.toString(16).padStart(32, '0')
        const args = ['enc', '-d', '-aes-128-cbc', '-K', bytes.toString('hex'), '-iv', iv]
        return run('openssl', args, [await bytesOf(uri)])
      }),
    )
  }

  it('AES_128 gives openssl every byte of segments in every container, ID3 included', async () => {
    encrypted('AES_128', { keyRotationIntervalSeconds: 10 })
    for (const path of PLAYLISTS) {
      const files = await wholeDecrypted(await playlist(path), bytesAt)
      assert.deepEqual(files, clear.get(path))
    }
  })

  /** The segments of each playlist of an asset in the clear, or as they are decrypted. */
  async function assetSegments(settings: HlsSettings, segments: readonly OutputSegment[]): Promise<Buffer[][]> {
    serve(settings)
    const [endpoint] = [...origin.resources.endpoints.values()]
    const window = await withKeys(endpoint!, { ...channel.window, segments }, origin.contentKeys)
    const asset = assetOf(hls, endpoint!, window)!
    const media = origin.archive.media()
    const bytesOf = async (uri: string) => {
      const body = await asset.segments.find(({ name }) => name === uri)!.body(media, origin.contentKeys)
      assert.equal(body?.protection, settings.encryption && 'encrypted')
      if (body?.kind === 'bytes') return Buffer.concat(body.parts)
      assert.ok(body?.kind === 'object')
      return Buffer.from(await origin.archive.read(body.object))
    }
    const listed = PLAYLISTS.map((path) => {
      const { text } = asset.manifests.find(({ name }) => name === path)!.body()
      return hlsParser.parse(text) as hlsParser.types.MediaPlaylist
    })
    return Promise.all(
      listed.map((playlist) =>
        settings.encryption
          ? wholeDecrypted(playlist, bytesOf)
          : Promise.all(playlist.segments.map(({ uri }) => bytesOf(uri))),
      ),
    )
  }

  const WINDOWS: readonly [what: string, change: (segments: readonly OutputSegment[]) => readonly OutputSegment[]][] = [
    ['under the live numbers', (segments) => segments],
    ['under numbers of its own', (segments) => segments.map((each, i) => ({ ...each, number: i + 1 }))],
    ['of which a segment is left out', (segments) => segments.toSpliced(1, 1)],
    ['that ends within a segment', (segments) => segments.map((each, i) => (i < SEGMENTS - 1 ? each : halved(each)))],
  ]
  for (const [what, change] of IS_WHOLE ? WINDOWS : WINDOWS.slice(-2)) {
    it(`gives openssl every byte of an asset ${what}`, async () => {
      const segments = change(channel.window.segments)
      const expected = await assetSegments({}, segments)
      const encryption = sampleEncryption('AES_128', { keyRotationIntervalSeconds: 10 })
      assert.deepEqual(await assetSegments({ encryption }, segments), expected)
      const isShort = segments.at(-1)!.isCut ?? false
      for (const [i, path] of PLAYLISTS.entries()) {
        const [last, whole] = [expected[i]!.at(-1)!.length, clear.get(path)!.at(-1)!.length]
        assert.ok(isShort ? last < 0.7 * whole && last > 0.3 * whole : last === whole, `${path}: ${last} of ${whole}`)
      }
    })
  }

  it('has the key frame of a segment in whichever source that is', async () => {
    const settings = { constantInitializationVector: IV.toString('hex') }
    encrypted('AES_128', settings)
    const expected = await bytesAt('index_1_iframe_4.ts')
    const [first, second] = channel.window.segments.map(({ slots }) => slots[0]!)
    const { keyFrames: _, ...withoutKeyFrames } = first!.objects[1]!
    const slots = [{ ...first!, objects: { ...first!.objects, 1: withoutKeyFrames } }, second!]
    encrypted('AES_128', settings)
    origin.archive.window = { ...channel.window, segments: [{ ...channel.window.segments[0]!, slots }] }
    assert.ok(expected.length > 1000)
    assert.ok((await bytesAt('index_1_iframe_3.ts')).equals(expected))
  })

  it('SAMPLE_AES gives ffmpeg every frame of packed AAC', async () => {
    const [path] = PLAYLISTS.slice(2)
    encrypted('SAMPLE_AES', { keyRotationIntervalSeconds: 10 })
    const [found] = await tracksOfUrl(base + path)
    const files = await segmentsOf(path!)
    serve({})
    const [expected] = await tracksOfUrl(base + path)
    // Of packed audio ffmpeg moves the times of encrypted frames.
    const hashes = (track: Track | undefined) => track!.packets.map(({ size, hash }) => `${size} ${hash}`)
    assert.deepEqual(hashes(found), hashes(expected))
    assert.ok(files.every((file, i) => !file.equals(clear.get(path!)![i]!)))
  })

  it('SAMPLE_AES tells of band replication that variants declare of packed AAC', async () => {
    const [era] = channel.window.eras
    const streams = era!.streams.map((stream) => {
      const { role } = stream
      const declared = { audioGroup: 'packed3', codecs: 'avc1.64000a,mp4a.40.5' }
      return role.kind === 'variant' ? { ...stream, role: { ...role, ...declared } } : stream
    })
    for (const [eras, mark] of [
      [channel.window.eras, /zaac/],
      [[{ ...era!, streams }], /zach/],
    ] as const) {
      encrypted('SAMPLE_AES')
      origin.archive.window = { ...channel.window, eras }
      const [first] = await segmentsOf('index_3_0.m3u8')
      assert.match(first!.subarray(0, 300).toString('latin1'), mark)
    }
  })

  for (const method of METHODS) {
    it(`${method} has the key frames of trick play in files of their own, which ffmpeg decrypts`, async () => {
      encrypted(method, { constantInitializationVector: IV.toString('hex') })
      const text = await origin.manifest('index_1_iframe.m3u8')
      assert.doesNotMatch(text, /BYTERANGE/)
      assert.match(text, /\nindex_1_iframe_3\.ts/)
      const [found] = await tracksOfUrl(`${base}index_1_iframe.m3u8`)
      let begin = 0
      const expected = counts[0]!.map((count) => {
        const packet = tracks[0]!.packets[begin]!
        begin += count
        return `${packet.size} ${packet.hash}`
      })
      const left = method === 'AES_128' ? 0 : LEFT_ENCRYPTED
      const actual = found!.packets.map(({ size, hash }) => `${size} ${hash}`)
      assert.equal(actual.length, expected.length)
      assert.deepEqual(actual.slice(0, SEGMENTS - left), expected.slice(0, SEGMENTS - left))
    })

    it(`${method} is declared with rates that no segment exceeds, and no ranges`, async () => {
      encrypted(method)
      const parent = await origin.manifest('index.m3u8')
      const rate = async (path: string) => Math.max(...(await segmentsOf(path)).map(({ length }) => (length * 8) / 4))
      const [, iFrames] = /I-FRAME-STREAM-INF:BANDWIDTH=(\d+)/.exec(parent)!
      const measured = await rate('index_1_iframe.m3u8')
      assert.ok(measured <= Number(iFrames) && Number(iFrames) < 1.3 * measured + 20_000, `${measured} of ${iFrames}`)
      serve({ includeIframeOnlyStream: true })
      const before = await origin.manifest('index.m3u8')
      const peaks = (text: string) => [...text.matchAll(/STREAM-INF:BANDWIDTH=(\d+)/g)].map(([, peak]) => Number(peak))
      const declared = peaks(parent)
      for (const [i, path] of ['index_1.m3u8', 'index_2.m3u8'].entries()) {
        const more = await rate(path)
        encrypted(method)
        const grown = (await rate(path)) - more
        serve({})
        assert.ok(grown >= 0 && grown <= declared[i]! - peaks(before)[i]!, `${path} has ${grown} b/s more`)
      }
    })
  }

  for (const method of IS_WHOLE ? METHODS : []) {
    playing.it(`${method} plays in hls.js in Chromium, with a new key every ten seconds`, async () => {
      encrypted(method, { keyRotationIntervalSeconds: 10 })
      const player = await Player.start()
      try {
        const { duration } = await player.playToEnd('hls.js', `${base}index.m3u8`, 8)
        assert.ok(Math.abs(duration - 16) < 1, `${duration} s`)
      } finally {
        await player.stop()
      }
    })
  }
})
