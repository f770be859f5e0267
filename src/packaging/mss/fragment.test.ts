import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodedFiles } from '../../../test/fixtures/encoded.ts'
import { found } from '../../../test/found.ts'
import { ffprobePackets, run } from '../../../test/fuzz/media-samples.ts'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { assetOf, CLOCK, FakeArchive, NOON, ORIGIN, windowOf } from '../../../test/origin/sample-channel.ts'
import { mssEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { needing } from '../../../test/programs.ts'
import { SMOOTH_TIMESCALE } from '../../media/mp4/smooth.ts'
import { msFromTicks, ticks, utcMs } from '../../media/time.ts'
import type { MediaProbe } from '../../media/track.ts'
import { TsProbe } from '../../media/ts/probe.ts'
import type { ArchiveWindow, Era, OutputSegment, SourceStream } from '../../model/output-segment.ts'
import { mss } from './format.ts'

const { before, describe, it } = needing('ffmpeg')
const withPython = needing('ffmpeg', 'python3')

const SEGMENTS = 4

const ENDPOINT = mssEndpoint({ durationSeconds: 2 })

/** Eight seconds from one encoder, segmented like HLS: video at key frames, audio between frames. */
async function encodedSegments(): Promise<Buffer[]> {
  const pictures = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30000/1001']
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100']
  const codecs = ['-c:v', 'libx264', '-preset', 'veryfast', '-threads', '1', '-bf', '2', '-pix_fmt', 'yuv420p']
  const cut = ['-force_key_frames', 'expr:gte(t,n_forced*2)', '-flags', '+cgop', '-c:a', 'aac', '-t', '8']
  const muxer = ['-f', 'hls', '-hls_time', '2', '-hls_list_size', '0', 's.m3u8']
  const args = ['-v', 'error', ...pictures, ...sound, ...codecs, ...cut, ...muxer]
  const folder = await encodedFiles({ program: 'ffmpeg', args })
  return Promise.all(Array.from({ length: SEGMENTS }, (_, n) => readFile(join(folder, `s${n}.ts`))))
}

function probe(ts: Uint8Array): MediaProbe {
  const found = new TsProbe()
  found.push(ts)
  return found.end() as MediaProbe
}

const object = (key: string, bytes: Uint8Array) => ({ key, size: bytes.length, crc32: 0, sha256: key })

/** An archive of one variant and its subtitles, with a cue in every second. */
function archiveOf(media: readonly Buffer[]): { readonly archive: FakeArchive; readonly window: ArchiveWindow } {
  const probes = media.map(probe)
  const variant: SourceStream = {
    index: 1,
    playlist: 'v.m3u8',
    role: { kind: 'variant', bandwidth: 500_000 },
    tracks: probes[0]!.tracks,
    container: 'mpeg-ts',
    bitrates: [400_000, 70_000],
  }
  const subtitles: SourceStream = {
    index: 2,
    playlist: 't.m3u8',
    role: { kind: 'subtitles', groupId: 't', name: 'Deutsch', language: 'de', isDefault: true, autoselect: true },
    tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }],
    container: 'webvtt',
  }
  const [{ firstPts: first }] = probes as [MediaProbe]
  const era: Era = {
    id: 1,
    origin: ORIGIN,
    clock: { time: ticks(first), utc: CLOCK.utc },
    streams: [variant, subtitles],
  }
  const overrides = new Map<string, Uint8Array>()
  const segments = probes.map(({ firstPts, lastPts, times }, n): OutputSegment => {
    const start = ticks(firstPts)
    const duration = ticks((probes[n + 1]?.firstPts ?? lastPts + 3003) - firstPts)
    const startUtc = utcMs(NOON + msFromTicks(ticks(firstPts - first)))
    const text = Buffer.from(
      `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${firstPts},LOCAL:00:00:00.000\n\n00:00.500 --> 00:00.900\ncue ${n}\n`,
    )
    overrides.set(`v${n}`, media[n]!).set(`t${n}`, text)
    const objects = { 1: { ...object(`v${n}`, media[n]!), times }, 2: object(`t${n}`, text) }
    const common = { era: 1, start, duration, startUtc, sealedAt: startUtc }
    const slots = [{ ...common, index: n, objects }]
    return { ...common, number: n + 1, discontinuity: false, discontinuitySequence: 0, slots }
  })
  const window = windowOf(segments, { eras: [era], ended: true })
  const archive = new FakeArchive(window)
  for (const [key, bytes] of overrides) archive.overrides.set(key, bytes)
  return { archive, window }
}

