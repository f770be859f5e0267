import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import hlsParser from 'hls-parser'
import { Parser as M3u8Parser } from 'm3u8-parser'
import { parse as parseMpd } from 'mpd-parser'
import { sampleKeys } from '../../test/keys/sample-keys.ts'
import {
  assetOf,
  FakeArchive,
  LADDER,
  NOON,
  outputSegments,
  sampleBytes,
  windowOf,
  written,
} from '../../test/origin/sample-channel.ts'
import { cmafEndpoint, dashEndpoint, hlsEndpoint, mssEndpoint } from '../../test/origin/sample-endpoints.ts'
import { ticks, utcMs } from '../media/time.ts'
import type { ManifestFilter } from '../model/manifest-filter.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, Era, OutputSegment, SlotObject } from '../model/output-segment.ts'
import { cmaf } from './cmaf/format.ts'
import { dash } from './dash/format.ts'
import { hls } from './hls-ts/format.ts'
import { mss } from './mss/format.ts'
import type { OutputFormat } from './output-format.ts'

const IMAGES = 3
const SLOT = ticks(180_000)

const ERA: Era = {
  ...LADDER,
  streams: [
    ...LADDER.streams,
    {
      index: IMAGES,
      playlist: 'images.m3u8',
      role: { kind: 'images', bandwidth: 40_000, resolution: { width: 320, height: 180 } },
      tracks: [{ kind: 'image', pid: 0, codec: 'jpeg', width: 320, height: 180 }],
      container: 'jpeg',
    },
  ],
}

const image = (key: string): SlotObject => ({ key, size: sampleBytes(key).length, crc32: 0, sha256: key })

/** Six seconds of three slots, with the images of `images` in them, by their keys; `late` ones begin a slot earlier. */
function segment(whole: OutputSegment, images: readonly (string | undefined)[], late = false): OutputSegment {
  const slots = whole.slots.map((slot, i) => {
    const { [IMAGES]: _, ...objects } = slot.objects
    const start = ticks(whole.start + i * SLOT)
    const startUtc = utcMs(whole.startUtc + i * 2000)
    const key = images[i]
    const placed = key && { ...image(key), ...(late && { start: ticks(start - SLOT) }) }
    return { ...slot, start, startUtc, duration: SLOT, objects: { ...objects, ...(placed && { [IMAGES]: placed }) } }
  })
  return { ...whole, slots, images: 3 }
}

function windowWith(images: readonly (readonly (string | undefined)[])[], late = false): ArchiveWindow {
  const whole = outputSegments(
    11,
    images.map(() => ({ era: ERA, slots: 3 })),
  )
  const segments = whole.map((each, i) => segment(each, images[i]!, late))
  return windowOf(segments, { eras: [ERA] })
}

const TWO = windowWith([
  ['a', 'b', 'c'],
  ['d', 'e', 'f'],
])

function text(format: OutputFormat, endpoint: OriginEndpoint, path: string, window = TWO, filter?: ManifestFilter) {
  return written(format, endpoint, path, window, { kind: 'live', ...(filter && { filter }) })?.text ?? ''
}

async function bytes(format: OutputFormat, endpoint: OriginEndpoint, path: string, window = TWO) {
  const request = format.resolve(endpoint, path)
  assert.ok(request?.kind === 'segment', path)
  const archive = new FakeArchive(window)
  const body = await request.body(archive, archive.media(), sampleKeys())
  return typeof body === 'string' ? body : [body.contentType, body.kind === 'object' && body.object.key]
}

/** The uris, durations and gaps of a playlist, as foreign parsers read them. */
function listed(playlist: string) {
  const parsed = hlsParser.parse(playlist)
  assert.ok(!parsed.isMasterPlaylist)
  const other = new M3u8Parser()
  other.push(playlist)
  other.end()
  assert.deepEqual(
    other.manifest.segments?.map(({ uri, duration }) => [uri, duration]),
    parsed.segments.map(({ uri, duration }) => [uri, duration]),
  )
  return {
    sequence: parsed.mediaSequenceBase,
    target: parsed.targetDuration,
    segments: parsed.segments.map(({ uri, duration, gap }) => [
      uri.replace(/\?m=\d+$/, ''),
      duration,
      ...(gap ? ['gap'] : []),
    ]),
    dates: parsed.segments.flatMap(({ programDateTime }) => (programDateTime ? [Number(programDateTime) - NOON] : [])),
  }
}

