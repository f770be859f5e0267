import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseDateTime } from './date-time.ts'
import { readExtinf } from './extinf.ts'
import { parseMediaPlaylist } from './media-playlist-reader.ts'
import type { Rendition } from './multivariant-playlist.ts'
import { parseMultivariantPlaylist } from './multivariant-playlist-reader.ts'
import type { PlaylistHabit } from './playlist-habits.ts'
import { kindOfPlaylist } from './playlist-kind.ts'
import { playlistReading } from './playlist-lines.ts'

// RFC 8216 §6.3.1: what cannot be read, and is not needed, costs no segment and no stream.

const LINES = [
  '#EXTM3U',
  '#EXT-X-VERSION:3',
  '#EXT-X-TARGETDURATION:2',
  '#EXT-X-MEDIA-SEQUENCE:7',
  '#EXT-X-PROGRAM-DATE-TIME:2026-05-03T00:01:08.040Z',
  '#EXTINF:2.000,',
  'a.ts',
  '#EXTINF:1.920,',
  'b.ts',
  '',
]
const MEDIA = LINES.join('\n')

const VARIANTS = `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="en.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1800000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="aud"
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO="aud"
low.m3u8
`

function readMedia(text: string) {
  const reading = playlistReading()
  assert.equal(kindOfPlaylist(text, reading), 'media')
  const { segments, ...playlist } = parseMediaPlaylist(text, reading)
  return { ...playlist, segments, habits: reading.habits.found.map(({ habit }) => habit) }
}

function readVariants(text: string) {
  const reading = playlistReading()
  assert.equal(kindOfPlaylist(text, reading), 'multivariant')
  const playlist = parseMultivariantPlaylist(text, reading)
  return { ...playlist, habits: reading.habits.found.map(({ habit }) => habit) }
}

