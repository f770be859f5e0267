import type { Era, SummaryWindow } from '../../model/output-segment.ts'
import { type SingleVideo, type TrackSet, trackSetOf } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'

type Shown = Pick<AssetOrder, 'endpoint' | 'window'>

/** The tracks of an era that the endpoint selects, without those that have no object anywhere in the window. */
export function presentTracks({ endpoint, window }: Shown): (era: Era) => TrackSet {
  const isPresent = presenceIn(window)
  return (era) => trackSetOf(era, endpoint.packaging.streamSelection, (stream) => isPresent(era.id, stream))
}

/** Chooses one of an era's video tracks; undefined where none will do. */
export type VideoChoice = (video: readonly SingleVideo[]) => SingleVideo | undefined

export const bestVideo: VideoChoice = (video) => video.toSorted((a, b) => b.bandwidth - a.bandwidth)[0]
export const smallestVideo: VideoChoice = (video) => video.toSorted((a, b) => a.bandwidth - b.bandwidth)[0]

/** The video track chosen in each era of a window, by the era's id. */
export function videoByEra(shown: Shown, choose: VideoChoice): ReadonlyMap<number, SingleVideo> {
  const tracksOf = presentTracks(shown)
  return new Map(
    shown.window.eras.flatMap((era) => {
      const track = choose(tracksOf(era).video)
      return track ? [[era.id, track] as const] : []
    }),
  )
}

/** Tells of each stream of each era whether it has an object anywhere in a window. */
function presenceIn({ segments }: SummaryWindow): (era: number, stream: number) => boolean {
  const present = new Map<number, Set<string>>()
  for (const { era, slots } of segments) {
    const streams = present.get(era) ?? new Set()
    present.set(era, streams)
    for (const { objects } of slots) for (const stream of Object.keys(objects)) streams.add(stream)
  }
  return (era, stream) => present.get(era)?.has(String(stream)) ?? false
}
