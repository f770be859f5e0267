/** Time-shifted viewing by URL: content from noon on, six seconds a segment, numbered from 10. */
import assert from 'node:assert/strict'
import { after, before, describe, it, mock } from 'node:test'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { parse as parseMpd } from 'mpd-parser'
import { OriginUnderTest } from '../../../test/origin/origin-under-test.ts'
import { audio, LADDER, NOON, outputSegments, variant, video, windowOf } from '../../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { utcMs } from '../../media/time.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { ArchiveWindow } from '../../model/output-segment.ts'

const origin = new OriginUnderTest()
const DVR = { startoverWindowSeconds: 600 }
const FORMATS = {
  HLS: hlsEndpoint({}, DVR),
  CMAF: cmafEndpoint({}, DVR),
  DASH: dashEndpoint({}, DVR),
  MSS: mssEndpoint({}, DVR),
}

/** The parent manifest with times in the path, and in the query where that is allowed. */
const PARENTS = {
  HLS: { path: (times: string) => `${times}index.m3u8`, query: (times: string) => `index.m3u8?${times}` },
  CMAF: { path: (times: string) => `main/${times}news.m3u8`, query: (times: string) => `main/news.m3u8?${times}` },
  DASH: { path: (times: string) => `${times}index.mpd`, query: (times: string) => `index.mpd?${times}` },
  MSS: { path: (times: string) => `${times}index.ism/Manifest`, query: undefined },
}
const NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[]

/** Segments 10 to 21: 12:00:00 to 12:01:12. */
const CONTENT = windowOf(
  outputSegments(
    10,
    Array.from({ length: 12 }, () => ({})),
  ),
)
const at = (seconds: number) => NOON / 1000 + seconds

const serve = (endpoint: OriginEndpoint, window: ArchiveWindow | undefined = CONTENT) => origin.serve(endpoint, window)

/** True for a manifest that is marked as finished. */
const isFinished = (text: string) =>
  /^#EXT-X-ENDLIST$/m.test(text) || /<MPD [^>]*type="static"/.test(text) || /<Smooth[^>]*Duration="[1-9]/.test(text)
const isLive = (text: string) =>
  (text.startsWith('#EXTM3U') && !/ENDLIST/.test(text)) || /type="dynamic"/.test(text) || /IsLive="TRUE"/.test(text)

/** The first text a player reads that lists segments: a media playlist, or the manifest itself. */
async function listing(parent: string): Promise<string> {
  const text = await origin.manifest(parent)
  const child = text.split('\n').find((line) => line !== '' && !line.startsWith('#') && line.includes('.m3u8'))
  if (child === undefined) return text
  return origin.manifest(new URL(child, `http://h/${parent}`).pathname.slice(1))
}

before(() => origin.listen())
after(() => origin.close())

