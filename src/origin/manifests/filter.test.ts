/** `aws.manifestfilter` by URL: three renditions with two languages of audio and subtitles, in every format. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import { parse as parseMpd } from 'mpd-parser'
import { OriginUnderTest } from '../../../test/origin/origin-under-test.ts'
import {
  audio,
  CLOCK,
  LADDER,
  ORIGIN,
  outputSegments,
  variant,
  video,
  windowOf,
} from '../../../test/origin/sample-channel.ts'
import {
  ALL_STREAMS,
  cmafEndpoint,
  dashEndpoint,
  type HlsSettings,
  hlsEndpoint,
  mssEndpoint,
} from '../../../test/origin/sample-endpoints.ts'
import type { AudioDescription, VideoDescription } from '../../media/track.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { Era, SourceStream } from '../../model/output-segment.ts'

const origin = new OriginUnderTest()

const uhd: VideoDescription = {
  ...video(1080),
  codec: 'hvc1.2.4.L120.90',
  frameRate: { numerator: 50, denominator: 1 },
  colour: { primaries: 9, transfer: 16, matrix: 9, fullRange: false },
}
const dolby = (language: string): AudioDescription => ({
  ...audio(257, language),
  codec: 'ac-3',
  configuration: '10104a',
  channels: 6,
  samplesPerFrame: 1536,
})

const sound = (index: number, name: string, description: AudioDescription): SourceStream => ({
  index,
  playlist: `a${index}.m3u8`,
  role: { kind: 'audio', groupId: 'aac', name, language: name, isDefault: index === 4, autoselect: true },
  tracks: [description],
  container: 'mpeg-ts',
  bitrates: [index === 4 ? 128_000 : 448_000],
})
const text = (index: number, language: string): SourceStream => ({
  index,
  playlist: `s${index}.m3u8`,
  role: { kind: 'subtitles', groupId: 's', name: language, language, isDefault: false, autoselect: true },
  tracks: [{ kind: 'text', pid: 0, codec: 'wvtt' }],
  container: 'webvtt',
})

/**
 * Video alone in variants 1 (1080 lines, HEVC, HDR10, 50 pictures a second), 2 (720) and 3 (360); audio and text in
 * streams of their own.
 */
const APART: Era = {
  id: 1,
  origin: ORIGIN,
  clock: CLOCK,
  streams: [
    variant(1, 6_000_000, [uhd], { codecs: 'hvc1.2.4.L120.90,mp4a.40.2', audioGroup: 'aac', subtitlesGroup: 's' }),
    variant(2, 3_000_000, [video(720)], { codecs: 'avc1.64001f,mp4a.40.2', audioGroup: 'aac', subtitlesGroup: 's' }),
    variant(3, 1_000_000, [video(360)], { codecs: 'avc1.64001f,mp4a.40.2', audioGroup: 'aac', subtitlesGroup: 's' }),
    sound(4, 'eng', audio(257, 'eng')),
    sound(5, 'fra', dolby('fra')),
    text(6, 'eng'),
    text(7, 'deu'),
  ],
}
const WINDOW = windowOf(
  outputSegments(
    10,
    Array.from({ length: 6 }, () => ({ era: APART })),
  ),
  { eras: [APART] },
)

const FORMATS: Readonly<Record<string, { readonly endpoint: OriginEndpoint; readonly path: string }>> = {
  HLS: { endpoint: hlsEndpoint({ includeIframeOnlyStream: true }), path: 'index.m3u8' },
  CMAF: { endpoint: cmafEndpoint({ includeIframeOnlyStream: true, name: 'index' }), path: 'main/index.m3u8' },
  DASH: { endpoint: dashEndpoint({ includeIframeOnlyStream: true }), path: 'index.mpd' },
  MSS: { endpoint: mssEndpoint(), path: 'index.ism/Manifest' },
}

type Shown = { video: number[]; audio: string[]; text: string[]; trickPlay: number[] }

const ALL: Shown = { video: [1080, 720, 360], audio: ['eng', 'fra'], text: ['eng', 'deu'], trickPlay: [1080] }

