import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import { found } from '../../../test/found.ts'
import {
  assetOf,
  audio,
  CLOCK,
  FakeArchive,
  ORIGIN,
  outputSegments,
  overEra,
  type SegmentSketch,
  subtitles,
  variant,
  video,
  windowOf,
  written,
} from '../../../test/origin/sample-channel.ts'
import { ALL_STREAMS, mssEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { ticks, utcMs } from '../../media/time.ts'
import type { ArchiveWindow, Era, SourceStream } from '../../model/output-segment.ts'
import { mss } from './format.ts'
import { findFragment } from './lookup.ts'
import { type MssName, parseMssName } from './names.ts'
import { mssSettings } from './settings.ts'
import { videoLevels } from './tracks.ts'

const ERA: Era = {
  id: 3,
  origin: ORIGIN,
  clock: CLOCK,
  streams: [
    variant(1, 2_700_123, [video(540), audio(257, 'eng')]),
    variant(2, 1_000_456, [video(360), audio(257, 'eng')]),
    subtitles(3),
  ],
}

const windowOver = (sketches: readonly SegmentSketch[], more: Partial<ArchiveWindow> = {}) =>
  overEra(ERA, 11, sketches, more)

const LIVE = windowOver([{}, {}, { seconds: 4 }, {}, {}])

/** A manifest's text, after a foreign parser has read it. */
function manifest(window: ArchiveWindow, endpoint = mssEndpoint(), kind: 'live' | 'harvest' = 'live') {
  const body = written(mss, endpoint, 'index.ism/Manifest', window, { kind })
  if (body) parse(body.text)
  return body
}

function parse(text: string): Element {
  const complain = (level: string, message: string) => assert.fail(`${level}: ${message}`)
  return new DOMParser({ errorHandler: complain }).parseFromString(text, 'text/xml').documentElement
}

/** The paths a player requests: every fragment of every stream, by the rules of MS-SSTR §2.2.2.6 and §2.2.3. */
function fragmentPaths(text: string): string[] {
  const streams = Array.from(parse(text).getElementsByTagName('StreamIndex'))
  return streams.flatMap((stream) => {
    const url = stream.getAttribute('Url')!
    const times: number[] = []
    let next = 0
    for (const chunk of Array.from(stream.getElementsByTagName('c'))) {
      const [t, d, r] = ['t', 'd', 'r'].map((name) => chunk.getAttribute(name))
      if (t) next = Number(t)
      for (let repeat = Number(r || 1); repeat > 0; repeat--, next += Number(d)) times.push(next)
    }
    assert.equal(times.length, Number(stream.getAttribute('Chunks')))
    return Array.from(stream.getElementsByTagName('QualityLevel')).flatMap((level) =>
      times.map((time) => {
        const path = url.replace('{bitrate}', level.getAttribute('Bitrate')!).replace('{start time}', String(time))
        return `index.ism/${path}`
      }),
    )
  })
}

async function find(window: ArchiveWindow, path: string, endpoint = mssEndpoint()) {
  const name = parseMssName(endpoint.manifestName, path)
  assert.equal(name?.kind, 'fragment')
  const fragment = name as Extract<MssName, { stream: unknown }>
  return found(await findFragment(endpoint, mssSettings(endpoint), fragment, new FakeArchive(window)))
}

describe('a Smooth Streaming manifest', () => {
  it('lists pictures at all rates, sound and subtitles, up to two fragments before the live edge', () => {
    const body = manifest(LIVE)
    assert.equal(
      body?.text,
      `<?xml version="1.0" encoding="UTF-8"?>
<SmoothStreamingMedia MajorVersion="2" MinorVersion="2" TimeScale="10000000" CanSeek="TRUE" CanPause="TRUE" IsLive="TRUE" LookAheadFragmentCount="2" DVRWindowLength="600000000" Duration="0">
 <CustomAttributes>
  <Attribute Name="ProducerReferenceTime" Value="2026-08-01T12:00:00.000Z"/>
 </CustomAttributes>
 <StreamIndex Type="video" Name="video" Subtype="" Chunks="3" TimeScale="10000000" Url="Events(1700000000_0)/QualityLevels({bitrate})/Fragments(v={start time})" QualityLevels="2">
  <QualityLevel Index="0" Bitrate="2700123" CodecPrivateData="000000016764000CACD94141FB0110000003001000000303208F1429960000000168EBE3CB22" FourCC="H264" MaxWidth="960" MaxHeight="540"/>
  <QualityLevel Index="1" Bitrate="1000456" CodecPrivateData="000000016764000CACD94141FB0110000003001000000303208F1429960000000168EBE3CB22" FourCC="H264" MaxWidth="640" MaxHeight="360"/>
  <c d="60000000" t="2077488000000000" r="2"/>
  <c d="40000000"/>
 </StreamIndex>
 <StreamIndex Type="audio" Name="eng_12" Language="eng" Subtype="" Chunks="3" TimeScale="10000000" Url="Events(1700000000_0)/QualityLevels({bitrate})/Fragments(a_12_0={start time})" QualityLevels="1">
  <QualityLevel Index="0" Bitrate="128000" CodecPrivateData="1190" FourCC="AACL" AudioTag="255" Channels="2" SamplingRate="48000" BitsPerSample="16" PacketSize="4"/>
  <c d="60000000" t="2077488000005000" r="2"/>
  <c d="40000000"/>
 </StreamIndex>
 <StreamIndex Type="text" Name="en_21" Language="en" Subtype="SUBT" Chunks="3" TimeScale="10000000" Url="Events(1700000000_0)/QualityLevels({bitrate})/Fragments(s_21_0={start time})" QualityLevels="1">
  <QualityLevel Index="0" Bitrate="1000" CodecPrivateData="" FourCC="TTML"/>
  <c d="60000000" t="2077488000000000" r="2"/>
  <c d="40000000"/>
 </StreamIndex>
</SmoothStreamingMedia>
`,
    )
    assert.equal(body?.lastSequence, 2_077_488_120_000_000)
  })

  it('lists everything of what is finished, and says how long it is', () => {
    for (const body of [
      manifest(windowOver([{}, {}], { ended: true })),
      manifest(windowOver([{}, {}]), mssEndpoint(), 'harvest'),
    ]) {
      assert.match(body?.text ?? '', /CanPause="TRUE" Duration="120000000">/)
      assert.match(body?.text ?? '', /Chunks="2"[\s\S]*Chunks="2"[\s\S]*Chunks="2"/)
    }
  })

  it('is not there before a fragment can tell of the two after it', () => {
    assert.equal(manifest(windowOver([{}, {}])), undefined)
    assert.notEqual(manifest(windowOver([{}, {}, {}])), undefined)
  })

  it('asks for as much more than its window as it holds back', () => {
    const request = mss.resolve(mssEndpoint({ durationSeconds: 2 }), 'index.ism/Manifest')
    assert.equal(request?.kind === 'manifest' && request.windowSeconds, 64)
  })

  it('gives pictures of equal rates rates of their own, whatever the endpoint selects', () => {
    const streams = [1, 2, 3, 4].map((n) => variant(n, n === 3 ? 2001 : 2000, [video(180 * n)]))
    const era = { ...ERA, streams }
    const window = windowOver([{ era }, { era }, { era }], { eras: [era] })
    const rates = (endpoint = mssEndpoint()) => manifest(window, endpoint)?.text.match(/(?<=Bitrate=")\d+/g)
    assert.deepEqual(rates(), ['2000', '2001', '2002', '2003'])
    const streamSelection = {
      minVideoBitsPerSecond: 2001,
      maxVideoBitsPerSecond: 3000,
      streamOrder: 'ORIGINAL',
    } as const
    assert.deepEqual(rates(mssEndpoint({ streamSelection })), ['2002'])
  })

  it('keeps to the 32 bits a rate has, whatever the encoder declares', () => {
    const wide = [1, 2, 3].map((index) => variant(index, Number.MAX_SAFE_INTEGER, [video(360)]))
    const everything = { ...ALL_STREAMS, maxVideoBitsPerSecond: Number.MAX_SAFE_INTEGER }
    const levels = videoLevels({ ...ERA, streams: wide }, everything)
    assert.deepEqual(
      levels.map(({ bitrate }) => bitrate),
      [2 ** 31, 2 ** 31 + 1, 2 ** 31 + 2],
    )
  })

  it('leaves out a fragment that one of the rates lacks, and says where it goes on', () => {
    const text = manifest(windowOver([{}, {}, { missing: [2] }, {}, {}, {}, {}]))?.text ?? ''
    assert.match(text, /<c d="60000000" t="2077488000000000" r="2"\/>\s*<c d="60000000" t="2077488180000000" r="2"\/>/)
    assert.match(text, /Fragments\(a_12_0[\s\S]*?Chunks="5"/)
  })

  it('does without a rendition that has fallen silent', () => {
    const silent = { missing: [1] }
    const text = manifest(windowOver([{}, {}, silent, silent, silent, silent, silent]))?.text ?? ''
    assert.deepEqual(text.match(/(?<=Bitrate=")\d+/g), ['1000456', '128000', '1000'])
    assert.match(text, /Name="video" Subtype="" Chunks="5"/)
  })
})

/** An era of an encoder that restarted 10.5 s after `ERA`'s clock, at another time of its own. */
const restarted = (streams: readonly SourceStream[]): Era => ({
  id: 4,
  origin: ORIGIN,
  clock: { time: ticks(900_000 + 12 * 90_000), utc: utcMs(CLOCK.utc + 12_500) },
  streams,
})

describe('a Smooth Streaming presentation over several eras', () => {
  it('has one clock, and goes on where the tracks are decoded alike', () => {
    const later = restarted(ERA.streams)
    const window = windowOver([{}, {}, { era: later }, { era: later }, { era: later }, { era: later }], {
      eras: [ERA, later],
    })
    assert.match(
      manifest(window)?.text ?? '',
      /<c d="60000000" t="2077488000000000" r="2"\/>\s*<c d="60000000" t="2077488125000000" r="2"\/>\s*<\/StreamIndex>/,
    )
  })

  it('does not go back to the last fragments that all rates have while those of a newer era are held back', () => {
    const one: Era = { ...ERA, id: 4, streams: ERA.streams.slice(1) }
    const two: Era = { ...ERA, id: 5 }
    const eras = { eras: [ERA, one, two] }
    const sketches: SegmentSketch[] = [{}, {}, ...Array.from({ length: 4 }, () => ({ era: one }))]
    const ends = [0, 1, 2, 3, 4].map((more) => {
      const shown = [...sketches, ...Array.from({ length: more }, () => ({ era: two }))]
      const paths = fragmentPaths(manifest(windowOver(shown, eras))!.text)
      return Math.max(...paths.flatMap((path) => /\(v=(\d+)\)/.exec(path)?.[1] ?? []).map(Number))
    })
    assert.deepEqual(
      ends.map((end) => (end - ends[0]!) / 60_000_000),
      [0, 1, 2, 3, 4],
    )
  })

  it('begins with the newest era where they are not, once that has something to show', () => {
    const other = { ...video(540), configuration: `${video(540).configuration}00` }
    const later = restarted([variant(1, 2_700_123, [other]), ...ERA.streams.slice(1)])
    const sketches = [{}, {}, {}, { era: later }, { era: later }, { era: later }]
    const eras = [ERA, later]
    const before = manifest(windowOver(sketches.slice(0, 5), { eras }))?.text ?? ''
    assert.match(before, /Name="video" Subtype="" Chunks="1"[\s\S]*?t="2077488000000000"/)
    const after = manifest(windowOver(sketches, { eras }))?.text ?? ''
    assert.match(after, /Name="video" Subtype="" Chunks="1"[\s\S]*?t="2077488185000000"/)
  })
})

describe('a Smooth Streaming fragment', () => {
  it('is found by every path a player makes of the manifest, and tells of the two after it', async () => {
    const paths = fragmentPaths(manifest(LIVE)?.text ?? '')
    assert.equal(paths.length, 4 * 3)
    for (const path of paths) {
      const fragment = await find(LIVE, path)
      assert.ok(fragment, path)
      assert.equal(String(fragment.interval.time), /=(\d+)\)$/.exec(path)?.[1])
      const [next, last] = fragment.following
      assert.equal(next?.time, fragment.interval.time + fragment.interval.duration)
      assert.equal(last?.time, next!.time + next!.duration)
    }
    const [low] = paths.filter((path) => path.includes('(1000456)'))
    assert.equal((await find(LIVE, low!))?.track.n, 11)
  })

  it('is not there until those two are known, or will never be', async () => {
    const paths = fragmentPaths(manifest({ ...LIVE, ended: true })?.text ?? '').slice(0, 5)
    const followers = async (window: ArchiveWindow) =>
      (await Promise.all(paths.map((path) => find(window, path)))).map((found) => found?.following.length)
    assert.deepEqual(await followers(LIVE), [2, 2, 2, undefined, undefined])
    assert.deepEqual(await followers({ ...LIVE, ended: true }), [2, 2, 2, 1, 0])
    const other = { ...video(540), configuration: `${video(540).configuration}00` }
    const later = restarted([variant(1, 2_700_123, [other])])
    const sketches = [{}, {}, { seconds: 4 }, {}, {}, { era: later }]
    assert.deepEqual(await followers(windowOver(sketches, { eras: [ERA, later] })), [2, 2, 2, 1, 0])
  })

  it('looks past segments in which its track has nothing', async () => {
    const missing = [1, 2]
    const window = windowOver([{}, { missing }, { missing }, {}, {}])
    const [first] = fragmentPaths(manifest({ ...window, ended: true })?.text ?? '')
    const fragment = await find(window, first!)
    assert.deepEqual(
      fragment?.following.map(({ time }) => time - fragment.interval.time),
      [180_000_000, 240_000_000],
    )
  })

  it('has no other names', async () => {
    const [path] = fragmentPaths(manifest(LIVE)?.text ?? '') as [string]
    const changed = [
      path.replace('2700123', '2700124'),
      path.replace('000000)', '000001)'),
      path.replace('(v=', '(a_11_0='),
    ]
    for (const other of changed) assert.equal(await find(LIVE, other), undefined, other)
    for (const odd of [
      '',
      'Manifest',
      'index.ism',
      'index.ism/manifest',
      'other.ism/Manifest',
      `${path}x`,
      path.replace('(v=', '(v=0'),
      path.replace('_0)', '_1)'),
    ]) {
      assert.equal(mss.resolve(mssEndpoint(), odd), undefined, odd)
    }
  })
})

describe('a Smooth Streaming asset', () => {
  it('has the paths its manifest leads to, below the folder of the manifest', () => {
    const asset = assetOf(mss, mssEndpoint(), LIVE)
    assert.deepEqual(
      asset?.segments.map(({ name }) => `index.ism/${name}`),
      fragmentPaths(asset?.parent.text ?? ''),
    )
    assert.deepEqual(asset?.manifests, [])
  })

  it('has fragments that are open until the two after them are known', () => {
    const segments = outputSegments(1, Array(4).fill({}))
    const asset = mss.asset(mssEndpoint(), windowOf(segments))
    const open = (own: number, after: number) =>
      new Set(
        asset
          ?.segmentsOf({ before: [], segments: segments.slice(0, own), after: segments.slice(own, own + after) })
          .map(({ name, isOpen }) => `${/=(\d+)/.exec(name)?.[1]} ${isOpen}`)
          .filter((each) => each.endsWith('true')),
      ).size
    // Pictures and sound begin at different times.
    assert.equal(open(4, 0), 2 * 2)
    assert.equal(open(2, 1), 1 * 2)
    assert.equal(open(2, 2), 0)
  })
})
