import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ticks, utcMs } from '../media/time.ts'
import { readSourcePlaylist } from './source-playlist.ts'

const FOLDER = `/in/v2/${'a'.repeat(32)}/${'b'.repeat(32)}/`
const read = (lines: readonly string[], { maxStreams = 20, name = 'channel_1.m3u8' } = {}) =>
  readSourcePlaylist(['#EXTM3U', ...lines, ''].join('\n'), { name, folder: FOLDER }, maxStreams)
const listing = (uri: string, name?: string) =>
  read(
    ['#EXT-X-TARGETDURATION:2', '#EXTINF:2.0,', 'before.ts', '#EXTINF:2.0,', uri],
    name === undefined ? {} : { name },
  )
const listedName = (uri: string, name?: string) => {
  const source = listing(uri, name)
  return source.kind === 'media' && source.playlist.segments[1]?.name
}

describe('a media playlist', () => {
  it('becomes the segments it lists', () => {
    assert.deepEqual(
      read([
        '#EXT-X-VERSION:3',
        '#EXT-X-TARGETDURATION:2',
        '#EXT-X-MEDIA-SEQUENCE:7',
        '#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.500Z',
        '#EXTINF:1.92,',
        'channel_1_7.ts',
        '#EXT-X-DISCONTINUITY',
        '#EXTINF:2,',
        'channel_1_8.ts',
        '#EXT-X-ENDLIST',
      ]),
      {
        kind: 'media',
        habits: [],
        playlist: {
          name: 'channel_1.m3u8',
          targetDuration: ticks(180_000),
          mediaSequence: 7,
          ended: true,
          segments: [
            {
              name: 'channel_1_7.ts',
              duration: ticks(172_800),
              discontinuity: false,
              programDateTime: utcMs(Date.UTC(2026, 10, 23, 12, 0, 0, 500)),
            },
            { name: 'channel_1_8.ts', duration: ticks(180_000), discontinuity: true },
          ],
        },
      },
    )
  })

  const SAME_FOLDER = [
    'a.ts',
    './a.ts',
    '././a.ts',
    'folder/../a.ts',
    '%61.ts',
    'a.ts?token=1',
    'a.ts?token=a/b&c=http://other/',
    'a.ts#t=1',
    `${FOLDER}a.ts`,
    `${FOLDER}/a.ts?token=1`,
    `http://origin:8080${FOLDER}a.ts`,
    `HTTP://origin:80${FOLDER}a.ts`,
    `https://user:pass@proxy.example${FOLDER}a.ts`,
    `HTTPS://ORIGIN:8080${FOLDER}a.ts`,
  ]
  for (const uri of SAME_FOLDER) {
    it(`names a file of its own folder: ${uri.replace(FOLDER, '<folder>')}`, () =>
      assert.equal(listedName(uri), 'a.ts'))
  }

  const NAMES: [uri: string, name: string][] = [
    ['index-12:03:04.ts', 'index-12:03:04.ts'],
    ['index-12%3A03%3A04.ts', 'index-12:03:04.ts'],
    ['my stream 1.ts', 'my stream 1.ts'],
    ['my%20stream%201.ts', 'my stream 1.ts'],
    ['a,b;c&d=e+f@g!h$i.ts', 'a,b;c&d=e+f@g!h$i.ts'],
    ["clip [1] (2) {3} 'x'.ts", "clip [1] (2) {3} 'x'.ts"],
    ['clip%5B1%5D.ts', 'clip[1].ts'],
    ['zürich.ts', 'zürich.ts'],
    ['z%C3%BCrich.ts', 'zürich.ts'],
    ['z%FCrich.ts', 'zürich.ts'],
    ['zu\u0308rich.ts', 'zu\u0308rich.ts'],
    ['📺.ts', '📺.ts'],
    ['%F0%9F%93%BA.ts', '📺.ts'],
    ['50%.ts', '50%.ts'],
    ['50%25.ts', '50%.ts'],
    ['a%2520b.ts', 'a%20b.ts'],
    ['what%3F.ts', 'what?.ts'],
    ['camera%231.ts', 'camera#1.ts'],
    ['camera#1.ts', 'camera#1.ts'],
    ['.hidden.ts', '.hidden.ts'],
    ['segment', 'segment'],
    ['video/a.ts', 'video/a.ts'],
    ['video//./a.ts', 'video/a.ts'],
    ['video%2Fa.ts', 'video/a.ts'],
    [`${FOLDER}video/a.ts`, 'video/a.ts'],
  ]
  for (const [uri, name] of NAMES) {
    it(`names ${name}: ${uri.replace(FOLDER, '<folder>')}`, () => assert.equal(listedName(uri), name))
  }

  it('in a folder names files from there', () => {
    const inFolder = (uri: string) => listedName(uri, 'live/high/index.m3u8')
    assert.equal(inFolder('a.ts'), 'live/high/a.ts')
    assert.equal(inFolder('./seg/a.ts'), 'live/high/seg/a.ts')
    assert.equal(inFolder('../a.ts'), 'live/a.ts')
    assert.equal(inFolder('../../a.ts?x=../..'), 'a.ts')
    assert.equal(inFolder(`${FOLDER}a.ts`), 'a.ts')
    assert.throws(() => inFolder('../../../a.ts'), { name: 'MalformedPlaylist', message: /^line 6: / })
    assert.throws(() => inFolder('..%2F../../a.ts'), { name: 'MalformedPlaylist' })
  })

  const ELSEWHERE = [
    '../a.ts',
    'folder/../../a.ts',
    '..%2fa.ts',
    '%2e%2e/a.ts',
    '/a.ts',
    'a%00.ts',
    'a%0A.ts',
    'folder/',
    '..',
    '?token=1',
    'x'.repeat(256),
    'x/'.repeat(520),
    `//origin:8080${FOLDER}a.ts`,
    `http://other:8080/in/v2/${'b'.repeat(32)}/${'0'.repeat(32)}/a.ts`,
    `ftp://origin:8080${FOLDER}a.ts`,
    'http://origin:8080/a.ts',
    'http://origin:8080',
    'http://origin:8080a.ts',
    'file:///etc/passwd',
    'data:,x',
    `${FOLDER}../c/a.ts`,
  ]
  for (const uri of ELSEWHERE) {
    it(`is refused with its line when it points elsewhere: ${uri.replace(FOLDER, '<folder>').slice(0, 60)}`, () => {
      assert.throws(() => listing(uri), { name: 'MalformedPlaylist', message: /^line 6: / })
    })
  }
})

