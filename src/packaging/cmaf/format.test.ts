import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import { found } from '../../../test/found.ts'
import { sampleKeys } from '../../../test/keys/sample-keys.ts'
import {
  assetOf,
  audio,
  CLOCK,
  FakeArchive,
  ORIGIN,
  outputSegments,
  overEra,
  subtitles,
  variant,
  video,
  windowOf,
  written,
} from '../../../test/origin/sample-channel.ts'
import { cmafEndpoint } from '../../../test/origin/sample-endpoints.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { ArchiveWindow, Era } from '../../model/output-segment.ts'
import { cmaf } from './format.ts'

hlsParser.setOptions({ strictMode: true })

function manifest(endpoint: OriginEndpoint, window: ArchiveWindow, path: string, kind: 'live' | 'harvest' = 'live') {
  if (!cmaf.resolve(endpoint, path)) return undefined
  const text = written(cmaf, endpoint, path, window, { kind })?.text
  if (text !== undefined) hlsParser.parse(text)
  return text
}

const MUXED: Era = {
  id: 3,
  origin: ORIGIN,
  clock: CLOCK,
  streams: [
    variant(1, 2_700_123, [video(540), audio(257, 'eng')], { codecs: 'avc1.640029,mp4a.40.2' }),
    variant(2, 1_000_456, [video(360), audio(257, 'eng')]),
  ],
}
const overMuxed = (...sketches: Parameters<typeof outputSegments>[1]) => overEra(MUXED, 11, sketches)

