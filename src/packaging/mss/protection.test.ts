import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { found } from '../../../test/found.ts'
import { run } from '../../../test/fuzz/media-samples.ts'
import { packagerDecrypted, packetsOf, type RawKey } from '../../../test/judges/decrypted.ts'
import { mp4boxFile } from '../../../test/judges/mp4box-file.ts'
import { protectedChannel } from '../../../test/keys/protected-channel.ts'
import { keyBytes, type SampleSystems, sampleKeys } from '../../../test/keys/sample-keys.ts'
import { hexId, systemsEncryption } from '../../../test/keys/sample-systems.ts'
import { FakeArchive, LADDER, overEra, subtitles } from '../../../test/origin/sample-channel.ts'
import { cmafEndpoint, mssEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { needing } from '../../../test/programs.ts'
import { writeCmafHeader } from '../../media/mp4/cmaf.ts'
import { SMOOTH_TIMESCALE } from '../../media/mp4/smooth.ts'
import { PLAYREADY } from '../../model/drm-systems.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { cmaf } from '../cmaf/format.ts'
import { withKeys } from '../content-keys.ts'
import type { SegmentBody } from '../output-format.ts'
import { protecting } from '../protecting.ts'
import { mss } from './format.ts'

const { before, describe, it } = needing('ffmpeg')

const encryption = systemsEncryption('CENC')
const HEADER = Buffer.from('a PlayReady object').toString('base64')
const ofPlayReady =
  (more: ReturnType<SampleSystems>): SampleSystems =>
  (_, systemId) =>
    systemId === PLAYREADY ? more : {}
const KEYS = sampleKeys(ofPlayReady({ protectionHeader: HEADER }))

const bytesOf = (body: SegmentBody | undefined) => {
  assert.ok(body?.kind === 'bytes')
  return Buffer.concat(body.parts)
}

describe('encrypted Smooth Streaming', () => {
  let channel: Awaited<ReturnType<typeof protectedChannel>>
  let key: RawKey
  before(async () => {
    channel = await protectedChannel('h264')
    const { kid } = (await KEYS.onRecord(mssEndpoint({ encryption }), 0))[0]!
    key = { id: Buffer.from(hexId(kid), 'hex'), key: keyBytes(kid) }
  })

  async function manifest(keys = KEYS, endpoint = mssEndpoint({ encryption })): Promise<string> {
    const request = mss.resolve(endpoint, 'index.ism/Manifest')
    assert.ok(request?.kind === 'manifest')
    const window = { ...channel.window, ended: true }
    const body = request.write(await withKeys(endpoint, window, keys), { kind: 'harvest' })
    assert.ok(typeof body === 'object')
    return body.text
  }

  async function fragment(endpoint: OriginEndpoint, name: string): Promise<SegmentBody> {
    const format = endpoint.packaging.encryption ? protecting(mss) : mss
    const request = format.resolve(endpoint, `index.ism/Events(1700000000_0)/QualityLevels(${name})`)
    assert.ok(request?.kind === 'segment', name)
    const archive = Object.assign(Object.create(channel.archive), { window: { ...channel.window, ended: true } })
    return found(await request.body(archive, channel.archive.media(), KEYS))!
  }

  /** A file that a player would make of the manifest and a fragment. */
  function behindHeader(bytes: Buffer, kind: 'video' | 'audio', isHidden: boolean): Buffer {
    const { tracks } = channel.window.eras[0]!.streams[0]!
    const entry = tracks.find((track) => track.kind === kind)
    assert.ok(entry?.kind === 'video' || entry?.kind === 'audio')
    const hidden = isHidden && { encryption: { scheme: 'cenc', keyId: key.id } as const }
    return Buffer.concat([writeCmafHeader({ id: 1, timescale: SMOOTH_TIMESCALE, entry, ...hidden }), bytes])
  }

  /** ffmpeg reads files with one fragment alone: from a pipe it expects `senc`. */
  async function packetsOfFile(file: Buffer): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'windrow-smooth-'))
    try {
      const path = join(folder, 'one.mp4')
      await writeFile(path, file)
      const input = ['-v', 'error', '-xerror', '-decryption_key', Buffer.from(key.key).toString('hex'), '-i', path]
      const listing = String(
        await run('ffmpeg', [...input, '-map', '0', '-c', 'copy', '-copyinkf', '-f', 'framemd5', '-']),
      )
      return listing
        .split('\n')
        .flatMap((line) => (/^[^#]/.test(line) ? [line.split(',')[5]!.trim()] : []))
        .join()
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  for (const stream of ['video', 'audio'] as const) {
    it(`is decrypted to what a clear endpoint has: ${stream}`, async () => {
      const text = await manifest()
      const level = /<StreamIndex Type="(\w+)"[^>]*Url="([^"]*)"[\s\S]*?Bitrate="(\d+)"[\s\S]*?<c d="\d+" t="(\d+)"/g
      const [, , url, bitrate, time] = [...text.matchAll(level)].find(([, type]) => type === stream)!
      const name = url!.slice(url!.indexOf('QualityLevels(') + 'QualityLevels('.length, -1)
      const path = name.replace('{bitrate}', bitrate!).replace('{start time}', time!)
      const hidden = await fragment(mssEndpoint({ encryption }), path)
      assert.equal(hidden.protection, 'encrypted')
      const clear = behindHeader(bytesOf(await fragment(mssEndpoint(), path)), stream, false)
      const packets = await packetsOf(clear)
      assert.ok(packets.length >= 50)
      const file = behindHeader(bytesOf(hidden), stream, true)
      assert.deepEqual(await packetsOfFile(file), packets.join())
      assert.deepEqual(await packetsOf(await packagerDecrypted(file, stream, key)), packets)
      const info = await fragment(mssEndpoint({ encryption }), path.replace('/Fragments(', '/FragmentInfo('))
      assert.equal(info.protection, 'encrypted')
      assert.deepEqual(bytesOf(info), bytesOf(hidden).subarray(0, info.size))
    })
  }

  it('has the IVs of CMAF, in a box of PIFF that saio points into', async () => {
    const text = await manifest()
    const [, bitrate] = /Type="video"[\s\S]*?Bitrate="(\d+)"/.exec(text)!
    const [, time] = /<c d="\d+" t="(\d+)"/.exec(text)!
    const bytes = bytesOf(await fragment(mssEndpoint({ encryption }), `${bitrate})/Fragments(v=${time})`.slice(0, -1)))
    const [moof] = mp4boxFile(behindHeader(bytes, 'video', true)).moofs!
    const boxes = moof!.trafs[0]!.boxes!.map(({ type }) => type)
    assert.deepEqual(boxes, ['tfhd', 'trun', 'uuid', 'saiz', 'saio', 'uuid', 'uuid'])
    const uuid = bytes.indexOf('uuid') + 4
    assert.equal(bytes.subarray(uuid, uuid + 16).toString('hex'), 'a2394f525a9b4f14a2446c427c648df4')
    const { saio } = moof!.trafs[0] as unknown as { saio: { offset: number[] } }
    const [offset] = saio.offset
    const request = cmaf.resolve(cmafEndpoint({ encryption }), 'sports_video_1_4.mp4')
    assert.ok(request?.kind === 'segment')
    const segment = bytesOf(found(await request.body(channel.archive, channel.archive.media(), KEYS)))
    const senc = segment.indexOf('senc') + 12
    assert.deepEqual(bytes.subarray(offset, offset! + 8), segment.subarray(senc, senc + 8))
  })

  it('has the object of PlayReady in its manifest', async () => {
    assert.match(
      await manifest(),
      new RegExp(
        `<Protection>\\s*<ProtectionHeader SystemID="${PLAYREADY}">${HEADER}</ProtectionHeader>\\s*</Protection>`,
      ),
    )
    await assert.rejects(() => manifest(sampleKeys(ofPlayReady({}))), { name: 'NoContentKey' })
    assert.doesNotMatch(await manifest(KEYS, mssEndpoint()), /Protection/)
  })

  it('has subtitles in the clear', async () => {
    const era = { ...LADDER, streams: [...LADDER.streams, subtitles(3)] }
    const window = overEra(era, 1, [{}, {}, {}], { ended: true })
    const archive = new FakeArchive(window)
    for (const n of [1, 2, 3]) {
      archive.overrides.set(
        `s3-${n}-0`,
        Buffer.from('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:01.000 --> 00:02.000\na cue\n'),
      )
    }
    const endpoint = mssEndpoint({ encryption })
    const request = protecting(mss).resolve(endpoint, 'index.ism/Manifest')
    assert.ok(request?.kind === 'manifest')
    const written = request.write(await withKeys(endpoint, window, KEYS), { kind: 'harvest' })
    assert.ok(typeof written === 'object')
    const [, url, time] = /Type="text"[^>]*Url="([^"]*)"[\s\S]*?<c d="\d+" t="(\d+)"/.exec(written.text)!
    const path = url!.replace('{bitrate}', '1000').replace('{start time}', time!)
    const segment = protecting(mss).resolve(endpoint, `index.ism/${path}`)
    assert.ok(segment?.kind === 'segment', path)
    const body = found(await segment.body(archive, archive.media(), KEYS))!
    assert.equal(body.protection, 'text')
    assert.match(bytesOf(body).toString(), /a cue/)
  })
})
