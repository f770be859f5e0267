/** An endpoint as a player sees it, written by hand, so that anything can be wrong with it. */
import { Turns } from '../../src/concurrency/turns.ts'
import { writeCmafHeader, writeCmafSegment } from '../../src/media/mp4/cmaf.ts'
import { emptySamples } from '../../src/media/sample.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { Sight } from '../../src/origin/viewer.ts'
import { type Looked, look } from '../../src/self-check/look.ts'
import { EndpointMemory } from '../../src/self-check/memory.ts'
import { type Pes, writeMultiplex } from '../fixtures/transport-stream.ts'
import { audio, video } from '../origin/sample-channel.ts'

type File = string | Buffer | { readonly error: 'NoSuchObject' | 'StoreUnavailable' }

/** By paths below the endpoint: manifests, segments, or why there is nothing. */
export type Files = Map<string, File>

const NOON = Date.UTC(2026, 0, 1, 12)
const SECONDS = 2
const TICKS = 90_000
const LISTED = 5

/** Segments are numbered by the time since noon, two seconds each; number 12 begins a discontinuity. */
const DISCONTINUITY = 12

/** A transport stream of a few pictures and PES packets of sound, which begins `late` ticks after the pictures. */
function transportStream(number: number, late: number): Buffer {
  const start = number * SECONDS * TICKS
  const packet = (pid: number, streamId: number, pts: number): Pes => {
    return { pid, streamId, pts, payload: Buffer.alloc(100, number), randomAccess: false }
  }
  const pictures = [0, 3600, 7200].map((at) => packet(256, 0xe0, start + at))
  const sound = [0, 5760, 11_520].map((at) => packet(257, 0xc0, start + late + at))
  const streams = [
    { pid: 256, type: 0x1b, descriptors: Buffer.alloc(0) },
    { pid: 257, type: 0x0f, descriptors: Buffer.alloc(0) },
  ]
  return writeMultiplex({ streams, packets: [...pictures, ...sound] }, new Map())
}

/** A live playlist whose newest segment is number `first` + 4. */
function playlist(stream: number, first: number): string {
  const gone = first > DISCONTINUITY ? 1 : 0
  const lines = Array.from({ length: LISTED }, (_, i) => first + i).flatMap((number) => [
    ...(number === DISCONTINUITY && number > first ? ['#EXT-X-DISCONTINUITY'] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(NOON + number * SECONDS * 1000).toISOString()}`,
    `#EXTINF:${SECONDS}.000,`,
    `index_${stream}_${number}.ts?m=1`,
  ])
  const sequences = `#EXT-X-MEDIA-SEQUENCE:${first}\n#EXT-X-DISCONTINUITY-SEQUENCE:${gone + (first === DISCONTINUITY ? 1 : 0)}`
  return `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:${SECONDS}\n${sequences}\n${lines.join('\n')}\n`
}

/** HLS of two variants with sound. */
export function hlsFiles(first: number, late = 900): Files {
  const variants = [1, 2].map((n) => `#EXT-X-STREAM-INF:BANDWIDTH=${n}000000\nindex_${n}.m3u8`)
  const files: Files = new Map([['index.m3u8', `#EXTM3U\n${variants.join('\n')}\n`]])
  for (const stream of [1, 2]) {
    files.set(`index_${stream}.m3u8`, playlist(stream, first))
    for (let i = 0; i < LISTED; i++) {
      files.set(`index_${stream}_${first + i}.ts`, transportStream(first + i, late))
    }
  }
  return files
}

const FRAMES_A_SECOND = { video: 25, audio: 46.875 }

/** A CMAF segment of a few samples. */
function fragment(start: number, duration: number): Buffer {
  const samples = emptySamples(3)
  for (let i = 0; i < 3; i++) {
    samples.sizes[i] = 10
    samples.durations[i] = duration
    samples.dts[i] = start + i * duration
  }
  const media = [Buffer.alloc(30, start % 251)]
  return Buffer.concat(writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples, media }))
}

