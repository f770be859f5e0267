import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse, parseUTCTiming } from 'mpd-parser'
import { utcMs } from '../../media/time.ts'
import { colour, id3EventStream, mpegChannels, role, trickMode, utcTime, utcTiming } from './descriptors.ts'
import type { AdaptationSet, Mpd, Representation } from './mpd.ts'
import { type TimelineRun, timelineRuns } from './segment-timeline.ts'
import { writeMpd } from './write-mpd.ts'

const NOON = utcMs(Date.UTC(2026, 7, 1, 12))

/** Consecutive segments of these durations; a negative one is a hole. */
function timeline(start: number, durations: readonly number[]): readonly TimelineRun[] {
  const segments: { t: number; d: number }[] = []
  let t = start
  for (const d of durations) {
    if (d > 0) segments.push({ t, d })
    t += Math.abs(d)
  }
  return timelineRuns(segments)
}

const VIDEO: Representation = {
  id: '1',
  bandwidth: 2_700_123,
  codecs: 'avc1.640029',
  width: 960,
  height: 540,
  sar: { width: 1, height: 1 },
  frameRate: { numerator: 30_000, denominator: 1001 },
  segmentTemplate: {
    media: 'index_video_$RepresentationID$_7_$Number$.mp4?m=1700000000',
    initialization: 'index_video_$RepresentationID$_7_init.mp4?m=1700000000',
    timescale: 30_000,
    presentationTimeOffset: 0,
    startNumber: 8_779_957,
    segmentTimeline: timeline(0, [60_060, 60_060, 60_060, 45_045]),
  },
}

const VIDEO_SET: AdaptationSet = {
  id: 1,
  contentType: 'video',
  mimeType: 'video/mp4',
  segmentAlignment: true,
  startWithSAP: 1,
  subsegmentAlignment: true,
  subsegmentStartsWithSAP: 1,
  bitstreamSwitching: true,
  par: { width: 16, height: 9 },
  supplementalProperties: [colour('TransferCharacteristics', 18)],
  inbandEventStreams: [id3EventStream()],
  roles: [role('main')],
  representations: [VIDEO],
}

const AUDIO_SET: AdaptationSet = {
  id: 2,
  contentType: 'audio',
  mimeType: 'audio/mp4',
  lang: 'eng',
  labels: ['English & <more>'],
  segmentAlignment: false,
  roles: [role('main')],
  segmentTemplate: {
    media: 'index_audio_$RepresentationID$_7_$Time$.mp4',
    initialization: 'index_audio_$RepresentationID$_7_init.mp4',
    timescale: 48_000,
    presentationTimeOffset: 24,
    segmentTimeline: timeline(24, [96_256, 95_232, -96_256, 96_256]),
  },
  representations: [
    {
      id: '2',
      bandwidth: 128_000,
      codecs: 'mp4a.40.2',
      audioSamplingRate: 48_000,
      audioChannelConfigurations: [mpegChannels(2)],
    },
  ],
}

const LIVE: Mpd = {
  id: '201',
  type: 'dynamic',
  profiles: ['urn:mpeg:dash:profile:isoff-live:2011'],
  publishTime: utcMs(NOON + 8_250),
  availabilityStartTime: utcMs(0),
  minimumUpdatePeriod: 15_000,
  minBufferTime: 30_000,
  timeShiftBufferDepth: 7_507,
  suggestedPresentationDelay: 0,
  periods: [
    {
      id: '8779956',
      start: NOON,
      adaptationSets: [VIDEO_SET, AUDIO_SET],
      supplementalProperties: [utcTime(NOON)],
    },
  ],
  utcTimings: [utcTiming('HTTP-ISO', 'https://time.example/?iso&ms')],
}

/** An MPD as a foreign parser reads it, with its warnings. */
function read(text: string) {
  const complaints: string[] = []
  const eventHandler = ({ message }: { message: string }) => complaints.push(message)
  const manifest = parse(text, { manifestUri: 'https://origin.example/out/index.mpd', eventHandler })
  assert.deepEqual(
    complaints.filter((message) => !message.startsWith('No captions')),
    [],
  )
  return manifest
}

