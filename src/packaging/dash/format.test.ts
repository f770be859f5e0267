import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'mpd-parser'
import {
  assetOf,
  audio,
  CLOCK,
  LADDER,
  NOON,
  ORIGIN,
  outputSegments,
  overEra,
  subtitles,
  variant,
  video,
  windowOf,
  written,
} from '../../../test/origin/sample-channel.ts'
import { ALL_STREAMS, type DashSettings, dashEndpoint } from '../../../test/origin/sample-endpoints.ts'
import { hexOf } from '../../media/bytes.ts'
import { writeDac3, writeDec3 } from '../../media/codecs/ac3-configuration.ts'
import { ticks, utcMs } from '../../media/time.ts'
import type { VideoDescription } from '../../media/track.ts'
import type { ArchiveWindow, Era, SourceStream } from '../../model/output-segment.ts'
import { dash } from './format.ts'

const THREE = windowOf(outputSegments(8779957, [{ seconds: 6.006 }, { seconds: 6.006 }, { seconds: 5.972 }]))

type Style = 'live' | 'harvest'

/** A manifest's text, after a foreign parser has read it without a warning. */
function manifest(window: ArchiveWindow, settings: DashSettings = {}, kind: Style = 'live') {
  const body = written(dash, dashEndpoint(settings), 'index.mpd', window, { kind })
  if (body) expanded(body.text)
  return body?.text
}

/** A manifest as a foreign parser interprets it. */
function expanded(text: string) {
  const complaints: string[] = []
  const eventHandler = ({ message }: { message: string }) => complaints.push(message)
  const found = parse(text, { manifestUri: 'https://origin.example/out/index.mpd', eventHandler })
  assert.deepEqual(complaints, [])
  return found
}

/** Period@id, @start in seconds after noon, @duration, and startNumber and media of each Period. */
function periods(text = ''): readonly unknown[] {
  return [...text.matchAll(/<Period id="(\d+)" start="PT([\d.]+)S"(?: duration="PT([\d.]+)S")?>(.*?)<\/Period>/gs)].map(
    ([, id, start, duration, inside = '']) => [
      Number(id),
      Number((Number(start) - NOON / 1000).toFixed(3)),
      duration && Number(duration),
      ...[...inside.matchAll(/media="index_(\w+?)_\$(?:Number|Time)\$.mp4[^"]*" .*?startNumber="(\d+)"/g)].map(
        ([, track, first]) => `${track} ${first}`,
      ),
    ],
  )
}

const eraOf = (...streams: readonly SourceStream[]): Era => ({ id: 1, origin: ORIGIN, clock: CLOCK, streams })

/** A window over one era. */
const windowOver = (era: Era, ...sketches: Parameters<typeof outputSegments>[1]): ArchiveWindow => {
  const listed = sketches.length > 0 ? sketches : [{}]
  return overEra(era, 1, listed)
}

const atRate = (height: number, numerator: number, denominator = 1): VideoDescription => ({
  ...video(height),
  frameRate: { numerator, denominator },
})