it('a playlist brings what was corrected in it', () => {
  const { habits } = read(['#EXT-X-TARGETDURATION: 2', '#EXTINF:2.0,', 'a.ts'])
  assert.deepEqual(habits, [{ habit: 'needless-blank', example: 'line 2: #EXT-X-TARGETDURATION: 2' }])
})

describe('a parent playlist', () => {
  const PARENT = [
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio-en.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="Muxed",AUTOSELECT=YES',
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="sub",NAME="Deutsch",LANGUAGE="de",FORCED=YES,URI="sub-de.m3u8"',
    '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,INSTREAM-ID="CC1"',
    '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="Easy",CHARACTERISTICS="public.easy-to-read",INSTREAM-ID="SERVICE63"',
    '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="nowhere",INSTREAM-ID="SERVICE64"',
    '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="no channel"',
    '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="other",NAME="other",INSTREAM-ID="CC2"',
    '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100,URI="i-frames.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1800000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25,AUDIO="aud",SUBTITLES="sub",CLOSED-CAPTIONS="cc"',
    'high.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2",AUDIO="aud"',
    'audio-en.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=2500000',
    'high.m3u8',
  ]

  it('becomes streams: variants in order, then renditions with a playlist, each playlist once', () => {
    assert.deepEqual(read(PARENT), {
      kind: 'parent',
      habits: [],
      streams: [
        {
          index: 1,
          playlist: 'high.m3u8',
          role: {
            kind: 'variant',
            bandwidth: 2_000_000,
            averageBandwidth: 1_800_000,
            codecs: 'avc1.64001f,mp4a.40.2',
            resolution: { width: 640, height: 360 },
            frameRate: 25,
            audioGroup: 'aud',
            muxedAudio: [{ name: 'Muxed', isDefault: false, autoselect: true }],
            subtitlesGroup: 'sub',
            closedCaptions: 'cc',
            captions: [
              { name: 'CC1', language: 'en', isDefault: true, autoselect: true, instreamId: 'CC1' },
              {
                name: 'Easy',
                isDefault: false,
                autoselect: false,
                characteristics: 'public.easy-to-read',
                instreamId: 'SERVICE63',
              },
            ],
          },
        },
        {
          index: 2,
          playlist: 'audio-en.m3u8',
          role: {
            kind: 'variant',
            bandwidth: 64_000,
            codecs: 'mp4a.40.2',
            audioGroup: 'aud',
            muxedAudio: [{ name: 'Muxed', isDefault: false, autoselect: true }],
          },
        },
        {
          index: 3,
          playlist: 'sub-de.m3u8',
          role: {
            kind: 'subtitles',
            groupId: 'sub',
            name: 'Deutsch',
            language: 'de',
            isDefault: false,
            autoselect: false,
            forced: true,
          },
        },
      ],
    })
  })

  it('tells each variant what sound of its own group has no playlist', () => {
    const media = (attributes: string) => `#EXT-X-MEDIA:TYPE=AUDIO,${attributes}`
    const parent = read([
      media('GROUP-ID="aac",NAME="English",LANGUAGE="en",DEFAULT=YES,CHANNELS="2"'),
      media('GROUP-ID="aac",NAME="Deutsch",LANGUAGE="de",AUTOSELECT=YES,URI="de.m3u8"'),
      media('GROUP-ID="ac3",NAME="Comment",LANGUAGE="en",CHARACTERISTICS="public.accessibility.describes-video"'),
      ...['aac', 'ac3', 'none'].flatMap((id) => [`#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="${id}"`, `${id}.m3u8`]),
      '#EXT-X-STREAM-INF:BANDWIDTH=1',
      'plain.m3u8',
    ])
    const muxed =
      parent.kind === 'parent' && parent.streams.map(({ role }) => role.kind === 'variant' && role.muxedAudio)
    assert.deepEqual(muxed, [
      [{ name: 'English', language: 'en', isDefault: true, autoselect: true, channels: '2' }],
      [
        {
          name: 'Comment',
          language: 'en',
          isDefault: false,
          autoselect: false,
          characteristics: 'public.accessibility.describes-video',
        },
      ],
      undefined,
      undefined,
      false,
    ])
  })

  it('may have as many streams as the limit and not one more', () => {
    const variants = (count: number) =>
      Array.from({ length: count }, (_, i) => ['#EXT-X-STREAM-INF:BANDWIDTH=1000', `v${i}.m3u8`]).flat()
    assert.equal(read(variants(20)).kind, 'parent')
    assert.throws(() => read(variants(21)), {
      name: 'Refusal',
      code: 'TooManyStreams',
      message: 'MaxIngestStreamsError: the parent playlist has 21 streams; at most 20 are allowed.',
    })
  })

  for (const uri of ['video', 'high.ts', '__proto__', 'constructor']) {
    it(`is refused with its line when it names what can never be put as a playlist: ${uri}`, () => {
      const refusal = {
        name: 'MalformedPlaylist',
        message: `line 3: '${uri}' must end in .m3u8, or what is put there is no playlist`,
      }
      assert.throws(() => read(['#EXT-X-STREAM-INF:BANDWIDTH=1', uri]), refusal)
    })
  }

  it('names playlists in folders, from its own, whatever stands behind their names', () => {
    const lines = [
      '#EXT-X-STREAM-INF:BANDWIDTH=1',
      'high/index.m3u8?id=1',
      '#EXT-X-STREAM-INF:BANDWIDTH=1',
      'low 1.m3u8',
    ]
    const source = read(lines, { name: 'live/main.m3u8' })
    assert.deepEqual(source.kind === 'parent' && source.streams.map(({ playlist }) => playlist), [
      'live/high/index.m3u8',
      'live/low 1.m3u8',
    ])
  })

  it('is refused with the line of a rendition that lies elsewhere', () => {
    const lines = PARENT.with(2, PARENT[2]!.replace('sub-de', '../de'))
    assert.throws(() => read(lines), { message: /^line 4: '..\/de.m3u8' names no file below the ingest URL/ })
  })
})

