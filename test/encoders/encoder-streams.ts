import { type AccessUnit, picture, soundFrame } from './access-unit.ts'
import type { EncoderScript, Rhythm } from './encoder-script.ts'
import { type FRAME_RATES, SIZES, type SourceUnits } from './source-units.ts'

/** A media playlist of an encoder. Tracks have numbers of their own. */
export type EncoderStream = {
  readonly name: string
  readonly kind: 'variant' | 'audio'
  readonly size?: (typeof SIZES)[number]
  readonly language?: 'en' | 'de'
  readonly videoTrack?: number
  readonly soundTrack?: number
  readonly cuts: readonly number[]
}

/** The units of each track in one part, in their order. */
export type TrackUnits = ReadonlyMap<number, readonly AccessUnit[]>

const TICKS = 90_000
const SAMPLES_IN_FRAME = 1024
const FRAME_TICKS = { '25': 3600, '30000/1001': 3003 } as const satisfies Record<(typeof FRAME_RATES)[number], number>

export function streamsOf({ video, sound, cuts }: EncoderScript): EncoderStream[] {
  const streams: Omit<EncoderStream, 'cuts'>[] = SIZES.slice(0, video.variants).map((size, i) => ({
    name: `v${i}`,
    kind: 'variant',
    size,
    videoTrack: i,
    ...(sound.place !== 'renditions' && { soundTrack: 16 + i }),
  }))
  const languages = sound.place === 'muxed' ? [] : (['de', 'en'] as const).slice(0, sound.renditions)
  for (const [i, language] of languages.entries()) {
    streams.push({ name: `a${i}`, kind: 'audio', language, soundTrack: 32 + i })
  }
  return streams.map((stream, i) => ({ ...stream, cuts: cuts[i % cuts.length]! }))
}

export type PartPlace = {
  readonly part: number
  readonly seconds: number
  /** Timestamp of its first picture. */
  readonly base: number
}

export function unitsOf(
  script: EncoderScript,
  streams: readonly EncoderStream[],
  place: PartPlace,
  source: SourceUnits,
): TrackUnits {
  const { part, base } = place
  const end = place.seconds * TICKS
  const tracks = new Map<number, AccessUnit[]>()
  const [pictures, frames] = [pictureTimes(script.video, end), soundTimes(script.sound, end)]
  for (const { videoTrack, soundTrack, size } of streams) {
    if (videoTrack !== undefined) {
      const kind = source.pictures(size!, script.video.rate)
      const units = pictures.map((time, number) => picture(kind, { part, track: videoTrack, number, pts: base + time }))
      tracks.set(videoTrack, units)
    }
    if (soundTrack !== undefined) {
      const kind = source.sound(script.sound.rate)
      const units = frames.map((time, number) =>
        soundFrame(kind, { part, track: soundTrack, number, pts: base + time }),
      )
      tracks.set(soundTrack, units)
    }
  }
  return tracks
}

function pictureTimes({ rate, rhythm }: { rate: keyof typeof FRAME_TICKS; rhythm: Rhythm }, end: number): number[] {
  const times: number[] = []
  for (let time = 0, n = 0; time < end; n++) {
    times.push(time)
    time += FRAME_TICKS[rate] * (rhythm === 'steady' ? 1 : rhythm[n % rhythm.length]!)
  }
  return times
}

function soundTimes({ rate, offset }: EncoderScript['sound'], end: number): number[] {
  const times: number[] = []
  for (let time = offset, n = 0; time < end; time = offset + Math.round((++n * SAMPLES_IN_FRAME * TICKS) / rate))
    times.push(time)
  return times
}

/** One segment of a stream in a part. */
export type UnitsOfSegment = {
  /** Ticks from the part's beginning. */
  readonly from: number
  readonly until: number
  readonly video?: readonly AccessUnit[]
  readonly sound?: readonly AccessUnit[]
}

/** The last segment of a part is no shorter than this. */
const SHORTEST = TICKS / 2

/** What a stream has in a part, cut where a picture begins, or a frame of sound where it has no pictures. */
export function cutStream(
  { videoTrack, soundTrack, cuts }: EncoderStream,
  tracks: TrackUnits,
  { base, seconds }: PartPlace,
): UnitsOfSegment[] {
  const end = seconds * TICKS
  const video = videoTrack === undefined ? undefined : tracks.get(videoTrack)!
  const sound = soundTrack === undefined ? undefined : tracks.get(soundTrack)!
  const starts = (video ?? sound)!.map(({ pts }) => pts - base)
  const segments: UnitsOfSegment[] = []
  for (let from = starts[0]!, n = 0; from < end; n++) {
    const wanted = from + (cuts[n % cuts.length]! * TICKS) / 100
    const next = starts.find((start) => start >= wanted)
    const until = next === undefined || end - next < SHORTEST ? end : next
    const [first, last] = [segments.length === 0 ? -Infinity : base + from, until === end ? Infinity : base + until]
    const within = ({ pts }: AccessUnit) => pts >= first && pts < last
    segments.push({
      from,
      until,
      ...(video && { video: video.filter(within) }),
      ...(sound && { sound: sound.filter(within) }),
    })
    from = until
  }
  return segments
}