for (const name of NAMES) {
  const { path, query } = PARENTS[name]
  const forms = [
    { form: 'in the path', url: (start: number, end?: number) => path(`start/${start}/${end ? `end/${end}/` : ''}`) },
    ...(query
      ? [
          {
            form: 'in the query',
            url: (start: number, end?: number) => query(`start=${start}${end ? `&end=${end}` : ''}`),
          },
        ]
      : []),
  ]
  for (const { form, url } of forms) {
    describe(`${name} with times ${form}`, () => {
      it('grows from a start', async () => {
        serve(FORMATS[name])
        const before = await listing(url(at(6)))
        assert.ok(isLive(before))
        origin.archive.window = windowOf(
          outputSegments(
            10,
            Array.from({ length: 13 }, () => ({})),
          ),
          { version: 2 },
        )
        const text = await listing(url(at(6)))
        assert.ok(isLive(text))
        assert.deepEqual(timesOf(before, name), span(6, name === 'MSS' ? 60 : 72))
        assert.deepEqual(timesOf(text, name), span(6, name === 'MSS' ? 66 : 78))
      })

      it('grows until an end in the future, and is finished then', async () => {
        serve(FORMATS[name])
        const text = await listing(url(at(48), at(75)))
        assert.ok(isLive(text))
        assert.deepEqual(timesOf(text, name), span(48, name === 'MSS' ? 60 : 72))
        // Smooth Streaming has to know two fragments more.
        const more = name === 'MSS' ? 15 : 13
        origin.archive.window = windowOf(
          outputSegments(
            10,
            Array.from({ length: more }, () => ({})),
          ),
          { version: 2 },
        )
        const finished = await listing(url(at(48), at(75)))
        assert.ok(isFinished(finished) && !isLive(finished))
        assert.deepEqual(timesOf(finished, name), span(48, 78))
      })

      it('is finished where the end is past, in whole segments, and ever the same', async () => {
        serve(FORMATS[name])
        const text = await listing(url(at(7), at(19)))
        assert.ok(isFinished(text) && !isLive(text))
        assert.deepEqual(timesOf(text, name), span(6, 24))
        assert.deepEqual(timesOf(await listing(url(at(6), at(18))), name), span(6, 18))
        const { headers } = await origin.ask(url(at(7), at(19)))
        assert.equal(headers['cache-control'], 'max-age=60')
        const newest = { HLS: '13', CMAF: '13', DASH: '13', MSS: String((NOON - Date.UTC(2020, 0) + 18_000) * 10_000) }
        assert.equal(headers['x-mediapackage-manifest-last-sequence'], newest[name])
        assert.equal(headers['x-mediapackage-manifest-last-updated'], String(NOON + 24_250))
        serve(
          FORMATS[name],
          windowOf(
            outputSegments(
              10,
              Array.from({ length: 99 }, () => ({})),
            ),
            { version: 7 },
          ),
        )
        assert.equal(await listing(url(at(7), at(19))), text)
      })

      it('is 404 outside the startover window, without one, and before anything has come', async () => {
        const status = async (endpoint: OriginEndpoint, ...times: [number, number?]) => {
          serve(endpoint)
          const { status, headers } = await origin.ask(url(...times))
          return status === 404 ? headers['x-windrow-error'] : status
        }
        const short = { ...FORMATS[name], startoverWindowSeconds: 30 }
        assert.equal(await status(short, at(42), at(54)), 200)
        assert.equal(await status(short, at(41), at(54)), 'OutsideStartoverWindow')
        assert.equal(await status({ ...short, startoverWindowSeconds: 0 }, at(60), at(66)), 'NoStartoverWindow')
        assert.equal(await status(FORMATS[name], at(72)), 'WindowNotYet')
        assert.equal(await status(FORMATS[name], at(-60), at(-30)), 'NothingInWindow')
        serve(FORMATS[name])
        origin.archive.window = undefined
        const { status: empty, headers } = await origin.ask(url(at(0)))
        assert.deepEqual([empty, headers['x-windrow-error']], [404, 'NothingToShowYet'])
      })

      it('is 400 for more than a day, for an end that is no end, and for what is no time', async () => {
        serve({ ...FORMATS[name], startoverWindowSeconds: 1_209_600 })
        for (const [start, end] of [
          [at(0), at(86_401)],
          [at(6), at(6)],
          [at(6), at(0)],
          [NOON, undefined],
          [at(6), NOON],
        ] as const) {
          assert.equal((await origin.ask(url(start, end))).status, 400)
        }
        assert.equal((await origin.ask(url(at(6)).replace(String(at(6)), 'yesterday'))).status, 400)
      })

      it('is what any way of writing a time says', async () => {
        serve(FORMATS[name])
        const text = await listing(url(at(6), at(18)))
        const written = (start: string, end: string) =>
          url(at(6), at(18))
            .replace(String(at(6)), start)
            .replace(String(at(18)), end)
        for (const [start, end] of [
          ['2026-08-01T12:00:06Z', '2026-08-01T12:00:18Z'],
          ['2026-08-01T12%3A00%3A06%2B00%3A00', '2026-08-01T04:00:18-08:00'],
          ['2026-08-01T14:00:06+02:00', '2026-08-01T14:00:18%2B0200'],
          [`${at(6)}.000`, `${at(18)}`],
        ] as const) {
          assert.equal(await listing(written(start, end)), text, `${start} ${end}`)
        }
      })

      it('shows several eras', async () => {
        const later = { time: LADDER.clock.time, utc: LADDER.clock.utc }
        const second = { ...LADDER, id: 2, clock: later, streams: [variant(1, 2_700_123, [video(720), audio(257)])] }
        const sketches = [
          {},
          {},
          { era: second, discontinuity: true },
          { era: second },
          { era: second },
          { era: second },
        ]
        serve(FORMATS[name], windowOf(outputSegments(10, sketches), { eras: [LADDER, second] }))
        const text = await listing(url(at(0), at(24)))
        assert.ok(isFinished(text))
        assert.deepEqual(timesOf(text, name), span(0, 24))
        if (name === 'DASH')
          assert.deepEqual(
            [...text.matchAll(/<Period id="(\d+)"/g)].map(([, id]) => id),
            ['9', '11'],
          )
        else if (name !== 'MSS') assert.equal(text.match(/DISCONTINUITY\n/g)?.length, 1)
        const first = await listing(url(at(0), at(12)))
        assert.deepEqual(timesOf(first, name), span(0, 12))
        assert.doesNotMatch(first, /DISCONTINUITY\n|<Period id="11"/)
      })
    })
  }

  describe(`${name} without a start`, () => {
    it('is live, whatever the end', async () => {
      serve(FORMATS[name])
      const live = await listing(path(''))
      const ended = await listing(path(`end/${at(30)}/`))
      assert.deepEqual(timesOf(ended, name), timesOf(live, name))
      assert.ok(isLive(ended))
      if (query) {
        assert.equal(await listing(query(`end=${at(30)}`)), live)
        assert.equal(await listing(query('end=nonsense')), live)
      }
      serve({ ...FORMATS[name], startoverWindowSeconds: 0 })
      assert.ok(isLive(await listing(path(`end/${at(30)}/`))))
    })
  })
}