const PLAYLISTS = [
  ['HLS', hls, hlsEndpoint({ programDateTimeIntervalSeconds: 4 }), 'index', 'index_3_image.m3u8', 'index_3_image_3_'],
  [
    'CMAF',
    cmaf,
    cmafEndpoint({ programDateTimeIntervalSeconds: 4 }),
    'main/news',
    'main/news_image_21.m3u8',
    'sports_image_21_3_',
  ],
] as const

for (const [name, format, endpoint, parent, path, prefix] of PLAYLISTS) {
  describe(`images in ${name}`, () => {
    const up = name === 'CMAF' ? '../' : ''

    it('are declared in the parent playlist', () => {
      const [found, ...others] = text(format, endpoint, `${parent}.m3u8`).match(/^#EXT-X-IMAGE-STREAM-INF.*/gm) ?? []
      const uri = path.replace('main/', '')
      assert.equal(found, `#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=40000,RESOLUTION=320x180,CODECS="jpeg",URI="${uri}"`)
      assert.deepEqual(others, [])
    })

    it('are listed one for each slot, and numbered over all segments', async () => {
      const playlist = text(format, endpoint, path)
      assert.match(playlist, /^#EXT-X-IMAGES-ONLY$/m)
      assert.doesNotMatch(playlist, /EXT-X-MAP|EXT-X-INDEPENDENT/)
      const { sequence, segments, dates } = listed(playlist)
      assert.equal(sequence, 33)
      const names = Array.from({ length: 6 }, (_, i) => `${prefix}${33 + i}.jpg`)
      assert.deepEqual(
        segments,
        names.map((each) => [up + each, 2]),
      )
      assert.deepEqual(dates, [0, 4000, 8000])
      const found = await Promise.all(names.map((each) => bytes(format, endpoint, each)))
      assert.deepEqual(
        found,
        ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ['image/jpeg', key]),
      )
    })

    it('and key frames have no markers of ads', () => {
      const adTags = ['#EXT-X-CUE-OUT:30']
      const segments = TWO.segments.map((each) => ({ ...each, slots: each.slots.map((slot) => ({ ...slot, adTags })) }))
      const window = windowOf(segments, { eras: [ERA] })
      const settings = { adMarkers: 'PASSTHROUGH', includeIframeOnlyStream: true } as const
      const marked = name === 'CMAF' ? cmafEndpoint(settings) : hlsEndpoint(settings)
      const playlists =
        name === 'CMAF'
          ? ['main/news_video_1.m3u8', 'main/news_iframe_1.m3u8']
          : ['index_1.m3u8', 'index_1_iframe.m3u8']
      const hasMarkers = [...playlists, path].map((each) => text(format, marked, each, window).includes('CUE-OUT'))
      assert.deepEqual(hasMarkers, [true, false, false])
    })

    it('keep their numbers as the window slides', () => {
      const later = windowOf(TWO.segments.slice(1), { eras: [ERA] })
      const playlist = text(format, endpoint, path)
      const all = listed(playlist).segments
      const { sequence, segments } = listed(text(format, endpoint, path, later))
      assert.deepEqual([sequence, segments], [36, all.slice(3)])
    })

    it('are gaps where a segment has none, and the newest that there is elsewhere', async () => {
      const window = windowWith([[], ['d', undefined, 'f']])
      const { segments } = listed(text(format, endpoint, path, window))
      assert.deepEqual(
        segments.map(([, , gap]) => gap),
        ['gap', 'gap', 'gap', undefined, undefined, undefined],
      )
      const at = (number: number) => bytes(format, endpoint, `${prefix}${number}.jpg`, window)
      assert.deepEqual(await Promise.all([35, 37, 38].map(at)), ['no such', ['image/jpeg', 'd'], ['image/jpeg', 'f']])
    })

    it('that came late stand for their own time where the segment has them', async () => {
      const window = windowWith([['z', 'a', 'b']], true)
      const found = await Promise.all([33, 34, 35].map((n) => bytes(format, endpoint, `${prefix}${n}.jpg`, window)))
      assert.deepEqual(
        found.map(([, key]) => key),
        ['a', 'b', 'b'],
      )
    })

    it('have one name each', async () => {
      for (const wrong of ['_1_11', '_0_33', '_2_22']) {
        assert.equal(await bytes(format, endpoint, `${prefix.replace(/_3_$/, wrong)}.jpg`), 'no such')
      }
      assert.equal(format.resolve(endpoint, `${prefix}033.jpg`), undefined)
      assert.equal(await bytes(format, endpoint, `${prefix}39.jpg`), 'not yet')
    })

    it('are not declared where the window has none, and may be asked for', () => {
      const none = windowWith([[], []])
      assert.doesNotMatch(text(format, endpoint, `${parent}.m3u8`, none), /IMAGE/)
      assert.equal(listed(text(format, endpoint, path, none)).segments.length, 6)
      const without = windowOf(outputSegments(11, [{}]))
      assert.equal(text(format, endpoint, path, without), '')
    })

    it('are as large as the source says where none has come in the era', () => {
      const streams = ERA.streams.map((stream) => (stream.index === IMAGES ? { ...stream, tracks: [] } : stream))
      const window = windowOf(TWO.segments, { eras: [{ ...ERA, streams }] })
      assert.match(
        text(format, endpoint, `${parent}.m3u8`, window),
        /IMAGE-STREAM-INF:BANDWIDTH=40000,RESOLUTION=320x180/,
      )
    })

    it('are in an asset, each under its own name', async () => {
      const asset = assetOf(format, endpoint, TWO)!
      const archive = new FakeArchive(TWO)
      const own = asset.segments.filter(({ track }) => track.includes('image'))
      const keys = await Promise.all(
        own.map(async ({ name: file, body }) => {
          const made = await body(archive.media(), sampleKeys())
          return [file, made?.kind === 'object' && made.object.key]
        }),
      )
      const names = Array.from({ length: 6 }, (_, i) => `${prefix}${33 + i}.jpg`)
      assert.deepEqual(
        keys,
        names.map((each, i) => [each, 'abcdef'[i]]),
      )
      const playlist = asset.manifests.find((each) => path.endsWith(each.name))!.body().text
      assert.deepEqual(
        listed(playlist).segments.map(([uri]) => uri),
        names,
      )
      assert.match(asset.parent.text, /^#EXT-X-IMAGE-STREAM-INF/m)
    })

    it('are cut where their segment is', () => {
      const [first, second] = TWO.segments as [OutputSegment, OutputSegment]
      const begun = {
        ...first,
        isCutAtStart: true as const,
        start: ticks(first.start + SLOT + 90_000),
        duration: ticks(SLOT + 90_000),
      }
      const ended = { ...second, isCut: true as const, duration: ticks(SLOT / 2) }
      const { sequence, segments } = listed(text(format, endpoint, path, windowOf([begun, ended], { eras: [ERA] })))
      assert.deepEqual([sequence, segments.map(([, seconds]) => seconds)], [34, [1, 2, 1]])
    })
  })
}

describe('trick play in manifest filters', () => {
  const FILTERS: readonly [what: string, filter: ManifestFilter, left: readonly string[]][] = [
    ['none', {}, ['iframe', 'image']],
    ['trickplay_type:iframe', { trickplayType: ['iframe'] }, ['iframe']],
    ['trickplay_type:image', { trickplayType: ['image'] }, ['image']],
    ['trickplay_type:iframe,image', { trickplayType: ['iframe', 'image'] }, ['iframe', 'image']],
    ['trickplay_type:none', { trickplayType: ['none'] }, []],
    ['trickplay_height:180-180', { trickplayHeight: { min: 180, max: 180 } }, ['image']],
    ['trickplay_height:500-600', { trickplayHeight: { min: 500, max: 600 } }, ['iframe']],
    ['video_height:360-360', { videoHeight: { min: 360, max: 360 } }, ['iframe', 'image']],
  ]
  const settings = { includeIframeOnlyStream: true }
  const left = (manifest: string) => [
    ...(/I-FRAME-STREAM-INF|guidelines\/trickmode/.test(manifest) ? ['iframe'] : []),
    ...(/IMAGE-STREAM-INF|contentType="image"/.test(manifest) ? ['image'] : []),
  ]

  for (const [what, filter, expected] of FILTERS) {
    it(`is left by ${what}`, () => {
      assert.deepEqual(left(text(hls, hlsEndpoint(settings), 'index.m3u8', TWO, filter)), expected)
      assert.deepEqual(left(text(cmaf, cmafEndpoint(settings), 'main/news.m3u8', TWO, filter)), expected)
      assert.deepEqual(left(text(dash, dashEndpoint(settings), 'index.mpd', TWO, filter)), expected)
    })
  }
})

describe('images in DASH', () => {
  const set = (mpd: string) => /<AdaptationSet [^>]*contentType="image".*?<\/AdaptationSet>/s.exec(mpd)?.[0] ?? ''
  const read = (mpd: string) => {
    const complaints: string[] = []
    const eventHandler = ({ message }: { message: string }) => complaints.push(message)
    parseMpd(mpd, { manifestUri: 'https://origin.example/out/index.mpd', eventHandler })
    assert.deepEqual(complaints, [])
    return set(mpd).replaceAll(/\?m=\d+/g, '')
  }

  it('have a set of their own, with the template of the endpoint', async () => {
    const endpoint = dashEndpoint()
    const found = read(text(dash, endpoint, 'index.mpd'))
    assert.match(found, /^<AdaptationSet id="21" contentType="image" mimeType="image\/jpeg">/)
    assert.match(found, /<Representation id="21" bandwidth="40000" width="320" height="180">/)
    assert.match(found, /<EssentialProperty schemeIdUri="http:\/\/dashif\.org\/thumbnail_tile" value="1x1"\/>/)
    const template = /<SegmentTemplate [^>]*>/.exec(found)?.[0]
    const media = 'media="index_image_21_1_3_$Number$.jpg"'
    assert.equal(
      template,
      `<SegmentTemplate ${media} timescale="90000" presentationTimeOffset="900000" startNumber="33">`,
    )
    assert.match(found, /<S t="900000" d="180000" r="5"\/>/)
    for (const [number, key] of [
      [33, 'a'],
      [38, 'f'],
    ] as const) {
      assert.deepEqual(await bytes(dash, endpoint, `index_image_21_1_3_${number}.jpg`), ['image/jpeg', key])
    }
    assert.equal(await bytes(dash, endpoint, 'index_image_21_2_3_33.jpg'), 'no such')
  })

  it('are named by their times where all is', async () => {
    const endpoint = dashEndpoint({ segmentTemplateFormat: 'TIME_WITH_TIMELINE' })
    const window = windowWith([['a', 'b', 'c'], [], ['g', 'h', 'i']])
    const found = read(text(dash, endpoint, 'index.mpd', window))
    assert.match(found, /media="index_image_21_1_3_\$Time\$\.jpg"/)
    assert.match(found, /<S t="900000" d="180000" r="2"\/>\s*<S t="1980000" d="180000" r="2"\/>/)
    const at = (time: number) => bytes(dash, endpoint, `index_image_21_1_3_${time}.jpg`, window)
    assert.deepEqual(await Promise.all([900_000, 1_080_000, 2_340_000].map(at)), [
      ['image/jpeg', 'a'],
      ['image/jpeg', 'b'],
      ['image/jpeg', 'i'],
    ])
    assert.deepEqual(await Promise.all([900_001, 1_440_000].map(at)), ['no such', 'no such'])
  })

  it('are counted by their duration where all is', () => {
    const found = read(text(dash, dashEndpoint({ segmentTemplateFormat: 'NUMBER_WITH_DURATION' }), 'index.mpd'))
    const times = 'timescale="270000" presentationTimeOffset="2700000" startNumber="33" duration="540000"'
    assert.ok(found.includes(`<SegmentTemplate media="index_image_21_1_3_$Number$.jpg" ${times}/>`), found)
  })

  it('share a template in compact layouts', () => {
    const found = read(text(dash, dashEndpoint({ manifestLayout: 'COMPACT' }), 'index.mpd'))
    assert.match(
      found,
      /mimeType="image\/jpeg">\s*<SegmentTemplate media="index_image_\$RepresentationID\$_1_3_\$Number\$\.jpg"/,
    )
    assert.equal(found.match(/<SegmentTemplate/g)?.length, 1)
  })

  it('are left out for HbbTV 1.5, and in Smooth Streaming', async () => {
    const endpoint = dashEndpoint({ profile: 'HBBTV_1_5' })
    assert.equal(read(text(dash, endpoint, 'index.mpd')), '')
    assert.equal(await bytes(dash, endpoint, 'index_image_21_1_3_33.jpg'), 'no such')
    assert.doesNotMatch(text(mss, mssEndpoint(), 'index.ism/Manifest'), /image|jpe?g/i)
  })

  it('are in an asset where no segment of the Period lacks them', () => {
    const names = (window: ArchiveWindow) =>
      assetOf(dash, dashEndpoint(), window)!.segments.flatMap(({ name }) => (name.endsWith('.jpg') ? name : []))
    assert.deepEqual(
      names(TWO),
      Array.from({ length: 6 }, (_, i) => `index_image_21_1_3_${33 + i}.jpg`),
    )
    const lacking = windowWith([['a', 'b', 'c'], []])
    assert.deepEqual(names(lacking), [])
    assert.equal(set(assetOf(dash, dashEndpoint(), lacking)!.parent.text), '')
    assert.notEqual(set(text(dash, dashEndpoint(), 'index.mpd', lacking)), '')
  })
})
