import { setImmediate } from 'node:timers/promises'
import { titlesIn } from '../../media/id3.ts'
import { chapterSample } from '../../media/mp4/chapter-text.ts'
import type { ProgressiveTrack } from '../../media/mp4/progressive.ts'
import { SampleTableWriter, type TableEntries } from '../../media/mp4/sample-tables.ts'
import { emptySamples } from '../../media/sample.ts'
import { rescale, TICKS_PER_MS, TICKS_PER_SECOND } from '../../media/time.ts'
import type { OutputSegment, ShownRange } from '../../model/output-segment.ts'
import type { EventsWindow } from '../ads/shown-events.ts'
import { rangeOf } from '../cuts.ts'
import { samplesOf } from '../segments/segment-samples.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import type { SingleVideo } from '../tracks/track-set.ts'
import type { Shown } from './edits.ts'
import { MarkedParts } from './marked-parts.ts'
import type { MovieClock } from './movie-clock.ts'

/** More than any player lists: the last one goes on where there are more. */
const MOST_CHAPTERS = 1000

/** Of the track of chapters: a chapter of weeks has to fit into 32 bits. */
const TIMESCALE = 1000

/** What a file takes its chapters from: timed ID3, or what SCTE 35 marks in its window. */
export type ChapterSource = {
  /** The track of each era with which timed ID3 is delivered, by the era's id. */
  readonly tagged?: ReadonlyMap<number, SingleVideo>
  readonly marked?: EventsWindow
  /** The ranges of the window, where it has several. */
  readonly ranges: readonly ShownRange[] | undefined
}

/** From here on, in the range of the file that is shown as its `part`, there is this title; times are in ticks. */
type Mark = { readonly part: number; readonly at: number; readonly title: string }

type Chapter = { readonly start: number; readonly title: string }

/** A track of chapters, with all that it has. */
export type ChapterTrack = {
  readonly track: ProgressiveTrack
  readonly samples: number
  readonly entries: TableEntries
  readonly data: Uint8Array
}

/**
 * The chapters of a file: each tag with a title (TIT2), or each part that SCTE 35 marks, begins one, unless the one
 * before has the same title. What is before the first tag of a file, or of a range, has a chapter without a name.
 * Segments are told in their order.
 */
export class Chapters {
  private readonly source: ChapterSource
  private readonly marks: Mark[] = []
  private range: ShownRange | undefined
  private readonly parts: MarkedParts | undefined
  /** Where the segment before begins, on the clock. */
  private before = -Infinity

  constructor(source: ChapterSource) {
    this.source = source
    this.parts = source.marked && new MarkedParts(source.marked)
  }

  /** Goes on to the next segment, which is on the clock already. Throws LostMedia. */
  async enter(
    segment: OutputSegment,
    clock: MovieClock,
    { part, media }: { readonly part: number; readonly media: Pick<SourceMedia, 'demuxed'> },
  ): Promise<void> {
    const range = rangeOf(this.source.ranges, segment)
    const shift = clock.shiftIn(TICKS_PER_SECOND)
    const isFirst = this.marks.length === 0
    const isNew = isFirst || range !== this.range
    const marked = this.parts?.enter(segment, isNew)
    const begin = segment.start + shift
    if (isNew) this.add({ part, at: isFirst ? -Infinity : begin, title: marked?.title ?? '' })
    const earliest = isNew ? begin : this.before
    this.range = range
    this.before = begin
    // What changes within a segment that could not be cut there is told with the next one.
    for (const { at, title } of marked?.parts ?? []) this.mark({ part, at: Math.max(at + shift, earliest), title })
    const track = this.source.tagged?.get(segment.era)
    const { events = [] } = (track && (await samplesOf(track, segment, media))) ?? {}
    const search = titlesIn(events)
    let found = search.next()
    for (; !found.done; found = search.next()) await setImmediate()
    for (const { pts, title } of found.value) this.mark({ part, at: pts + shift, title })
  }

  private mark(mark: Mark): void {
    if (mark.title !== this.marks.at(-1)?.title) this.add(mark)
  }

  private add(mark: Mark): void {
    if (this.marks.length < MOST_CHAPTERS) this.marks.push(mark)
  }

  /**
   * The track of what is found, in a movie of this duration that shows its ranges so; undefined where nothing has a
   * title.
   */
  track(
    shown: readonly Shown[],
    { duration, timescale }: { readonly duration: number; readonly timescale: number },
  ): ChapterTrack | undefined {
    const end = rescale(duration, timescale, TIMESCALE)
    const chapters = this.placed(shown, end)
    if (!chapters.some(({ title }) => title !== '')) return undefined
    const texts = chapters.map(({ title }) => chapterSample(title))
    const table = emptySamples(chapters.length)
    for (const [i, { start }] of chapters.entries()) {
      table.sizes[i] = texts[i]!.length
      table.dts[i] = start
      table.durations[i] = (chapters[i + 1]?.start ?? end) - start
      table.sync[i] = 1
    }
    const writer = new SampleTableWriter()
    writer.add(table)
    const tables = writer.finish()
    const edits = [{ duration, mediaTime: 0 }]
    return {
      track: { entries: [{ kind: 'chapters' }], timescale: TIMESCALE, edits, tables },
      samples: chapters.length,
      entries: writer.drain(),
      data: Buffer.concat(texts),
    }
  }

  /** Chapters with their beginnings in the file, in milliseconds. */
  private placed(shown: readonly Shown[], end: number): readonly Chapter[] {
    let begins = 0
    const all = shown.flatMap(({ from, to }, part) => {
      const origin = begins
      begins += Math.max(to - from, 0)
      // A tag of pictures that are hidden tells what the first one shown belongs to.
      const own = this.marks.filter((mark) => mark.part === part && mark.at < to)
      return own.map(({ at, title }) => ({ at: origin + Math.max(at - from, 0), title }))
    })
    const chapters: Chapter[] = []
    for (const { at, title } of all.toSorted((a, b) => a.at - b.at)) {
      const start = Math.round(at / TICKS_PER_MS)
      if (start >= end) break
      if (chapters.at(-1)?.start === start) chapters.pop()
      if (chapters.at(-1)?.title !== title) chapters.push({ start, title })
    }
    return chapters
  }
}