it('a playlist of neither kind is refused', () => {
  assert.throws(() => read(['#EXT-X-VERSION:3']), { name: 'MalformedPlaylist' })
  assert.throws(() => readSourcePlaylist('<html>', { name: 'a.m3u8', folder: FOLDER }, 20), {
    message: /^line 1: /,
  })
})

it('what renditions are called takes no more room than a person reads', () => {
  const media = (type: string, i: number) =>
    `#EXT-X-MEDIA:TYPE=${type},GROUP-ID="a",NAME="${i}",INSTREAM-ID="CC1",CHARACTERISTICS="${'x'.repeat(8000)}"\n`
  const variants = Array.from({ length: 20 }, (_, i) => {
    return `#EXT-X-STREAM-INF:BANDWIDTH=5,AUDIO="a",CLOSED-CAPTIONS="a"\nv${i}.m3u8\n`
  })
  const renditions = Array.from({ length: 100 }, (_, i) => media(i % 2 === 0 ? 'AUDIO' : 'CLOSED-CAPTIONS', i))
  const source = readSourcePlaylist(
    `#EXTM3U\n${renditions.join('')}${variants.join('')}`,
    { name: 'p.m3u8', folder: FOLDER },
    20,
  )
  assert.ok(source.kind === 'parent' && source.streams.length === 20)
  // The streams are kept with every change of the input.
  assert.ok(JSON.stringify(source.streams).length < 200_000)
})