describe('a CMAF parent playlist', () => {
  it('lists each picture by itself, and sound once, in a group of its own', () => {
    assert.equal(
      manifest(cmafEndpoint(), overMuxed({}), 'main/news.m3u8'),
      `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio_mp4a",NAME="eng",LANGUAGE="eng",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="news_audio_12.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2700123,RESOLUTION=960x540,FRAME-RATE=29.970,CODECS="avc1.640029,mp4a.40.2",AUDIO="audio_mp4a"
news_video_1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000456,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio_mp4a"
news_video_11.m3u8
`,
    )
  })

  it('offers every picture with every family of sound', () => {
    const surround = { ...audio(258, 'eng'), codec: 'ac-3', channels: 6, samplesPerFrame: 1536 }
    const era: Era = { ...MUXED, streams: [variant(1, 2_000_000, [video(540), audio(257, 'eng'), surround])] }
    const text = manifest(cmafEndpoint(), windowOf(outputSegments(1, [{ era }]), { eras: [era] }), 'main/news.m3u8')
    assert.deepEqual(text?.match(/(?<=,AUDIO=).*\n.*/g), [
      '"audio_mp4a"\nnews_video_1.m3u8',
      '"audio_ac-3"\nnews_video_1.m3u8',
    ])
    assert.equal(text?.match(/DEFAULT=YES/g)?.length, 2)
  })

  it('lists subtitles in a group of their own, and says what captions the pictures carry', () => {
    const captions = [{ name: 'English', language: 'en', isDefault: true, autoselect: true, instreamId: 'CC1' }]
    const streams = [variant(1, 2, [video(540)], { closedCaptions: 'cc', captions }), subtitles(2)]
    const era: Era = { ...MUXED, streams }
    const text = manifest(cmafEndpoint(), windowOf(outputSegments(1, [{ era }]), { eras: [era] }), 'main/news.m3u8')
    assert.match(text ?? '', /TYPE=SUBTITLES,GROUP-ID="subtitles",.*FORCED=NO,URI="news_subtitles_11.m3u8"/)
    assert.match(
      text ?? '',
      /TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="English",LANGUAGE="en",.*INSTREAM-ID="CC1"/,
    )
    assert.match(text ?? '', /SUBTITLES="subtitles",CLOSED-CAPTIONS="captions"/)
  })

  it('says what captions the pictures of all its eras carry, and of filtered ones too', () => {
    const caption = (instreamId: string, name: string) => {
      return { name, language: 'en', isDefault: false, autoselect: true, instreamId }
    }
    const era = (id: number, captions: readonly ReturnType<typeof caption>[]): Era => ({
      ...MUXED,
      id,
      streams: [
        variant(1, 2, [video(540)], { closedCaptions: captions.length > 0 ? 'cc' : 'NONE', captions }),
        variant(2, 1, [video(360)], { closedCaptions: 'NONE' }),
      ],
    })
    const eras = [era(1, [caption('CC1', 'Old'), caption('CC3', 'Third')]), era(2, [caption('CC1', 'New')])]
    const window = windowOf(outputSegments(1, [{ era: eras[0]! }, { era: eras[1]!, discontinuity: true }]), { eras })
    const lines = (text = '') => text.match(/(?<=NAME=")\w+|CLOSED-CAPTIONS=\S+/g)
    const group = 'CLOSED-CAPTIONS="captions"'
    assert.deepEqual(lines(manifest(cmafEndpoint(), window, 'main/news.m3u8')), ['New', 'Third', group, group])
    const silent = [eras[0]!, era(2, [])]
    const after = windowOf(outputSegments(1, [{ era: silent[0]! }, { era: silent[1]! }]), { eras: silent })
    assert.deepEqual(lines(manifest(cmafEndpoint(), after, 'main/news.m3u8')), ['Old', 'Third', group, group])
    const filter = { videoHeight: { min: 540, max: 540 } }
    const filtered = written(cmaf, cmafEndpoint(), 'main/news.m3u8', window, { kind: 'live', filter })
    assert.deepEqual(lines(filtered?.text), ['New', 'Third', group])
    const other = written(cmaf, cmafEndpoint(), 'main/news.m3u8', window, {
      kind: 'live',
      filter: { videoHeight: { min: 360, max: 360 } },
    })
    assert.deepEqual(lines(other?.text), ['CLOSED-CAPTIONS=NONE'])
  })

  it('says the range of pictures that are no ordinary ones', () => {
    const colour = { primaries: 9, transfer: 16, matrix: 9, fullRange: false }
    const era: Era = { ...MUXED, streams: [variant(1, 2, [{ ...video(540), codec: 'hvc1.2.4.L93.90', colour }])] }
    const text = manifest(cmafEndpoint(), windowOf(outputSegments(1, [{ era }]), { eras: [era] }), 'main/news.m3u8')
    assert.match(text ?? '', /CODECS="hvc1.2.4.L93.90",VIDEO-RANGE=PQ/)
  })

  it('is there for every manifest of the endpoint, and for no other', () => {
    const endpoint = cmafEndpoint()
    assert.equal(cmaf.resolve(endpoint, 'other/news.m3u8'), undefined)
    assert.equal(cmaf.resolve(endpoint, 'news.m3u8'), undefined)
    assert.equal(cmaf.resolve(endpoint, 'main/other.m3u8'), undefined)
    assert.equal(cmaf.resolve(endpoint, 'main/main/news.m3u8'), undefined)
  })
})

describe('a CMAF media playlist', () => {
  it('refers to segments that all manifests share, one level up, behind the header of their era', () => {
    assert.equal(
      manifest(cmafEndpoint(), overMuxed({}, {}), 'main/news_video_11.m3u8'),
      `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:11
#EXT-X-MAP:URI="../sports_video_11_track_1_csid_3_init.mp4?m=1700000000"
#EXTINF:6.000,
../sports_video_11_11.mp4?m=1700000000
#EXTINF:6.000,
../sports_video_11_12.mp4?m=1700000000
`,
    )
  })

  it('has a header for each era', () => {
    const after: Era = { ...MUXED, id: 4 }
    const segments = outputSegments(1, [{ era: MUXED }, { era: after, discontinuity: true }])
    const text = manifest(cmafEndpoint(), windowOf(segments, { eras: [MUXED, after] }), 'main/news_audio_12.m3u8')
    assert.match(text ?? '', /csid_3_init.*\n#EXTINF.*\n.*_1\.mp4.*\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:.*csid_4_init/)
  })

  it('shows a gap where the stream, or its track alone, has nothing', () => {
    const window = overMuxed({}, { missing: [2] })
    assert.match(
      manifest(cmafEndpoint(), window, 'main/news_video_11.m3u8') ?? '',
      /#EXT-X-GAP\n.*\n\.\.\/sports_video_11_12/,
    )
    const [whole, silent] = overMuxed({}, {}).segments
    const slots = silent!.slots.map((slot) => {
      const object = slot.objects[2]!
      return { ...slot, objects: { ...slot.objects, 2: { ...object, times: [object.times![0]!, null] } } }
    })
    const deaf = windowOf([whole!, { ...silent!, slots }], { eras: [MUXED] })
    assert.match(
      manifest(cmafEndpoint(), deaf, 'main/news_audio_12.m3u8') ?? '',
      /#EXT-X-GAP\n.*\n\.\.\/sports_audio_12_12/,
    )
    assert.doesNotMatch(manifest(cmafEndpoint(), deaf, 'main/news_video_11.m3u8') ?? '', /GAP/)
  })

  it('lists an I-frame for each segment when that is asked for', () => {
    const endpoint = cmafEndpoint({ includeIframeOnlyStream: true })
    const parent = manifest(endpoint, overMuxed({}), 'main/news.m3u8')
    assert.match(
      parent ?? '',
      /#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=502,RESOLUTION=960x540,CODECS="avc1.64001f",URI="news_iframe_1.m3u8"/,
    )
    const text = manifest(endpoint, overMuxed({}, {}), 'main/news_iframe_1.m3u8') ?? ''
    assert.match(text, /#EXT-X-I-FRAMES-ONLY\n/)
    assert.match(text, /MAP:URI="\.\.\/sports_video_1_track_1_csid_3_init\.mp4/)
    assert.deepEqual(text.match(/^\.\..*mp4/gm), ['../sports_iframe_1_11.mp4', '../sports_iframe_1_12.mp4'])
    assert.equal(manifest(cmafEndpoint(), overMuxed({}), 'main/news_iframe_1.m3u8'), undefined)
  })

  it('is undefined for a track that is not there, or of another kind', () => {
    for (const name of ['video_2', 'video_12', 'audio_1', 'subtitles_1', 'video_21']) {
      assert.equal(manifest(cmafEndpoint(), overMuxed({}), `main/news_${name}.m3u8`), undefined, name)
    }
  })
})

describe('a CMAF segment name', () => {
  const archive = new FakeArchive(overMuxed({}))
  for (const path of [
    'sports_video_1_99.mp4',
    'sports_video_2_11.mp4',
    'sports_audio_1_11.mp4',
    'sports_audio_12_11.vtt',
    'sports_subtitles_1_11.vtt',
    'sports_video_1_track_1_csid_9_init.mp4',
    'sports_video_12_track_1_csid_3_init.mp4',
    'sports_video_01_11.mp4',
    'main/sports_video_1_11.mp4',
  ]) {
    it(`${path} names nothing`, async () => {
      const request = cmaf.resolve(cmafEndpoint(), path)
      assert.notEqual(request?.kind, 'manifest')
      const body =
        request?.kind === 'segment' ? found(await request.body(archive, archive.media(), sampleKeys())) : undefined
      assert.equal(body, undefined)
    })
  }
})

describe('a finished CMAF asset', () => {
  it('lies in one folder: headers, segments, playlists and a parent that refers to them', () => {
    const asset = assetOf(cmaf, cmafEndpoint(), overMuxed({}))
    assert.deepEqual(
      asset?.segments.map(({ name }) => name),
      [
        'sports_video_1_track_1_csid_3_init.mp4',
        'sports_video_11_track_1_csid_3_init.mp4',
        'sports_audio_12_track_1_csid_3_init.mp4',
        'sports_video_1_11.mp4',
        'sports_video_11_11.mp4',
        'sports_audio_12_11.mp4',
      ],
    )
    const text = asset?.manifests[0]?.body().text ?? ''
    assert.match(
      text,
      /MAP:URI="sports_video_1_track_1_csid_3_init.mp4"\n#EXTINF:6.000,\nsports_video_1_11.mp4\n#EXT-X-ENDLIST/,
    )
  })
})
