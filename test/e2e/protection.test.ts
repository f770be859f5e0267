import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import hlsParser from 'hls-parser'
import { createChannel, mediaPackage } from '../judges/aws.ts'
import { packagerDecrypted, packetsOf } from '../judges/decrypted.ts'
import { decryptedTracks, LEFT_ENCRYPTED } from '../judges/encrypted-hls.ts'
import { encodeLoop } from '../judges/loop.ts'
import { tracksOfSegments } from '../judges/packets.ts'
import { fetchBytes, renditionsOf } from '../judges/playlists.ts'
import { eventually } from '../judges/processes.ts'
import { Pusher } from '../judges/pusher.ts'
import { Windrow } from '../judges/windrow.ts'
import { viewDash } from '../matrix/view-dash.ts'
import { viewHls } from '../matrix/view-hls.ts'
import { viewMss } from '../matrix/view-mss.ts'
import type { Run, Viewed } from '../matrix/viewed.ts'
import { needing } from '../programs.ts'
import { IS_WHOLE } from '../whole.ts'
import { createProtectedEndpoints, IV, KEY_SERVER, labKey } from './protected-endpoints.ts'
import { decryptedMedia, mediaOf } from './smooth-decryption.ts'

const { after, before, describe, it } = needing('ffmpeg')

/** Of one second each. */
const SEGMENTS = 24
/** Two in `npm run soak -- --only whole-cases`. */
const RENDITIONS = IS_WHOLE ? 2 : 1

/** The KID of a track's `tenc`, ISO/IEC 23001-7 §8.2; undefined where there is none. */
function kidIn(header: Buffer): string | undefined {
  const at = header.indexOf('tenc', 0, 'latin1')
  return at < 0 ? undefined : header.toString('hex', at + 12, at + 28)
}

/** The KID of a segment's samples, by the group that they are in: `seig` in `sgpd`, ISO/IEC 23001-7 §6. */
function kidOfGroup(segment: Buffer): string {
  const at = segment.indexOf('sgpd', 0, 'latin1')
  assert.ok(at > 0 && segment.toString('latin1', at + 8, at + 12) === 'seig')
  return segment.toString('hex', at + 24, at + 40)
}

