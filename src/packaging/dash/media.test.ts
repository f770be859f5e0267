import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'mpd-parser'
import { found } from '../../../test/found.ts'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import { assetOf, FakeArchive, NOON, ORIGIN, variant, windowOf, written } from '../../../test/origin/sample-channel.ts'
import { type DashSettings, dashEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { needing } from '../../../test/programs.ts'
import { ticks, utcMs } from '../../media/time.ts'
import type { MediaProbe } from '../../media/track.ts'
import { TsProbe } from '../../media/ts/probe.ts'
import type { ArchiveWindow, Era, OutputSegment } from '../../model/output-segment.ts'
import type { SegmentBody } from '../output-format.ts'
import { dash } from './format.ts'

const { after, before, describe, it } = needing('ffmpeg')

const RENDITIONS = ['high', 'low']
const SEGMENT = 2 * 90_000

/** The demo's stream as a finished channel: four segments of two seconds, in two sizes. */
function demoChannel(): { archive: FakeArchive; window: ArchiveWindow; sources: ReadonlyMap<string, Uint8Array> } {
  const sources = new Map<string, Uint8Array>()
  const probes = RENDITIONS.map((rendition) =>
    [0, 1, 2, 3].map((n): MediaProbe => {
      const bytes = readFileSync(new URL(`../../../test-stream/${rendition}-${n}.m2t`, import.meta.url))
      sources.set(`${rendition}-${n}`, bytes)
      const probe = new TsProbe()
      probe.push(bytes)
      return probe.end()
    }),
  )
  const first = probes[0]![0]!
  const era: Era = {
    id: 7,
    origin: ORIGIN,
    clock: { time: ticks(first.firstPts), utc: NOON },
    streams: RENDITIONS.map((_, i) => variant(i + 1, 2_000_000 - 1_000_000 * i, probes[i]![0]!.tracks)),
  }
  const segments = [0, 1, 2, 3].map((n): OutputSegment => {
    const start = ticks(first.firstPts + n * SEGMENT)
    const startUtc = utcMs(NOON + n * 2000)
    const times = { start, duration: ticks(SEGMENT), startUtc, sealedAt: utcMs(startUtc + 2500) }
    const objects = Object.fromEntries(
      RENDITIONS.map((rendition, i) => {
        const key = `${rendition}-${n}`
        const { times: shown, keyFrames } = probes[i]![n]!
        return [i + 1, { key, size: sources.get(key)!.length, crc32: 0, sha256: key, times: shown, keyFrames }]
      }),
    )
    return {
      number: 40 + n,
      era: era.id,
      ...times,
      discontinuity: false,
      discontinuitySequence: 0,
      period: { number: 40, start: ticks(first.firstPts) },
      slots: [{ era: era.id, index: n, ...times, objects }],
    }
  })
  const window = windowOf(segments, { eras: [era] })
  const archive = new FakeArchive(window)
  for (const [key, bytes] of sources) archive.overrides.set(key, bytes)
  return { archive, window, sources }
}

const { archive, window, sources } = demoChannel()
const media = archive.media()

function bytesOf(body: SegmentBody | undefined): Buffer {
  assert.equal(body?.kind, 'bytes')
  return Buffer.concat(body?.kind === 'bytes' ? body.parts : [])
}

/** The bytes at a path of the endpoint. */
async function get(settings: DashSettings, path: string): Promise<Buffer | undefined> {
  const request = dash.resolve(dashEndpoint(settings), path)
  const body = request?.kind === 'segment' ? found(await request.body(archive, media, sampleKeys())) : undefined
  return body && bytesOf(body)
}

type Packet = {
  readonly codec_type: string
  readonly stream_index: number
  readonly pts_time: string
  readonly size: string
}

function packets(...args: readonly string[]): readonly Packet[] {
  const show = ['-v', 'error', '-of', 'json', '-show_entries', 'packet=codec_type,stream_index,pts_time,size']
  const { stdout, stderr } = spawnSync('ffprobe', [...show, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  assert.equal(stderr, '')
  return (JSON.parse(stdout) as { packets: Packet[] }).packets
}

const FORMATS: readonly DashSettings[] = [
  {},
  { manifestLayout: 'COMPACT', segmentTemplateFormat: 'TIME_WITH_TIMELINE' },
  { segmentTemplateFormat: 'NUMBER_WITH_DURATION' },
]

/** A single rendition: its header and its segments, in the order in which a foreign parser lists them. */
type Rendition = { readonly kind: 'video' | 'audio'; readonly files: readonly string[] }

function renditions(text: string): readonly Rendition[] {
  const { playlists, mediaGroups } = parse(text, { manifestUri: 'https://origin.example/index.mpd' })
  const sound = Object.values(mediaGroups.AUDIO.audio ?? {}).flatMap((group) => group.playlists ?? [])
  const files = ({ segments }: (typeof playlists)[number]) => {
    return [...new Set(segments.flatMap(({ map, uri }) => [map.uri, uri]))].map((uri) => uri.split('?')[0]!)
  }
  return [
    ...playlists.map((playlist) => ({ kind: 'video' as const, files: files(playlist) })),
    ...sound.map((playlist) => ({ kind: 'audio' as const, files: files(playlist) })),
  ]
}

/** Presentation times in seconds, in order of presentation. */
function times(list: readonly Packet[], kind: string): readonly number[] {
  const ofKind = list.filter(({ codec_type }) => codec_type === kind)
  return ofKind.map(({ pts_time }) => Number(pts_time)).toSorted((a, b) => a - b)
}

function assertSameTimes(found: readonly number[], wanted: readonly number[]): void {
  assert.equal(found.length, wanted.length)
  for (const [i, time] of wanted.entries()) {
    assert(Math.abs(found[i]! - time) < 0.0001, `${found[i]} s instead of ${time} s`)
  }
}

describe('a finished asset', () => {
  let folder: string
  let wanted: readonly Packet[]
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'windrow-dash-'))
    const source = join(folder, 'source.ts')
    writeFileSync(source, Buffer.concat([0, 1, 2, 3].map((n) => sources.get(`high-${n}`)!)))
    wanted = packets(source)
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const settings of FORMATS) {
    it(`has every picture and every sound of the source, at its time: ${JSON.stringify(settings)}`, async () => {
      const asset = assetOf(dash, dashEndpoint(settings), window)
      assert(asset)
      const unused = new Map(asset.segments.map((file) => [file.name, file]))
      const found = renditions(asset.parent.text)
      assert.deepEqual(
        found.map(({ kind, files }) => [kind, files.length]),
        [
          ['video', 5],
          ['video', 5],
          ['audio', 5],
        ],
      )
      for (const { kind, files } of found) {
        const bytes = await Promise.all(
          files.map(async (name) => bytesOf(await unused.get(name)?.body(media, sampleKeys()))),
        )
        for (const name of files) unused.delete(name)
        const file = join(folder, 'rendition.mp4')
        writeFileSync(file, Buffer.concat(bytes))
        assertSameTimes(times(packets(file), kind), times(wanted, kind))
      }
      assert.deepEqual([...unused.keys()], [])
    })
  }

  it('is read by a player as it lies in its folder', async () => {
    const asset = assetOf(dash, dashEndpoint(), window)!
    for (const { name, body } of asset.segments)
      writeFileSync(join(folder, name), bytesOf(await body(media, sampleKeys())))
    writeFileSync(join(folder, 'index.mpd'), asset.parent.text)
    const found = packets(join(folder, 'index.mpd'))
    assertSameTimes(times(found, 'audio'), times(wanted, 'audio'))
    // Two sizes of every picture.
    const twice = times(wanted, 'video').flatMap((time) => [time, time])
    assertSameTimes(times(found, 'video'), twice)
  })
})