/** Filters, with the tracks each leaves of the whole. */
const LEAVES: readonly (readonly [filter: string, left: Partial<Shown>])[] = [
  ['video_height:1-720', { video: [720, 360], trickPlay: [720] }],
  ['VIDEO_HEIGHT:720-720', { video: [720], trickPlay: [720] }],
  ['video_bitrate:0-3000000', { video: [720, 360], trickPlay: [720] }],
  ['video_codec:H265', { video: [1080] }],
  ['video_codec:h264,H265', {}],
  ['video_dynamic_range:hdr10', { video: [1080] }],
  ['video_dynamic_range:hlg,sdr', { video: [720, 360], trickPlay: [720] }],
  ['video_framerate:29.97-29.97', { video: [720, 360], trickPlay: [720] }],
  ['video_framerate:30-60', { video: [1080] }],
  ['audio_language:FRA', { audio: ['fra'] }],
  ['audio_language:eng,fra', {}],
  ['audio_language:tlh', { audio: [] }],
  ['audio_codec:AACL', { audio: ['eng'] }],
  ['audio_codec:AC-3,EC-3', { audio: ['fra'] }],
  ['audio_bitrate:200000-500000', { audio: ['fra'] }],
  ['audio_channels:1-2', { audio: ['eng'] }],
  ['audio_sample_rate:44100-44100', { audio: [] }],
  ['subtitle_language:deu', { text: ['deu'] }],
  ['subtitle_language:tlh', { text: [] }],
  [
    'video_height:1-720;audio_language:fra;subtitle_language:eng',
    { video: [720, 360], audio: ['fra'], text: ['eng'], trickPlay: [720] },
  ],
  ['video_height:1-720;trickplay_height:1-360', { video: [720, 360], trickPlay: [] }],
  ['trickplay_type:none', { trickPlay: [] }],
  ['trickplay_type:image', { trickPlay: [] }],
  ['trickplay_type:iframe,image', {}],
  ['video_height:1-10', { video: [], trickPlay: [] }],
  ['video_height:1-10;audio_language:none', { video: [], audio: [], trickPlay: [] }],
]

const NOTHING = 'video_height:1-10;audio_language:tlh;subtitle_language:tlh'

before(() => origin.listen())
after(() => origin.close())

const filtered = (path: string, filter: string) => `${path}?aws.manifestfilter=${encodeURIComponent(filter)}`

for (const [name, { endpoint, path }] of Object.entries(FORMATS)) {
  describe(`the manifest filter in ${name}`, () => {
    const expected = (left: Partial<Shown>) =>
      name === 'MSS' ? { ...ALL, ...left, trickPlay: [] } : { ...ALL, ...left }

    it('leaves everything when there is none', async () => {
      origin.serve(endpoint, WINDOW)
      assert.deepEqual(shown(await origin.manifest(path), name), expected({}))
    })

    for (const [filter, left] of LEAVES) {
      it(`leaves what ${filter} says`, async () => {
        origin.serve(endpoint, WINDOW)
        assert.deepEqual(shown(await origin.manifest(filtered(path, filter)), name), expected(left))
      })
    }

    it('comes after the stream selection', async () => {
      const streamOrder = 'VIDEO_BITRATE_ASCENDING'
      const streamSelection = { ...ALL_STREAMS, maxVideoBitsPerSecond: 3_000_000, streamOrder } as const
      origin.serve({ ...endpoint, packaging: { ...endpoint.packaging, streamSelection } }, WINDOW)
      const { video: pictures } = shown(await origin.manifest(filtered(path, 'video_height:1-1080')), name)
      assert.deepEqual(pictures, [360, 720])
    })

    it('is 400 when it leaves nothing, and when it cannot be read', async () => {
      origin.serve(endpoint, WINDOW)
      const nothing = await origin.ask(filtered(path, NOTHING))
      assert.deepEqual([nothing.status, nothing.text], [400, 'The filter excludes every track of this manifest.\n'])
      for (const filter of [
        '',
        'video_height',
        'video_width:1-720',
        'video_height:720-1',
        'video_height:1-2147483648',
        'video_height:1-720;video_height:1-720',
        `audio_language:${'x'.repeat(1010)}`,
      ]) {
        const { status, text: sentence } = await origin.ask(filtered(path, filter))
        assert.deepEqual([status, sentence.startsWith('aws.manifestfilter: ')], [400, true], filter)
      }
      const twice = `${filtered(path, 'video_height:1-720')}&aws.manifestfilter=video_height:1-720`
      assert.equal((await origin.ask(twice)).status, 400)
    })

    it('goes with a window of the past', async () => {
      origin.serve({ ...endpoint, startoverWindowSeconds: 600 }, WINDOW)
      const start = Date.UTC(2026, 7, 1, 12, 0, 6) / 1000
      const inPath = path.replace(/(?=index\.)/, `start/${start}/end/${start + 12}/`)
      const text = await origin.manifest(filtered(inPath, 'video_height:1-720;audio_language:fra'))
      assert.deepEqual(shown(text, name), expected({ video: [720, 360], audio: ['fra'], trickPlay: [720] }))
      assert.equal((await origin.ask(filtered(inPath, NOTHING))).status, 400)
      assert.equal((await origin.ask(filtered(inPath, NOTHING))).status, 400, 'again')
    })

    it('need not be escaped', async () => {
      origin.serve(endpoint, WINDOW)
      const plain = await origin.manifest(`${path}?aws.manifestfilter=video_height:1-720;audio_language:fra,eng&m=1`)
      assert.equal(plain, await origin.manifest(filtered(path, 'video_height:1-720;audio_language:fra,eng')))
    })
  })
}

