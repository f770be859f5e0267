import { endingOf, type NamedDeliverable } from '../../model/deliverable.ts'
import type { AssetWholeFile } from '../output-format.ts'
import { bestOfAll, fileTracksOf, type TrackChoice } from '../progressive/file-tracks.ts'
import { progressiveFile } from '../progressive/progressive-file.ts'
import { trackSetOf } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'
import { presenceIn } from './presence.ts'

type MovieOrder = Pick<AssetOrder, 'endpoint' | 'window' | 'options'>

/** The MP4 files of a window: one with the best video, or one for each video rendition; all have all sound and text. */
export function movieFiles(
  order: MovieOrder,
  { file }: Pick<NamedDeliverable, 'file'>,
  renditions: 'BEST' | 'ALL',
): readonly AssetWholeFile[] {
  if (renditions === 'BEST') return movieFile(order, file, bestOfAll)
  const { endpoint, window } = order
  const isPresent = presenceIn(window)
  const videos = window.eras.flatMap((era) => {
    const { video } = trackSetOf(era, endpoint.packaging.streamSelection, (stream) => isPresent(era.id, stream))
    return video.map(({ n }) => n)
  })
  const numbers = [...new Set(videos)]
  const stem = file.slice(0, -endingOf('MP4').length)
  const nameOf = (n: number) => (numbers.length === 1 ? file : `${stem}_${n}${endingOf('MP4')}`)
  return numbers.flatMap((n) =>
    movieFile(order, nameOf(n), ({ video, audio, text }) => [
      ...video.filter((track) => track.n === n),
      ...audio,
      ...text,
    ]),
  )
}

/** All audio of a window as one file. */
export function audioFiles(order: MovieOrder, { file }: Pick<NamedDeliverable, 'file'>): readonly AssetWholeFile[] {
  return movieFile(order, file, ({ audio }) => audio)
}

function movieFile(
  { endpoint, window, options }: MovieOrder,
  name: string,
  choose: TrackChoice,
): readonly AssetWholeFile[] {
  const tracks = fileTracksOf(window.eras, endpoint.packaging.streamSelection, choose, presenceIn(window))
  if (tracks.length === 0) return []
  return [{ name, track: name, body: (batches, source) => progressiveFile(tracks, batches, source, options) }]
}
