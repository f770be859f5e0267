/** What others decrypt of assets of encrypted endpoints is what the same harvests of endpoints in the clear have. */
import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ffmpegEncoder } from '../../src/ffmpeg-encoder.ts'
import { utcMs } from '../../src/media/time.ts'
import { inTheClear } from '../../src/model/asset-encryption.ts'
import type { Encryption } from '../../src/model/encryption.ts'
import { DEFAULT_HARVEST_OPTIONS, type HarvestJob, type HarvestOptions } from '../../src/model/harvest-job.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { MemoryObjects } from '../encoders/memory-objects.ts'
import { Studio } from '../encoders/studio.ts'
import { fixture } from '../fixtures/catalogue.ts'
import { playlistFile, segmentFile } from '../fixtures/fixture.ts'
import { packetsOf, type RawKey } from '../judges/decrypted.ts'
import { decryptedTracks, LEFT_ENCRYPTED } from '../judges/encrypted-hls.ts'
import { type Track, tracksOfUrl } from '../judges/packets.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { sampleEncryption } from '../keys/sample-encryption.ts'
import { keyBytes, sampleKeys } from '../keys/sample-keys.ts'
import { playlistUpTo } from '../matrix/push-fixture.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../origin/sample-endpoints.ts'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'
import { harvestJob } from './sample-harvest.ts'

const { after, before, describe, it } = needing('ffmpeg')

/** Three segments of the fixture. */
const ROTATION_SECONDS = 6
const HOUR = { startoverWindowSeconds: 3600 }
const folder = temporaryFolder('encrypted-assets')

const KEYS = sampleKeys((kid) => ({
  uriExtXKey: `https://keys.example/${kid}`,
  keyFormat: 'identity',
  protectionHeader: Buffer.from(`header of ${kid}`).toString('base64'),
}))

/** An encryption of an endpoint of its own. */
function rotating<Method extends string>(method: Method, resourceId: string): Encryption<Method> {
  const encryption = sampleEncryption(method, { keyRotationIntervalSeconds: ROTATION_SECONDS })
  return { ...encryption, spekeKeyProvider: { ...encryption.spekeKeyProvider, resourceId } }
}

/** ffmpeg takes the IV of the next segment for packets that it still holds when that begins. */
const ONE_IV = { constantInitializationVector: '0123456789abcdef0123456789abcdef' }
const ENDPOINTS = {
  'AES-128': hlsEndpoint({ durationSeconds: 2, encryption: rotating('AES_128', 'aes') }, HOUR),
  'SAMPLE-AES': hlsEndpoint(
    { durationSeconds: 2, encryption: { ...rotating('SAMPLE_AES', 'samples'), ...ONE_IV } },
    HOUR,
  ),
  'CMAF, cbcs': cmafEndpoint({ durationSeconds: 2, encryption: rotating('CBCS', 'cmaf') }, HOUR),
  'DASH, cenc': dashEndpoint({ durationSeconds: 2, encryption: rotating('CENC', 'dash') }, HOUR),
  // Its key never changes.
  'Smooth Streaming': mssEndpoint(
    { durationSeconds: 2, encryption: { ...rotating('CENC', 'mss'), keyRotationIntervalSeconds: 0 } },
    HOUR,
  ),
} as const
const MANIFEST_KEYS = { HLS: 'asset/clip.m3u8', DASH: 'asset/clip.mpd', MSS: 'asset/index.ism/Manifest' } as const
type Name = keyof typeof ENDPOINTS
const NAMES = Object.keys(ENDPOINTS) as readonly Name[]
/** Each endpoint, and the same in the clear. */
const ALL = NAMES.flatMap((name) => [ENDPOINTS[name], inTheClear<OriginEndpoint>(ENDPOINTS[name])])

type Asset = ReadonlyMap<string, Buffer>
type Pair = { readonly encrypted: Asset; readonly clear: Asset }

/** Seconds of the fixture, each a range. */
type Asked = {
  readonly ranges: readonly (readonly [from: number, to: number])[]
  readonly cut?: HarvestOptions['cut']
  readonly isLossy?: true
}

type Channel = {
  readonly begin: number
  /** Those of ALL, in their order. */
  readonly endpoints: readonly OriginEndpoint[]
  /** The objects of each input, in the order of the segments. */
  readonly kept: readonly (readonly string[])[]
}

