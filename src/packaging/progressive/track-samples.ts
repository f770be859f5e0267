import { dataBetween, type SampleTable } from '../../media/sample.ts'
import type { SegmentBatch } from '../output-format.ts'
import { samplesOf } from '../segments/segment-samples.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { cuesBeforeIn, cuesOf } from '../segments/text-segment.ts'
import type { FileTrack } from './file-tracks.ts'
import { timedTextOf } from './timed-text-track.ts'

/** What a file takes from source objects. */
type SampleSource = Pick<SourceMedia, 'demuxed' | 'read'>

export type TrackSamples = {
  /** In units of the track's timescale, on the timeline of the segment's era. */
  readonly samples: SampleTable
  readonly media: readonly Uint8Array[]
  /** Index of their description among the track's. */
  readonly description: number
}

/** The samples of a track in the segment at an index of a batch; undefined where it has none. Throws LostMedia. */
export async function trackSamples(
  { inEra }: FileTrack,
  batch: SegmentBatch,
  at: number,
  source: SampleSource,
): Promise<TrackSamples | undefined> {
  const segment = batch.segments[at]!
  const own = inEra.get(segment.era)
  if (!own) return undefined
  const { track, description, sets } = own
  if (track.kind === 'text') {
    const { cues } = await cuesOf(track.stream, segment, cuesBeforeIn(batch, at, track.stream), source)
    return { ...timedTextOf(segment, cues), description }
  }
  const found = await samplesOf(track, segment, source)
  if (!found || found.samples.count === 0) return undefined
  const { samples, media } = found
  return { ...(sets ? withSets(samples, media, sets) : { samples, media }), description }
}

/** Samples whose key frames begin with parameter sets. */
function withSets(
  samples: SampleTable,
  media: readonly Uint8Array[],
  sets: Uint8Array,
): Pick<TrackSamples, 'samples' | 'media'> {
  const sizes = samples.sizes.slice()
  const pieces: Uint8Array[] = []
  let at = 0
  let taken = 0
  for (let i = 0; i < samples.count; i++) {
    if (samples.sync[i] === 1) {
      pieces.push(...dataBetween(media, { skipped: taken, bytes: at - taken }), sets)
      sizes[i]! += sets.length
      taken = at
    }
    at += samples.sizes[i]!
  }
  pieces.push(...dataBetween(media, { skipped: taken, bytes: at - taken }))
  return { samples: { ...samples, sizes }, media: pieces }
}
