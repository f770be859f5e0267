import { endingOf, type NamedDeliverable, stemOf } from '../../model/deliverable.ts'
import type { AssetWholeFile } from '../output-format.ts'
import { type FileTrack, fileTracksOf } from '../progressive/file-tracks.ts'
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
  if (renditions === 'BEST') return movieFile(order, file, withBestVideo)
  const tracksOf = presentTracks(order)
  const numbers = [...new Set(order.window.eras.flatMap((era) => tracksOf(era).video.map(({ n }) => n)))]
  const nameOf = (n: number) => (numbers.length === 1 ? file : `${stemOf('MP4', file)}_${n}${endingOf('MP4')}`)
  return numbers.flatMap((n) => movieFile(order, nameOf(n), (tracks) => withVideo(tracks, (track) => track.n === n)))
}

/** The tracks of the file of a window with the best video; none when the window has nothing that could be in it. */
export function movieTracks(order: Pick<AssetOrder, 'endpoint' | 'window'>): readonly FileTrack[] {
  return tracksIn(order, withBestVideo)
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
  const tracks = tracksIn(order, choose)
  if (tracks.length === 0) return []
  return [{ name, track: name, body: (batches, source) => progressiveFile(tracks, batches, source, order.options) }]
}

function tracksIn(
  order: Pick<AssetOrder, 'endpoint' | 'window'> & Partial<Pick<AssetOrder, 'options'>>,
  choose: (tracks: TrackSet) => readonly SingleTrack[],
): readonly FileTrack[] {
  const tracksOf = presentTracks(order)
  const hasSeveralEdits = order.window.ranges !== undefined && order.options?.cuts !== undefined
  return fileTracksOf(order.window.eras, (era) => choose(tracksOf(era)), { hasSeveralEdits })
}

const withBestVideo = (tracks: TrackSet) => {
  const best = bestVideo(tracks.video)
  return withVideo(tracks, (track) => track === best)
}

const withVideo = ({ video, audio, text }: TrackSet, isChosen: (track: SingleVideo) => boolean) => [
  ...video.filter(isChosen),
  ...audio,
  ...text,
]
