import { type Edit, type ProgressiveTrack, progressiveHead, sizeOfHead } from '../../media/mp4/progressive.ts'
import {
  SAMPLE_TABLES,
  type SampleTableName,
  SampleTableWriter,
  type TableFacts,
} from '../../media/mp4/sample-tables.ts'
import type { SampleTable } from '../../media/sample.ts'
import { rescale, TICKS_PER_SECOND, type UtcRange } from '../../media/time.ts'
import type { FileRange, OpenSpool, SeekableBody, SegmentBatches, Spool } from '../output-format.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { headBytes, mediaBytes, type PlannedChunk } from './file-bytes.ts'
import type { FileTrack } from './file-tracks.ts'
import { FrameCut, type KeptSamples } from './frame-cut.ts'
import { MovieClock } from './movie-clock.ts'
import { sizeOf, type TrackSamples, trackSamples } from './track-samples.ts'

export type ProgressiveDeps = { readonly media: Pick<SourceMedia, 'lend'>; readonly openSpool: OpenSpool }

export type ProgressiveOptions = {
  /** Shows only what lies between these moments, to the picture; absent: all of every segment. */
  readonly cut?: UtcRange | undefined
}

/**
 * A window as one MP4 file whose `moov` comes first. The window is read twice: for the sample tables, which are kept in
 * spools, and for the samples; a part is read without the media before it. Memory: the chunks of the file, some 60
 * bytes for each track of each output segment. `close` frees the spools; until then the body can be read again and
 * again. Undefined when no track has a sample. Throws LostMedia.
 */
