import { progressiveHead } from '../../media/mp4/progressive.ts'
import { SampleTableWriter } from '../../media/mp4/sample-tables.ts'
import { dataBetween, emptySamples, sizeOf } from '../../media/sample.ts'
import { TICKS_PER_MS, TICKS_PER_SECOND, type UtcMs } from '../../media/time.ts'
import type { VideoDescription } from '../../media/track.ts'
import { timestamp } from '../../media/webvtt/writer.ts'
import { type Deliverable, type NamedDeliverable, stemOf } from '../../model/deliverable.ts'
import { inOrder, type SegmentSummary } from '../../model/output-segment.ts'
import type { AssetWholeFile, Movie, SegmentBatches, WholeFileBody, WholeFileSource } from '../output-format.ts'
import { MovieClock } from '../progressive/movie-clock.ts'
import { samplesOf } from '../segments/segment-samples.ts'
import { timeAt } from '../tracks/picture-times.ts'
import type { SingleVideo } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'
import { bestVideo, smallestVideo, type VideoChoice, videoByEra } from './present-tracks.ts'
import { type ShownSpan, shownSpans } from './shown-span.ts'

/** Pictures of a sprite sheet, and their width; the sheet of a short window has fewer. */
const COLUMNS = 10
const MOST_TILES = 100
const TILE_WIDTH = 160
/** A sheet has no two pictures that are closer. */
const LEAST_BETWEEN = 2 * TICKS_PER_SECOND

/** A key frame of a window. */
type KeyPicture = {
  readonly track: SingleVideo
  readonly segment: SegmentSummary
  /** When it is shown, on its era's timeline and on the clock of the asset, in ticks. */
  readonly pts: number
  readonly at: number
}

type StillsOrder = Pick<AssetOrder, 'endpoint' | 'window' | 'options'>

/**
 * The stills of a window, as JPEG: a poster, the key frames nearest to some moments, and a sprite sheet with its WebVTT
 * map. Where nothing is asked for, the poster. None when the window has no pictures.
 */
export function stillFiles(
  order: StillsOrder,
  { file }: Pick<NamedDeliverable, 'file'>,
  { poster, times = [], sprite = false }: Extract<Deliverable, { kind: 'STILLS' }>,
): readonly AssetWholeFile[] {
  if (videoByEra(order, bestVideo).size === 0) return []
  const stem = stemOf('STILLS', file)
  const isPoster = poster ?? (times.length === 0 && !sprite)
  const chosen = once(() => {
    const pictures = keyPictures(order, bestVideo)
    return { poster: nearestTo(0, pictures), nearest: times.map((time) => nearestToDate(time, pictures)) }
  })
  const still = (name: string, picture: () => KeyPicture | undefined): AssetWholeFile => ({
    name,
    track: name,
    body: (batches, source, signal) => jpegOf(picture(), batches, source, signal),
  })
  return [
    ...(isPoster ? [still(file, () => chosen().poster)] : []),
    ...times.map((_, i) => still(`${stem}_${i + 1}.jpg`, () => chosen().nearest[i])),
    ...(sprite ? spriteFiles(order, stem) : []),
  ]
}

function spriteFiles(order: StillsOrder, stem: string): readonly AssetWholeFile[] {
  const [name, map] = [`${stem}_sprite.jpg`, `${stem}_sprite.vtt`]
  const { length } = shownSpans(order)
  const tiles = once(() =>
    spread(keyPictures(order, smallestVideo), Math.max(LEAST_BETWEEN, length / MOST_TILES)).slice(0, MOST_TILES),
  )
  return [
    { name, track: name, body: (batches, source, signal) => sheetOf(tiles(), batches, source, signal) },
    { name: map, track: map, body: async () => bytesBody('text/vtt', spriteMap(tiles(), length, name)) },
  ]
}

/** What is made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** The key frames of one track of each era, in their order. */
function keyPictures({ endpoint, window, options }: StillsOrder, choose: VideoChoice): readonly KeyPicture[] {
  const tracks = videoByEra({ endpoint, window }, choose)
  const clock = new MovieClock()
  const spans = shownSpans({ window, options })
  const found = new Map<ShownSpan, KeyPicture[]>()
  for (const segment of window.segments) {
    clock.enter(segment)
    const track = tracks.get(segment.era)
    if (!track) continue
    const span = spans.spanOf(segment)
    const shift = clock.shiftIn(TICKS_PER_SECOND) - span.from
    const pictures = found.get(span) ?? []
    found.set(span, pictures)
    for (const { keyFrames = [] } of segment.slots.flatMap(({ objects }) => inOrder(objects[track.stream.index]))) {
      pictures.push(...keyFrames.map(({ pts }) => ({ track, segment, pts, at: pts + shift })))
    }
  }
  return [...found].flatMap(([{ from, to, at: begins }, pictures]) => {
    // Of those before the first picture shown, the last one is what it is decoded from.
    const first = Math.max(
      0,
      pictures.findLastIndex(({ at }) => at <= 0),
    )
    const shown = pictures.slice(first).filter(({ at }) => at < to - from)
    // That one is not shown: it stands for the first that is.
    return begins === 0 ? shown : shown.map((picture) => ({ ...picture, at: begins + Math.max(picture.at, 0) }))
  })
}

function nearestTo(time: number, pictures: readonly KeyPicture[]): KeyPicture | undefined {
  return leastBy(pictures, ({ at }) => Math.abs(at - time))
}

