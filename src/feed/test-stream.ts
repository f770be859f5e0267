import { isoDateTime, msFromTicks, PTS_MODULUS, TICKS_PER_SECOND, ticks, utcMs } from '../media/time.ts'
import { type AddedStream, withAddedStreams } from '../media/ts/added-streams.ts'
import { LoopedSegments } from '../media/ts/looped-segments.ts'
import { id3Data, spliceData } from './added-data.ts'
import { LOOP_TICKS, type RecordedStream } from './recorded-stream.ts'
import { dateOfSegment, SEGMENT_SECONDS, SEGMENT_TICKS } from './segment-numbers.ts'

export type StreamOptions = {
  /** 640 × 360 alone, or also 320 × 180. */
  readonly renditions: 1 | 2
  /** BCP 47, of a second sound track. */
  readonly language?: string | undefined
  readonly subtitles: boolean
  /** How long ad breaks last, and the time between them; a multiple of two. */
  readonly breakSeconds?: number | undefined
  readonly hasId3: boolean
}

/** A media playlist of the stream with its segments. */
export type FeedTrack = {
  /** The middle of its file names. */
  readonly name: string
  readonly extension: 'ts' | 'vtt'
  /** When a segment begins, in ticks of 90 kHz since 1970. */
  startOf(number: number): number
  segment(number: number): Uint8Array<ArrayBuffer> | string
}

const RENDITIONS = [
  { name: 'high', bandwidth: 520_000, resolution: '640x360', codecs: 'avc1.4d401f,mp4a.40.2' },
  { name: 'low', bandwidth: 260_000, resolution: '320x180', codecs: 'avc1.4d4015,mp4a.40.2' },
] as const

const SOUND = 'sound'
const SUBTITLES = 'subtitles'
const BEFORE = '#EXT-X-MEDIA:TYPE='

/**
 * The test stream: a recorded loop, as segments that follow from their numbers alone. A number is the date of its
 * segment in units of two seconds since 1970, and timestamps are those of a clock that began then; so two processes
 * that feed the same time send the same bytes, and one that goes on where another one ended leaves no seam.
 */
export class TestStream {
  readonly tracks: readonly FeedTrack[]
  private readonly options: StreamOptions

  constructor(recorded: RecordedStream, options: StreamOptions) {
    const { renditions, language, subtitles, breakSeconds, hasId3 } = options
    this.options = options
    const added = (number: number) => [
      ...(breakSeconds === undefined ? [] : [spliceData(number, breakSeconds)]),
      ...(hasId3 ? [id3Data(number)] : []),
    ]
    this.tracks = [
      ...RENDITIONS.slice(0, renditions).map(({ name }) => looped(name, recorded[name], added)),
      ...(language === undefined ? [] : [looped(`${SOUND}-${language}`, recorded.sound, () => [])]),
      ...(subtitles ? [subtitleTrack()] : []),
    ]
  }

  /** The parent playlist. Its names begin with `channel`, as those of all files do. */
  parentPlaylist(): string {
    const { renditions, language, subtitles } = this.options
    const english = 'NAME="English",LANGUAGE="en",AUTOSELECT=YES'
    const sound = [
      `${BEFORE}AUDIO,GROUP-ID="sound",${english},DEFAULT=YES`,
      `${BEFORE}AUDIO,GROUP-ID="sound",NAME="${language}",LANGUAGE="${language}",AUTOSELECT=YES,URI="channel-${SOUND}-${language}.m3u8"`,
    ]
    const text = `${BEFORE}SUBTITLES,GROUP-ID="text",${english},URI="channel-${SUBTITLES}.m3u8"`
    const groups = `${language === undefined ? '' : ',AUDIO="sound"'}${subtitles ? ',SUBTITLES="text"' : ''}`
    const variants = RENDITIONS.slice(0, renditions).flatMap(({ name, bandwidth, resolution, codecs }) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},RESOLUTION=${resolution},FRAME-RATE=25.000,CODECS="${codecs}"${groups}`,
      `channel-${name}.m3u8`,
    ])
    const media = [...(language === undefined ? [] : sound), ...(subtitles ? [text] : [])]
    return ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-INDEPENDENT-SEGMENTS', ...media, ...variants, ''].join('\n')
  }
}

/** A playlist of the segments from `first` to `last`, each with its date. */
export function feedPlaylist(track: FeedTrack, first: number, last: number): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:3', `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}`]
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${first}`)
  for (let number = first; number <= last; number++) {
    const seconds = (track.startOf(number + 1) - track.startOf(number)) / TICKS_PER_SECOND
    const date = isoDateTime(utcMs(msFromTicks(ticks(track.startOf(number)))))
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${date}`, `#EXTINF:${seconds.toFixed(5)},`)
    lines.push(`channel${segmentFile(track, number)}`)
  }
  return `${lines.join('\n')}\n`
}

/** What stands behind `channel` in the name of a segment's file. */
export function segmentFile({ name, extension }: FeedTrack, number: number): string {
  return `-${name}-${number}.${extension}`
}

function looped(
  name: string,
  recorded: readonly Uint8Array[],
  added: (number: number) => readonly AddedStream[],
): FeedTrack {
  const loop = new LoopedSegments(recorded, LOOP_TICKS)
  return {
    name,
    extension: 'ts',
    startOf: (number) => loop.startOf(number),
    segment(number) {
      const data = added(number)
      const segment = loop.segment(number)
      return data.length === 0 ? segment : withAddedStreams(segment, data)
    },
  }
}

/** English text that tells the date. */
function subtitleTrack(): FeedTrack {
  const startOf = (number: number) => number * SEGMENT_TICKS
  return {
    name: SUBTITLES,
    extension: 'vtt',
    startOf,
    segment: (number) =>
      `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${startOf(number) % PTS_MODULUS},LOCAL:00:00:00.000\n\n` +
      `00:00:00.000 --> 00:00:0${SEGMENT_SECONDS}.000\n${dateOfSegment(number)}\n`,
  }
}