describe('encrypted endpoints of a channel', () => {
  let windrow: Windrow
  let urls: Map<string, string>
  before(async () => {
    const loop = (await encodeLoop()).slice(0, RENDITIONS)
    windrow = await Windrow.start({ environment: KEY_SERVER })
    const client = mediaPackage(windrow)
    const ingest = await createChannel(client, 'done')
    urls = await createProtectedEndpoints(client, windrow.url, 'done', { rotation: 10 })
    const firstDate = Math.floor(Date.now() / 1000 - SEGMENTS) * 1000
    const pusher = new Pusher(ingest, loop, firstDate)
    await pusher.pushParent()
    while (pusher.published < SEGMENTS) await pusher.pushNext()
    await pusher.end()
    await eventually('the end of the stream', async () => {
      const [first] = renditionsOf(String(await fetchBytes(urls.get('hls-clear')!)), urls.get('hls-clear')!)
      return String(await fetchBytes(first!.url)).includes('#EXT-X-ENDLIST') || undefined
    })
  })
  after(() => windrow?.stop())

  it('of AES-128 have whole segments encrypted, with keys that change', async () => {
    const [clear, encrypted] = await Promise.all([mediaPlaylist('hls-clear'), mediaPlaylist('aes-128')])
    const keys = new Set<string>()
    assert.equal(encrypted.segments.length, clear.segments.length)
    for (const [i, { bytes, key, sequence }] of encrypted.segments.entries()) {
      assert.equal(key?.method, 'AES-128')
      keys.add(key!.uri!)
      const value = await fetchBytes(key!.uri!)
      assert.deepEqual(value, labKey(key!.uri!.split('/').at(-1)!))
      const iv = Buffer.alloc(16)
      iv.writeBigUInt64BE(BigInt(sequence), 8)
      const decipher = createDecipheriv('aes-128-cbc', value, iv)
      const decrypted = Buffer.concat([decipher.update(bytes), decipher.final()])
      assert.ok(decrypted.equals(clear.segments[i]!.bytes), `segment ${i}`)
      assert.ok(!bytes.includes(clear.segments[i]!.bytes.subarray(0, 188)))
    }
    assert.ok(keys.size >= 3, `${keys.size} keys`)
  })

  it('of SAMPLE-AES are what ffmpeg decrypts', async () => {
    const [clear, encrypted] = await Promise.all([mediaPlaylist('hls-clear'), mediaPlaylist('sample-aes')])
    const parts = Map.groupBy(encrypted.segments.entries(), ([, { key }]) => key!.uri!)
    assert.ok(parts.size >= 3)
    for (const [uri, segments] of parts) {
      const key = await fetchBytes(uri)
      const inPart = [...segments]
      const found = await decryptedTracks(
        inPart.map(([, { bytes }]) => bytes),
        'SAMPLE-AES',
        { key, iv: IV },
      )
      const wanted = await tracksOfSegments(inPart.map(([i]) => clear.segments[i]!.bytes))
      assert.equal(found.length, 2)
      for (const [t, { packets }] of found.entries()) {
        const hashes = packets.map(({ hash }) => hash).slice(0, -LEFT_ENCRYPTED)
        assert.ok(hashes.length > 0)
        assert.deepEqual(hashes, wanted[t]!.packets.map(({ hash }) => hash).slice(0, hashes.length))
      }
    }
  })

  for (const name of IS_WHOLE ? ['cbcs', 'cbcs-clear-key', 'cenc'] : ['cbcs']) {
    it(`of CMAF with ${name} are what ffmpeg decrypts, and shaka-packager where it can`, async () => {
      const [clear, encrypted] = await Promise.all([viewHls(urls.get('cmaf-clear')!), viewHls(urls.get(name)!)])
      await expectTheSame(encrypted, clear, { isPackaged: IS_WHOLE && name !== 'cbcs-clear-key' })
    })
  }

  it('of CMAF with SPEKE 2.0 have a key for sound, and one for pictures', async () => {
    const { streams } = await viewHls(urls.get('cenc')!)
    const kids = new Set(streams.flatMap(({ runs }) => runs.map(({ header }) => kidIn(header!))))
    assert.equal(kids.size, 2)
  })

  it('of DASH are what ffmpeg decrypts, key period by key period', async () => {
    const [clear, encrypted] = await Promise.all([viewDash(urls.get('dash-clear')!), viewDash(urls.get('dash')!)])
    assert.ok(encrypted.manifest.includes('urn:mpeg:dash:mp4protection:2011'))
    for (const { name, runs } of clear.streams) {
      const twin = streamLike(encrypted, name)
      const wanted = (await Promise.all(runs.map((run) => packetsOf(whole(run))))).flat()
      const [run] = twin.runs
      const parts = Map.groupBy(run!.segments, (segment) => kidOfGroup(segment))
      assert.ok(parts.size >= 3, `${parts.size} keys`)
      const found = []
      for (const [kid, segments] of parts) {
        const key = { id: Buffer.from(kid, 'hex'), key: labKey(kid) }
        found.push(...(await packetsOf(whole({ ...run!, segments }), key)))
      }
      assert.deepEqual(found, wanted, name)
    }
  })

  it('of Smooth Streaming have the samples of those in the clear', async () => {
    const [clear, encrypted] = await Promise.all([viewMss(urls.get('mss-clear')!), viewMss(urls.get('mss')!)])
    const [, base64] = /<ProtectionHeader SystemID="9a04f079-[^"]*">([^<]*)</i.exec(encrypted.manifest) ?? []
    const header = Buffer.from(base64!, 'base64').toString('utf16le', 10)
    const guid = Buffer.from(/<KID>([^<]*)</.exec(header)![1]!, 'base64')
    const kid = [guid.subarray(0, 4).reverse(), guid.subarray(4, 6).reverse(), guid.subarray(6, 8).reverse()]
    const key = labKey(Buffer.concat([...kid, guid.subarray(8)]).toString('hex'))
    for (const { name, runs } of clear.streams) {
      const fragments = streamLike(encrypted, name).runs.flatMap(({ segments }) => segments)
      assert.ok(fragments.length > 0)
      for (const [i, fragment] of runs.flatMap(({ segments }) => segments).entries()) {
        const { media, encrypted: count } = decryptedMedia(fragments[i]!, key)
        assert.ok(media.equals(mediaOf(fragment)), `${name} ${i}`)
        assert.ok(count > media.length / 4, `${count} of ${media.length} bytes`)
      }
    }
  })

  /** The stream at the same place of another endpoint. */
  function streamLike({ streams }: Viewed, name: string) {
    const within = (path: string) =>
      path
        .split('/')
        .slice(4)
        .join('/')
        .replace(/\/Events[^/]*/, '')
    const twin = streams.find((stream) => within(stream.name) === within(name))
    assert.ok(twin, `${name} among ${streams.map((stream) => stream.name).join()}`)
    return twin
  }

  /** Every packet of an encrypted presentation is that of the other one, as ffmpeg decrypts it. */
  async function expectTheSame(encrypted: Viewed, clear: Viewed, { isPackaged = true } = {}): Promise<void> {
    const streams = clear.streams.filter(({ kind }) => kind !== 'text')
    assert.equal(streams.length, RENDITIONS + 1)
    for (const { name, kind, runs } of streams) {
      const twin = streamLike(encrypted, name)
      const wanted = (await Promise.all(runs.map((run) => packetsOf(whole(run))))).flat()
      const found: string[] = []
      for (const run of twin.runs) {
        const kid = kidIn(run.header!)
        assert.ok(kid, `${twin.name} is encrypted`)
        const key = { id: Buffer.from(kid, 'hex'), key: labKey(kid) }
        const packets = await packetsOf(whole(run), key)
        found.push(...packets)
        if (!isPackaged) continue
        const again = await packagerDecrypted(whole(run), kind === 'audio' ? 'audio' : 'video', key)
        assert.deepEqual(await packetsOf(again), packets)
      }
      assert.ok(found.length > 0)
      assert.deepEqual(found, wanted, name)
    }
  }

  const whole = ({ header, segments }: Run) => Buffer.concat([header!, ...segments])

  /** The first media playlist of an endpoint, with its segments and the last key of each. */
  async function mediaPlaylist(name: string) {
    const url = urls.get(name)!
    const [first] = renditionsOf(String(await fetchBytes(url)), url)
    const playlist = hlsParser.parse(String(await fetchBytes(first!.url)))
    if (playlist.isMasterPlaylist) throw new Error(`${first!.url} is no media playlist`)
    let key: { readonly method: string; readonly uri?: string } | undefined
    const segments = []
    for (const { uri, key: stated, mediaSequenceNumber: sequence } of playlist.segments) {
      key = stated ?? key
      segments.push({ bytes: await fetchBytes(`${new URL(uri, first!.url)}`), key, sequence })
    }
    return { segments }
  }
})
