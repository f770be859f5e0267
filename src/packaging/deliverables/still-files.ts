import { progressiveHead } from '../../media/mp4/progressive.ts'
import { SampleTableWriter, type TableEntries } from '../../media/mp4/sample-tables.ts'
import { emptySamples } from '../../media/sample.ts'
import { TICKS_PER_MS, TICKS_PER_SECOND, type UtcMs } from '../../media/time.ts'
import type { VideoDescription } from '../../media/track.ts'
import { timestamp } from '../../media/webvtt/writer.ts'
import type { Deliverable, NamedDeliverable } from '../../model/deliverable.ts'
import { inOrder, type SegmentSummary, type SummaryWindow } from '../../model/output-segment.ts'
import type { AssetWholeFile, SegmentBatches, WholeFileBody, WholeFileSource } from '../output-format.ts'
import { MovieClock } from '../progressive/movie-clock.ts'
import { samplesOf } from '../segments/segment-samples.ts'
import { type SingleVideo, trackSetOf } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'
import { presenceIn } from './presence.ts'

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

type StillsOrder = Pick<AssetOrder, 'endpoint' | 'window'>

/**
 * The stills of a window, as JPEG: a poster, the key frames nearest to some moments, and a sprite sheet with its WebVTT
 * map. Where nothing is asked for, the poster.
 */
export function stillFiles(
  order: StillsOrder,
  { file }: Pick<NamedDeliverable, 'file'>,
  { poster, times = [], sprite = false }: Extract<Deliverable, { kind: 'STILLS' }>,
): readonly AssetWholeFile[] {
  const stem = file.replace(/\.jpg$/, '')
  const isPoster = poster ?? (times.length === 0 && !sprite)
  const best = keyPictures(order, (video) => video.toSorted((a, b) => b.bandwidth - a.bandwidth)[0])
  const stills = [
    ...(isPoster ? [{ name: file, picture: best[0] }] : []),
    ...times.map((time, i) => ({ name: `${stem}_${i + 1}.jpg`, picture: nearestTo(time, best) })),
  ]
  return [
    ...stills.map(({ name, picture }): AssetWholeFile => {
      return { name, track: name, body: (batches, source) => jpegOf(picture ? [picture] : [], batches, source) }
    }),
    ...(sprite ? spriteFiles(order, stem) : []),
  ]
}

function spriteFiles(order: StillsOrder, stem: string): readonly AssetWholeFile[] {
  const smallest = keyPictures(order, (video) => video.toSorted((a, b) => a.bandwidth - b.bandwidth)[0])
  const length = lengthOf(order.window)
  const tiles = spread(smallest, Math.max(LEAST_BETWEEN, length / MOST_TILES)).slice(0, MOST_TILES)
  const [name, map] = [`${stem}_sprite.jpg`, `${stem}_sprite.vtt`]
  const rows = Math.max(1, Math.ceil(tiles.length / COLUMNS))
  const sheet = { columns: Math.min(COLUMNS, Math.max(1, tiles.length)), rows, width: TILE_WIDTH }
  return [
    { name, track: name, body: (batches, source) => jpegOf(tiles, batches, source, sheet) },
    { name: map, track: map, body: async () => bytesBody('text/vtt', spriteMap(tiles, length, name, sheet.columns)) },
  ]
}

/** The key frames of one track of each era, in their order. */
function keyPictures(
  { endpoint, window }: StillsOrder,
  choose: (video: readonly SingleVideo[]) => SingleVideo | undefined,
): readonly KeyPicture[] {
  const isPresent = presenceIn(window)
  const tracks = new Map(
    window.eras.flatMap((era) => {
      const { video } = trackSetOf(era, endpoint.packaging.streamSelection, (stream) => isPresent(era.id, stream))
      const track = choose(video)
      return track ? [[era.id, track] as const] : []
    }),
  )
  const clock = new MovieClock()
  return window.segments.flatMap((segment) => {
    clock.enter(segment)
    const track = tracks.get(segment.era)
    if (!track) return []
    const shift = clock.shiftIn(TICKS_PER_SECOND)
    const objects = segment.slots.flatMap(({ objects }) => inOrder(objects[track.stream.index]))
    return objects.flatMap(({ keyFrames = [] }) =>
      keyFrames.map(({ pts }): KeyPicture => ({ track, segment, pts, at: pts + shift })),
    )
  })
}

