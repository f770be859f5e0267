import { endingOf, type NamedDeliverable, stemOf } from '../../model/deliverable.ts'
import type { AssetWholeFile } from '../output-format.ts'
import { fileTracksOf } from '../progressive/file-tracks.ts'
import { progressiveFile } from '../progressive/progressive-file.ts'
import type { SingleTrack, SingleVideo, TrackSet } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'
import { bestVideo, presentTracks } from './present-tracks.ts'

type MovieOrder = Pick<AssetOrder, 'endpoint' | 'window' | 'options'>

/** The MP4 files of a window: one with the best video, or one for each video rendition; all have all sound and text. */
export function movieFiles(
  order: MovieOrder,
  { file }: Pick<NamedDeliverable, 'file'>,
  renditions: 'BEST' | 'ALL',
): readonly AssetWholeFile[] {
  const movieWith = (name: string, isChosen: (track: SingleVideo, all: TrackSet['video']) => boolean) =>
    movieFile(order, name, ({ video, audio, text }) => [
      ...video.filter((track) => isChosen(track, video)),
      ...audio,
      ...text,
    ])
  if (renditions === 'BEST') return movieWith(file, (track, all) => track === bestVideo(all))
  const tracksOf = presentTracks(order)
  const numbers = [...new Set(order.window.eras.flatMap((era) => tracksOf(era).video.map(({ n }) => n)))]
  const nameOf = (n: number) => (numbers.length === 1 ? file : `${stemOf('MP4', file)}_${n}${endingOf('MP4')}`)
  return numbers.flatMap((n) => movieWith(nameOf(n), (track) => track.n === n))
}

/** All audio of a window as one file. */
export function audioFiles(order: MovieOrder, { file }: Pick<NamedDeliverable, 'file'>): readonly AssetWholeFile[] {
  return movieFile(order, file, ({ audio }) => audio)
}

function movieFile(
  order: MovieOrder,
  name: string,
  choose: (tracks: TrackSet) => readonly SingleTrack[],
): readonly AssetWholeFile[] {
  const tracksOf = presentTracks(order)
  const tracks = fileTracksOf(order.window.eras, (era) => choose(tracksOf(era)))
  if (tracks.length === 0) return []
  return [{ name, track: name, body: (batches, source) => progressiveFile(tracks, batches, source, order.options) }]
}
