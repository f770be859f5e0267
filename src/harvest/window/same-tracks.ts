import type { ArchiveReader } from '../../archive/reader.ts'
import { type HarvestJob, jobsOfRanges } from '../../model/harvest-job.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { Era, SourceStream } from '../../model/output-segment.ts'
import { isSameLanguage } from '../../packaging/tracks/muxed-audio.ts'
import { selectVariants } from '../../packaging/tracks/stream-selection.ts'
import { familyOf } from '../../packaging/tracks/track-set.ts'

/** A range whose tracks are not those of the first; `difference` says in a sentence which one. */
export type RangeDifference = { readonly range: number; readonly difference: string }

/** The first range whose tracks are not those of the first range, as far as the index knows them before a job runs. */
export async function firstDifference(
  job: HarvestJob,
  archive: Pick<ArchiveReader, 'edge' | 'range'>,
): Promise<RangeDifference | undefined> {
  let first: Era | undefined
  for (const [range, { endpoint, ...span }] of jobsOfRanges(job).entries()) {
    const edge = await archive.edge(endpoint)
    const found = edge && (await archive.range(endpoint, span, edge))
    const era = found?.eras.at(-1)
    const difference = differenceOf(first, era, job.endpoint)
    if (difference !== undefined) return { range, difference }
    first ??= era
  }
  return undefined
}

/**
 * The first of the tracks that an endpoint shows which one era has and another has not, or has as something else, in a
 * sentence. Parameters of a codec may differ: an asset has a description for each era.
 */
export function differenceOf(
  first: Era | undefined,
  other: Era | undefined,
  endpoint: OriginEndpoint,
): string | undefined {
  if (!first || !other || first === other) return undefined
  const [wanted, found] = [shownStreams(first, endpoint), shownStreams(other, endpoint)]
  for (const index of [...new Set([...wanted.keys(), ...found.keys()])].toSorted((a, b) => a - b)) {
    const name = `${endpoint.manifestName}_${index}`
    const [ours, theirs] = [wanted.get(index), found.get(index)]
    if (!theirs) return `It has no ${name}, which is ${ours?.role.kind} in the first range.`
    if (!ours) return `It has ${name}, ${theirs.role.kind}, which the first range has not.`
    const difference = differenceIn(ours, theirs)
    if (difference !== undefined) return `Its ${name} ${difference}.`
  }
  return undefined
}

function shownStreams({ streams }: Era, { packaging }: OriginEndpoint): ReadonlyMap<number, SourceStream> {
  const others = streams.filter(({ role }) => role.kind === 'audio' || role.kind === 'subtitles')
  const shown = [...selectVariants(streams, packaging.streamSelection), ...others]
  return new Map(shown.map((stream) => [stream.index, stream]))
}

/** What of a stream is different, as the end of a sentence. */
function differenceIn(first: SourceStream, other: SourceStream): string | undefined {
  if (first.role.kind !== other.role.kind) return `is ${other.role.kind}, and ${first.role.kind} in the first range`
  if (languageOf(first) !== undefined && languageOf(other) !== undefined) {
    if (!isSameLanguage(languageOf(first), languageOf(other))) {
      return `is in ${languageOf(other)}, and in ${languageOf(first)} in the first range`
    }
  }
  // What no object has told yet, or what had no media.
  if (first.tracks.length === 0 || other.tracks.length === 0) return undefined
  if (first.container !== other.container) return `has segments of other files than in the first range`
  const [wanted, found] = [tracksOf(first), tracksOf(other)]
  for (let i = 0; i < Math.max(wanted.length, found.length); i++) {
    const [ours = 'no other track', theirs = 'no other track'] = [wanted[i], found[i]]
    if (ours !== theirs) return `has ${theirs}, and in the first range ${ours}`
  }
  return undefined
}

const languageOf = ({ role }: SourceStream) => ('language' in role ? role.language : undefined)

/**
 * Pictures and sound of a stream: of each its kind, codec without parameters, and place, by which files are named.
 * Sound has one rate and number of channels throughout a track, pictures may be of any size.
 */
function tracksOf({ tracks }: SourceStream): readonly string[] {
  return tracks.flatMap((track, i) => {
    if (track.kind !== 'video' && track.kind !== 'audio') return []
    const facts = [familyOf(track.codec)]
    if (track.kind === 'audio') facts.push(`${track.sampleRate} Hz`, `${track.channels} channels`)
    if (track.kind === 'audio' && track.language !== undefined) facts.push(track.language)
    return [`${track.kind} (${facts.join(', ')}) as track ${i + 1}`]
  })
}