describe('a slip in a media playlist', () => {
  it('is none in one as it should be', () => assert.deepEqual(readMedia(MEDIA).habits, []))

  const replaced = (tag: string, by: string) => MEDIA.replace(new RegExp(`^#${tag}\\b.*$`, 'm'), by)
  const added = (...lines: string[]) => `${MEDIA}${lines.join('\n')}\n`
  const SLIPS: [what: string, text: string, ...habits: PlaylistHabit[]][] = [
    ['a blank behind every colon', MEDIA.replaceAll(/^(#EXT[A-Z-]+):/gm, '$1: '), 'needless-blank'],
    ['a tab behind every colon', MEDIA.replaceAll(/^(#EXT[A-Z-]+):/gm, '$1:\t'), 'needless-blank'],
    ['a blank before every colon', MEDIA.replaceAll(/^(#EXT[A-Z-]+):/gm, '$1 :'), 'needless-blank'],
    ['a blank for every colon', MEDIA.replaceAll(/^(#EXT[A-Z-]+):/gm, '$1 '), 'tag-malformed'],
    ['blanks behind every line', MEDIA.replaceAll('\n', ' \t\n')],
    ['blanks before every line', MEDIA.replaceAll(/^(?=.)/gm, '  '), 'needless-blank'],
    ['tags in lower case', MEDIA.replaceAll(/^#EXT[A-Z-]+/gm, (tag) => tag.toLowerCase()), 'tag-malformed'],
    ['CRLF', MEDIA.replaceAll('\n', '\r\n')],
    ['CR alone', MEDIA.replaceAll('\n', '\r'), 'carriage-return-lines'],
    ['CR for some lines', MEDIA.replace('\n', '\r').replace('\n', '\r\n'), 'carriage-return-lines'],
    ['a byte order mark', `\ufeff${MEDIA}`, 'byte-order-mark'],
    ['blank lines before #EXTM3U', `\n \n${MEDIA}`, 'header-missing'],
    ['no #EXTM3U', MEDIA.slice(8), 'header-missing'],
    ['a comment before #EXTM3U', `# by hand\n${MEDIA}`, 'header-missing'],
    ['something behind #EXTM3U', MEDIA.replace('#EXTM3U', '#EXTM3U url-tvg=""'), 'tag-malformed'],
    ['control characters in a title', MEDIA.replace('2.000,', '2.000,a\0\x07b'), 'character-unreadable'],
    ['a very long title', MEDIA.replace('2.000,', `2.000,${'x'.repeat(20_000)}`), 'line-too-long'],
    ['a version of words', replaced('EXT-X-VERSION', '#EXT-X-VERSION:three'), 'tag-unreadable'],
    ['a version without a value', replaced('EXT-X-VERSION', '#EXT-X-VERSION'), 'tag-unreadable'],
    ['two versions', replaced('EXT-X-VERSION', '#EXT-X-VERSION:3\n#EXT-X-VERSION:6'), 'tag-twice'],
    ['PLAYLIST-TYPE:LIVE', replaced('EXT-X-VERSION', '#EXT-X-PLAYLIST-TYPE:LIVE'), 'tag-unreadable'],
    ['a PLAYLIST-TYPE in quotes', replaced('EXT-X-VERSION', '#EXT-X-PLAYLIST-TYPE:"event"'), 'tag-unreadable'],
    ['a late DISCONTINUITY-SEQUENCE', added('#EXT-X-DISCONTINUITY-SEQUENCE:0'), 'tag-late'],
    [
      'a DISCONTINUITY-SEQUENCE twice, and late',
      added('#EXT-X-DISCONTINUITY-SEQUENCE:0', '#EXT-X-DISCONTINUITY-SEQUENCE:1'),
      'tag-late',
      'tag-twice',
    ],
    ['a DISCONTINUITY-SEQUENCE of -1', replaced('EXT-X-VERSION', '#EXT-X-DISCONTINUITY-SEQUENCE:-1'), 'tag-unreadable'],
    ['a MEDIA-SEQUENCE in quotes', replaced('EXT-X-MEDIA-SEQUENCE', '#EXT-X-MEDIA-SEQUENCE:"7"'), 'tag-unreadable'],
    ['a MEDIA-SEQUENCE with a point', replaced('EXT-X-MEDIA-SEQUENCE', '#EXT-X-MEDIA-SEQUENCE:7.0'), 'tag-unreadable'],
    ['a MEDIA-SEQUENCE twice', added('#EXT-X-MEDIA-SEQUENCE:8'), 'tag-late', 'tag-twice'],
    ['a late MEDIA-SEQUENCE', `${MEDIA.replace('#EXT-X-MEDIA-SEQUENCE:7\n', '')}#EXT-X-MEDIA-SEQUENCE:7\n`, 'tag-late'],
    ['no TARGETDURATION', replaced('EXT-X-TARGETDURATION', '#'), 'target-duration-wrong'],
    [
      'a TARGETDURATION of 1.92',
      replaced('EXT-X-TARGETDURATION', '#EXT-X-TARGETDURATION:1.92'),
      'target-duration-wrong',
    ],
    [
      'a TARGETDURATION of words',
      replaced('EXT-X-TARGETDURATION', '#EXT-X-TARGETDURATION:two'),
      'target-duration-wrong',
    ],
    ['a TARGETDURATION too small', MEDIA.replaceAll('2.000', '4.000'), 'target-duration-wrong'],
    ['a late TARGETDURATION', `${replaced('EXT-X-TARGETDURATION', '#')}#EXT-X-TARGETDURATION:2\n`, 'tag-late'],
    ['two TARGETDURATIONs', added('#EXT-X-TARGETDURATION:9'), 'tag-twice'],
    ['a date that is none', replaced('EXT-X-PROGRAM-DATE-TIME', '#EXT-X-PROGRAM-DATE-TIME:today'), 'date-unreadable'],
    ['a date without a value', replaced('EXT-X-PROGRAM-DATE-TIME', '#EXT-X-PROGRAM-DATE-TIME'), 'date-unreadable'],
    [
      'a date without a zone',
      replaced('EXT-X-PROGRAM-DATE-TIME', '#EXT-X-PROGRAM-DATE-TIME:2026-05-03T00:01:08.040'),
      'date-without-zone',
    ],
    ['EXTINF without a comma', MEDIA.replace('2.000,', '2.000'), 'extinf-malformed'],
    ['EXTINF with a decimal comma', MEDIA.replace('2.000,', '2,000,'), 'extinf-malformed'],
    ['EXTINF of words', MEDIA.replace('1.920,', 'two,'), 'extinf-missing'],
    ['a negative EXTINF', MEDIA.replace('1.920,', '-1,'), 'extinf-missing'],
    ['a segment without EXTINF', MEDIA.replace('#EXTINF:1.920,\n', ''), 'extinf-missing'],
    ['EXTINF twice', MEDIA.replace('#EXTINF:2.000,', '#EXTINF:2.000,\n#EXTINF:2.000,'), 'extinf-without-segment'],
    ['EXTINF without a segment', added('#EXTINF:2.000,'), 'extinf-without-segment'],
    ['tags of streams', added('#EXT-X-MEDIA:TYPE=AUDIO', '#EXT-X-SESSION-DATA:DATA-ID="a"'), 'tag-misplaced'],
    ['unknown tags', added('#EXT-X-ALLOW-CACHE:NO', '#EXT-X-CUE-OUT:30', '#EXTVLCOPT--x', '#EXT-X-')],
    ['INDEPENDENT-SEGMENTS with a value', replaced('EXT-X-VERSION', '#EXT-X-INDEPENDENT-SEGMENTS:YES')],
  ]
  for (const [what, text, ...habits] of SLIPS) {
    it(`costs no segment, and is noted: ${what}`, () => {
      const read = readMedia(text)
      assert.deepEqual(
        read.segments.map(({ uri }) => uri),
        ['a.ts', 'b.ts'],
      )
      assert.equal(read.mediaSequence, 7)
      const { ended } = read
      assert.equal(ended, false)
      assert.deepEqual(read.habits, habits)
    })
  }

  it('leaves what is told beside it', () => {
    const { segments, targetDuration } = readMedia(MEDIA.replace('#EXT-X-VERSION:3', '#EXT-X-VERSION: x'))
    assert.equal(targetDuration, 2)
    assert.deepEqual(
      segments.map(({ duration, programDateTime }) => [duration / 90_000, programDateTime]),
      [
        [2, Date.UTC(2026, 4, 3, 0, 1, 8, 40)],
        [1.92, undefined],
      ],
    )
  })

  it('is told with its line', () => {
    const reading = playlistReading()
    parseMediaPlaylist(MEDIA.replace('VERSION:3', 'VERSION: 3\x01'), reading)
    assert.deepEqual(reading.habits.found[0], {
      habit: 'character-unreadable',
      example: 'line 2: #EXT-X-VERSION: 3\ufffd',
    })
  })

  it('gives a segment without EXTINF the duration of the one before it, or the target duration', () => {
    const bare = (durations: string[]) =>
      ['#EXTM3U', '#EXT-X-TARGETDURATION:4', ...durations.flatMap((each, i) => [each, `${i}.ts`]), ''].join('\n')
    const durations = (...tags: string[]) => readMedia(bare(tags)).segments.map(({ duration }) => duration / 90_000)
    assert.deepEqual(durations('#EXTINF:2,', '', '#EXTINF:3,', ''), [2, 2, 3, 3])
    assert.deepEqual(durations('', '#EXTINF:3,'), [3, 3])
    assert.deepEqual(durations('', ''), [4, 4])
  })

  const NEEDED = new Set(['#EXT-X-MEDIA-SEQUENCE:7', 'a.ts', 'b.ts', ''])

  it('never costs a segment, whatever becomes of one line on which nothing depends', () => {
    const at = fc.constantFrom(...LINES.flatMap((line, i) => (NEEDED.has(line) ? [] : [i])))
    const isHarmless = (text: string) => !/[\r\n]/.test(text) && !/MAP|BYTERANGE|KEY|STREAM-INF/i.test(text)
    const noise = fc
      .oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(' ', '\t', '"', ',', '=', ':', '-', '0', '٣'))
      .filter(isHarmless)
    const slip = fc.record({ at, from: fc.nat(50), remove: fc.nat(50), insert: noise })
    fc.assert(
      fc.property(slip, ({ at: i, from, remove, insert }) => {
        const line = LINES[i]!
        const start = Math.min(Math.max(from, 1), line.length)
        const slipped = line.slice(0, start) + insert + line.slice(start + remove)
        const read = parseMediaPlaylist(LINES.with(i, slipped).join('\n'))
        assert.deepEqual(
          read.segments.map(({ uri }) => uri),
          ['a.ts', 'b.ts'],
        )
        assert.equal(read.mediaSequence, 7)
      }),
      { seed: 20261201, numRuns: 3000 },
    )
  })
})

describe('a date', () => {
  const moment = Date.UTC(2026, 4, 3, 0, 1, 8, 40)
  const READ: [text: string, utc: number][] = [
    ['2026-05-03T00:01:08.040Z', moment],
    ['2026-05-03t00:01:08.040z', moment],
    ['2026-05-03 00:01:08.040', moment],
    ['2026-05-03 00:01:08.040 UTC', moment],
    ['2026-05-03 01:01:08.040 +0100', moment],
    ['2026-05-03T01:01:08,040+01:00', moment],
    ['2026-05-02T17:01:08.040-07', moment],
    ['"2026-05-03T00:01:08.040Z"', moment],
    ['20260503T000108.040Z', moment],
    ['2026/05/03 00:01:08.040Z', moment],
    ['2026-5-3T0:01:08.040Z', moment],
    ['2026-05-03T00:01Z', moment - 8040],
    ['2026-12-31T23:59:60Z', Date.UTC(2027, 0, 1)],
  ]
  for (const [text, utc] of READ) it(`is read: ${text}`, () => assert.equal(parseDateTime(text)?.utc, utc))

  const UNREADABLE = [
    '',
    'now',
    '2026-05-03',
    '1777766468',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-02-01T25:00:00Z',
    '2026-02-01T00:00:00+00:90',
    '03.05.2026 00:01:08',
    '2026-05-03T00:01:08.040ZZ',
    '2026-05/03T00:01:08Z',
  ]
  for (const text of UNREADABLE) it(`is none: ${text}`, () => assert.equal(parseDateTime(text), undefined))
})

describe('an EXTINF', () => {
  const READ: [text: string, seconds: number | undefined, isUsual: boolean][] = [
    ['2.000,', 2, true],
    ['2,', 2, true],
    ['10,123 and more', 10, true],
    ['2.5', 2.5, false],
    ['2,500,', 2.5, false],
    ['2,500,a title', 2.5, false],
    [' 2.5 , title', 2.5, false],
    ['"2.5",', 2.5, false],
    ['+2.5,', 2.5, false],
    ['2.5s,', 2.5, false],
    ['.5,', 0.5, false],
    ['2.5e0,', 2.5, false],
    ['', undefined, false],
    [',title', undefined, false],
    ['-1,', undefined, false],
    ['NaN,', undefined, false],
    ['99999999999,', undefined, false],
    ['1e99,', undefined, false],
  ]
  for (const [text, seconds, isUsual] of READ) {
    it(`is ${seconds ?? 'unreadable'}: ${text}`, () => assert.deepEqual(readExtinf(text), { seconds, isUsual }))
  }
})

describe('a slip in a multivariant playlist', () => {
  it('is none in one as it should be', () => assert.deepEqual(readVariants(VARIANTS).habits, []))

  const SLIPS: [what: string, from: string | RegExp, to: string, ...habits: PlaylistHabit[]][] = [
    ['a blank behind every colon', /^(#EXT[A-Z-]+):/gm, '$1: ', 'needless-blank'],
    ['blanks around equals signs', /=/g, ' = ', 'needless-blank'],
    ['blanks behind commas', /,(?=[A-Z])/g, ', ', 'needless-blank'],
    ['blanks before commas', /,(?=[A-Z])/g, ' ,', 'needless-blank'],
    ['a trailing comma', 'AUDIO="aud"', 'AUDIO="aud",', 'attribute-list-malformed'],
    ['two commas', ',RESOLUTION', ',,RESOLUTION', 'attribute-list-malformed'],
    ['words between attributes', ',RESOLUTION', ',hello,RESOLUTION', 'attribute-list-malformed'],
    ['names in lower case', 'RESOLUTION=', 'resolution=', 'attribute-list-malformed'],
    ['strings without quotes', /"/g, '', 'attribute-quotes-wrong'],
    ['an open quote at the end', 'AUDIO="aud"\nhigh', 'AUDIO="aud\nhigh', 'attribute-quotes-wrong'],
    ['a quoted bandwidth', '=2000000', '="2000000"', 'attribute-quotes-wrong'],
    ['a quoted resolution', '640x360', '"640x360"', 'attribute-quotes-wrong'],
    ['a quoted type', 'TYPE=AUDIO', 'TYPE="AUDIO"', 'attribute-quotes-wrong'],
    ['an attribute twice', 'FRAME-RATE=25.000', 'RESOLUTION=1x1,FRAME-RATE=25', 'attribute-twice'],
    ['a resolution with a capital X', '640x360', '640X360', 'attribute-unreadable'],
    ['a resolution with a fraction', '640x360', '640.4x359.6', 'attribute-unreadable'],
    ['a frame rate as a ratio', '25.000', '25000/1000', 'attribute-unreadable'],
    ['a frame rate with a comma', '25.000', '25,000', 'attribute-unreadable'],
    ['a bandwidth with a fraction', '=2000000', '=1999999.5', 'attribute-unreadable'],
    ['a default in lower case', 'DEFAULT=YES', 'DEFAULT=yes', 'attribute-unreadable'],
    ['no name of a rendition', 'NAME="English",LANGUAGE="en"', 'LANGUAGE="English"', 'rendition-incomplete'],
    ['no group of a rendition', 'GROUP-ID="aud",', '', 'rendition-incomplete'],
    ['no type of a rendition', 'TYPE=AUDIO,', '', 'rendition-incomplete'],
    ['a version of words', 'VERSION:4', 'VERSION:four', 'tag-unreadable'],
    ['tags of media playlists', '#EXT-X-VERSION:4', '#EXT-X-TARGETDURATION:2', 'tag-misplaced'],
    [
      'EXT-X-STREAM-INF without a variant',
      'low.m3u8\n',
      'low.m3u8\n#EXT-X-STREAM-INF:B=1\n',
      'stream-inf-without-variant',
    ],
    ['unknown attributes', 'AUDIO="aud"\nhigh', 'AUDIO="aud",HDCP-LEVEL=NONE,X-A="b,c"\nhigh'],
  ]
  const expected = parseMultivariantPlaylist(VARIANTS)
  for (const [what, from, to, ...habits] of SLIPS) {
    it(`costs no stream, and is noted: ${what}`, () => {
      const { variants, renditions, habits: found } = readVariants(VARIANTS.replaceAll(from, to))
      assert.deepEqual(variants, expected.variants)
      assert.deepEqual(
        renditions.map(({ groupId, type, name, uri, isDefault }) => ({ groupId, type, name, uri, isDefault })),
        [{ groupId: 'aud', type: 'AUDIO', name: 'English', uri: 'en.m3u8', isDefault: true }],
      )
      assert.deepEqual([...new Set([...found, ...habits])].toSorted(), found.toSorted())
      assert.equal(found.length > 0, habits.length > 0)
    })
  }

  const LEFT_OUT: [what: string, from: string, to: string, habit: PlaylistHabit, left: object][] = [
    ['a bandwidth of words', '=2000000', '=high', 'bandwidth-missing', { bandwidth: 1_800_000 }],
    ['no bandwidth', 'BANDWIDTH=1000000,', '', 'bandwidth-missing', { bandwidth: 2_000_000 }],
    ['a resolution of words', '640x360', '360p', 'attribute-unreadable', { resolution: undefined }],
    ['a frame rate of words', '25.000', 'PAL', 'attribute-unreadable', { frameRate: undefined }],
    ['a negative frame rate', '25.000', '-25', 'attribute-unreadable', { frameRate: undefined }],
  ]
  for (const [what, from, to, habit, left] of LEFT_OUT) {
    it(`costs its attribute alone: ${what}`, () => {
      const { variants, habits } = readVariants(VARIANTS.replace(from, to))
      assert.ok(habits.includes(habit))
      assert.equal(variants.length, 2)
      for (const [name, value] of Object.entries(left)) assert.equal(Reflect.get(variants[0]!, name), value)
    })
  }

  it('makes a playlist without EXT-X-STREAM-INF a variant of which nothing is told', () => {
    const { variants, habits } = readVariants(`${VARIANTS}third.m3u8?a=1\nsome words\nen.m3u8\n`)
    assert.deepEqual(variants.slice(2), [{ uri: 'third.m3u8?a=1', bandwidth: 0 }])
    assert.deepEqual(habits, ['stream-inf-missing'])
    assert.deepEqual(readVariants('#EXTM3U\nonly.m3u8\n').variants, [{ uri: 'only.m3u8', bandwidth: 0 }])
  })

  it('leaves out a rendition of which nobody can tell what it is, and keeps the others', () => {
    const other = '#EXT-X-MEDIA:TYPE=SMELL,GROUP-ID="g",NAME="n"\n#EXT-X-MEDIA:NAME="n"\n#EXT-X-MEDIA\n'
    const { renditions, habits } = readVariants(VARIANTS + other)
    assert.deepEqual(
      renditions.map(({ name }) => name),
      ['English'],
    )
    assert.ok(habits.includes('rendition-incomplete'))
  })

  it('never costs a variant, whatever becomes of the attributes', () => {
    const lines = VARIANTS.split('\n')
    const at = fc.constantFrom(1, 2, 3, 5)
    const noise = fc.oneof(fc.string(), fc.constantFrom('"', ',', '=', ' ', 'x')).filter((text) => !/[\r\n]/.test(text))
    fc.assert(
      fc.property(at, fc.nat(150), fc.nat(40), noise, (i, from, remove, insert) => {
        const line = lines[i]!
        const start = Math.max(from % line.length, line.indexOf(':') + 1)
        const slipped = line.slice(0, start) + insert + line.slice(start + remove)
        const { variants } = parseMultivariantPlaylist(lines.with(i, slipped).join('\n'))
        assert.deepEqual(
          variants.map(({ uri }) => uri),
          ['high.m3u8', 'low.m3u8'],
        )
      }),
      { seed: 20261202, numRuns: 3000 },
    )
  })
})

describe('a value that says nothing', () => {
  const attributes = (text: string) => {
    const { variants, renditions } = readVariants(`#EXTM3U\n${text}\nv.m3u8\n`)
    return { ...variants[0], ...renditions[0] }
  }

  it('is no URI, language or name of a rendition: its sound is in the variant', () => {
    const media = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="",LANGUAGE="",URI=""'
    const { name, uri, language } = attributes(
      `${media}\n#EXT-X-STREAM-INF:BANDWIDTH=5,AUDIO="a"`,
    ) as Partial<Rendition>
    assert.deepEqual([name, uri?.replace('v.m3u8', ''), language], ['a', '', undefined])
  })
  it('is no resolution, frame rate or codec', () => {
    for (const resolution of ['0x0', '0x720', '1280x0', '0.2x0.2']) {
      const text = `#EXT-X-STREAM-INF:BANDWIDTH=5,CODECS="",RESOLUTION=${resolution},FRAME-RATE=0.000`
      assert.deepEqual(attributes(text), { uri: 'v.m3u8', bandwidth: 5 })
    }
  })
})

it('other marks than quotes are no part of a value', () => {
  for (const codecs of ["'avc1.4d401f,mp4a.40.2'", '“avc1.4d401f,mp4a.40.2”', "'avc1.4d401f, mp4a.40.2'"]) {
    const { variants } = readVariants(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=5,CODECS=${codecs},AUDIO='a'\nv.m3u8\n`)
    assert.deepEqual([variants[0]?.codecs, variants[0]?.audio], ['avc1.4d401f,mp4a.40.2', 'a'])
  }
})

it('a number padded with noughts is that number', () => {
  const { mediaSequence } = readMedia(MEDIA.replace('SEQUENCE:7', `SEQUENCE:${'7'.padStart(20, '0')}`))
  assert.equal(mediaSequence, 7)
})