describe('images', () => {
  const VARIANT = ['#EXT-X-STREAM-INF:BANDWIDTH=1000000', 'v.m3u8']

  it('are streams of their own, behind the others', () => {
    const source = read([
      '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=12460,RESOLUTION=320x180,CODECS="jpeg",URI="images.m3u8"',
      '#EXT-X-IMAGE-STREAM-INF:CODECS="jpeg",URI="small.m3u8"',
      ...VARIANT,
    ])
    assert.deepEqual(source.kind === 'parent' && source.streams.slice(1), [
      {
        index: 2,
        playlist: 'images.m3u8',
        role: { kind: 'images', bandwidth: 12460, resolution: { width: 320, height: 180 } },
      },
      { index: 3, playlist: 'small.m3u8', role: { kind: 'images', bandwidth: 0 } },
    ])
    assert.deepEqual(source.habits, [])
  })

  it('without a playlist are left out', () => {
    const source = read([...VARIANT, '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=12460'])
    assert.equal(source.kind === 'parent' && source.streams.length, 1)
    assert.deepEqual(
      source.habits.map(({ habit }) => habit),
      ['tag-unreadable'],
    )
  })

  it('are listed as segments are, and not at all when several are on one sheet', () => {
    const lines = ['#EXT-X-IMAGES-ONLY', '#EXT-X-TARGETDURATION:2', '#EXTINF:2,', 'a.jpg']
    const listed = (source: ReturnType<typeof read>) => [
      source.kind === 'media' && source.playlist.segments.map(({ name }) => name),
      source.habits.map(({ habit }) => habit),
    ]
    assert.deepEqual(listed(read(lines)), [['a.jpg'], []])
    const tiles = '#EXT-X-TILES:RESOLUTION=320x180,LAYOUT=5x4,DURATION=2.002'
    assert.deepEqual(listed(read([...lines.slice(0, 2), tiles, ...lines.slice(2)])), [[], ['image-tiles']])
  })
})

describe('closed captions', () => {
  const CC1 = '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="English",LANGUAGE="en",INSTREAM-ID="CC1"'
  const captions = (...lines: readonly string[]) => {
    const source = read(lines)
    if (source.kind !== 'parent') return undefined
    return source.streams.map(
      ({ role }) => role.kind === 'variant' && role.captions?.map(({ instreamId }) => instreamId),
    )
  }

  it('are of every variant where there is one group that none names', () => {
    const variants = ['#EXT-X-STREAM-INF:BANDWIDTH=2', 'a.m3u8', '#EXT-X-STREAM-INF:BANDWIDTH=1', 'b.m3u8']
    assert.deepEqual(captions(CC1, ...variants), [['CC1'], ['CC1']])
    assert.deepEqual(captions(CC1, CC1.replace('"cc"', '"other"'), ...variants), [undefined, undefined])
  })

  it('are of those variants alone that name them, where one says anything of them', () => {
    const silent = ['#EXT-X-STREAM-INF:BANDWIDTH=1', 'b.m3u8']
    const named = ['#EXT-X-STREAM-INF:BANDWIDTH=2,CLOSED-CAPTIONS="cc"', 'a.m3u8']
    assert.deepEqual(captions(CC1, ...named, ...silent), [['CC1'], undefined])
    const none = ['#EXT-X-STREAM-INF:BANDWIDTH=2,CLOSED-CAPTIONS=NONE', 'a.m3u8']
    assert.deepEqual(captions(CC1, ...none, ...silent), [undefined, undefined])
  })
})
