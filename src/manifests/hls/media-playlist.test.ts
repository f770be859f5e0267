import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { ticks, ticksFromSeconds, utcMs } from '../../media/time.ts'
import { type MediaPlaylist, type MediaSegment, writeMediaPlaylist } from './media-playlist.ts'
import { parseMediaPlaylist } from './media-playlist-reader.ts'
import { MalformedPlaylist } from './playlist-error.ts'
import { DEFAULT_PLAYLIST_LIMITS, playlistReading } from './playlist-lines.ts'

hlsParser.setOptions({ strictMode: true })

const segment = (uri: string, seconds: number, more: Partial<MediaSegment> = {}): MediaSegment => ({
  uri,
  duration: ticksFromSeconds(seconds),
  discontinuity: false,
  gap: false,
  ...more,
})

const playlist = (more: Partial<MediaPlaylist>): MediaPlaylist => ({
  version: 3,
  targetDuration: 6,
  mediaSequence: 0,
  discontinuitySequence: 0,
  independentSegments: false,
  segments: [],
  ended: false,
  ...more,
})

/** Playlists that are read from text to value, and written from value to text. */
const BOTH_WAYS: { what: string; text: string; value: MediaPlaylist }[] = [
  {
    what: 'a live playlist',
    text: `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:7
#EXT-X-MEDIA-SEQUENCE:8779957
#EXTINF:6.006,
index_1_8779957.ts?m=1566416212
#EXTINF:5.972,
index_1_8779958.ts?m=1566416212
`,
    value: playlist({
      targetDuration: 7,
      mediaSequence: 8779957,
      segments: [segment('index_1_8779957.ts?m=1566416212', 6.006), segment('index_1_8779958.ts?m=1566416212', 5.972)],
    }),
  },
  {
    what: 'every tag at once',
    text: `#EXTM3U
#EXT-X-VERSION:8
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:6
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MEDIA-SEQUENCE:12
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-PROGRAM-DATE-TIME:2020-05-03T00:01:08.040Z
#EXTINF:6.000,
a.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2020-05-03T00:02:00.000Z
#EXT-X-GAP
#EXTINF:0.040,
b.ts
#EXT-X-ENDLIST
`,
    value: playlist({
      version: 8,
      independentSegments: true,
      playlistType: 'EVENT',
      mediaSequence: 12,
      discontinuitySequence: 3,
      segments: [
        segment('a.ts', 6, { programDateTime: utcMs(Date.UTC(2020, 4, 3, 0, 1, 8, 40)) }),
        segment('b.ts', 0.04, {
          discontinuity: true,
          gap: true,
          programDateTime: utcMs(Date.UTC(2020, 4, 3, 0, 2, 0, 0)),
        }),
      ],
      ended: true,
    }),
  },
  {
    what: 'an empty playlist',
    text: '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n',
    value: playlist({ targetDuration: 2 }),
  },
]

const HEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:6\n'
const one = (tags: string): string => `${HEAD}${tags}\n#EXTINF:6,\na.ts\n`

