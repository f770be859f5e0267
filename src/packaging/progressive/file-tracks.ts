import type { SampleEntry } from '../../media/mp4/sample-entry.ts'
import type { Era } from '../../model/output-segment.ts'
import { lengthPrefixed, parameterSetsOf } from '../tracks/parameter-sets.ts'
import type { SingleTrack } from '../tracks/track-set.ts'

/** A track of a file that holds a whole window: of each era, the track of the source that it continues with. */
export type FileTrack = {
  readonly kind: SingleTrack['kind']
  /** Units per second of its times, in all eras. */
  readonly timescale: number
  /** ISO 639-2. */
  readonly language?: string
  /** RFC 5646. */
  readonly extendedLanguage?: string
  /** Descriptions of its samples; an era that differs from those before has one of its own. */
  readonly entries: readonly SampleEntry[]
  readonly inEra: ReadonlyMap<number, TrackInEra>
}

export type TrackInEra = {
  /** The source's track, with the timescale of the file's. */
  readonly track: SingleTrack
  /** Index of its description. */
  readonly description: number
  /** Parameter sets that its key frames begin with, where the file has one description for several. */
  readonly sets?: Uint8Array
}

const ISO_639_2 = /^[a-z]{3}$/
const RFC_5646 = /^[A-Za-z\d]{1,8}(-[A-Za-z\d]{1,8}){0,8}$/

/**
 * The tracks of a file over all eras: video, audio, text, of those that it is to have of each era. Sound and text
 * continue in the next era with the same number; video continues with what is chosen there.
 */
export function fileTracksOf(
  eras: readonly Era[],
  chosenIn: (era: Era) => readonly SingleTrack[],
  { hasSeveralEdits = false }: { readonly hasSeveralEdits?: boolean } = {},
): readonly FileTrack[] {
  const found = new Map<string, { track: SingleTrack; era: number }[]>()
  for (const era of eras) {
    for (const track of chosenIn(era)) {
      const key = track.kind === 'video' ? 'video' : `${track.kind} ${track.n}`
      found.set(key, [...(found.get(key) ?? []), { track, era: era.id }])
    }
  }
  const tracks = [...found.values()].map(fileTrack)
  return (hasSeveralEdits ? tracks.map(withOneDescription) : tracks).toSorted((a, b) => rank(a) - rank(b))
}

const RANKS = { video: 0, audio: 1, text: 2 } as const
const rank = ({ kind }: FileTrack) => RANKS[kind]

function fileTrack(parts: readonly { track: SingleTrack; era: number }[]): FileTrack {
  const [first] = parts
  if (!first) throw new Error('a track of no era')
  const { kind, timescale } = first.track
  const descriptions: string[] = []
  const entries: SampleEntry[] = []
  const inEra = new Map<number, TrackInEra>()
  for (const { track, era } of parts) {
    const entry: SampleEntry = track.kind === 'text' ? { kind: 'timed text' } : { ...track.description, pid: 0 }
    const identity = JSON.stringify(entry)
    const known = descriptions.indexOf(identity)
    if (known < 0) {
      descriptions.push(identity)
      entries.push(entry)
    }
    inEra.set(era, { track: { ...track, timescale }, description: known < 0 ? entries.length - 1 : known })
  }
  const tags = parts.flatMap(({ track }) => languagesOf(track))
  const language = tags.find((tag) => ISO_639_2.test(tag))
  const extendedLanguage = tags.find((tag) => RFC_5646.test(tag) && tag !== language)
  return {
    kind,
    timescale,
    ...(language !== undefined && { language }),
    ...(extendedLanguage !== undefined && { extendedLanguage }),
    entries,
    inEra,
  }
}

/**
 * The track with its first description of pictures for all of them, and parameter sets in its samples. Players count
 * samples to know which description holds, and those that skip what is hidden between edits count wrong.
 */
function withOneDescription(track: FileTrack): FileTrack {
  const [first, ...others] = track.entries
  if (first?.kind !== 'video' || others.length === 0) return track
  const inEra = [...track.inEra].map(([era, own]): [number, TrackInEra] => {
    const sets = own.track.kind === 'video' ? parameterSetsOf(own.track.description) : []
    return [era, { ...own, description: 0, sets: lengthPrefixed(sets) }]
  })
  return { ...track, entries: [{ ...first, hasSetsInSamples: true }], inEra: new Map(inEra) }
}

/** What is known of a track's language, in either form. */
function languagesOf(track: SingleTrack): readonly string[] {
  if (track.kind === 'video') return []
  const tags = track.kind === 'audio' ? [track.description.language, track.language] : [track.language]
  return tags.flatMap((tag) => tag ?? [])
}