describe('the manifest filter', () => {
  it('is 400 on child playlists and segments', async () => {
    for (const [name, paths] of [
      ['HLS', ['index_1.m3u8', 'index_1_iframe.m3u8', 'index_6_0.m3u8', 'index_1_10.ts', 'index_6_0_10.vtt']],
      ['CMAF', ['main/index_video_1.m3u8', 'sports_video_1_10.mp4', 'sports_video_1_track_1_csid_1_init.mp4']],
      ['DASH', ['index_video_1_1_10.mp4', 'index_video_1_1_init.mp4']],
      ['MSS', ['index.ism/Events(1_0)/QualityLevels(6000000)/Fragments(v=0)']],
    ] as const) {
      origin.serve(FORMATS[name]!.endpoint, WINDOW)
      for (const path of paths) assert.equal((await origin.ask(filtered(path, 'video_height:1-720'))).status, 400, path)
    }
  })

  it('takes pictures away with the sound that rides with them, where there is no audio group', async () => {
    const muxed: Era = {
      ...LADDER,
      streams: [
        variant(1, 3_000_000, [video(720), dolby('eng')]),
        variant(2, 1_000_000, [video(360), audio(257, 'eng'), audio(258, 'fra')]),
        variant(3, 128_000, [audio(257, 'fra')]),
      ],
    }
    const window = windowOf(outputSegments(10, [{ era: muxed }, { era: muxed }, { era: muxed }]), { eras: [muxed] })
    const left = async (filter: string, settings: HlsSettings = {}) => {
      origin.serve(hlsEndpoint(settings), window)
      const text = await origin.manifest(filtered('index.m3u8', filter))
      return text.split('\n').filter((line) => line.endsWith('.m3u8'))
    }
    assert.deepEqual(await left('audio_codec:AACL'), ['index_2.m3u8', 'index_3.m3u8'])
    assert.deepEqual(await left('audio_language:eng'), ['index_1.m3u8', 'index_2.m3u8'])
    assert.deepEqual(await left('audio_channels:6-6'), ['index_1.m3u8'])
    assert.deepEqual(await left('video_height:1-360'), ['index_2.m3u8', 'index_3.m3u8'])
    const split = { useAudioRenditionGroup: true }
    assert.deepEqual(await left('audio_codec:AACL', split), ['index_1.m3u8', 'index_2.m3u8', 'index_3.m3u8'])
  })

  it('says of no sound that is gone', async () => {
    origin.serve(FORMATS['HLS']!.endpoint, WINDOW)
    const text = await origin.manifest(filtered('index.m3u8', 'audio_language:tlh'))
    assert.doesNotMatch(text, /mp4a|AUDIO=/)
    assert.match(text, /CODECS="avc1.64001f"/)
  })

  it('leaves children as they are', async () => {
    origin.serve(FORMATS['HLS']!.endpoint, WINDOW)
    assert.match(await origin.manifest(filtered('index.m3u8', 'video_height:1-720')), /^index_2\.m3u8$/m)
    assert.match(await origin.manifest('index_1.m3u8'), /index_1_10\.ts/)
  })

  it('drops a Period of which it leaves nothing', async () => {
    const second: Era = { ...LADDER, id: 2, streams: [variant(1, 500_000, [video(180)])] }
    const sketches = [{ era: LADDER }, { era: LADDER }, { era: second, discontinuity: true }, { era: second }]
    origin.serve(dashEndpoint(), windowOf(outputSegments(10, sketches), { eras: [LADDER, second] }))
    const periods = async (filter: string) =>
      [...(await origin.manifest(filtered('index.mpd', filter))).matchAll(/<Period id="(\d+)"/g)].map(([, id]) => id)
    assert.deepEqual(await periods('video_height:1-1080'), ['9', '11'])
    assert.deepEqual(await periods('video_height:1-200;audio_language:tlh'), ['11'])
    assert.deepEqual(await periods('video_height:300-400'), ['9'])
  })

  it('keeps a default among the sounds that are left', async () => {
    for (const name of ['HLS', 'CMAF']) {
      const { endpoint, path } = FORMATS[name]!
      origin.serve(endpoint, WINDOW)
      const text = await origin.manifest(filtered(path, 'audio_language:fra'))
      assert.match(text, /TYPE=AUDIO.*LANGUAGE="fra".*DEFAULT=YES,AUTOSELECT=YES/)
    }
    origin.serve(FORMATS['DASH']!.endpoint, WINDOW)
    const [, role] = /contentType="audio" lang="fra"[\s\S]*?Role [^>]*value="(\w+)"/.exec(
      await origin.manifest(filtered('index.mpd', 'audio_language:fra')),
    )!
    assert.equal(role, 'main')
  })
})