const WHOLE: Asked = { ranges: [[0, 9.9]] }
const CUT: Asked = { ranges: [[2.5, 7.3]], cut: 'FRAME' }
const EXACT: Asked = { ...CUT, cut: 'FRAME_EXACT' }
const SEVERAL: Asked = {
  ranges: [
    [4.1, 7.5],
    [2.1, 5.3],
  ],
  cut: 'FRAME',
}
const LOSSY: Asked = { ...WHOLE, isLossy: true }
const IN_TS = {
  'whole segments': WHOLE,
  'cut to the frame': CUT,
  'several ranges': SEVERAL,
  'lost and replaced': LOSSY,
}
/** Between them, all that changes what is encrypted: each takes some runs of ffmpeg. */
const AS_CMAF = { 'whole segments': WHOLE, 'several ranges': SEVERAL, 'pictures encoded anew': EXACT }
const AS_DASH = { 'cut to the frame': CUT, 'several ranges': SEVERAL, 'lost and replaced': LOSSY }
/** All of them in `npm run soak -- --only whole-cases`. */
const inGate = (asks: Readonly<Record<string, Asked>>, ...names: readonly string[]) =>
  Object.entries(asks).filter(([name]) => IS_WHOLE || names.includes(name))

describe('an asset of an encrypted endpoint', () => {
  const objects = new MemoryObjects()
  let studio: Studio
  let whole: Channel
  /** One whose archive has lost what only the other input has, and what neither has. */
  let lossy: Channel
  before(async () => {
    studio = await Studio.open(objects)
    whole = await channelOf(1)
    if (!IS_WHOLE) return
    lossy = await channelOf(2)
    const [first, second] = lossy.kept
    for (const key of [first![1]!, first![3]!, second![3]!]) await objects.remove(key)
  })
  after(() => studio?.close())

  /** A channel of which the encoder has sent all of the fixture to one or two inputs. */
  async function channelOf(inputs: 1 | 2): Promise<Channel> {
    const { folder, endpoints } = await studio.createChannel(ALL)
    const made = await fixture('h264-aac')
    const begin = studio.now
    const [stream] = made.streams
    const kept: string[][] = []
    const folders = [folder, folder.replace(/c(\w+\/)$/, 'd$1')].slice(0, inputs)
    for (const each of folders) await studio.put(`${each}channel.m3u8`, Buffer.from(made.parent))
    for (const number of stream!.segments.keys()) {
      await studio.passUntil(begin + 2000 * (number + 1))
      for (const [i, each] of folders.entries()) {
        const known = new Set(objects.keys())
        await studio.put(each + segmentFile(stream!, number), stream!.segments[number]!.bytes)
        kept[i] = [...(kept[i] ?? []), ...objects.keys().filter((key) => !known.has(key))]
        await studio.put(each + playlistFile(stream!), Buffer.from(playlistUpTo(stream!, number, begin)))
      }
    }
    await studio.passUntil(begin + 20_000)
    return { begin, kept, endpoints }
  }

  function jobOf({ begin }: Channel, endpoint: OriginEndpoint, { ranges, cut }: Asked): HarvestJob {
    const { id: originEndpointId, channelGuid, packaging } = endpoint
    const spans = ranges.map(([from, to]) => {
      const span = { start: utcMs(begin + from * 1000), end: utcMs(begin + to * 1000) }
      return { originEndpointId, channelGuid, startTime: '', endTime: '', ...span }
    })
    const manifestKey = MANIFEST_KEYS[packaging.manifests[0]!.type]
    return harvestJob({
      endpoint,
      createdAt: studio.now,
      ...spans[0]!,
      ...(spans.length > 1 && { ranges: spans, otherEndpoints: [] }),
      s3Destination: { ...harvestJob().s3Destination, manifestKey },
      options: { ...DEFAULT_HARVEST_OPTIONS, report: true, ...(cut && { cut }) },
    })
  }

  const encryptedAsset = (name: Name, asked: Asked) => assetFrom(2 * NAMES.indexOf(name), asked)

  async function harvested(name: Name, asked: Asked): Promise<Pair> {
    const encrypted = await encryptedAsset(name, asked)
    return { encrypted, clear: await assetFrom(2 * NAMES.indexOf(name) + 1, asked) }
  }

  /** The asset of the endpoint at that place of ALL. */
  async function assetFrom(place: number, asked: Asked): Promise<Asset> {
    const channel = asked.isLossy ? lossy : whole
    const job = jobOf(channel, channel.endpoints[place]!, asked)
    const written = await studio.assetOf(job, { encoder: ffmpegEncoder('ffmpeg'), contentKeys: KEYS })
    return new Map([...written].map(([key, bytes]) => [nameOf(key), bytes]))
  }

  for (const [what, asked] of inGate(IN_TS)) {
    it(`decrypts to what it is in the clear, by AES-128: ${what}`, async () => {
      const { encrypted, clear } = await harvested('AES-128', asked)
      const listed = listedIn(encrypted, 'index_1.m3u8')
      const plain = listedIn(clear, 'index_1.m3u8')
      assert.equal(listed.length, plain.length)
      for (const [i, { file, kid, iv }] of listed.entries()) {
        const decipher = createDecipheriv('aes-128-cbc', keyBytes(kid!), iv)
        const bytes = Buffer.concat([decipher.update(encrypted.get(file)!), decipher.final()])
        assert.ok(bytes.equals(clear.get(plain[i]!.file)!), file)
      }
      assertKids(encrypted, listed)
      assertPackets(await hlsTracks(encrypted), await hlsTracks(clear), 0)
    })
  }

  for (const [what, asked] of inGate(IN_TS, 'several ranges')) {
    it(`decrypts to what it is in the clear, by SAMPLE-AES: ${what}`, async () => {
      const { encrypted, clear } = await harvested('SAMPLE-AES', asked)
      const [listed, plain] = [listedIn(encrypted, 'index_1.m3u8'), listedIn(clear, 'index_1.m3u8')]
      assertKids(encrypted, listed)
      assert.equal(listed.length, plain.length)
      for (const places of runsOf(listed)) {
        const segments = (asset: Asset, of: readonly Listed[]) => places.map((i) => asset.get(of[i]!.file)!)
        const { kid, iv } = listed[places[0]!]!
        const key = { key: keyBytes(kid!), iv }
        const tracks = await decryptedTracks(segments(encrypted, listed), 'SAMPLE-AES', key)
        assertPackets(tracks, await decryptedTracks(segments(clear, plain), 'NONE', key), LEFT_ENCRYPTED)
      }
    })
  }

  for (const [what, asked] of inGate(AS_CMAF, 'several ranges')) {
    it(`decrypts to what it is in the clear, as CMAF by cbcs: ${what}`, async () => {
      const { encrypted, clear } = await harvested('CMAF, cbcs', asked)
      for (const playlist of ['news_video_1.m3u8', 'news_audio_2.m3u8']) {
        const listed = listedIn(encrypted, playlist)
        const plain = listedIn(clear, playlist)
        assertKids(encrypted, listed)
        await assertFragments({ encrypted, clear }, listed, plain)
      }
    })
  }

  for (const [what, asked] of inGate(AS_DASH, 'cut to the frame')) {
    it(`decrypts to what it is in the clear, as DASH by cenc: ${what}`, async () => {
      const { encrypted, clear } = await harvested('DASH, cenc', asked)
      const [own, plain] = [encrypted, clear].map(sourcesOf) as [readonly Listed[], readonly Listed[]]
      assertKids(encrypted, own)
      const tracks = new Set(own.map(({ map }) => map))
      assert.equal(tracks.size, new Set(plain.map(({ map }) => map)).size)
      for (const track of tracks) {
        const places = [...own.keys()].filter((i) => own[i]!.map === track)
        await assertFragments(
          { encrypted, clear },
          places.map((i) => own[i]!),
          places.map((i) => plain[i]!),
        )
      }
    })
  }

  it('has the segments that are served, to the byte', async () => {
    for (const name of NAMES) {
      const endpoint = whole.endpoints[2 * NAMES.indexOf(name)]!
      const encrypted = await encryptedAsset(name, WHOLE)
      const segments = sourcesOf(encrypted).map(({ file }) => file)
      assert.ok(segments.length >= 4, name)
      for (const file of segments) assert.ok((await studio.get(endpoint, file)).equals(encrypted.get(file)!), file)
    }
  })
})

