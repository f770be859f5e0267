import { type ChapterOrigin, endingOf, type NamedDeliverable, stemOf } from '../../model/deliverable.ts'
import type { AssetWholeFile } from '../output-format.ts'
import type { ChapterSource } from '../progressive/chapters.ts'
import { type FileTrack, fileTracksOf } from '../progressive/file-tracks.ts'
import { type ProgressiveOptions, progressiveFile } from '../progressive/progressive-file.ts'
import type { SingleTrack, SingleVideo, TrackSet } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'
import { bestVideo, presentTracks, smallestVideo } from './present-tracks.ts'

/** Of a file: so much of its data is on the disk of the data folder while it is made, and is not read twice. */
const KEPT_BYTES = 2 ** 31

type MovieOrder = Pick<AssetOrder, 'endpoint' | 'window'> & { readonly options: Pick<ProgressiveOptions, 'cuts'> }
type MovieOptions = { readonly chapters?: ChapterOrigin | undefined }

/** Chooses the tracks of a file among all of an era. */
type TrackChoice = (tracks: TrackSet) => readonly SingleTrack[]

/** The MP4 files of a window: one with the best video, or one for each video rendition; all have all sound and text. */
export function movieFiles(
  order: MovieOrder,
  { file }: Pick<NamedDeliverable, 'file'>,
  { renditions = 'BEST', chapters }: MovieOptions & { readonly renditions?: 'BEST' | 'ALL' },
): readonly AssetWholeFile[] {
  const movie = (name: string, choose: TrackChoice) => movieFile(order, name, choose, { chapters })
  if (renditions === 'BEST') return movie(file, withBestVideo)
  const tracksOf = presentTracks(order)
  const numbers = [...new Set(order.window.eras.flatMap((era) => tracksOf(era).video.map(({ n }) => n)))]
  const nameOf = (n: number) => (numbers.length === 1 ? file : `${stemOf('MP4', file)}_${n}${endingOf('MP4')}`)
  return numbers.flatMap((n) => movie(nameOf(n), (tracks) => withVideo(tracks, (track) => track.n === n)))
}

/** The tracks of the file of a window with the best video; none when the window has nothing that could be in it. */
export function movieTracks(order: Pick<AssetOrder, 'endpoint' | 'window'>): readonly FileTrack[] {
  return tracksIn(order, withBestVideo)
}

/** The chapters of that file. */
export function movieChapters(order: Pick<AssetOrder, 'endpoint' | 'window'>, origin: ChapterOrigin): ChapterSource {
  return chaptersIn(order, withBestVideo, origin)
}

/** All audio of a window as one file. */
export function audioFiles(
  order: MovieOrder,
  { file }: Pick<NamedDeliverable, 'file'>,
  { chapters }: MovieOptions,
): readonly AssetWholeFile[] {
  return movieFile(cutAsAsked(order), file, ({ audio }) => audio, { chapters })
}

/** The order of a file that is cut at the moments asked for, wherever pictures begin. */
export function cutAsAsked(order: MovieOrder): MovieOrder {
  const { cuts } = order.options
  return cuts
    ? { ...order, options: { cuts: cuts.map(({ start, end, numbers }) => ({ start, end, numbers })) } }
    : order
}

function movieFile(
  order: MovieOrder,
  name: string,
  choose: TrackChoice,
  { chapters }: MovieOptions,
): readonly AssetWholeFile[] {
  const tracks = tracksIn(order, choose)
  if (tracks.length === 0) return []
  const options = { cuts: order.options.cuts, ...(chapters && { chapters: chaptersIn(order, choose, chapters) }) }
  const body: AssetWholeFile['body'] = (batches, source) =>
    progressiveFile(tracks, batches, { ...source, keptBytes: KEPT_BYTES }, options)
  return [{ name, track: name, body }]
}

function chaptersIn(
  { endpoint, window }: Pick<AssetOrder, 'endpoint' | 'window'>,
  choose: TrackChoice,
  origin: ChapterOrigin,
): ChapterSource {
  if (origin === 'SCTE35') return { marked: window, ranges: window.ranges }
  const tracksOf = presentTracks({ endpoint, window })
  const tagged = window.eras.flatMap((era) => {
    const tracks = tracksOf(era)
    const own = choose(tracks).find(isTagged)
    // All variants carry the same tags: those that are read anyway, else those that are the cheapest to read.
    const track = own ?? smallestVideo(tracks.video.filter(isTagged))
    return track ? [[era.id, track] as const] : []
  })
  return { tagged: new Map(tagged), ranges: window.ranges }
}

const isTagged = (track: SingleTrack): track is SingleVideo => track.kind === 'video' && track.hasEvents

function tracksIn(
  order: Pick<AssetOrder, 'endpoint' | 'window'> & Partial<Pick<MovieOrder, 'options'>>,
  choose: TrackChoice,
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