describe('times', () => {
  it('stand once, in the query or in the path', async () => {
    for (const name of ['HLS', 'CMAF', 'DASH'] as const) {
      serve(FORMATS[name])
      const { path, query } = PARENTS[name]
      for (const url of [
        query!(`start=${at(6)}&start=${at(6)}`),
        query!(`start=${at(6)}&end=${at(12)}&end=${at(18)}`),
        `${path(`start/${at(6)}/`)}?start=${at(6)}`,
        `${path(`start/${at(6)}/`)}?end=${at(18)}`,
      ]) {
        assert.equal((await origin.ask(url)).status, 400, url)
      }
    }
  })

  it('may have a plus sign in the query that nobody escaped', async () => {
    serve(FORMATS.HLS)
    const plain = await origin.manifest(`index.m3u8?start=${at(6)}`)
    assert.equal(await origin.manifest('index.m3u8?start=2026-08-01T12:00:06+00:00'), plain)
    assert.equal(await origin.manifest('index.m3u8?start=2026-08-01T14:00:06+0200&m=5'), plain)
  })

  it('go into the path of Smooth Streaming alone', async () => {
    serve(FORMATS.MSS)
    for (const query of [`start=${at(6)}`, `end=${at(6)}`, `start=${at(6)}&end=${at(12)}`]) {
      const { status, text } = await origin.ask(`index.ism/Manifest?${query}`)
      assert.equal(status, 400)
      assert.match(text, /belongs in the path/)
    }
  })

  it('are no part of the names of segments, nor anywhere else', async () => {
    for (const [name, segment] of [
      ['HLS', 'index_1_11.ts'],
      ['DASH', 'index_video_1_1_11.mp4'],
      ['MSS', `index.ism/Events(1_0)/QualityLevels(2700123)/Fragments(v=0)`],
      ['CMAF', 'main/news.m3u8'],
    ] as const) {
      serve(FORMATS[name])
      for (const times of [`start/${at(6)}/`, `start/${at(6)}/end/${at(18)}/`]) {
        assert.equal((await origin.ask(times + segment)).status, 404)
        assert.equal((await origin.ask(`end/${at(18)}/start/${at(6)}/index.m3u8`)).status, 404)
        assert.equal((await origin.ask(`start/${at(6)}/${times}index.m3u8`)).status, 404)
      }
    }
    assert.equal((await origin.ask(`main/start/${at(6)}/sports_video_1_11.mp4`)).status, 404)
  })
})

