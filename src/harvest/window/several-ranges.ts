import { createHash } from 'node:crypto'
import type { UtcRange } from '../../media/time.ts'
import type { Loss } from '../../model/harvest-losses.ts'
import type { Era, SegmentSummary, ShownRange, SummaryWindow } from '../../model/output-segment.ts'
import type { SegmentPlace } from '../../model/packed-summaries.ts'
import { inPlace } from '../../model/segment-summary.ts'
import type { SegmentBatch } from '../../packaging/output-format.ts'
import type { PagedWindow, SegmentSource } from '../../packaging/paged-window.ts'
import type { HarvestWindow } from './harvest-window.ts'

/** Letters of the digest that tells assets of other ranges apart. */
const DIGEST_LETTERS = 8

/** The numbers that an endpoint gave the first and last output segment of a range. */
export type ArchivedNumbers = { readonly first: number; readonly last: number }

/** A range, and where its segments stand in the asset. */
type PlacedRange = {
  readonly span: UtcRange
  /** As the archive has it, without what the job's options leave out. */
  readonly window: PagedWindow
  readonly place: RangePlace
}

/**
 * Several ranges, one behind the other, as one window. Its segments are numbered from 1 on, its eras as well, so that
 * no two ranges have one in common, even where they show the same; each range but the first begins with a
 * discontinuity.
 */
export class SeveralRanges implements HarvestWindow {
  readonly summary: SummaryWindow
  private readonly ranges: readonly PlacedRange[]

  /** Takes at least one range. */
  constructor(ranges: readonly PlacedRange[]) {
    const summaries = ranges.map(({ window, place }) => {
      const { eras, segments } = window.summary
      return {
        eras: eras.map((era) => place.eraIn(era)),
        segments: segments.map((segment) => place.summaryIn(segment)),
      }
    })
    const { version, ended } = ranges[0]!.window.summary
    this.ranges = ranges
    this.summary = {
      version,
      ended,
      eras: summaries.flatMap(({ eras }) => eras),
      segments: summaries.flatMap(({ segments }) => segments),
      adEvents: ranges.flatMap(({ window, place: { numbers } }) => {
        return (window.summary.adEvents ?? []).map((each) => ({ ...each, within: numbers }))
      }),
      ranges: ranges.map(({ span: { start, end }, place }): ShownRange => ({ start, end, numbers: place.numbers })),
    }
  }

  /** The ranges as the archive has them, in the order of the asset. */
  static of(ranges: readonly { readonly span: UtcRange; readonly window: PagedWindow }[]): SeveralRanges {
    let before: RangePlace | undefined
    return new SeveralRanges(
      ranges.map(({ span, window }) => {
        before = new RangePlace(window, before)
        return { span, window, place: before }
      }),
    )
  }

  /** Windows of some ranges of an asset, one behind the other. */
  static joined(windows: readonly HarvestWindow[]): SeveralRanges {
    return new SeveralRanges(
      windows.flatMap((window) => {
        if (!(window instanceof SeveralRanges)) throw new Error('the window has no place among others')
        return window.ranges
      }),
    )
  }

  /** The numbers of each range that its endpoint gave. */
  get archived(): readonly ArchivedNumbers[] {
    return this.ranges.map(({ place }) => place.archived)
  }