export async function progressiveFile(
  tracks: readonly FileTrack[],
  batches: SegmentBatches,
  deps: ProgressiveDeps,
  { cut: asked }: ProgressiveOptions = {},
): Promise<SeekableBody | undefined> {
  const surveys = tracks.map((track) => new TrackSurvey(track, deps.openSpool))
  const cut = asked && new FrameCut(asked)
  const close = async () => {
    await Promise.all(surveys.map((survey) => survey.close()))
  }
  try {
    const chunks = await survey(surveys, batches, deps.media, cut)
    const used = surveys.filter(({ hasSamples }) => hasSamples)
    const [main] = used
    if (!main) {
      await close()
      return undefined
    }
    const shown = shownBy(used, cut)
    const movieTracks: ProgressiveTrack[] = []
    for (const each of used) movieTracks.push(await each.finish(main.track.timescale, shown))
    const head = progressiveHead(
      movieTracks,
      chunks.map((chunk) => ({ ...chunk, track: used.indexOf(surveys[chunk.track]!) })),
    )
    const headSize = sizeOfHead(head)
    const size = headSize + chunks.reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      contentType: main.track.kind === 'video' ? 'video/mp4' : 'audio/mp4',
      size,
      async *open({ start, end } = { start: 0, end: size }) {
        if (start < headSize) yield* headBytes(head, used, { start, end })
        const data = { start: Math.max(start - headSize, 0), end: end - headSize }
        if (data.start < data.end) yield* mediaBytes(chunks, { tracks, batches, media: deps.media }, data)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Reads the window for its sample tables; gives the chunks of the file in their order. */
async function survey(
  surveys: readonly TrackSurvey[],
  batches: SegmentBatches,
  media: ProgressiveDeps['media'],
  cut: FrameCut | undefined,
): Promise<readonly PlannedChunk[]> {
  const chunks: PlannedChunk[] = []
  const clock = new MovieClock()
  for await (const batch of batches()) {
    for (const [at, segment] of batch.segments.entries()) {
      clock.enter(segment, Math.max(0, ...surveys.map(({ endTicks }) => endTicks)))
      cut?.enter(segment, clock)
      const lent = media.lend()
      try {
        for (const [track, each] of surveys.entries()) {
          const chunk = await surveyed(each, await trackSamples(each.track, batch, at, lent), clock, cut)
          if (chunk) chunks.push({ track, segment: segment.number, ...chunk })
        }
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
  found: TrackSamples | undefined,
  clock: MovieClock,
  cut: FrameCut | undefined,
): Promise<Omit<PlannedChunk, 'track' | 'segment'> | undefined> {
  if (!found) return undefined
  const { timescale, kind } = survey.track
  const all = later(found.samples, clock.shiftIn(timescale))
  if (kind === 'video') cut?.settle(all, timescale)
  const kept = keptBy(cut, kind, all, timescale)
  if (kept.first === kept.end) return undefined
  const samples = samplesBetween(all, kept)
  await survey.add(samples)
  const [skipped, bytes] = [sizeOf(all, 0, kept.first), sizeOf(all, kept.first, kept.end)]
  return { samples: samples.count, skipped, bytes, description: found.description }
}

function keptBy(cut: FrameCut | undefined, kind: FileTrack['kind'], all: SampleTable, timescale: number): KeptSamples {
  if (!cut) return { first: 0, end: all.count }
  return kind === 'video' ? cut.pictures(all, timescale) : cut.others(all, timescale, kind === 'text')
}

/**
 * What the file shows, on its clock, in ticks: what was asked for, else from the first picture on, or in a file without
 * pictures from the first sound on.
 */
function shownBy(used: readonly TrackSurvey[], cut: FrameCut | undefined): Shown {
  // The kinds are in this order: pictures, sound, text.
  const main = used.filter(({ track }) => track.kind === used[0]?.track.kind)
  const first = Math.min(...main.map(({ firstTicks }) => firstTicks))
  return { from: Math.max(first, cut?.start ?? -Infinity), to: cut?.end ?? Infinity }
}

type Shown = { readonly from: number; readonly to: number }

/** What the first reading of a window finds of a track. */
class TrackSurvey {
  readonly track: FileTrack
  private readonly tables = new SampleTableWriter()
  private readonly spools: Readonly<Record<SampleTableName, Spool>>
  /** When the earliest sample of the first segment is shown, and the first is decoded, on the file's clock. */
  private first: { readonly shown: number; readonly decoded: number } | undefined
  private isFinished = false

  constructor(track: FileTrack, openSpool: OpenSpool) {
    this.track = track
    this.spools = { stts: openSpool(), ctts: openSpool(), stss: openSpool(), stsz: openSpool() }
  }

  get hasSamples(): boolean {
    return this.first !== undefined
  }

  /** Beginning of the track, in ticks of the file's clock. */
  get firstTicks(): number {
    return rescale(this.first?.shown ?? 0, this.track.timescale, TICKS_PER_SECOND)
  }

  /** End of the track so far, in ticks of the file's clock. */
  get endTicks(): number {
    return rescale(this.tables.end ?? 0, this.track.timescale, TICKS_PER_SECOND)
  }

  /** Adds samples of a segment, on the file's clock. */
  async add(samples: SampleTable): Promise<void> {
    this.first ??= {
      shown: samples.dts.reduce((least, dts, i) => Math.min(least, dts + samples.compositionOffsets[i]!), Infinity),
      decoded: samples.dts[0]!,
    }
    this.tables.add(samples)
    await this.spool()
  }

  /** Ends the tables, and writes the edits that show what lies between two moments of the file's clock, in ticks. */
  async finish(movieTimescale: number, shown: Shown): Promise<ProgressiveTrack> {
    const facts = this.tables.finish()
    await this.spool()
    this.isFinished = true
    const { entries, timescale, language, extendedLanguage } = this.track
    const edits = this.edits(facts, shown, movieTimescale)
    return {
      entries,
      timescale,
      ...(language !== undefined && { language }),
      ...(extendedLanguage !== undefined && { extendedLanguage }),
      edits,
      tables: facts,
    }
  }

  private edits({ duration }: TableFacts, { from, to }: Shown, movieTimescale: number): readonly Edit[] {
    const { shown = 0, decoded = 0 } = this.first ?? {}
    const { timescale } = this.track
    const own = (ticks: number) => rescale(ticks, TICKS_PER_SECOND, timescale)
    const inMovie = (time: number) => rescale(time, timescale, movieTimescale)
    const origin = own(from)
    const begin = Math.max(shown, origin)
    const end = Number.isFinite(to) ? Math.min(own(to), shown + duration) : shown + duration
    const edit = { duration: inMovie(Math.max(end - begin, 0)), mediaTime: begin - decoded }
    return begin > origin ? [{ duration: inMovie(begin - origin) }, edit] : [edit]
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

function later(samples: SampleTable, shift: number): SampleTable {
  return { ...samples, dts: samples.dts.map((time) => time + shift) }
}

function samplesBetween(all: SampleTable, { first, end }: KeptSamples): SampleTable {
  if (first === 0 && end === all.count) return all
  return {
    count: end - first,
    sizes: all.sizes.subarray(first, end),
    dts: all.dts.subarray(first, end),
    compositionOffsets: all.compositionOffsets.subarray(first, end),
    durations: all.durations.subarray(first, end),
    sync: all.sync.subarray(first, end),
  }
}
