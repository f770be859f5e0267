import type { SampleChunk } from '../../media/mp4/chunk-tables.ts'
import {
  type HeadPart,
  movieDuration,
  type ProgressiveTrack,
  progressiveHead,
  sizeOfHead,
} from '../../media/mp4/progressive.ts'
import { SAMPLE_TABLES, type SampleTableName, SampleTableWriter } from '../../media/mp4/sample-tables.ts'
import { dataBetween, type SampleTable, samplesBetween, sizeOf } from '../../media/sample.ts'
import { rescale, TICKS_PER_SECOND } from '../../media/time.ts'
import type { SeekableBody, SegmentBatches } from '../output-format.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import type { FileRange, OpenSpool, Spool } from '../spool.ts'
import { type ChapterSource, Chapters, type ChapterTrack } from './chapters.ts'
import { leadOf, withLead } from './decoding-lead.ts'
import { editsOf, type Shown, type TrackPart } from './edits.ts'
import { headBytes, mediaBytes, type PlannedChunk } from './file-bytes.ts'
import type { FileTrack } from './file-tracks.ts'
import { type CutRange, type FrameCut, FrameCuts, type KeptSamples } from './frame-cut.ts'
import { KeptMedia } from './kept-media.ts'
import { MovieClock } from './movie-clock.ts'
import { type TrackSamples, trackSamples } from './track-samples.ts'

export type ProgressiveDeps = {
  readonly media: Pick<SourceMedia, 'lend'>
  readonly openSpool: OpenSpool
  /** So much of the data is kept in a spool as well: only what is beyond is read twice. None if absent. */
  readonly keptBytes?: number
}

export type ProgressiveOptions = {
  /** Shows only so much of each range; absent: all of every segment. */
  readonly cuts?: readonly CutRange[] | undefined
  /** Has chapters, where there are any; absent: none. */
  readonly chapters?: ChapterSource | undefined
}

/**
 * A window as one MP4 file whose `moov` comes first. The window is read for the sample tables, which are kept in
 * spools, and again for media that are not; a part is read without the media before it. Memory: the chunks of the file,
 * some 60 bytes for each track of each output segment. `close` frees the spools; until then the body can be read again
 * and again. Undefined when no track has a sample. Throws LostMedia.
 */