describe('Smooth Streaming fragments one after the other', () => {
  let media: readonly Buffer[]
  let archive: FakeArchive
  let window: ArchiveWindow
  before(async () => {
    media = await encodedSegments()
    ;({ archive, window } = archiveOf(media))
  })

  /** The fragments that a player would load of the stream whose name begins with `letter`. */
  async function fragments(letter: 'v' | 'a' | 's'): Promise<{ readonly time: number; readonly bytes: Buffer }[]> {
    const asset = assetOf(mss, ENDPOINT, window)
    const names = asset?.segments.map(({ name }) => name).filter((name) => name.includes(`Fragments(${letter}`)) ?? []
    return Promise.all(
      names.map(async (name) => {
        const request = mss.resolve(ENDPOINT, `index.ism/${name}`)
        assert.equal(request?.kind, 'segment')
        const body =
          request?.kind === 'segment' ? found(await request.body(archive, archive.media(), sampleKeys())) : undefined
        assert.equal(body?.kind, 'bytes')
        const bytes = Buffer.concat(body?.kind === 'bytes' ? body.parts : [])
        assert.equal(bytes.length, body?.size)
        return { time: Number(/=(\d+)/.exec(name)?.[1]), bytes }
      }),
    )
  }

  /** `ftyp` and `moov` written by ffmpeg's Smooth Streaming muxer. */
  async function foreignHeader(kind: 'v' | 'a'): Promise<Buffer> {
    const copy = ['-v', 'error', '-i', 'pipe:0', '-map', `0:${kind}`, '-c', 'copy']
    const muxer = ['-movflags', 'isml+frag_keyframe+empty_moov+delay_moov', '-f', 'ismv', 'pipe:1']
    const bitstream = kind === 'a' ? ['-bsf:a', 'aac_adtstoasc'] : []
    const file = await run('ffmpeg', [...copy, ...bitstream, ...muxer], media[0])
    return file.subarray(0, file.indexOf('moof') - 4)
  }

  for (const kind of ['v', 'a'] as const) {
    it(`are the ${kind === 'v' ? 'pictures' : 'sound'} of the source, without a gap`, async () => {
      const found = await fragments(kind)
      assert.equal(found.length, SEGMENTS)
      const file = Buffer.concat([await foreignHeader(kind), ...found.map(({ bytes }) => bytes)])
      const packets = await ffprobePackets(file, kind)
      const source = await ffprobePackets(Buffer.concat(media), kind)
      assert.equal(packets.length, source.length)
      const [first, firstSource] = [packets, source].map((all) => Math.min(...all.map(({ pts }) => pts)))
      // Between its PES packets ffmpeg adds up rounded frames: the sound's own raster says it better.
      const source90k = (i: number) => (kind === 'a' ? (i * 1024 * 90_000) / 44_100 : source[i]!.pts - firstSource!)
      for (const [i, { pts }] of packets.entries()) {
        const expected = (source90k(i) * SMOOTH_TIMESCALE) / 90_000
        // A tick of the source is 111 units.
        assert.ok(Math.abs(pts - first! - expected) <= 120, `${i}: ${pts - first!} for ${expected}`)
      }
    })

    it(`are named by when the ${kind === 'v' ? 'pictures' : 'sound'} of the source begin`, async () => {
      const found = await fragments(kind)
      const starts = await Promise.all(
        media.map(async (ts) => Math.min(...(await ffprobePackets(ts, kind)).map(({ pts }) => pts))),
      )
      for (const [n, { time }] of found.entries()) {
        const expected = ((starts[n]! - starts[0]!) * SMOOTH_TIMESCALE) / 90_000
        assert.ok(Math.abs(time - found[0]!.time - expected) <= 120, `${n}: ${time - found[0]!.time} for ${expected}`)
      }
    })
  }

  withPython.it('have subtitles whose times begin with the fragment', async () => {
    const found = await fragments('s')
    assert.equal(found.length, SEGMENTS)
    for (const [n, { bytes }] of found.entries()) {
      const document = bytes.subarray(bytes.indexOf('mdat') + 4)
      const program = `
import sys, xml.etree.ElementTree as tree
for p in tree.fromstring(sys.stdin.buffer.read()).iter('{http://www.w3.org/ns/ttml}p'):
  print(p.get('begin'), p.get('end'), ''.join(p.itertext()))`
      assert.equal(String(await run('python3', ['-c', program], document)), `00:00:00.500 00:00:00.900 cue ${n}\n`)
    }
  })

  it('say how the presentation goes on without their media, to who asks for that alone', async () => {
    const [first] = await fragments('v')
    const bytes = first!.bytes
    const name = assetOf(mss, ENDPOINT, window)!.segments[0]!.name.replace('Fragments(', 'FragmentInfo(')
    const request = mss.resolve(ENDPOINT, `index.ism/${name}`)
    const body =
      request?.kind === 'segment' ? found(await request.body(archive, archive.media(), sampleKeys())) : undefined
    assert.equal(body?.kind, 'bytes')
    const moof = Buffer.concat(body?.kind === 'bytes' ? body.parts : [])
    assert.equal(moof.length, bytes.readUInt32BE(0))
    assert.ok(moof.equals(bytes.subarray(0, moof.length)))
  })
})
