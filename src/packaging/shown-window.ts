import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { SegmentSummary, ShownRange, SummaryWindow } from '../model/output-segment.ts'
import { rangeOf } from './cuts.ts'
import type { Asset, OutputFormat, SegmentBatch } from './output-format.ts'
import { cutTo, shownOf } from './tracks/picture-times.ts'

/**
 * A window as its cuts show it: each range ends where the picture nearest to its end begins. The segment in which that
 * is is cut, and none follows it in the range. Summaries and whole segments are cut alike.
 */
export class ShownWindow {
  readonly summary: SummaryWindow
  /** Segments that are shown otherwise than they are, by their numbers: a shorter one, or none. */
  private readonly changed = new Map<number, SegmentSummary | undefined>()

  constructor({ packaging }: OriginEndpoint, window: SummaryWindow, cuts: readonly ShownRange[]) {
    const eras = new Map(window.eras.map((era) => [era.id, era]))
    const ended = new Set<ShownRange>()
    for (const segment of window.segments) {
      const range = rangeOf(cuts, segment)
      if (!range) continue
      const shown = ended.has(range)
        ? undefined
        : shownOf(segment, eras.get(segment.era), range, packaging.streamSelection)
      if (shown !== segment) {
        this.changed.set(segment.number, shown)
        ended.add(range)
      }
    }
    const segments = this.segments(window.segments)
    const left = new Set(segments.map(({ era }) => era))
    this.summary = { ...window, segments, eras: window.eras.filter(({ id }) => left.has(id)) }
  }

  /** The batch as it is shown. Of its segments, none is left out before one that stays. */
  batch<Segment extends SegmentSummary>({ before, segments, after }: SegmentBatch<Segment>): SegmentBatch<Segment> {
    return { before: this.segments(before), segments: this.segments(segments), after: this.segments(after) }
  }

  private segments<Segment extends SegmentSummary>(all: readonly Segment[]): readonly Segment[] {
    return all.flatMap((segment) => {
      if (!this.changed.has(segment.number)) return [segment]
      const shown = this.changed.get(segment.number)
      return shown ? [cutTo(segment, shown.duration)] : []
    })
  }
}

/** The format, with assets that end where their cuts do. */
export function cutting(format: OutputFormat): OutputFormat {
  return {
    resolve: (endpoint, path) => format.resolve(endpoint, path),
    asset(endpoint, window, options = {}): Asset | undefined {
      if (!options.cuts) return format.asset(endpoint, window, options)
      const shown = new ShownWindow(endpoint, window, options.cuts)
      const asset = format.asset(endpoint, shown.summary, options)
      return (
        asset && {
          ...asset,
          segmentsOf(whole) {
            const batch = shown.batch(whole)
            if (batch.segments.length === 0) return []
            return asset.segmentsOf(batch).map((file) => ({
              ...file,
              body: (segments, media) => file.body(shown.batch(segments), media),
            }))
          },
        }
      )
    },
  }
}