export async function progressiveFile(
  tracks: readonly FileTrack[],
  batches: SegmentBatches,
  deps: ProgressiveDeps,
  { cuts: asked, chapters: source }: ProgressiveOptions = {},
): Promise<SeekableBody | undefined> {
  const surveys = tracks.map((track) => new TrackSurvey(track, deps.openSpool))
  const cuts = asked && new FrameCuts(asked)
  const chapters = source && new Chapters(source)
  const kept = deps.keptBytes === undefined ? undefined : new KeptMedia(deps.openSpool, deps.keptBytes)
  const close = async () => {
    await Promise.all([...surveys, ...(kept ? [kept] : [])].map((each) => each.close()))
  }
  try {
    const chunks = await survey(surveys, batches, { media: deps.media, kept }, { cuts, chapters })
    const used = surveys.filter(({ hasSamples }) => hasSamples)
    const [main] = used
    if (!main) {
      await close()
      return undefined
    }
    const shown = shownBy(used, cuts)
    const movieTracks: ProgressiveTrack[] = []
    for (const each of used) movieTracks.push(await each.finish(main.track.timescale, shown))
    const named = chapters?.track(shown, { duration: movieDuration(movieTracks), timescale: main.track.timescale })
    const placed = chunks.map((chunk) => ({ ...chunk, track: used.indexOf(surveys[chunk.track]!) }))
    const head = named ? headWithChapters(movieTracks, placed, named) : progressiveHead(movieTracks, placed)
    const headSize = sizeOfHead(head)
    const size = headSize + chunks.reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      contentType: main.track.kind === 'video' ? 'video/mp4' : 'audio/mp4',
      size,
      async *open({ start, end } = { start: 0, end: size }) {
        if (start < headSize) yield* headBytes(head, used, { start, end })
        const data = { start: Math.max(start - headSize, 0), end: end - headSize }
        const keptEnd = kept?.size ?? 0
        if (data.start < keptEnd) yield* kept!.read({ start: data.start, end: Math.min(data.end, keptEnd) })
        const rest = { start: Math.max(data.start, keptEnd), end: data.end }
        if (rest.start < rest.end) yield* mediaBytes(chunks, { tracks, batches, media: deps.media }, rest)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The head of a file with chapters, which come before all media, so that players have them when it begins. */
function headWithChapters(
  tracks: readonly ProgressiveTrack[],
  chunks: readonly SampleChunk[],
  { track, samples, entries, data }: ChapterTrack,
): readonly HeadPart[] {
  const index = tracks.length
  const first = { track: index, samples, bytes: data.length, description: 0 }
  const head = progressiveHead([...tracks, track], [first, ...chunks])
  const own = (part: HeadPart) => (!(part instanceof Uint8Array) && part.track === index ? entries[part.table] : part)
  return [...head.map(own), data]
}

/** Reads the window for its sample tables, and keeps its media if asked; gives the file's chunks in their order. */
async function survey(
  surveys: readonly TrackSurvey[],
  batches: SegmentBatches,
  { media, kept }: { readonly media: ProgressiveDeps['media']; readonly kept: KeptMedia | undefined },
  { cuts, chapters }: { readonly cuts: FrameCuts | undefined; readonly chapters: Chapters | undefined },
): Promise<readonly PlannedChunk[]> {
  const chunks: PlannedChunk[] = []
  const clock = new MovieClock()
  for await (const batch of batches()) {
    for (const [at, segment] of batch.segments.entries()) {
      clock.enter(segment, Math.max(0, ...surveys.map(({ endTicks }) => endTicks)))
      const cut = cuts?.enter(segment, clock)
      const range = Math.max((cuts?.count ?? 0) - 1, 0)
      const lent = media.lend()
      try {
        for (const [track, each] of surveys.entries()) {
          const found = await trackSamples(each.track, batch, at, lent)
          const chunk = found && (await surveyed(each, found, clock, { cut, range }))
          if (!chunk) continue
          chunks.push({ track, segment: segment.number, ...chunk })
          await kept?.add(dataBetween(found.media, chunk), chunk.bytes)
        }
        await chapters?.enter(segment, clock, { part: range, media: lent })
      } finally {
        await lent.end()
      }
    }
  }
  return chunks
}

/** Adds what is kept of a track's samples in a segment to its tables; undefined when that is nothing. */
async function surveyed(
  survey: TrackSurvey,
  found: TrackSamples,
  clock: MovieClock,
  { cut, range }: { readonly cut: FrameCut | undefined; readonly range: number },
): Promise<Omit<PlannedChunk, 'track' | 'segment'> | undefined> {
  const { timescale, kind } = survey.track
  const all = later(found.samples, clock.shiftIn(timescale))
  if (kind === 'video') cut?.settle(all, timescale)
  const kept = keptBy(cut, kind, all, timescale)
  if (kept.first === kept.end) return undefined
  const samples = samplesBetween(all, kept.first, kept.end)
  await survey.add(samples, range, cut?.start)
  const [skipped, bytes] = [sizeOf(all, 0, kept.first), sizeOf(all, kept.first, kept.end)]
  return { samples: samples.count, skipped, bytes, description: found.description }
}

function keptBy(cut: FrameCut | undefined, kind: FileTrack['kind'], all: SampleTable, timescale: number): KeptSamples {
  if (!cut) return { first: 0, end: all.count }
  return kind === 'video' ? cut.pictures(all, timescale) : cut.others(all, timescale, kind === 'text')
}

/**
 * What the file shows of each range, on its clock, in ticks: what was asked for, else from the first picture on, or in
 * a file without pictures from the first sound on.
 */
function shownBy(used: readonly TrackSurvey[], cuts: FrameCuts | undefined): readonly Shown[] {
  // The kinds are in this order: pictures, sound, text.
  const main = used.filter(({ track }) => track.kind === used[0]?.track.kind)
  const asked = cuts?.shown() ?? [{ begins: 0, from: -Infinity, to: Infinity }]
  return asked.map(({ begins, from, to }, range) => {
    const first = Math.min(...main.map((survey) => survey.firstTicks(range)))
    return { from: Math.max(Number.isFinite(first) ? first : begins, from), to }
  })
}

/** What the first reading of a window finds of a track. */
class TrackSurvey {
  readonly track: FileTrack
  private readonly tables = new SampleTableWriter()
  private readonly spools: Readonly<Record<SampleTableName, Spool>>
  /** How long before it is shown the first picture is decoded, in units of the track. */
  private lead: number | undefined
  /** Of each range of the window. */
  private readonly parts: (TrackPart | undefined)[] = []
  private isFinished = false

  constructor(track: FileTrack, openSpool: OpenSpool) {
    this.track = track
    this.spools = { stts: openSpool(), ctts: openSpool(), stss: openSpool(), stsz: openSpool() }
  }

  get hasSamples(): boolean {
    return this.parts.length > 0
  }

  /** Beginning of the track in a range, in ticks of the file's clock; Infinity where it has nothing there. */
  firstTicks(range: number): number {
    const part = this.parts[range]
    return part ? rescale(part.shown, this.track.timescale, TICKS_PER_SECOND) : Infinity
  }

  /** End of the track so far, in ticks of the file's clock. */
  get endTicks(): number {
    return rescale(this.tables.end ?? 0, this.track.timescale, TICKS_PER_SECOND)
  }

  /**
   * Adds samples of a segment of a range, on the file's clock; what is shown of the range begins at `from`, in ticks of
   * that clock, or with its first sample.
   */
  async add(found: SampleTable, range: number, from = -Infinity): Promise<void> {
    const known = this.parts[range]
    const samples = known ? found : this.placed(found, from)
    const { shown, decoded } = known ?? { shown: earliest(samples), decoded: samples.dts[0]! }
    this.tables.add(samples)
    this.parts[range] = { shown, decoded, end: this.tables.end ?? decoded }
    await this.spool()
  }

  /** The first samples of a range, decoded in time for players. */
  private placed(samples: SampleTable, from: number): SampleTable {
    const { kind, timescale } = this.track
    if (kind !== 'video') return samples
    const begin = Math.max(earliest(samples), Number.isFinite(from) ? rescale(from, TICKS_PER_SECOND, timescale) : from)
    this.lead ??= leadOf(samples, begin)
    return this.lead === undefined ? samples : withLead(samples, begin, this.lead)
  }

  /** Ends the tables, and writes the edits that show of each range what the file shows of it. */
  async finish(movieTimescale: number, shown: readonly Shown[]): Promise<ProgressiveTrack> {
    const facts = this.tables.finish()
    await this.spool()
    this.isFinished = true
    const { entries, timescale, language, extendedLanguage } = this.track
    return {
      entries,
      timescale,
      ...(language !== undefined && { language }),
      ...(extendedLanguage !== undefined && { extendedLanguage }),
      edits: editsOf(this.parts, shown, timescale, movieTimescale),
      tables: facts,
    }
  }

  private async spool(): Promise<void> {
    const entries = this.tables.drain()
    for (const name of SAMPLE_TABLES) if (entries[name].length > 0) await this.spools[name].append(entries[name])
  }

  read(table: SampleTableName, range: FileRange): AsyncIterable<Uint8Array> {
    if (!this.isFinished) throw new Error('the tables are not finished')
    return this.spools[table].read(range)
  }

  async close(): Promise<void> {
    await Promise.all(SAMPLE_TABLES.map((name) => this.spools[name].close()))
  }
}

function earliest({ dts, compositionOffsets }: SampleTable): number {
  return dts.reduce((least, time, i) => Math.min(least, time + compositionOffsets[i]!), Infinity)
}

function later(samples: SampleTable, shift: number): SampleTable {
  return { ...samples, dts: samples.dts.map((time) => time + shift) }
}