describe('a written MPD', () => {
  it('has attributes and elements in the order of the schema; a zero is written, what is absent is not', () => {
    assert.equal(
      writeMpd(LIVE),
      `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" id="201" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="1970-01-01T00:00:00+00:00" publishTime="2026-08-01T12:00:08.250+00:00" minimumUpdatePeriod="PT15.000S" minBufferTime="PT30.000S" timeShiftBufferDepth="PT7.507S" suggestedPresentationDelay="PT0.000S">
 <Period id="8779956" start="PT1785585600.000S">
  <AdaptationSet id="1" contentType="video" par="16:9" mimeType="video/mp4" startWithSAP="1" segmentAlignment="true" bitstreamSwitching="true" subsegmentAlignment="true" subsegmentStartsWithSAP="1">
   <SupplementalProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="18"/>
   <InbandEventStream schemeIdUri="https://aomedia.org/emsg/ID3" value="0"/>
   <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
   <Representation id="1" bandwidth="2700123" codecs="avc1.640029" width="960" height="540" sar="1:1" frameRate="30000/1001">
    <SegmentTemplate media="index_video_$RepresentationID$_7_$Number$.mp4?m=1700000000" initialization="index_video_$RepresentationID$_7_init.mp4?m=1700000000" timescale="30000" presentationTimeOffset="0" startNumber="8779957">
     <SegmentTimeline>
      <S t="0" d="60060" r="2"/>
      <S d="45045"/>
     </SegmentTimeline>
    </SegmentTemplate>
   </Representation>
  </AdaptationSet>
  <AdaptationSet id="2" contentType="audio" lang="eng" mimeType="audio/mp4" segmentAlignment="false">
   <Label>English &amp; &lt;more&gt;</Label>
   <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
   <SegmentTemplate media="index_audio_$RepresentationID$_7_$Time$.mp4" initialization="index_audio_$RepresentationID$_7_init.mp4" timescale="48000" presentationTimeOffset="24">
    <SegmentTimeline>
     <S t="24" d="96256"/>
     <S d="95232"/>
     <S t="287768" d="96256"/>
    </SegmentTimeline>
   </SegmentTemplate>
   <Representation id="2" bandwidth="128000" codecs="mp4a.40.2" audioSamplingRate="48000">
    <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
   </Representation>
  </AdaptationSet>
  <SupplementalProperty schemeIdUri="urn:scte:dash:utc-time" value="2026-08-01T12:00:00.000Z"/>
 </Period>
 <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="https://time.example/?iso&amp;ms"/>
</MPD>
`,
    )
  })

  it('names the segments we meant, as a foreign parser expands them', () => {
    const { playlists, mediaGroups, minimumUpdatePeriod } = read(writeMpd(LIVE))
    assert.equal(minimumUpdatePeriod, 15_000)
    const [video] = playlists
    assert.equal(video?.attributes.CODECS, 'avc1.640029')
    assert.deepEqual(
      video?.segments.map(({ uri, duration, presentationTime }) => [uri, duration, afterNoon(presentationTime)]),
      [
        ['index_video_1_7_8779957.mp4?m=1700000000', 2.002, 0],
        ['index_video_1_7_8779958.mp4?m=1700000000', 2.002, 2.002],
        ['index_video_1_7_8779959.mp4?m=1700000000', 2.002, 4.004],
        ['index_video_1_7_8779960.mp4?m=1700000000', 1.5015, 6.006],
      ],
    )
    const audio = mediaGroups.AUDIO.audio?.['English & <more>']
    assert.equal(audio?.language, 'eng')
    assert.deepEqual(
      audio?.playlists?.[0]?.segments.map(({ uri, map }) => [uri, map.uri]),
      [24, 96_280, 287_768].map((t) => [`index_audio_2_7_${t}.mp4`, 'index_audio_2_7_init.mp4']),
    )
    assert.equal(parseUTCTiming(writeMpd(LIVE))?.value, 'https://time.example/?iso&ms')
  })

  it('ends when it is static', () => {
    const { availabilityStartTime, minimumUpdatePeriod, publishTime, ...rest } = LIVE
    const text = writeMpd({ ...rest, type: 'static', mediaPresentationDuration: 7_507 })
    assert.doesNotMatch(text, /availabilityStartTime|publishTime|minimumUpdatePeriod|timeShift|Delay|UTCTiming/)
    const manifest = read(text)
    assert.equal(manifest.duration, 7.507)
    assert(manifest.playlists.every(({ endList }) => endList))
  })

  it('numbers segments of equal duration without a timeline', () => {
    const representation = {
      ...VIDEO,
      segmentTemplate: {
        media: 's_$Number$.mp4',
        initialization: 'i.mp4',
        timescale: 30_000,
        startNumber: 5,
        duration: 60_060,
      },
    }
    const text = writeMpd({
      ...LIVE,
      type: 'static',
      mediaPresentationDuration: 4_004,
      periods: [
        {
          id: '4',
          start: 0,
          duration: 4_004,
          supplementalProperties: [],
          adaptationSets: [{ ...VIDEO_SET, representations: [representation] }],
        },
      ],
    })
    assert.match(text, /startNumber="5" duration="60060"\/>/)
    assert.deepEqual(
      read(text).playlists[0]?.segments.map(({ uri }) => uri),
      ['s_5.mp4', 's_6.mp4'],
    )
  })

  it('marks pictures for fast forward', () => {
    const iframes = { ...VIDEO_SET, id: 3, essentialProperties: [trickMode(1)] }
    const text = writeMpd({ ...LIVE, periods: [{ ...LIVE.periods[0]!, adaptationSets: [VIDEO_SET, iframes] }] })
    assert.match(text, /<EssentialProperty schemeIdUri="http:\/\/dashif.org\/guidelines\/trickmode" value="1"\/>/)
  })
})

/** Seconds after noon, rounded to the millisecond, since a parser's doubles are coarse for times since 1970. */
function afterNoon(seconds: number): number {
  return Math.round(seconds * 1000 - NOON) / 1000
}