describe('a window', () => {
  it('in HLS: children lie in folders of the window, segments where they always are', async () => {
    serve(FORMATS.HLS)
    assert.equal(
      await origin.manifest(`index.m3u8?end=2026-08-01T12:00:18.5Z&start=${at(6)}`),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=2700123,AVERAGE-BANDWIDTH=2530000,RESOLUTION=960x540,FRAME-RATE=29.970,CODECS="avc1.640029,mp4a.40.2"
start/${at(6)}/end/${at(18.5)}/index_1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1000456,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS="avc1.64001f,mp4a.40.2"
start/${at(6)}/end/${at(18.5)}/index_2.m3u8
`,
    )
    assert.equal(
      await origin.manifest(`start/${at(6)}/end/${at(18)}/index_1.m3u8`),
      `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:11
#EXTINF:6.000,
../../../../index_1_11.ts?m=1700000000
#EXTINF:6.000,
../../../../index_1_12.ts?m=1700000000
#EXT-X-ENDLIST
`,
    )
    assert.match(await origin.manifest(`start/${at(6)}/end/${at(18)}/index.m3u8`), /^index_1\.m3u8$/m)
    assert.match(await origin.manifest(`index.m3u8?start=${at(6)}`), new RegExp(`^start/${at(6)}/index_1.m3u8$`, 'm'))
    const url = new URL('../../../../index_1_11.ts?m=1', `http://h/out/v1/x/start/${at(6)}/end/${at(18)}/index_1.m3u8`)
    assert.equal(url.pathname, '/out/v1/x/index_1_11.ts')
  })

  it('in CMAF: the folders stand below that of the manifest', async () => {
    serve(FORMATS.CMAF)
    assert.equal(
      await origin.manifest(`main/start/${at(6)}/end/${at(18)}/news_audio_12.m3u8`),
      `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:11
#EXT-X-MAP:URI="../../../../../sports_audio_12_track_1_csid_1_init.mp4?m=1700000000"
#EXTINF:6.000,
../../../../../sports_audio_12_11.mp4?m=1700000000
#EXTINF:6.000,
../../../../../sports_audio_12_12.mp4?m=1700000000
#EXT-X-ENDLIST
`,
    )
    const parent = await origin.manifest(`main/news.m3u8?start=${at(6)}&end=${at(18)}`)
    assert.match(parent, new RegExp(`^start/${at(6)}/end/${at(18)}/news_video_1.m3u8$`, 'm'))
    assert.match(parent, new RegExp(`URI="start/${at(6)}/end/${at(18)}/news_audio_12.m3u8"`))
  })

  it('in DASH and Smooth Streaming: templates climb out of the folders', async () => {
    serve(FORMATS.DASH)
    const climbs = /media="\.\.\/\.\.\/\.\.\/\.\.\/index_video_1_1_\$Number\$\.mp4\?m=1700000000"/
    assert.match(await origin.manifest(`start/${at(6)}/end/${at(18)}/index.mpd`), climbs)
    assert.match(await origin.manifest(`index.mpd?start=${at(6)}&end=${at(18)}`), /media="index_video_1_1_\$Number/)
    serve(FORMATS.MSS)
    assert.match(
      await origin.manifest(`start/${at(6)}/end/${at(18)}/index.ism/Manifest`),
      /Url="\.\.\/\.\.\/\.\.\/\.\.\/\.\.\/index\.ism\/Events\(1700000000_0\)\/QualityLevels\(\{bitrate\}\)\/Fragments\(v=/,
    )
  })

  it('keeps the playlist type the endpoint asks for, and dates as they are live', async () => {
    const settings = { playlistType: 'EVENT', programDateTimeIntervalSeconds: 10 } as const
    serve(hlsEndpoint(settings, DVR))
    const live = await origin.manifest('index_1.m3u8')
    const shifted = await origin.manifest(`start/${at(12)}/index_1.m3u8`)
    assert.match(shifted, /PLAYLIST-TYPE:EVENT/)
    const dates = (text: string) => text.match(/PROGRAM-DATE-TIME:.*/g) ?? []
    assert.deepEqual(
      dates(shifted).slice(1),
      dates(live).filter((line) => !/12:00:(00|12)/.test(line)),
    )
    assert.equal(dates(shifted)[0], 'PROGRAM-DATE-TIME:2026-08-01T12:00:12.000Z')
  })

  it('grows for a day, and is finished then', async () => {
    const hour = { seconds: 3600 }
    const day = windowOf(
      outputSegments(
        10,
        Array.from({ length: 25 }, () => hour),
      ),
    )
    serve(hlsEndpoint({}, { startoverWindowSeconds: 1_209_600 }), day)
    const text = await origin.manifest(`start/${at(0)}/index_1.m3u8`)
    assert.deepEqual([text.match(/EXTINF/g)?.length, isFinished(text)], [24, true])
    assert.equal(isFinished(await origin.manifest(`start/${at(3601)}/index_1.m3u8`)), false)
  })

  it('is finished with the stream, wherever its end lies', async () => {
    for (const name of NAMES) {
      serve(FORMATS[name], { ...CONTENT, ended: true })
      const text = await listing(PARENTS[name].path(`start/${at(6)}/end/${at(9999)}/`))
      assert.ok(isFinished(text))
      assert.deepEqual(timesOf(text, name), span(6, 72))
    }
  })

  it('is written once, whatever comes behind it, and again when the endpoint changes', async () => {
    serve(FORMATS.HLS)
    const url = `start/${at(6)}/end/${at(18)}/index_1.m3u8`
    await Promise.all(Array.from({ length: 20 }, () => origin.manifest(url)))
    assert.equal(origin.archive.windowsRead, 1)
    origin.archive.window = { ...CONTENT, version: 2 }
    await origin.manifest(url)
    assert.equal(origin.archive.windowsRead, 1)
    origin.now = utcMs(origin.now + 600_000)
    await origin.manifest(url)
    assert.equal(origin.archive.windowsRead, 2)
    origin.resources.change(FORMATS.HLS.guid, { ...FORMATS.HLS, revision: 2 })
    await origin.manifest(url)
    assert.equal(origin.archive.windowsRead, 3)
  })
})

describe('windows of the same segments', () => {
  for (const name of NAMES) {
    it(`are one ${name} manifest, which is written once`, async () => {
      serve(FORMATS[name])
      const { path } = PARENTS[name]
      const windows = [
        [6, 18],
        [6.5, 17],
        [11.999, 12.001],
        [8, 18],
      ] as const
      const texts = []
      for (const [start, end] of windows) texts.push(await listing(path(`start/${at(start)}/end/${at(end)}/`)))
      assert.deepEqual(new Set(texts).size, 1)
      const pages = origin.archive.pagesRead
      // Both playlists of HLS and CMAF, and the one manifest of the others.
      assert.equal(pages, texts[0]!.startsWith('#EXTM3U') ? 2 : 1)
      const other = await listing(path(`start/${at(6)}/end/${at(18.001)}/`))
      assert.deepEqual(timesOf(other, name), span(6, 24))
      assert.equal(origin.archive.pagesRead, 2 * pages)
    })
  }

  for (const name of ['HLS', 'CMAF'] as const) {
    it(`are one ${name} manifest although each names its own folders`, async () => {
      serve(FORMATS[name])
      const query = PARENTS[name].query
      const ask = (start: number, end: number) => origin.manifest(query(`start=${at(start)}&end=${at(end)}`))
      const [one, other] = [await ask(6, 18), await ask(6.25, 17.5)]
      assert.match(one, new RegExp(`^start/${at(6)}/end/${at(18)}/\\w`, 'm'))
      assert.equal(other, one.replaceAll(`start/${at(6)}/end/${at(18)}/`, `start/${at(6.25)}/end/${at(17.5)}/`))
      assert.equal(origin.archive.pagesRead, 1)
    })
  }

  it('are several where times go back, so that a window may leave out segments in the middle', async () => {
    const back = { ...LADDER, id: 2, clock: { ...LADDER.clock, utc: utcMs(LADDER.clock.utc - 600_000) } }
    const segments = outputSegments(10, [{}, {}, {}, {}])
    // The second segment is of another time.
    const odd = { ...segments[1]!, era: 2, startUtc: utcMs(segments[1]!.startUtc - 9000) }
    serve(FORMATS.HLS, windowOf([segments[0]!, odd, ...segments.slice(2)], { eras: [LADDER, back] }))
    const playlist = (start: number, end: number) =>
      origin.manifest(`start/${at(start)}/end/${at(end)}/index_1.m3u8`).then((text) => text.match(/index_1_\d+/g))
    assert.deepEqual(await playlist(1, 20), ['index_1_10', 'index_1_11', 'index_1_12', 'index_1_13'])
    assert.deepEqual(await playlist(4, 20), ['index_1_10', 'index_1_12', 'index_1_13'])
    assert.deepEqual(await playlist(1, 20), ['index_1_10', 'index_1_11', 'index_1_12', 'index_1_13'])
  })
})

describe('a time delay', () => {
  const delayed = (name: keyof typeof FORMATS, seconds: number) => ({ ...FORMATS[name], timeDelaySeconds: seconds })

  for (const name of NAMES) {
    it(`${name} shows what was live so long ago`, async () => {
      serve(delayed(name, 30))
      const url = PARENTS[name].path('')
      assert.equal((await origin.ask(url)).status, 404)
      // The segment that ends at 12:00:36 was sealed a quarter of a second later.
      origin.now = utcMs(NOON + 36_250 + 30_000)
      assert.deepEqual(timesOf(await listing(url), name), span(0, 36))
      origin.now = utcMs(origin.now + 5999)
      assert.deepEqual(timesOf(await listing(url), name), span(0, 36))
      const read = origin.archive.windowsRead
      await listing(url)
      assert.equal(origin.archive.windowsRead, read, 'nothing is due')
      origin.now = utcMs(origin.now + 1)
      const text = await listing(url)
      assert.deepEqual(timesOf(text, name), span(0, 42))
      assert.ok(isLive(text))
    })

    it(`${name} shows windows no further than that`, async () => {
      serve(delayed(name, 30))
      origin.now = utcMs(NOON + 36_250 + 30_000)
      const { path } = PARENTS[name]
      assert.deepEqual(timesOf(await listing(path(`start/${at(6)}/`)), name), span(6, 36))
      const growing = await listing(path(`start/${at(6)}/end/${at(40)}/`))
      assert.ok(isLive(growing))
      assert.deepEqual(timesOf(growing, name), span(6, 36))
      assert.ok(isFinished(await listing(path(`start/${at(6)}/end/${at(36)}/`))))
      assert.equal((await origin.ask(path(`start/${at(36)}/`))).status, 404)
    })
  }

  it('is told to DASH players as a later beginning of time', async () => {
    serve(delayed('DASH', 30))
    origin.now = utcMs(NOON + 120_000)
    assert.match(await origin.manifest('index.mpd'), /availabilityStartTime="1970-01-01T00:00:30\+00:00"/)
  })

  it('ends when what it shows ends', async () => {
    serve(delayed('HLS', 30), { ...CONTENT, ended: true })
    origin.now = utcMs(NOON + 60_000)
    assert.equal(isFinished(await origin.manifest('index_1.m3u8')), false)
    origin.now = utcMs(NOON + 120_000)
    assert.equal(isFinished(await origin.manifest('index_1.m3u8')), true)
  })
})

describe('the thread that writes windows', () => {
  for (const [name, endpoint, times] of [
    ['an endpoint with a start-over window', hlsEndpoint({}, DVR), 1],
    ['an endpoint without one', hlsEndpoint({}, { startoverWindowSeconds: 0 }), 0],
  ] as const) {
    it(`starts ${times} times with a live playlist of ${name}`, async () => {
      serve(endpoint)
      const prepare = mock.method(origin.worker, 'prepare')
      await origin.manifest('index_1.m3u8')
      await origin.manifest('index_1.m3u8')
      prepare.mock.restore()
      assert.equal(prepare.mock.callCount(), times)
    })
  }
})

const span = (start: number, end: number) => ({ start, end })

/** The interval of the segments in a manifest, in seconds after noon, as a foreign parser reads it. */
function timesOf(text: string, name: keyof typeof FORMATS): { start: number; end: number } {
  if (name === 'MSS') {
    const video = /<StreamIndex Type="video"[\s\S]*?<\/StreamIndex>/.exec(text)?.[0] ?? ''
    const number = (element: string, attribute: string) =>
      Number(new RegExp(` ${attribute}="(\\d+)"`).exec(element)?.[1])
    let start: number | undefined
    let end = 0
    for (const [element] of video.matchAll(/<c [^>]*>/g)) {
      const t = number(element, 't')
      if (!Number.isNaN(t)) end = t
      start ??= end
      end += number(element, 'd') * (number(element, 'r') || 1)
    }
    const noon = (NOON - Date.UTC(2020, 0)) * 10_000
    return { start: ((start ?? 0) - noon) / 1e7, end: (end - noon) / 1e7 }
  }
  const numbers = name === 'DASH' ? dashNumbers(text) : hlsNumbers(text)
  return { start: (numbers[0]! - 10) * 6, end: (numbers.at(-1)! - 9) * 6 }
}

function hlsNumbers(text: string): readonly number[] {
  const strict = hlsParser.parse(text) as hlsParser.types.MediaPlaylist
  const parser = new M3u8Parser()
  parser.push(text)
  parser.end()
  const numbers = strict.segments.map(({ uri }) => Number(/_(\d+)\.(?:ts|mp4)/.exec(uri)?.[1]))
  assert.equal(parser.manifest.segments.length, numbers.length)
  assert.equal(parser.manifest.mediaSequence, numbers[0])
  assert.equal(parser.manifest.endList ?? false, strict.endlist)
  return numbers
}

function dashNumbers(text: string): readonly number[] {
  const { playlists } = parseMpd(text, { manifestUri: 'http://h/' })
  const [first] = playlists
  return first!.segments.map(({ uri }) => Number(/_(\d+)\.mp4/.exec(uri)?.[1]))
}
