import type { SampleEntry } from '../../media/mp4/sample-entry.ts'
import type { Era } from '../../model/output-segment.ts'
import type { StreamSelection } from '../../model/packaging.ts'
import { type SingleAudio, type SingleVideo, type TrackSet, trackSetOf } from '../tracks/track-set.ts'

/** A track of a file that holds a whole window: of each era, the track of the source that it continues with. */
export type FileTrack = {
  readonly kind: 'video' | 'audio'
  /** Units per second of its times, in all eras. */
  readonly timescale: number
  /** ISO 639-2. */
  readonly language?: string
  /** Descriptions of its samples; an era that differs from those before has one of its own. */
  readonly entries: readonly SampleEntry[]
  readonly inEra: ReadonlyMap<number, TrackInEra>
}

export type TrackInEra = {
  /** The source's track, with the timescale of the file's. */
  readonly track: SingleVideo | SingleAudio
  /** Index of its description. */
  readonly description: number
}

/** Which of an era's tracks go into a file. */
export type TrackChoice = (tracks: TrackSet) => readonly (SingleVideo | SingleAudio)[]

const ISO_639_2 = /^[a-z]{3}$/

/** The video track with the highest bit rate, and all audio. */
export const bestVideoAndAudio: TrackChoice = ({ video, audio }) => {
  const [first, ...others] = video
  if (!first) return audio
  return [others.reduce((best, each) => (each.bandwidth > best.bandwidth ? each : best), first), ...audio]
}

/**
 * The tracks of a file over all eras, video first. Audio continues in the next era with the same number; video
 * continues with what is chosen there.
 */
export function fileTracksOf(
  eras: readonly Era[],
  selection: StreamSelection,
  choose: TrackChoice,
  isPresent: (era: number, stream: number) => boolean,
): readonly FileTrack[] {
  const found = new Map<string, { track: SingleVideo | SingleAudio; era: number }[]>()
  for (const era of eras) {
    for (const track of choose(trackSetOf(era, selection, (stream) => isPresent(era.id, stream)))) {
      const key = track.kind === 'video' ? 'video' : `audio ${track.n}`
      found.set(key, [...(found.get(key) ?? []), { track, era: era.id }])
    }
  }
  return [...found.values()].map(fileTrack).toSorted((a, b) => rank(a) - rank(b))
}

const rank = ({ kind }: FileTrack) => (kind === 'video' ? 0 : 1)

function fileTrack(parts: readonly { track: SingleVideo | SingleAudio; era: number }[]): FileTrack {
  const [first] = parts
  if (!first) throw new Error('a track of no era')
  const { kind, timescale } = first.track
  const descriptions: string[] = []
  const entries: SampleEntry[] = []
  const inEra = new Map<number, TrackInEra>()
  for (const { track, era } of parts) {
    const { pid: _, ...description } = track.description
    const identity = JSON.stringify(description)
    const known = descriptions.indexOf(identity)
    if (known < 0) {
      descriptions.push(identity)
      entries.push(track.description)
    }
    inEra.set(era, { track: { ...track, timescale }, description: known < 0 ? entries.length - 1 : known })
  }
  const language = parts.flatMap(({ track }) => languageOf(track) ?? [])[0]
  return { kind, timescale, ...(language !== undefined && { language }), entries, inEra }
}

function languageOf(track: SingleVideo | SingleAudio): string | undefined {
  if (track.kind === 'video') return undefined
  return [track.description.language, track.language].find((each) => each !== undefined && ISO_639_2.test(each))
}