/** An MPD of two Periods, of which the second begins with number 12; audio begins `late` seconds after video. */
export function dashFiles(first: number, late = 0): Files {
  const numbers = Array.from({ length: LISTED }, (_, i) => first + i)
  const runs = [numbers.filter((n) => n < DISCONTINUITY), numbers.filter((n) => n >= DISCONTINUITY)]
  const files: Files = new Map()
  const periods = runs.flatMap((run, period) => {
    const [from] = run
    if (from === undefined) return []
    const begins = period === 0 ? 0 : DISCONTINUITY
    const set = (kind: 'video' | 'audio', timescale: number) => {
      const timeline = run.map((n) => `<S t="${(n - begins) * SECONDS * timescale}" d="${SECONDS * timescale}"/>`)
      const time = (n: number) => (n - begins) * SECONDS * timescale + (kind === 'audio' ? late * timescale : 0)
      for (const n of run) files.set(`index_${kind}_${n}.mp4`, fragment(time(n), timescale / FRAMES_A_SECOND[kind]))
      const entry = kind === 'video' ? video(360) : audio(257)
      files.set(`index_${kind}_init.mp4`, Buffer.from(writeCmafHeader({ id: 1, timescale, entry })))
      return `<AdaptationSet mimeType="${kind}/mp4"><SegmentTemplate timescale="${timescale}" startNumber="${from}" media="index_$RepresentationID$_$Number$.mp4"
        initialization="index_$RepresentationID$_init.mp4"><SegmentTimeline>${timeline.join('')}</SegmentTimeline>
        </SegmentTemplate><Representation id="${kind}" bandwidth="1"/></AdaptationSet>`
    }
    const start = (NOON + begins * SECONDS * 1000) / 1000
    return [`<Period id="${begins}" start="PT${start}S">${set('video', 90_000)}${set('audio', 48_000)}</Period>`]
  })
  const attributes = 'type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z"'
  return files.set('index.mpd', `<?xml version="1.0"?><MPD ${attributes}>${periods.join('')}</MPD>`)
}

/** A Smooth Streaming manifest with one fragment for each number. */
export function smoothFiles(first: number): Files {
  const files: Files = new Map()
  const numbers = Array.from({ length: LISTED }, (_, i) => first + i)
  const stream = (type: string) => {
    const chunks = numbers.map((n) => `<c t="${n * SECONDS * 1e7}" d="${SECONDS * 1e7}"/>`)
    for (const n of numbers) {
      files.set(`index.ism/QualityLevels(1)/Fragments(${type}=${n * SECONDS * 1e7})`, Buffer.from(`${type} ${n}`))
    }
    return `<StreamIndex Type="${type}" Name="${type}" Url="QualityLevels({bitrate})/Fragments(${type}={start time})">
      <QualityLevel Bitrate="1"/>${chunks.join('')}</StreamIndex>`
  }
  const streams = `${stream('video')}${stream('audio')}`
  return files.set(
    'index.ism/Manifest',
    `<SmoothStreamingMedia TimeScale="10000000" IsLive="TRUE">${streams}</SmoothStreamingMedia>`,
  )
}

/** What happens to what a player sees. */
export type Change = (files: Files) => void

/** Replaces text in a manifest. Throws where there is none. */
export function replaced(path: string, find: string | RegExp, by: string): Change {
  return (files) => {
    const text = files.get(path)
    if (typeof text !== 'string' || text.search(find) < 0) throw new Error(`${path} has no ${find}`)
    files.set(path, text.replace(find, by))
  }
}

/** Looks again and again at an endpoint that goes on by a segment each time. */
export class Watched {
  readonly memory = new EndpointMemory()
  /** Every path that was asked for. */
  readonly asked: string[] = []
  nowMs = NOON + 60_000
  sendingSince: number | undefined
  private readonly endpoint: OriginEndpoint

  constructor(endpoint: OriginEndpoint) {
    this.endpoint = endpoint
  }

  look(files: Files): Promise<Looked> {
    return look(this.endpoint, this.memory, {
      viewer: {
        see: async (_, path) => {
          this.asked.push(path)
          return sightOf(files.get(decodeURIComponent(path)))
        },
      },
      turns: new Turns(),
      date: () => this.nowMs,
      steady: () => this.nowMs,
      sendingSince: () => this.sendingSince,
    })
  }
}

export function sightOf(file: File | undefined): Sight {
  if (file === undefined) return { kind: 'nothing', error: 'NoSuchObject' }
  if (typeof file === 'string') return { kind: 'manifest', text: file }
  if ('error' in file) return { kind: 'nothing', error: file.error }
  return {
    kind: 'media',
    pieces: (async function* () {
      yield file
    })(),
  }
}