/** The tracks in a manifest, as a foreign parser reads it. */
function shown(manifest: string, name: string): Shown {
  if (name === 'DASH') return shownInDash(manifest)
  if (name === 'MSS') return shownInSmooth(manifest)
  const { variants } = hlsParser.parse(manifest) as hlsParser.types.MasterPlaylist
  const named = (type: string) =>
    [...manifest.matchAll(new RegExp(`TYPE=${type}.*?LANGUAGE="(\\w+)"`, 'g'))].map(([, language]) => language!)
  const pictures = variants.filter(({ isIFrameOnly }) => !isIFrameOnly).map(({ resolution }) => resolution!.height)
  return {
    // With sound of two codecs CMAF lists every picture once for each.
    video: [...new Set(pictures)],
    audio: named('AUDIO'),
    text: named('SUBTITLES'),
    trickPlay: variants.filter(({ isIFrameOnly }) => isIFrameOnly).map(({ resolution }) => resolution!.height),
  }
}

function shownInDash(manifest: string): Shown {
  const sets = [...manifest.matchAll(/<AdaptationSet [\s\S]*?<\/AdaptationSet>/g)].map(([set]) => set)
  const isTrickPlay = (set: string) => set.includes('dashif.org/guidelines/trickmode')
  const heights = (of: readonly string[]) =>
    of.flatMap((set) => [...set.matchAll(/<Representation [^>]* height="(\d+)"/g)].map(([, height]) => Number(height)))
  const languages = (type: string) =>
    sets.flatMap((set) => new RegExp(`contentType="${type}" lang="(\\w+)"`).exec(set)?.[1] ?? [])
  const pictures = sets.filter((set) => set.includes('contentType="video"') && !isTrickPlay(set))
  const found = { video: heights(pictures), audio: languages('audio'), text: languages('text') }
  const parsed = parseMpd(manifest, { manifestUri: 'http://h/' })
  if (found.video.length > 0) {
    const read = Object.values(parsed.mediaGroups.AUDIO['audio'] ?? {}).map(({ language }) => language)
    assert.deepEqual(new Set(read), new Set(found.audio))
  }
  return { ...found, trickPlay: heights(sets.filter(isTrickPlay)) }
}

function shownInSmooth(manifest: string): Shown {
  const streams = [...manifest.matchAll(/<StreamIndex [\s\S]*?<\/StreamIndex>/g)].map(([stream]) => stream)
  const languages = (type: string) =>
    streams.flatMap((stream) => new RegExp(`Type="${type}".*?Language="(\\w+)"`).exec(stream)?.[1] ?? [])
  const heights = [...manifest.matchAll(/MaxHeight="(\d+)"/g)].map(([, height]) => Number(height))
  return { video: heights, audio: languages('audio'), text: languages('text'), trickPlay: [] }
}
