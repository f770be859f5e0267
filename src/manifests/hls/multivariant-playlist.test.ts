import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { type MultivariantPlaylist, writeMultivariantPlaylist } from './multivariant-playlist.ts'
import { parseMultivariantPlaylist } from './multivariant-playlist-reader.ts'
import { MalformedPlaylist } from './playlist-error.ts'
import { kindOfPlaylist } from './playlist-kind.ts'
import { DEFAULT_PLAYLIST_LIMITS, playlistReading } from './playlist-lines.ts'

hlsParser.setOptions({ strictMode: true })

const BOTH_WAYS: { what: string; text: string; value: MultivariantPlaylist }[] = [
  {
    what: 'a ladder of muxed variants',
    text: `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=2700123,AVERAGE-BANDWIDTH=2530000,RESOLUTION=960x540,FRAME-RATE=29.970,CODECS="avc1.640029,mp4a.40.2"
index_1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000456
index_2.m3u8
`,
    value: {
      version: 3,
      independentSegments: true,
      renditions: [],
      variants: [
        {
          uri: 'index_1.m3u8',
          bandwidth: 2700123,
          averageBandwidth: 2530000,
          codecs: 'avc1.640029,mp4a.40.2',
          resolution: { width: 960, height: 540 },
          frameRate: 29.97,
        },
        { uri: 'index_2.m3u8', bandwidth: 1000456 },
      ],
    },
  },
  {
    what: 'renditions of every type',
    text: `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English, mono",LANGUAGE="eng",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="Deutsch",LANGUAGE="deu",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.easy-to-read",URI="s.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",DEFAULT=NO,AUTOSELECT=NO,INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="aac",SUBTITLES="subs",CLOSED-CAPTIONS="cc"
v1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="aac",SUBTITLES="subs",CLOSED-CAPTIONS="cc"
v2.m3u8
`,
    value: {
      version: 4,
      independentSegments: false,
      renditions: [
        {
          type: 'AUDIO',
          groupId: 'aac',
          name: 'English, mono',
          language: 'eng',
          isDefault: true,
          autoselect: true,
          forced: false,
          channels: '2',
          uri: 'a.m3u8',
        },
        {
          type: 'SUBTITLES',
          groupId: 'subs',
          name: 'Deutsch',
          language: 'deu',
          isDefault: false,
          autoselect: true,
          forced: false,
          characteristics: 'public.easy-to-read',
          uri: 's.m3u8',
        },
        {
          type: 'CLOSED-CAPTIONS',
          groupId: 'cc',
          name: 'CC1',
          isDefault: false,
          autoselect: false,
          forced: false,
          instreamId: 'CC1',
        },
      ],
      variants: [
        { uri: 'v1.m3u8', bandwidth: 1, audio: 'aac', subtitles: 'subs', closedCaptions: 'cc' },
        { uri: 'v2.m3u8', bandwidth: 2, audio: 'aac', subtitles: 'subs', closedCaptions: 'cc' },
      ],
    },
  },
  {
    what: 'that there are no captions',
    text: '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=2,CLOSED-CAPTIONS=NONE\nv.m3u8\n',
    value: {
      version: 3,
      independentSegments: false,
      renditions: [],
      variants: [{ uri: 'v.m3u8', bandwidth: 2, closedCaptions: 'NONE' }],
    },
  },
]

const variant = (attributes: string): string => `#EXTM3U\n#EXT-X-STREAM-INF:${attributes}\nv.m3u8\n`