describe('a live manifest', () => {
  for (const settings of FORMATS.slice(0, 2)) {
    it(`names what can be had, and nothing else can be had by such names: ${JSON.stringify(settings)}`, async () => {
      const all = { ...settings, includeIframeOnlyStream: true }
      const text = written(dash, dashEndpoint(all), 'index.mpd', window)?.text
      const found = renditions(text ?? '')
      assert.deepEqual(
        found.map(({ kind }) => kind),
        ['video', 'video', 'video', 'audio'],
      )
      for (const path of found.flatMap(({ files }) => files)) {
        assert(await get(all, path), path)
        assert.equal(await get(all, path.replace('_7_', '_8_')), undefined)
        const [at] = /\d+(?=\.mp4)/.exec(path) ?? []
        if (at !== undefined) assert.equal(await get(all, path.replace(at, String(Number(at) + 1000))), undefined)
      }
    })
  }

  it('says of a segment named by its time what the segment says itself', async () => {
    const settings = { segmentTemplateFormat: 'TIME_WITH_TIMELINE' } as const
    const header = await get(settings, 'index_video_1_7_init.mp4')
    const folder = mkdtempSync(join(tmpdir(), 'windrow-dash-'))
    const file = join(folder, 'segment.mp4')
    const start = ticks(window.segments[2]!.start)
    const path = `index_video_1_7_${(start / 90_000) * 25_000}.mp4`
    writeFileSync(file, Buffer.concat([header!, (await get(settings, path))!]))
    const times = packets(file).map(({ pts_time }) => Number(pts_time))
    rmSync(folder, { recursive: true })
    assert.equal(Math.min(...times), start / 90_000)
    assert.equal(times.length, 50)
  })

  it('has trick play that holds no memory for the pictures it leaves out', async () => {
    const request = dash.resolve(dashEndpoint({ includeIframeOnlyStream: true }), 'index_iframe_1_7_40.mp4')
    const body = request?.kind === 'segment' ? found(await request.body(archive, media, sampleKeys())) : undefined
    assert.equal(body?.kind, 'bytes')
    for (const part of body?.kind === 'bytes' ? body.parts : []) assert.ok(part.buffer.byteLength <= 2 * part.length)
  })

  it('has no segment or header of a track that is not there, or of another kind', async () => {
    for (const path of [
      'index_audio_1_7_40.mp4',
      'index_video_2_7_init.mp4',
      'index_video_21_7_40.mp4',
      'index_iframe_1_7_40.mp4',
      'index_video_1_7_44.mp4',
      'index_video_1_7_040.mp4',
      'index_iframe_1_7_init.mp4',
    ]) {
      assert.equal(await get({}, path), undefined, path)
    }
  })
})