/** A segment with what a playlist says of it. */
type Listed = {
  readonly file: string
  readonly map?: string
  readonly kid?: string | undefined
  /** That which the playlist states, or the media sequence number, RFC 8216 §5.2. */
  readonly iv: Buffer
}

/** The files of an asset are all in one folder. */
const nameOf = (key: string) => key.replace('asset/', '')

function listedIn(asset: Asset, playlist: string): readonly Listed[] {
  const lines =
    asset.get(playlist)?.toString().split('\n') ?? assert.fail(`no ${playlist} in ${[...asset.keys()].join()}`)
  let [map, kid, stated]: (string | undefined)[] = []
  let [sequence, isGap] = [0, false]
  return lines.flatMap((line) => {
    sequence = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(line)?.[1] ?? sequence)
    map = /^#EXT-X-MAP:URI="([^"]+)"/.exec(line)?.[1] ?? map
    if (line.startsWith('#EXT-X-KEY:')) {
      kid = /URI="https:\/\/keys\.example\/([^"]+)"/.exec(line)![1]
      stated = /IV=0x([0-9A-Fa-f]{32})/.exec(line)?.[1]
    }
    isGap ||= line === '#EXT-X-GAP'
    if (line === '' || line.startsWith('#')) return []
    const iv = Buffer.from(stated ?? sequence.toString(16).padStart(32, '0'), 'hex')
    sequence++
    if (isGap) {
      isGap = false
      return []
    }
    return [{ file: line, ...(map !== undefined && { map }), kid, iv }]
  })
}