describe('a multivariant playlist', () => {
  for (const { what, text, value } of BOTH_WAYS) {
    it(`reads ${what}`, () => assert.deepEqual(parseMultivariantPlaylist(text), value))
    it(`writes ${what}`, () => assert.equal(writeMultivariantPlaylist(value), text))
  }

  it('ignores trick-play streams, unknown tags and unknown attributes', () => {
    const text = `${variant('BANDWIDTH=1,HDCP-LEVEL=NONE,X-COM="a,b"')}#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9,URI="i.m3u8"\n`
    assert.deepEqual(parseMultivariantPlaylist(text).variants, [{ uri: 'v.m3u8', bandwidth: 1 }])
  })

  const REFUSED: [what: string, text: string, line: number, problem: RegExp][] = [
    ['no variant at all', '#EXTM3U\n#EXT-X-VERSION:3\n', 2, /no variant/],
    ['a variant without a URI', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n', 2, /no variant/],
    ['a line that is neither a variant nor a playlist', '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO\nword\n', 3, /no variant/],
    ['session keys', `${variant('BANDWIDTH=1')}#EXT-X-SESSION-KEY:METHOD=AES-128,URI="k"`, 4, /encrypted/],
    ['segments', `${variant('BANDWIDTH=1')}#EXTINF:6,`, 4, /no place/],
  ]
  for (const [what, text, line, problem] of REFUSED) {
    it(`refuses ${what}, naming line ${line}`, () => {
      assert.throws(
        () => parseMultivariantPlaylist(text),
        (error) => error instanceof MalformedPlaylist && error.line === line && problem.test(error.message),
      )
    })
  }

  it('keeps to its limits: variants, renditions', () => {
    const text = BOTH_WAYS[1]!.text
    const limited = (limits: object) => () =>
      parseMultivariantPlaylist(text, playlistReading({ ...DEFAULT_PLAYLIST_LIMITS, ...limits }))
    assert.equal(limited({ variants: 2, renditions: 3 })().variants.length, 2)
    assert.throws(limited({ variants: 1 }), /line 9: there are more than 1 variants/)
    assert.throws(limited({ renditions: 2 }), /line 5: there are more than 2 renditions/)
  })

  it('throws nothing but MalformedPlaylist, whatever is done to a playlist', () => {
    const source = BOTH_WAYS[1]!.text
    const mutation = fc.record({
      at: fc.nat(source.length),
      remove: fc.nat(20),
      insert: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('\n', ',', '"', '#EXT', ':', '=', '99999999999')),
    })
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let text = source
        for (const { at, remove, insert } of mutations) text = text.slice(0, at) + insert + text.slice(at + remove)
        try {
          const read = parseMultivariantPlaylist(text)
          assert.deepEqual(parseMultivariantPlaylist(writeMultivariantPlaylist(read)), {
            ...read,
            renditions: read.renditions.map((r) => (r.type === 'SUBTITLES' ? r : { ...r, forced: false })),
          })
        } catch (error) {
          if (!(error instanceof MalformedPlaylist)) throw error
        }
      }),
      { seed: 20260803, numRuns: 3000 },
    )
  })

  it('means the same to hls-parser and to m3u8-parser', () => {
    const { text, value } = BOTH_WAYS[1]!
    const theirs = hlsParser.parse(text) as hlsParser.types.MasterPlaylist
    assert(theirs.isMasterPlaylist)
    assert.deepEqual(
      theirs.variants.map((v) => [v.uri, v.bandwidth, v.audio[0]?.name, v.subtitles[0]?.name]),
      value.variants.map((v) => [v.uri, v.bandwidth, 'English, mono', 'Deutsch']),
    )
    const parser = new M3u8Parser()
    parser.push(text)
    parser.end()
    assert.deepEqual(
      parser.manifest.playlists?.map((p) => [p.uri, p.attributes['BANDWIDTH'], p.attributes['AUDIO']]),
      value.variants.map((v) => [v.uri, v.bandwidth, 'aac']),
    )
    assert.deepEqual(Object.keys(parser.manifest.mediaGroups?.AUDIO['aac'] ?? {}), ['English, mono'])
  })
})

describe('the kind of a playlist', () => {
  it('is told by its tags', () => {
    assert.equal(kindOfPlaylist(BOTH_WAYS[0]!.text), 'multivariant')
    assert.equal(kindOfPlaylist('#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n'), 'media')
  })

  it('is malformed when neither shows; the reader refuses tags of both', () => {
    const mixed = `${variant('BANDWIDTH=1')}#EXTINF:6,\na.ts\n`
    assert.equal(kindOfPlaylist(mixed), 'multivariant')
    assert.throws(() => parseMultivariantPlaylist(mixed), {
      name: 'MalformedPlaylist',
      message: /^line 4: EXTINF has no place/,
    })
    assert.throws(() => kindOfPlaylist('#EXTM3U\na.ts\n'), { name: 'MalformedPlaylist', message: /neither/ })
  })
})