describe('a DASH manifest', () => {
  it('has a segment template for each representation', () => {
    assert.equal(
      manifest(THREE, { utcTiming: 'HTTP-ISO', utcTimingUri: 'https://time.example/iso' }),
      `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" id="201" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="1970-01-01T00:00:00+00:00" publishTime="2026-08-01T12:00:18.234+00:00" minimumUpdatePeriod="PT15.000S" minBufferTime="PT30.000S" timeShiftBufferDepth="PT17.984S" suggestedPresentationDelay="PT25.000S" maxSegmentDuration="PT6.006S">
 <Period id="8779956" start="PT1785585600.000S">
  <AdaptationSet id="1" contentType="video" par="16:9" maxWidth="960" maxHeight="540" maxFrameRate="30000/1001" mimeType="video/mp4" startWithSAP="1" segmentAlignment="true" bitstreamSwitching="true" subsegmentAlignment="true" subsegmentStartsWithSAP="1">
   <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
   <Representation id="1" bandwidth="2700123" codecs="avc1.64001f" width="960" height="540" sar="1:1" frameRate="30000/1001">
    <SegmentTemplate media="index_video_1_1_$Number$.mp4?m=1700000000" initialization="index_video_1_1_init.mp4?m=1700000000" timescale="30000" presentationTimeOffset="300000" startNumber="8779957">
     <SegmentTimeline>
      <S t="300000" d="180180" r="1"/>
      <S d="179160"/>
     </SegmentTimeline>
    </SegmentTemplate>
   </Representation>
   <Representation id="11" bandwidth="1000456" codecs="avc1.64001f" width="640" height="360" sar="1:1" frameRate="30000/1001">
    <SegmentTemplate media="index_video_11_1_$Number$.mp4?m=1700000000" initialization="index_video_11_1_init.mp4?m=1700000000" timescale="30000" presentationTimeOffset="300000" startNumber="8779957">
     <SegmentTimeline>
      <S t="300000" d="180180" r="1"/>
      <S d="179160"/>
     </SegmentTimeline>
    </SegmentTemplate>
   </Representation>
  </AdaptationSet>
  <AdaptationSet id="12" contentType="audio" lang="und" mimeType="audio/mp4" startWithSAP="1" segmentAlignment="true">
   <Label>audio</Label>
   <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
   <Representation id="12" bandwidth="128000" codecs="mp4a.40.2" audioSamplingRate="48000">
    <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
    <SegmentTemplate media="index_audio_12_1_$Number$.mp4?m=1700000000" initialization="index_audio_12_1_init.mp4?m=1700000000" timescale="48000" presentationTimeOffset="480000" startNumber="8779957">
     <SegmentTimeline>
      <S t="480024" d="288288" r="1"/>
      <S d="286656"/>
     </SegmentTimeline>
    </SegmentTemplate>
   </Representation>
  </AdaptationSet>
  <SupplementalProperty schemeIdUri="urn:scte:dash:utc-time" value="2026-08-01T12:00:00.000Z"/>
 </Period>
 <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="https://time.example/iso"/>
</MPD>
`,
    )
  })

  it('has one for each adaptation set when it is compact; finished, it begins at zero and ends', () => {
    assert.equal(
      manifest(THREE, { manifestLayout: 'COMPACT', segmentTemplateFormat: 'TIME_WITH_TIMELINE' }, 'harvest'),
      `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" id="201" profiles="urn:mpeg:dash:profile:isoff-main:2011" type="static" mediaPresentationDuration="PT17.984S" minBufferTime="PT30.000S" maxSegmentDuration="PT6.006S">
 <Period id="8779956" start="PT0.000S" duration="PT17.984S">
  <AdaptationSet id="1" contentType="video" par="16:9" maxWidth="960" maxHeight="540" maxFrameRate="30000/1001" mimeType="video/mp4" startWithSAP="1" segmentAlignment="true" bitstreamSwitching="true" subsegmentAlignment="true" subsegmentStartsWithSAP="1">
   <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
   <SegmentTemplate media="index_video_$RepresentationID$_1_$Time$.mp4" initialization="index_video_$RepresentationID$_1_init.mp4" timescale="30000" presentationTimeOffset="300000" startNumber="8779957">
    <SegmentTimeline>
     <S t="300000" d="180180" r="1"/>
     <S d="179160"/>
    </SegmentTimeline>
   </SegmentTemplate>
   <Representation id="1" bandwidth="2700123" codecs="avc1.64001f" width="960" height="540" sar="1:1" frameRate="30000/1001"/>
   <Representation id="11" bandwidth="1000456" codecs="avc1.64001f" width="640" height="360" sar="1:1" frameRate="30000/1001"/>
  </AdaptationSet>
  <AdaptationSet id="12" contentType="audio" lang="und" mimeType="audio/mp4" startWithSAP="1" segmentAlignment="true">
   <Label>audio</Label>
   <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
   <SegmentTemplate media="index_audio_$RepresentationID$_1_$Time$.mp4" initialization="index_audio_$RepresentationID$_1_init.mp4" timescale="48000" presentationTimeOffset="480000" startNumber="8779957">
    <SegmentTimeline>
     <S t="480024" d="288288" r="1"/>
     <S d="286656"/>
    </SegmentTimeline>
   </SegmentTemplate>
   <Representation id="12" bandwidth="128000" codecs="mp4a.40.2" audioSamplingRate="48000">
    <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
   </Representation>
  </AdaptationSet>
  <SupplementalProperty schemeIdUri="urn:scte:dash:utc-time" value="2026-08-01T12:00:00.000Z"/>
 </Period>
</MPD>
`,
    )
  })

  it('is static when the channel has ended, and nothing when the settings leave no pictures', () => {
    assert.match(manifest({ ...THREE, ended: true }) ?? '', /type="static" mediaPresentationDuration="PT17.984S"/)
    const streamSelection = { ...ALL_STREAMS, maxVideoBitsPerSecond: 1 }
    assert.equal(manifest(THREE, { streamSelection }), undefined)
    assert.equal(assetOf(dash, dashEndpoint({ streamSelection }), THREE), undefined)
  })

  it('escapes a manifest name that no URI can hold', () => {
    const endpoint = dashEndpoint({}, { manifestName: 'my $channel' })
    const text = written(dash, endpoint, 'my $channel.mpd', THREE)?.text
    assert.match(text ?? '', /media="my%20%24channel_video_1_1_\$Number\$/)
  })
})

describe('segment templates', () => {
  const compact = { manifestLayout: 'COMPACT' } as const
  const timescales = (...rates: readonly (readonly [number, number?])[]) => {
    const era = eraOf(...rates.map(([n, d], i) => variant(i + 1, 1_000_000 + i, [atRate(360, n, d)])))
    const text = manifest(windowOver(era, { seconds: 3.003 }), compact) ?? ''
    return [...text.matchAll(/media="index_video_(\S+?)_1_\$Number\$.*? timescale="(\d+)"/g)].map(
      ([, n, ts]) => `${n} ${ts}`,
    )
  }
  const together = (timescale: number) => [`$RepresentationID$ ${timescale}`]

  it('stand in the adaptation set where all pictures have one rate, or a rate and its double', () => {
    assert.deepEqual(timescales([24], [24]), together(24_000))
    assert.deepEqual(timescales([24], [48]), together(48_000))
    assert.deepEqual(timescales([50], [25]), together(50_000))
    assert.deepEqual(timescales([30_000, 1001], [60_000, 1001]), together(60_000))
    assert.deepEqual(timescales([30], [60], [30]), together(60_000))
  })

  it('stay with their representations where rates do not go together', () => {
    assert.deepEqual(timescales([25], [30]), ['1 25000', '11 30000'])
    assert.deepEqual(timescales([25], [50], [60]), ['1 25000', '11 50000', '21 60000'])
    assert.deepEqual(timescales([30_000, 1001], [60]), ['1 30000', '11 60000'])
  })

  it('leave to itself the representation that is cut otherwise', () => {
    const era = eraOf(...[1, 2, 3].map((n) => variant(n, n * 1_000_000, [video(360)])))
    const window = windowOver(era)
    const [segment] = window.segments
    const slot = segment!.slots[0]!
    const late = { ...slot.objects[3]!, times: [{ first: slot.start + 3003, last: slot.start + 9009, bytes: 1 }] }
    const changed = { ...segment!, slots: [{ ...slot, objects: { ...slot.objects, 3: late } }] }
    const text = manifest({ ...window, segments: [changed] }, compact) ?? ''
    assert.deepEqual(text.match(/media="\S+/g), [
      'media="index_video_$RepresentationID$_1_$Number$.mp4?m=1700000000"',
      'media="index_video_21_1_$Number$.mp4?m=1700000000"',
    ])
  })

  it('count segments without a list from one number for ever, and ask for each a segment late', () => {
    const segments = outputSegments(
      100,
      Array.from({ length: 20 }, () => ({ seconds: 6.006 })),
    )
    const settings = { segmentTemplateFormat: 'NUMBER_WITH_DURATION' } as const
    const text = manifest(windowOf(segments.slice(5, 15)), settings) ?? ''
    assert.match(text, /timescale="90000" presentationTimeOffset="900000" startNumber="100" duration="540540"\/>/)
    assert.deepEqual(periods(text)[0], [99, 6, undefined, 'video_1_1 100', 'video_11_1 100', 'audio_12_1 100'])
    const templates = (from: number) => manifest(windowOf(segments.slice(from, from + 5)), settings)?.match(/<Seg.*/g)
    assert.deepEqual(templates(0), templates(15))
    assert.match(text, /timeShiftBufferDepth="PT60.060S"/)
    const asset = manifest(windowOf(segments.slice(5, 15)), settings, 'harvest') ?? ''
    assert.deepEqual(
      expanded(asset).playlists[0]?.segments.map(({ uri }) => uri),
      segments.slice(5, 15).map(({ number }) => `index_video_1_1_${number}.mp4`),
    )
  })
})

describe('the Periods of a DASH manifest', () => {
  const whole = ['video_1_1', 'video_11_1', 'audio_12_1']
  const from = (first: number, tracks: readonly string[]) => tracks.map((track) => `${track} ${first}`)

  it('keep their names and beginnings while the window slides', () => {
    const segments = outputSegments(
      100,
      Array.from({ length: 6 }, () => ({})),
    )
    assert.deepEqual(periods(manifest(windowOf(segments))), [[99, 0, undefined, ...from(100, whole)]])
    assert.deepEqual(periods(manifest(windowOf(segments.slice(4)))), [[99, 0, undefined, ...from(104, whole)]])
    assert.match(manifest(windowOf(segments.slice(4))) ?? '', /timeShiftBufferDepth="PT12.000S"/)
  })

  it('end and begin where some stream has a gap, which lists what is there', () => {
    const segments = outputSegments(10, [{}, {}, { missing: [1], seconds: 2 }, {}, {}])
    const gap = from(12, ['video_11_1', 'audio_12_1'])
    assert.deepEqual(periods(manifest(windowOf(segments))), [
      [9, 0, 12, ...from(10, whole)],
      [11, 12, 2, ...gap],
      [12, 14, undefined, ...from(13, whole)],
    ])
    assert.deepEqual(periods(manifest(windowOf(segments.slice(2)))), [
      [11, 12, 2, ...gap],
      [12, 14, undefined, ...from(13, whole)],
    ])
    assert.deepEqual(periods(manifest(windowOf(segments.slice(4)))), [[12, 14, undefined, ...from(14, whole)]])
  })

  it('begin with each era, by its own clock; no name of one is a name of another', () => {
    // The encoder began again at its first timestamps, a minute after it had stopped.
    const again: Era = { ...LADDER, id: 2, origin: ORIGIN, clock: { time: CLOCK.time, utc: utcMs(NOON + 72_000) } }
    const before = outputSegments(10, [{}, {}])
    const after = outputSegments(12, [{ era: again, discontinuity: true }, { era: again }])
    const window = windowOf([...before, ...after], { eras: [LADDER, again] })
    const text = manifest(window) ?? ''
    assert.deepEqual(periods(text), [
      [9, 0, 12, ...from(10, whole)],
      [11, 72, undefined, ...from(12, ['video_1_2', 'video_11_2', 'audio_12_2'])],
    ])
    assert.deepEqual(text.match(/urn:scte:dash:utc-time" value="[^"]*/g), [
      'urn:scte:dash:utc-time" value="2026-08-01T12:00:00.000Z',
      'urn:scte:dash:utc-time" value="2026-08-01T12:01:12.000Z',
    ])
    const [video] = expanded(text).playlists
    const times = video?.segments.map(({ uri, presentationTime }) => [uri.slice(0, 18), presentationTime - NOON / 1000])
    assert.deepEqual(times, [
      ['index_video_1_1_10', 0],
      ['index_video_1_1_11', 6],
      ['index_video_1_2_12', 72],
      ['index_video_1_2_13', 78],
    ])
    // A finished asset has no pause where there was one.
    assert.deepEqual(
      periods(manifest(window, {}, 'harvest')).map((period) => (period as unknown[]).slice(0, 3)),
      [
        [9, 0 - NOON / 1000, 12],
        [11, 12 - NOON / 1000, 12],
      ],
    )
  })

  it('begin in whole milliseconds, never after their first picture, and each track at the same instant', () => {
    const era: Era = { ...LADDER, clock: { time: ticks(CLOCK.time - 50), utc: NOON } }
    const window = windowOf(outputSegments(1, [{ era }]), { eras: [era] })
    const text = manifest(window) ?? ''
    assert.deepEqual(periods(text)[0], [0, 0, undefined, ...from(1, whole)])
    const offsets = [...text.matchAll(/timescale="(\d+)" presentationTimeOffset="(\d+)"/g)]
    assert.deepEqual(
      offsets.map(([, timescale, offset]) => (Number(offset) / Number(timescale)).toFixed(4)),
      ['9.9994', '9.9994', '9.9994'].map((seconds) => seconds),
    )
    const offEven: Era = { ...era, clock: { time: ticks(CLOCK.time - 89), utc: NOON } }
    assert.match(
      manifest(windowOf(outputSegments(1, [{ era: offEven }]), { eras: [offEven] })) ?? '',
      /presentationTimeOffset="299970"/,
    )
  })

  it('show one era alone where the settings allow one Period only', () => {
    const again: Era = { ...LADDER, id: 2 }
    const segments = outputSegments(10, [{}, {}, { era: again, discontinuity: true }])
    const window = windowOf(segments, { eras: [LADDER, again] })
    for (const settings of [{ profile: 'HYBRIDCAST' }, { segmentTemplateFormat: 'NUMBER_WITH_DURATION' }] as const) {
      assert.deepEqual(
        periods(manifest(window, settings)).map((period) => (period as unknown[])[0]),
        [11],
      )
    }
  })

  it('leave out what earlier versions recorded without times', () => {
    const [old, ...others] = outputSegments(10, [{}, { discontinuity: true }])
    const { period, ...recorded } = old!
    assert.deepEqual(periods(manifest(windowOf([recorded, ...others]))), [[10, 6, undefined, ...from(11, whole)]])
  })
})

/** Configuration of Dolby audio with five channels and a low-frequency channel. */
const FIVE_ONE = { fscod: 0, bsid: 8, bsmod: 0, acmod: 7, lfeon: true }

describe('the adaptation sets of a DASH manifest', () => {
  const sets = (era: Era, settings: DashSettings = {}) =>
    (manifest(windowOver(era), settings) ?? '').split('<AdaptationSet').slice(1)

  it('part codecs and dynamic ranges, and tell players what they may leave', () => {
    const hevc = (transfer: number): VideoDescription => ({
      ...video(1080),
      codec: 'hvc1.2.4.L120.90',
      colour: { primaries: 9, transfer, matrix: 9, fullRange: false },
    })
    const [avc, pq, hlg, ...more] = sets(
      eraOf(variant(1, 3, [video(540)]), variant(2, 2, [hevc(16)]), variant(3, 1, [hevc(18)])),
    )
    assert.deepEqual(more, [])
    assert.doesNotMatch(avc ?? '', /Property.*cicp/)
    assert.match(pq ?? '', /EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="16"/)
    assert.match(pq ?? '', /Role .* value="alternate"/)
    assert.match(hlg ?? '', /EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="14"/)
    assert.match(hlg ?? '', /SupplementalProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="18"/)
  })

  it('say what rides in the pictures: timed metadata, and captions as the encoder announced them', () => {
    const captions = [
      { name: 'English', language: 'eng', isDefault: true, autoselect: true, instreamId: 'CC1' },
      { name: 'Svenska', language: 'swe', isDefault: false, autoselect: true, instreamId: 'CC3' },
      { name: 'Deutsch', isDefault: false, autoselect: true, instreamId: 'SERVICE2' },
    ]
    const id3 = { kind: 'id3', pid: 500, streamType: 0x15 } as const
    const era = eraOf(variant(1, 2, [video(540), id3], { captions }), variant(2, 1, [video(360), id3], { captions }))
    const [pictures] = sets(era)
    assert.match(pictures ?? '', /<InbandEventStream schemeIdUri="https:\/\/aomedia.org\/emsg\/ID3" value="0"\/>/)
    assert.match(
      pictures ?? '',
      /<Accessibility schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="CC1=eng;CC3=swe"\/>/,
    )
    assert.match(pictures ?? '', /<Accessibility schemeIdUri="urn:scte:dash:cc:cea-708:2015" value="2=lang:und"\/>/)
    // It reads the first of them.
    const found = expanded(manifest(windowOver(era)) ?? '').mediaGroups['CLOSED-CAPTIONS'].cc ?? {}
    assert.deepEqual(
      Object.values(found).map(({ instreamId, language }) => [instreamId, language]),
      [
        ['CC1', 'eng'],
        ['CC3', 'swe'],
      ],
    )
  })

  it('know the shape of pictures whose samples are not square', () => {
    const wide = { ...video(576), width: 720, height: 576, sampleAspectRatio: { width: 64, height: 45 } }
    const [pictures] = sets(eraOf(variant(1, 2, [wide])))
    assert.match(pictures ?? '', /par="16:9" maxWidth="720" maxHeight="576"/)
    assert.match(pictures ?? '', /width="720" height="576" sar="64:45"/)
  })

  it('have the key frames of the first rendition for fast forward', () => {
    const [main, trick, sound] = sets(LADDER, { includeIframeOnlyStream: true, manifestLayout: 'COMPACT' })
    assert.match(main ?? '', /id="1" contentType="video"/)
    assert.match(
      trick ?? '',
      /id="1001".*\n.*<EssentialProperty schemeIdUri="http:\/\/dashif.org\/guidelines\/trickmode" value="1"/,
    )
    assert.match(trick ?? '', /<Representation id="iframe_1" bandwidth="502" .* codingDependency="false">/)
    assert.match(trick ?? '', /media="index_iframe_1_1_\$Number\$.mp4\S+ initialization="index_video_1_1_init.mp4/)
    assert.match(sound ?? '', /contentType="audio"/)
  })

  it('describe each sound by the words of its codec', () => {
    const surround = {
      ...audio(258, 'eng'),
      codec: 'ac-3',
      configuration: hexOf(writeDac3({ ...FIVE_ONE, bitRateCode: 15 })),
      channels: 6,
      samplesPerFrame: 1536,
    }
    const atmos = {
      ...surround,
      pid: 259,
      codec: 'ec-3',
      configuration: hexOf(
        writeDec3({
          dataRate: 768,
          programs: [{ ...FIVE_ONE, dependentSubstreams: 1, dependentLocations: 0x0200 }],
          jointObjectCoding: 16,
        }),
      ),
      jointObjectCoding: 16,
    }
    const high = { ...audio(260, 'deu'), codec: 'mp4a.40.5', sampleRate: 24_000 }
    const era = eraOf(variant(1, 2, [video(540), audio(257, 'eng'), surround, atmos, high]))
    const [, aac, ac3, ec3, heAac] = sets(era)
    assert.match(aac ?? '', /lang="eng".*>\n +<Label>eng<\/Label>\n.*value="main"/)
    assert.match(aac ?? '', /23003:3:audio_channel_configuration:2011" value="2"/)
    assert.match(ac3 ?? '', /tag:dolby.com,2014:dash:audio_channel_configuration:2011" value="F801"/)
    // Two more behind: 7.1.
    assert.match(ec3 ?? '', /tag:dolby.com,2014:dash:audio_channel_configuration:2011" value="FA01"/)
    assert.match(ec3 ?? '', /EC3_ExtensionType:2018" value="JOC"\/>\n.*EC3_ExtensionComplexityIndex:2018" value="16"/)
    assert.match(heAac ?? '', /codecs="mp4a.40.5" audioSamplingRate="48000"/)
    assert.match(heAac ?? '', /timescale="24000"/)
  })

  it('carry subtitles as TTML', () => {
    const [, text] = sets(eraOf(variant(1, 2, [video(540)]), subtitles(2)))
    assert.match(text ?? '', /id="11" contentType="text" lang="en" mimeType="application\/mp4"/)
    assert.match(text ?? '', /codecs="stpp">\n.*media="index_subtitles_11_1_\$Number\$.mp4\S+ .*timescale="90000"/)
  })

  it('hold to the profile of the endpoint', () => {
    const hevc = { ...video(1080), codec: 'hvc1.1.6.L120.90' }
    const surround = {
      ...audio(258),
      codec: 'ac-3',
      configuration: hexOf(writeDac3({ ...FIVE_ONE, bitRateCode: 15 })),
      channels: 6,
      samplesPerFrame: 1536,
    }
    const era = eraOf(variant(1, 2, [video(540), audio(257), surround]), variant(2, 1, [hevc]))
    const text = manifest(windowOver(era), { profile: 'HBBTV_1_5' }) ?? ''
    assert.match(text, /profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:hbbtv:dash:profile:isoff-live:2012"/)
    assert.doesNotMatch(text, /hvc1|ac-3|bitstreamSwitching/)
    assert.match(
      manifest(windowOver(era), { profile: 'DVB_DASH_2014' }) ?? '',
      /profiles="[^"]*,urn:dvb:dash:profile:dvb-dash:2014,urn:dvb:dash:profile:dvb-dash:isoff-ext-live:2014"/,
    )
  })
})