type Report = {
  readonly sources: readonly { readonly key: string; readonly programDateTime: string }[]
  readonly encryption?: {
    readonly keyPeriods: readonly {
      readonly keyPeriod: number
      readonly startTime: string
      readonly endTime: string
      readonly keys: readonly { readonly keyId: string }[]
    }[]
  }
}

function reportOf(asset: Asset): Report {
  const [name = ''] = [...asset.keys()].filter((each) => each.endsWith('harvest.json'))
  return JSON.parse(asset.get(name)!.toString())
}

/** The segments of an asset as its report has them, which tells their keys by their dates. */
function sourcesOf(asset: Asset): readonly Listed[] {
  const { sources, encryption } = reportOf(asset)
  return sources.map(({ key, programDateTime }) => {
    const period = encryption?.keyPeriods.find(
      ({ startTime, endTime }) => startTime <= programDateTime && programDateTime < endTime,
    )
    const file = nameOf(key)
    return { file, map: file.replace(/_\d+\.mp4$/, '_init.mp4'), kid: period?.keys[0]?.keyId, iv: Buffer.alloc(0) }
  })
}

/** The report names the keys that playlists do, and there is more than one. */
function assertKids(asset: Asset, listed: readonly Listed[]): void {
  const told = reportOf(asset).encryption!.keyPeriods.flatMap(({ keys }) => keys.map(({ keyId }) => keyId))
  const named = new Set(listed.map(({ kid }) => kid!))
  assert.ok(named.size > 1, 'keys change')
  for (const kid of named) assert.ok(told.includes(kid), kid)
}

/** The places of segments that follow one another with one key. */
function runsOf(listed: readonly Listed[]): readonly (readonly number[])[] {
  const runs: number[][] = []
  for (const [i, { kid }] of listed.entries()) {
    if (i > 0 && kid === listed[i - 1]!.kid) runs.at(-1)!.push(i)
    else runs.push([i])
  }
  return runs
}

/** The packets that ffmpeg reads of segments that follow one another in one key period, behind their header. */
async function assertFragments(
  { encrypted, clear }: Pair,
  listed: readonly Listed[],
  plain: readonly Listed[],
): Promise<void> {
  assert.equal(listed.length, plain.length)
  for (const places of runsOf(listed)) {
    const kid = listed[places[0]!]!.kid!
    const file = (asset: Asset, of: readonly Listed[]) => {
      const [first] = places
      const parts = [of[first!]!.map!, ...places.map((i) => of[i]!.file)].map(
        (name) => asset.get(name) ?? assert.fail(`no ${name} in ${[...asset.keys()].join()}`),
      )
      return Buffer.concat(parts)
    }
    const key: RawKey = { id: Buffer.from(kid.replaceAll('-', ''), 'hex'), key: keyBytes(kid) }
    const wanted = await packetsOf(file(clear, plain))
    assert.ok(wanted.length > 0)
    assert.deepEqual(await packetsOf(file(encrypted, listed), key), wanted, `${listed[places[0]!]!.file} by ${kid}`)
  }
}

/** The tracks that ffmpeg reads of an asset in MPEG-TS, with the keys that its playlist names. */
async function hlsTracks(asset: Asset): Promise<readonly Track[]> {
  const below = mkdtempSync(join(folder, 'asset-'))
  const playlist = asset.get('index_1.m3u8')!.toString()
  for (const [name, bytes] of asset) if (name.endsWith('.ts')) writeFileSync(join(below, name), bytes)
  // ffmpeg opens files of no other extension from a playlist.
  const local = playlist.replaceAll(/https:\/\/keys\.example\/([^"]+)/g, (_, kid: string) => {
    writeFileSync(join(below, `${kid}.ts`), keyBytes(kid))
    return `${kid}.ts`
  })
  writeFileSync(join(below, 'index_1.m3u8'), local.replaceAll(/,KEYFORMAT="[^"]*"/g, ''))
  return tracksOfUrl(join(below, 'index_1.m3u8'))
}

function assertPackets(actual: readonly Track[], expected: readonly Track[], leftEncrypted: number): void {
  assert.equal(actual.length, expected.length)
  for (const [i, { kind, packets }] of expected.entries()) {
    const hashes = (track: Track) => track.packets.slice(0, packets.length - leftEncrypted).map(({ hash }) => hash)
    assert.ok(packets.length > leftEncrypted)
    assert.deepEqual(hashes(actual[i]!), hashes(expected[i]!), kind)
  }
}
