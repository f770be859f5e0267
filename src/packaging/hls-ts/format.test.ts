import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { found } from '../../../test/found.ts'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import {
  assetOf,
  audio,
  CLOCK,
  FakeArchive,
  LADDER,
  ORIGIN,
  outputSegments,
  sampleBytes,
  variant,
  video,
  windowOf,
  written,
} from '../../../test/origin/sample-channel.ts'
import { type HlsSettings, hlsEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { utcMs } from '../../media/time.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { ArchiveWindow, Era, SourceStream } from '../../model/output-segment.ts'
import { hls } from './format.ts'
import { manifestFileName, type PlaylistName } from './names.ts'

hlsParser.setOptions({ strictMode: true })

const THREE = windowOf(outputSegments(8779957, [{ seconds: 6.006 }, { seconds: 6.006 }, { seconds: 5.972 }]))

function write(
  endpoint: OriginEndpoint,
  window: ArchiveWindow,
  name: PlaylistName,
  kind: 'live' | 'harvest',
): string | undefined {
  return written(hls, endpoint, manifestFileName(endpoint.manifestName, name), window, { kind })?.text
}

/** A manifest's text, after two foreign parsers have read it. */
function manifest(
  window: ArchiveWindow,
  name: PlaylistName = {},
  settings: HlsSettings = {},
  kind: 'live' | 'harvest' = 'live',
): string | undefined {
  const text = write(hlsEndpoint(settings), window, name, kind)
  if (text === undefined) return undefined
  assert.equal(hlsParser.parse(text).isMasterPlaylist, name.n === undefined)
  const parser = new M3u8Parser()
  parser.push(text)
  parser.end()
  assert((parser.manifest.playlists ?? parser.manifest.segments).length > 0)
  return text
}

const eraOf = (...streams: readonly SourceStream[]): Era => ({ id: 1, origin: ORIGIN, clock: CLOCK, streams })

/** A window of one segment over other streams. */
const windowOver = (era: Era): ArchiveWindow => windowOf(outputSegments(1, [{ era }]), { eras: [era] })

const rendition = (index: number, language: string, isDefault: boolean): SourceStream => ({
  index,
  playlist: `a${index}.m3u8`,
  role: { kind: 'audio', groupId: 'aac', name: language, language, isDefault, autoselect: true },
  tracks: [audio(300, language)],
})

describe('the parent playlist', () => {
  it('repeats what the source declared, and tells from the media what it did not', () => {
    assert.equal(
      manifest(THREE),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=2700123,AVERAGE-BANDWIDTH=2530000,RESOLUTION=960x540,FRAME-RATE=29.970,CODECS="avc1.640029,mp4a.40.2"
index_1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000456,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.2"
index_2.m3u8
`,
    )
  })

  it('shows the selected streams in the selected order, under the numbers of the source', () => {
    const streamSelection = { minVideoBitsPerSecond: 0, maxVideoBitsPerSecond: 2 ** 31 - 1 }
    const uris = (text = '') => text.split('\n').filter((line) => line.endsWith('.m3u8'))
    const ascending = { streamSelection: { ...streamSelection, streamOrder: 'VIDEO_BITRATE_ASCENDING' as const } }
    assert.deepEqual(uris(manifest(THREE, {}, ascending)), ['index_2.m3u8', 'index_1.m3u8'])
    const small = { ...streamSelection, maxVideoBitsPerSecond: 2_000_000, streamOrder: 'ORIGINAL' as const }
    assert.deepEqual(uris(manifest(THREE, {}, { streamSelection: small })), ['index_2.m3u8'])
    assert.equal(manifest(THREE, { n: 1 }, { streamSelection: small }), undefined)
    const none = { ...small, minVideoBitsPerSecond: 1_500_000 }
    assert.equal(manifest(THREE, {}, { streamSelection: none }), undefined)
  })

  it('leaves out a stream that has nothing in the window', () => {
    const window = windowOf(outputSegments(1, [{ missing: [1] }, { missing: [1] }]))
    assert.doesNotMatch(manifest(window) ?? '', /index_1\.m3u8/)
  })

  it('splits audio off the variants, each kind once, from the smallest variant that has it', () => {
    const era = eraOf(
      variant(1, 2_000_000, [video(540), audio(257, 'eng'), audio(258, 'deu')], { codecs: 'avc1.640029,mp4a.40.2' }),
      variant(2, 1_000_000, [video(360), audio(257, 'eng'), audio(258, 'eng')]),
      variant(3, 1_500_000, [video(360), { ...audio(257, 'eng'), codec: 'mp4a.40.5' }]),
      variant(4, 64_000, [audio(257, 'eng')]),
      variant(5, 900_000, [video(180)]),
    )
    assert.equal(
      manifest(windowOver(era), {}, { useAudioRenditionGroup: true }),
      `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="eng",LANGUAGE="eng",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="index_2_0.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="eng (2)",LANGUAGE="eng",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="index_3_0.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="deu",LANGUAGE="deu",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="index_1_1.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=960x540,FRAME-RATE=29.970,CODECS="avc1.640029,mp4a.40.2",AUDIO="audio"
index_1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"
index_2.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1500000,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.5",AUDIO="audio"
index_3.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"
index_4.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=320x180,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.2,mp4a.40.5",AUDIO="audio"
index_5.m3u8
`,
    )
  })

  it('keeps audio renditions of the source as they are, whether audio is to be split off or not', () => {
    const era = eraOf(
      variant(1, 2_000_000, [video(540)], { audioGroup: 'aac', codecs: 'avc1.640029,mp4a.40.2' }),
      variant(2, 1_000_000, [video(360)], { audioGroup: 'aac' }),
      rendition(3, 'eng', true),
      rendition(4, 'deu', false),
    )
    const text = `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="eng",LANGUAGE="eng",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="index_3_0.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="deu",LANGUAGE="deu",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="index_4_0.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=960x540,FRAME-RATE=29.970,CODECS="avc1.640029,mp4a.40.2",AUDIO="aac"
index_1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.2",AUDIO="aac"
index_2.m3u8
`
    assert.equal(manifest(windowOver(era), {}, { useAudioRenditionGroup: false }), text)
    assert.equal(manifest(windowOver(era), {}, { useAudioRenditionGroup: true }), text)
  })

  it('says CLOSED-CAPTIONS=NONE only when every variant shown has none', () => {
    const none = { closedCaptions: 'NONE' }
    const all = eraOf(variant(1, 2, [video(540)], none), variant(2, 1, [video(360)], none))
    assert.equal(manifest(windowOver(all))?.match(/CLOSED-CAPTIONS=NONE/g)?.length, 2)
    const some = eraOf(variant(1, 2, [video(540)], none), variant(2, 1, [video(360)], { closedCaptions: 'cc' }))
    assert.doesNotMatch(manifest(windowOver(some)) ?? '', /CLOSED-CAPTIONS/)
  })
})

describe('a media playlist', () => {
  it('lists the window under live numbers', () => {
    assert.equal(
      manifest(THREE, { n: 1 }),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:7
#EXT-X-MEDIA-SEQUENCE:8779957
#EXTINF:6.006,
index_1_8779957.ts?m=1700000000
#EXTINF:6.006,
index_1_8779958.ts?m=1700000000
#EXTINF:5.972,
index_1_8779959.ts?m=1700000000
`,
    )
  })

  it('ends, without queries, as a harvest leaves it', () => {
    assert.equal(
      manifest(THREE, { n: 2 }, { playlistType: 'EVENT' }, 'harvest'),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:7
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MEDIA-SEQUENCE:8779957
#EXTINF:6.006,
index_2_8779957.ts
#EXTINF:6.006,
index_2_8779958.ts
#EXTINF:5.972,
index_2_8779959.ts
#EXT-X-ENDLIST
`,
    )
  })

  it('tells the target duration that was recorded with its newest segment, and none of its own while it is live', () => {
    const segments = THREE.segments.map((segment) => ({ ...segment, targetDuration: 10 }))
    assert.match(manifest({ ...THREE, segments }, { n: 1 }) ?? '', /#EXT-X-TARGETDURATION:10\n/)
    assert.match(manifest({ ...THREE, segments }, { n: 1 }, {}, 'harvest') ?? '', /#EXT-X-TARGETDURATION:7\n/)
  })

  it('ends when the window does, and not before', () => {
    assert.match(manifest({ ...THREE, ended: true }, { n: 1 }) ?? '', /#EXT-X-ENDLIST\n$/)
    assert.doesNotMatch(manifest(THREE, { n: 1 }) ?? '', /ENDLIST/)
  })

  it('is undefined for a stream that is not there', () => {
    for (const name of [{ n: 0 }, { n: 3 }, { n: 1, p: 0 }, { n: 1, p: 1 }]) {
      assert.equal(manifest(THREE, name), undefined, JSON.stringify(name))
    }
  })

  it('shows gaps and discontinuities; the one before the first segment is counted instead', () => {
    const segments = outputSegments(5, [
      {},
      { discontinuity: true },
      { missing: [1] },
      { discontinuity: true, seconds: 4 },
    ]).slice(1)
    assert.equal(
      manifest(windowOf(segments), { n: 1 }),
      `#EXTM3U
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:6
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXTINF:6.000,
index_1_6.ts?m=1700000000
#EXT-X-GAP
#EXTINF:6.000,
index_1_7.ts?m=1700000000
#EXT-X-DISCONTINUITY
#EXTINF:4.000,
index_1_8.ts?m=1700000000
`,
    )
    assert.doesNotMatch(manifest(windowOf(segments), { n: 2 }) ?? '', /GAP|VERSION:8/)
  })

  it('counts every stream from the first segment of the window, be it a gap there', () => {
    const window = windowOf(outputSegments(5, [{ missing: [1] }, {}]))
    for (const n of [1, 2]) assert.match(manifest(window, { n }) ?? '', /^#EXT-X-MEDIA-SEQUENCE:5$/m)
  })

  it('calls it a gap where an era had no such stream', () => {
    const before: Era = {
      id: 1,
      origin: ORIGIN,
      clock: CLOCK,
      streams: [variant(1, 1_000_000, [video(360), audio(257)])],
    }
    const after: Era = { ...LADDER, id: 2 }
    const segments = outputSegments(1, [{ era: before }, { era: after, discontinuity: true }])
    const text = manifest(windowOf(segments, { eras: [before, after] }), { n: 2 })
    assert.match(text ?? '', /#EXT-X-GAP\n#EXTINF:6.000,\nindex_2_1.ts/)
    assert.doesNotMatch(text ?? '', /#EXT-X-GAP\n#EXTINF:6.000,\nindex_2_2.ts/)
  })

  it('dates the first segment, one at each multiple of the interval, and what follows a discontinuity', () => {
    const sketches = Array.from({ length: 12 }, (_, i) => ({ seconds: 6.006, discontinuity: i === 3 }))
    const segments = outputSegments(1, sketches).map((segment) => ({
      ...segment,
      startUtc: utcMs(segment.startUtc + 8040),
    }))
    const dates = (from: number) => {
      const text = manifest(windowOf(segments.slice(from)), { n: 1 }, { programDateTimeIntervalSeconds: 30 }) ?? ''
      return [...text.matchAll(/DATE-TIME:.*T(.*)\n#EXTINF.*\nindex_1_(\d+)/g)].map(([, time, n]) => `${n} ${time}`)
    }
    assert.deepEqual(dates(0), ['1 12:00:08.040Z', '4 12:00:26.058Z', '5 12:00:32.064Z', '10 12:01:02.094Z'])
    assert.deepEqual(dates(1).slice(1), dates(0).slice(1))
    assert.deepEqual(dates(4), dates(0).slice(2))
    assert.deepEqual(dates(5), ['6 12:00:38.070Z', '10 12:01:02.094Z'])
    assert.doesNotMatch(manifest(THREE, { n: 1 }) ?? '', /DATE-TIME/)
  })

  it('gives a segment the same EXTINF in every window, and lets no rounding error add up', () => {
    const third = Array.from({ length: 300 }, () => ({ seconds: 1001 / 300 }))
    const segments = outputSegments(1, third)
    const durations = (from: number) => {
      const text = manifest(windowOf(segments.slice(from)), { n: 1 }) ?? ''
      return [...text.matchAll(/#EXTINF:(.*),/g)].map(([, seconds]) => Math.round(Number(seconds) * 1000))
    }
    assert.deepEqual(durations(100), durations(0).slice(100))
    const last = segments.at(-1)!
    const length = (last.start + last.duration - segments[0]!.start) / 90
    const sum = durations(0).reduce((total, ms) => total + ms, 0)
    assert(Math.abs(sum - length) <= 1, `${sum} ms listed of ${length} ms`)
  })

  it('escapes a manifest name that no URI can hold', () => {
    const endpoint = hlsEndpoint({}, { manifestName: 'my channel#1' })
    const text = write(endpoint, THREE, { n: 1 }, 'live')
    assert.match(text ?? '', /^my%20channel%231_1_8779957\.ts\?m=/m)
  })
})

describe('the body of a segment', () => {
  const stored = (key: string) => {
    const bytes = sampleBytes(key)
    return { key, size: bytes.length, crc32: crc32(bytes) }
  }
  const bodyOf = async (slots: number, file = 'index_1_1.ts', missing: readonly number[] = []) => {
    const archive = new FakeArchive(windowOf(outputSegments(1, [{ slots, missing }])))
    const request = hls.resolve(hlsEndpoint(), file)
    assert.equal(request?.kind, 'segment')
    const body =
      request?.kind === 'segment' ? found(await request.body(archive, archive.media(), sampleKeys())) : undefined
    if (!body) return undefined
    const { sources, ...rest } = body
    assert.equal(sources.length, slots)
    return rest
  }

  it('is the source object itself when there is one', async () => {
    const size = sampleBytes('s1-1-0').length
    assert.deepEqual(await bodyOf(1), { contentType: 'video/mp2t', kind: 'object', object: stored('s1-1-0'), size })
  })

  it('is the source objects in a row when there are several', async () => {
    const { length } = sampleBytes('s1-1-0')
    const objects = ['s1-1-0', 's1-1-1', 's1-1-2'].map(stored)
    assert.deepEqual(await bodyOf(3), { contentType: 'video/mp2t', kind: 'objects', objects, size: 3 * length })
  })

  it('is nothing where the stream has a gap, or there is no such stream or track', async () => {
    assert.equal(await bodyOf(1, 'index_1_1.ts', [1]), undefined)
    assert.equal(await bodyOf(1, 'index_3_1.ts'), undefined)
    assert.equal(await bodyOf(1, 'index_1_0_1.ts'), undefined)
  })
})

describe('a finished asset', () => {
  it('holds every segment there is, its playlists, and a parent', () => {
    const window = windowOf(outputSegments(7, [{}, { missing: [2] }]))
    const asset = assetOf(hls, hlsEndpoint(), window)
    assert.deepEqual(
      asset?.segments.map(({ name }) => name),
      ['index_1_7.ts', 'index_1_8.ts', 'index_2_7.ts'],
    )
    assert.deepEqual(
      asset?.manifests.map(({ name, body }) => [name, body().text]),
      [1, 2].map((n) => [`index_${n}.m3u8`, manifest(window, { n }, {}, 'harvest')]),
    )
    assert.equal(asset?.parent.text, manifest(window, {}, {}, 'harvest'))
  })

  it('holds split-off audio once', () => {
    const asset = assetOf(hls, hlsEndpoint({ useAudioRenditionGroup: true }), windowOf(outputSegments(7, [{}])))
    assert.deepEqual(
      asset?.segments.map(({ name }) => name),
      ['index_1_7.ts', 'index_2_7.ts', 'index_2_0_7.ts'],
    )
    assert.deepEqual(
      asset?.manifests.map(({ name }) => name),
      ['index_1.m3u8', 'index_2.m3u8', 'index_2_0.m3u8'],
    )
  })

  it('is undefined when the settings leave nothing', () => {
    const streamSelection = { minVideoBitsPerSecond: 9e8, maxVideoBitsPerSecond: 1e9, streamOrder: 'ORIGINAL' as const }
    assert.equal(assetOf(hls, hlsEndpoint({ streamSelection }), THREE), undefined)
  })
})