function nearestTo(time: UtcMs, pictures: readonly KeyPicture[]): KeyPicture | undefined {
  const distance = ({ segment: { startUtc, start }, pts }: KeyPicture) =>
    Math.abs(startUtc + (pts - start) / TICKS_PER_MS - time)
  return pictures.reduce<KeyPicture | undefined>(
    (best, each) => (best && distance(best) <= distance(each) ? best : each),
    undefined,
  )
}

/** Pictures that lie at least so far apart. */
function spread(pictures: readonly KeyPicture[], least: number): readonly KeyPicture[] {
  const chosen: KeyPicture[] = []
  for (const picture of pictures) if (picture.at >= (chosen.at(-1)?.at ?? -Infinity) + least) chosen.push(picture)
  return chosen
}

function lengthOf({ segments }: SummaryWindow): number {
  const clock = new MovieClock()
  for (const segment of segments) clock.enter(segment)
  return clock.length
}

/** Where the sheet has the picture of each time: media fragments, as players know them from WebVTT thumbnails. */
function spriteMap(tiles: readonly KeyPicture[], length: number, sheet: string, columns: number): string {
  const [first] = tiles
  if (!first) return 'WEBVTT\n'
  const { width, height } = tileOf(first.track.description)
  const cues = tiles.map(({ at }, i) => {
    const [from, to] = [i === 0 ? 0 : at, tiles[i + 1]?.at ?? length]
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

/** Has pictures decoded, from a movie that has them one after the other. */
async function jpegOf(
  pictures: readonly KeyPicture[],
  batches: SegmentBatches,
  source: WholeFileSource,
  sheet?: { readonly columns: number; readonly rows: number; readonly width: number },
): Promise<WholeFileBody | undefined> {
  const [first] = pictures
  if (!first) return undefined
  const spool = source.openSpool()
  try {
    const movie = new PictureMovie()
    for (const picture of pictures) {
      const data = await dataOf(picture, batches, source)
      if (!data) continue
      movie.add(picture.track.description, data.length)
      await spool.append(data)
    }
    const input = async function* () {
      yield* movie.head()
      yield* spool.read()
    }
    const { height } = tileOf(first.track.description)
    const tiles = sheet && { ...sheet, height, count: pictures.length }
    return bytesBody('image/jpeg', await source.decoder.jpeg(input(), tiles))
  } finally {
    await spool.close()
  }
}

/** The data of a key frame; undefined where its segment turns out to have none. */
async function dataOf(
  { track, segment: { number }, pts }: KeyPicture,
  batches: SegmentBatches,
  { media }: WholeFileSource,
): Promise<Uint8Array | undefined> {
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
    const at = samples.sizes.subarray(0, best).reduce((sum, size) => sum + size, 0)
    return Buffer.concat(found.media).subarray(at, at + samples.sizes[best]!)
  }
  return undefined
}

/** The head of a movie of single pictures, one a second. */
class PictureMovie {
  private readonly tables = new SampleTableWriter()
  private readonly entries: VideoDescription[] = []
  private readonly chunks: { track: number; samples: number; bytes: number; description: number }[] = []

  add(entry: VideoDescription, bytes: number): void {
    const known = this.entries.findIndex(({ configuration }) => configuration === entry.configuration)
    if (known < 0) this.entries.push(entry)
    const one = emptySamples(1)
    one.sizes[0] = bytes
    one.dts[0] = this.chunks.length
    one.durations[0] = 1
    one.sync[0] = 1
    this.tables.add(one)
    this.chunks.push({ track: 0, samples: 1, bytes, description: known < 0 ? this.entries.length - 1 : known })
  }

  head(): readonly Uint8Array[] {
    const facts = this.tables.finish()
    const entries: TableEntries = this.tables.drain()
    const edits = [{ duration: facts.duration, mediaTime: 0 }]
    const head = progressiveHead([{ entries: this.entries, timescale: 1, edits, tables: facts }], this.chunks)
    return head.map((part) => (part instanceof Uint8Array ? part : entries[part.table]))
  }
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