describe('a media playlist', () => {
  for (const { what, text, value } of BOTH_WAYS) {
    it(`reads ${what}`, () => assert.deepEqual(parseMediaPlaylist(text), value))
    it(`writes ${what}`, () => assert.equal(writeMediaPlaylist(value), text))
  }

  it('reads what encoders write: CRLF, comments, unknown tags, EXTINF with title or without a comma', () => {
    const text = `#EXTM3U\r
#EXT-X-TARGETDURATION:1.92\r
# a comment\r
#EXT-X-ALLOW-CACHE:NO\r
\r
#EXTINF:1.92,some title, with a comma\r
a.ts\r
#EXTINF:2\r
b.ts`
    assert.deepEqual(
      parseMediaPlaylist(text),
      playlist({ version: 1, targetDuration: 2, segments: [segment('a.ts', 1.92), segment('b.ts', 2)] }),
    )
  })

  const DATES: [text: string, ms: number][] = [
    ['2020-05-03T00:01:08.040Z', Date.UTC(2020, 4, 3, 0, 1, 8, 40)],
    ['2020-05-03T02:01:08+02:00', Date.UTC(2020, 4, 3, 0, 1, 8)],
    ['2020-05-02T17:01:08.5-0700', Date.UTC(2020, 4, 3, 0, 1, 8, 500)],
    ['2020-05-03T05:31:08.9999+0530', Date.UTC(2020, 4, 3, 0, 1, 9)],
    ['2020-05-03T00:01:08', Date.UTC(2020, 4, 3, 0, 1, 8)],
    ['2020-12-31T23:59:60Z', Date.UTC(2021, 0, 1)],
  ]
  for (const [text, ms] of DATES) {
    it(`reads the date ${text}`, () => {
      const [first] = parseMediaPlaylist(one(`#EXT-X-PROGRAM-DATE-TIME:${text}`)).segments
      assert.equal(first?.programDateTime, ms)
    })
  }

  const REFUSED: [what: string, text: string, line: number, problem: RegExp][] = [
    ['an empty text', '', 1, /#EXTM3U/],
    ['what is no playlist', '<html>\n', 1, /#EXTM3U/],
    ['a NUL in a name', `${HEAD}#EXTINF:6,\na\0.ts\n`, 4, /U\+0000/],
    ['no duration at all', '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:,\na.ts\n', 4, /neither EXTINF nor/],
    ['a media sequence beyond 2⁵³', one('#EXT-X-MEDIA-SEQUENCE:9007199254740992'), 3, /not a whole number/],
    ['a negative media sequence', one('#EXT-X-MEDIA-SEQUENCE:-1'), 3, /not a whole number/],
    ['a media sequence of words', one('#EXT-X-MEDIA-SEQUENCE:first'), 3, /not a whole number/],
    ['a media sequence with a fraction', one('#EXT-X-MEDIA-SEQUENCE:1.5'), 3, /not a whole number/],
    ['a media sequence in thousands', one('#EXT-X-MEDIA-SEQUENCE:1,000'), 3, /not a whole number/],
    ['an encrypted source', one('#EXT-X-KEY:METHOD=AES-128,URI="k"'), 3, /encrypted sources are not accepted/],
    ['fragmented MP4', one('#EXT-X-MAP:URI="init.mp4"'), 3, /not accepted yet/],
    ['byte ranges', one('#EXT-X-BYTERANGE:100@0'), 3, /file of its own/],
    ['a tag that makes the next name a stream', one('#EXT-X-STREAM-INF:BANDWIDTH=1'), 3, /no place/],
  ]
  for (const [what, text, line, problem] of REFUSED) {
    it(`refuses ${what}, naming line ${line}`, () => {
      assert.throws(
        () => parseMediaPlaylist(text),
        (error) => error instanceof MalformedPlaylist && error.line === line && problem.test(error.message),
      )
    })
  }

  it('takes a key of method NONE', () => {
    for (const key of ['METHOD=NONE', 'METHOD="NONE"', ' METHOD = none', '']) {
      assert.equal(parseMediaPlaylist(one(`#EXT-X-KEY:${key}`)).segments.length, 1, key)
    }
  })

  it('keeps to its limits: text, line, segments', () => {
    const text = `${HEAD}${'#EXTINF:6,\na-segment-of-a-long-name.ts\n'.repeat(3)}`
    const limited = (limits: object) => () =>
      parseMediaPlaylist(text, playlistReading({ ...DEFAULT_PLAYLIST_LIMITS, ...limits }))
    assert.equal(limited({ textLength: text.length, lineLength: 27, segments: 3 })().segments.length, 3)
    assert.throws(limited({ textLength: text.length - 1 }), /line 1: the playlist is longer/)
    assert.throws(limited({ lineLength: 26 }), /line 4: the line is longer/)
    assert.throws(limited({ segments: 2 }), /line 8: there are more than 2 segments/)
  })

  it('throws nothing but MalformedPlaylist, whatever is done to a playlist', () => {
    const source = BOTH_WAYS[1]!.text
    const mutation = fc.record({
      at: fc.nat(source.length),
      remove: fc.nat(20),
      insert: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('\n', ',', '"', '#EXT', ':', '-', '99999999999')),
    })
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let text = source
        for (const { at, remove, insert } of mutations) text = text.slice(0, at) + insert + text.slice(at + remove)
        try {
          const read = parseMediaPlaylist(text)
          assert.deepEqual(parseMediaPlaylist(writeMediaPlaylist(read)).segments.length, read.segments.length)
        } catch (error) {
          if (!(error instanceof MalformedPlaylist)) throw error
        }
      }),
      { seed: 20260801, numRuns: 3000 },
    )
  })

  const anySegment = fc.record({
    uri: fc.integer({ min: 0, max: 1e9 }).map((n) => `index_1_${n}.ts`),
    duration: fc.integer({ min: 1, max: 10_000 }).map((ms) => ticks(ms * 90)),
    discontinuity: fc.boolean(),
    gap: fc.boolean(),
  })

  it('means the same to hls-parser and to m3u8-parser', () => {
    fc.assert(
      fc.property(fc.array(anySegment, { minLength: 1, maxLength: 20 }), fc.boolean(), (segments, ended) => {
        const start = utcMs(Date.UTC(2026, 7, 1, 12, 0, 0, 123))
        const value = playlist({
          version: 8,
          targetDuration: 10,
          mediaSequence: 41,
          discontinuitySequence: 2,
          segments: segments.map((s, i) => (i === 0 ? { ...s, discontinuity: false, programDateTime: start } : s)),
          ended,
        })
        const text = writeMediaPlaylist(value)

        const theirs = hlsParser.parse(text)
        assert(!theirs.isMasterPlaylist)
        const media = theirs as hlsParser.types.MediaPlaylist
        assert.equal(media.targetDuration, 10)
        assert.equal(media.mediaSequenceBase, 41)
        assert.equal(media.discontinuitySequenceBase, 2)
        assert.equal(media.endlist, ended)
        assert.equal(media.segments[0]?.programDateTime?.getTime(), start)
        assert.deepEqual(
          media.segments.map((s) => [s.uri, s.duration, s.discontinuity ?? false, s.gap ?? false]),
          value.segments.map((s) => [s.uri, s.duration / 90_000, s.discontinuity, s.gap]),
        )

        const parser = new M3u8Parser()
        parser.push(text)
        parser.end()
        const { manifest } = parser
        assert.equal(manifest.mediaSequence, 41)
        assert.equal(manifest.endList ?? false, ended)
        assert.equal(manifest.segments[0]?.programDateTime, start)
        assert.deepEqual(
          manifest.segments.map((s) => [s.uri, s.duration, s.discontinuity ?? false]),
          value.segments.map((s) => [s.uri, s.duration / 90_000, s.discontinuity]),
        )
      }),
      { seed: 20260802, numRuns: 200 },
    )
  })
})