  /** Letters and digits that differ where another asset shows other segments, in another order, or cut elsewhere. */
  digest(isCut: boolean): string {
    const shown = this.ranges.map(({ window, place: { archived }, span: { start, end } }) => [
      window.outputTimeline,
      archived.first,
      archived.last,
      ...(isCut ? [start, end] : []),
    ])
    return createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, DIGEST_LETTERS)
  }

  part(isIn: (segment: SegmentSummary) => boolean): SeveralRanges | undefined {
    const parts = this.ranges.flatMap(({ window, place, span }) => {
      const part = window.part((segment) => isIn(place.summaryIn(segment)))
      return part ? [{ span, place, window: part }] : []
    })
    return parts.length < this.ranges.length ? undefined : new SeveralRanges(parts)
  }

  mended(losses: readonly Loss[]): SeveralRanges {
    return new SeveralRanges(
      this.ranges.map(({ window, place, span }) => {
        const own = losses.filter(({ number }) => place.has(number))
        const archived = own.map((loss) => ({ ...loss, number: place.archivedNumber(loss.number) }))
        return { span, place, window: window.mended(archived) }
      }),
    )
  }

  async *summaryBatches(): AsyncGenerator<SegmentBatch<SegmentSummary>> {
    for (const { window, place } of this.ranges) {
      for await (const { before, segments, after } of window.summaryBatches()) {
        const placed = (all: readonly SegmentSummary[]) => all.map((segment) => place.summaryIn(segment))
        yield { before: placed(before), segments: placed(segments), after: placed(after) }
      }
    }
  }

  async *batches(afterNumber = 0): AsyncGenerator<SegmentBatch> {
    for (const { window, place } of this.ranges) {
      if (place.numbers.last <= afterNumber) continue
      const after = place.has(afterNumber) ? place.archivedNumber(afterNumber) : 0
      for await (const batch of window.batches(after)) {
        yield {
          before: batch.before.map((segment) => ({ ...segment, ...place.of(segment) })),
          segments: batch.segments.map((segment) => ({ ...segment, ...place.of(segment) })),
          after: batch.after.map((segment) => place.summaryIn(segment)),
        }
      }
    }
  }

  sourceOf({ number, era }: Pick<SegmentSummary, 'number' | 'era'>): SegmentSource | undefined {
    const range = this.ranges.find(({ place }) => place.has(number))
    const archived = range?.place.archivedEra(era)
    return archived === undefined ? undefined : range?.window.sourceOf({ era: archived })
  }

  /** Its ranges, each as a window. */
  split(): readonly SeveralRanges[] {
    return this.ranges.length === 1 ? [this] : this.ranges.map((range) => new SeveralRanges([range]))
  }
}

/** Where the segments and eras of a range stand in an asset, behind another range. */
class RangePlace {
  readonly archived: ArchivedNumbers
  /** Its numbers in the asset. */
  readonly numbers: ShownRange['numbers']
  private readonly eras: ReadonlyMap<number, number>
  private readonly lastEra: number
  private readonly lastDiscontinuity: number
  private readonly discontinuities: number
  private readonly isFirst: boolean
  private readonly begin: SegmentSummary

  constructor({ summary: { segments, eras } }: HarvestWindow, before: RangePlace | undefined) {
    const [oldest, newest] = [segments[0]!, segments.at(-1)!]
    const after = before?.numbers.last ?? 0
    const erasBefore = before?.lastEra ?? 0
    this.archived = { first: oldest.number, last: newest.number }
    this.numbers = { after, last: after + newest.number - oldest.number + 1 }
    this.eras = new Map(eras.map(({ id }, i) => [id, erasBefore + i + 1]))
    this.lastEra = erasBefore + eras.length
    this.isFirst = before === undefined
    this.begin = oldest
    this.discontinuities = (before ? before.lastDiscontinuity + 1 : 0) - oldest.discontinuitySequence
    this.lastDiscontinuity = newest.discontinuitySequence + this.discontinuities
  }

  has(number: number): boolean {
    return number > this.numbers.after && number <= this.numbers.last
  }

  archivedNumber(number: number): number {
    return number - this.numbers.after - 1 + this.archived.first
  }

  archivedEra(id: number): number | undefined {
    return [...this.eras].find(([, placed]) => placed === id)?.[0]
  }

  eraIn(era: Era): Era {
    return { ...era, id: this.eras.get(era.id)! }
  }

  summaryIn(segment: SegmentSummary): SegmentSummary {
    return inPlace(segment, this.of(segment))
  }

  of({ number, era, discontinuity, discontinuitySequence, period }: Omit<SegmentSummary, 'slots'>): SegmentPlace {
    const { first } = this.archived
    const placed = (archived: number) => archived - first + 1 + this.numbers.after
    // A period that began before the range begins with it.
    const begins = period && (period.number < first ? { number: first, start: this.begin.start } : period)
    return {
      number: placed(number),
      era: this.eras.get(era)!,
      discontinuity: discontinuity || (number === first && !this.isFirst),
      discontinuitySequence: discontinuitySequence + this.discontinuities,
      ...(begins && { period: { ...begins, number: placed(begins.number) } }),
    }
  }
}