function nearestToDate(date: UtcMs, pictures: readonly KeyPicture[]): KeyPicture | undefined {
  return leastBy(pictures, ({ segment, pts }) => Math.abs(timeAt(segment, date) - pts))
}

function leastBy<T>(things: readonly T[], measure: (thing: T) => number): T | undefined {
  let least: { readonly thing: T; readonly value: number } | undefined
  for (const thing of things) {
    const value = measure(thing)
    if (!least || value < least.value) least = { thing, value }
  }
  return least?.thing
}

/** Pictures that lie at least so far apart. */
function spread(pictures: readonly KeyPicture[], least: number): readonly KeyPicture[] {
  const chosen: KeyPicture[] = []
  for (const picture of pictures) if (picture.at >= (chosen.at(-1)?.at ?? -Infinity) + least) chosen.push(picture)
  return chosen
}

/** Where the sheet has the picture of each time: media fragments, as players know them from WebVTT thumbnails. */
function spriteMap(tiles: readonly KeyPicture[], length: number, sheet: string): string {
  const [first] = tiles
  if (!first) return 'WEBVTT\n'
  const { width, height } = tileOf(first.track.description)
  const cues = tiles.map(({ at }, i) => {
    const [from, to] = [i === 0 ? 0 : at, tiles[i + 1]?.at ?? length]
    const columns = Math.min(COLUMNS, tiles.length)
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height]
    const times = `${timestamp(Math.max(from, 0))} --> ${timestamp(Math.max(to, from + TICKS_PER_MS))}`
    return `\n${times}\n${encodeURIComponent(sheet)}#xywh=${x},${y},${width},${height}\n`
  })
  return `WEBVTT\n${cues.join('')}`
}

/** Size of a tile: as wide as all, and as high as the picture is shown. */
function tileOf({ width, height, sampleAspectRatio: ratio = { width: 1, height: 1 } }: VideoDescription) {
  const shown = (width * ratio.width) / ratio.height
  return { width: TILE_WIDTH, height: 2 * Math.round((TILE_WIDTH * height) / shown / 2) }
}

/** A still of a key frame. */
async function jpegOf(
  picture: KeyPicture | undefined,
  batches: SegmentBatches,
  source: WholeFileSource,
  signal: AbortSignal,
): Promise<WholeFileBody | undefined> {
  const movie = picture && (await movieOf(picture, batches, source))
  return movie && bytesBody('image/jpeg', await source.decoder.jpeg(movie, signal))
}

/** A sheet of key frames; undefined where one of them turns out not to be there. */
async function sheetOf(
  tiles: readonly KeyPicture[],
  batches: SegmentBatches,
  source: WholeFileSource,
  signal: AbortSignal,
): Promise<WholeFileBody | undefined> {
  const [first] = tiles
  if (!first) return undefined
  let isWhole = true
  const movies = async function* (): AsyncGenerator<Movie> {
    for (const tile of tiles) {
      const movie = await movieOf(tile, batches, source)
      isWhole &&= movie !== undefined
      if (movie) yield movie
    }
  }
  const columns = Math.min(COLUMNS, tiles.length)
  const sheet = { columns, rows: Math.ceil(tiles.length / columns), ...tileOf(first.track.description) }
  const bytes = await source.decoder.sheet(movies(), sheet, signal)
  return isWhole ? bytesBody('image/jpeg', bytes) : undefined
}

/** A movie of one key frame. */
async function movieOf(
  picture: KeyPicture,
  batches: SegmentBatches,
  source: WholeFileSource,
): Promise<Movie | undefined> {
  const data = await dataOf(picture, batches, source)
  if (!data) return undefined
  const tables = new SampleTableWriter()
  const one = emptySamples(1)
  const bytes = data.reduce((sum, { length }) => sum + length, 0)
  one.sizes[0] = bytes
  one.durations[0] = 1
  one.sync[0] = 1
  tables.add(one)
  const facts = tables.finish()
  const entries = tables.drain()
  const edits = [{ duration: 1, mediaTime: 0 }]
  const track = { entries: [picture.track.description], timescale: 1, edits, tables: facts }
  const head = progressiveHead([track], [{ track: 0, samples: 1, bytes, description: 0 }])
  return [...head.map((part) => (part instanceof Uint8Array ? part : entries[part.table])), ...data]
}

/** The data of a key frame; undefined where its segment turns out to have none. */
async function dataOf(
  { track, segment: { number }, pts }: KeyPicture,
  batches: SegmentBatches,
  { media }: WholeFileSource,
): Promise<readonly Uint8Array[] | undefined> {
  for await (const { segments } of batches(number - 1)) {
    const segment = segments.find((each) => each.number === number)
    const found = segment && (await samplesOf({ ...track, timescale: TICKS_PER_SECOND }, segment, media))
    if (!found) return undefined
    const { samples } = found
    let best = -1
    const distance = (i: number) => Math.abs(samples.dts[i]! + samples.compositionOffsets[i]! - pts)
    for (let i = 0; i < samples.count; i++) {
      if (samples.sync[i] === 1 && (best < 0 || distance(i) < distance(best))) best = i
    }
    if (best < 0) return undefined
    return [...dataBetween(found.media, { skipped: sizeOf(samples, 0, best), bytes: samples.sizes[best]! })]
  }
  return undefined
}

function bytesBody(contentType: string, content: string | Uint8Array): WholeFileBody {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return {
    contentType,
    size: bytes.length,
    async *open() {
      yield bytes
    },
    async close() {},
  }
}
