import type { TimelineReport } from '../../../../src/control/timeline-operations.ts'
import { holds, type Span } from '../model/span.ts'
import { TileCache } from '../model/tile-cache.ts'
import { RESOLUTIONS_MS, type Tile, wantedTiles } from '../model/tiles.ts'
import type { TimelineStore } from '../store.ts'
import { type DrawnPiece, drawnPartsOf, gridOf, marksOf } from './drawn-content.ts'
import { extentOf, readTimeline, type TimelinePart } from './timeline-part.ts'

/** Asks for DescribeTimeline of the channel. */
export type AskTimeline = (
  query: { readonly startTime: string; readonly endTime: string; readonly resolutionSeconds: number },
  signal: AbortSignal,
) => Promise<TimelineReport>

export type ContentOptions = {
  readonly ask: AskTimeline
  readonly now: () => number
  /** Frames per second of the channel's pictures; undefined while they are not known. */
  readonly framesPerSecond: () => number | undefined
  /** False while nobody sees the page: nothing is read anew then. */
  readonly isSeen: () => boolean
  /** Something that is drawn has changed. */
  readonly onChange: () => void
}

/** How often what is at the live edge is read anew. */
const LIVE_MS = 2000

/** What the server tells of a channel's timeline, as far as it is looked at, and kept as it changes. */
export class TimelineContent {
  private readonly store: TimelineStore
  private readonly options: ContentOptions
  private readonly cache: TileCache<TimelinePart>
  private readonly unsubscribe: () => void
  private timer: ReturnType<typeof setInterval>
  private refreshing: AbortController | undefined
  /** The whole archive, as the minimap shows it. */
  overview: TimelinePart
  /** Of what the view is drawn. */
  pieces: readonly DrawnPiece[] = []

  constructor(store: TimelineStore, overview: TimelinePart, options: ContentOptions) {
    this.store = store
    this.overview = overview
    this.options = options
    this.cache = new TileCache((tile, signal) => this.read(tile, signal), { onChange: () => this.show() })
    let { view } = store.state
    this.unsubscribe = store.subscribe(() => {
      if (store.state.view === view) return
      view = store.state.view
      this.look()
    })
    this.timer = setInterval(() => void this.refresh(), LIVE_MS)
    this.look()
  }

  /** Why the last request was refused; undefined once one was answered again. */
  get fault(): Error | undefined {
    return this.cache.fault
  }

  get isLoading(): boolean {
    return this.cache.isLoading
  }

  /** Reads all that is shown anew: clips or jobs have changed. */
  invalidate(): void {
    this.cache.invalidate(() => true)
    void this.refresh()
  }

  close(): void {
    clearInterval(this.timer)
    this.unsubscribe()
    this.refreshing?.abort()
    this.cache.close()
  }

  private look(): void {
    const { view, archive } = this.store.state
    const { shown, next } = wantedTiles(view, archive)
    this.cache.want([...shown, ...next])
    this.show()
  }

  private show(): void {
    this.pieces = drawnPartsOf(this.store.state.view, (tile) => this.cache.get(tile))
    const grid = gridOf(this.pieces, this.options.framesPerSecond())
    this.store.dispatch({ type: 'content', marks: marksOf(this.pieces), grid })
    this.options.onChange()
  }

  private async read(tile: Tile, signal: AbortSignal): Promise<TimelinePart> {
    const answer = await this.options.ask(queryOf(tile, RESOLUTIONS_MS[tile.level]!), signal)
    return readTimeline(answer, this.options.now())
  }

  /** Finds how far the archive reaches now, and reads what is at the live edge anew. */
  private async refresh(): Promise<void> {
    if (this.refreshing || !this.options.isSeen()) return
    this.refreshing = new AbortController()
    const { archive } = this.store.state
    try {
      const now = this.options.now()
      this.overview = readTimeline(await askOverview(this.options.ask, now, this.refreshing.signal), now)
      const extent = extentOf(this.overview)
      if (extent && extent.end !== archive.end) {
        this.cache.invalidate((tile) => holds(tile, archive.end) || holds(tile, extent.end))
      }
      if (extent) this.store.dispatch({ type: 'archive', archive: extent })
      this.options.onChange()
    } catch {
      // The next round asks again; what was read before stays.
    } finally {
      this.refreshing = undefined
    }
  }
}

/** As long as content can be kept. */
const ARCHIVE_MS = 14 * 86_400_000
const OVERVIEW_CELLS = 1200

/** The whole archive at a resolution for the width of a screen. */
export function askOverview(ask: AskTimeline, now: number, signal: AbortSignal): Promise<TimelineReport> {
  const end = Math.ceil(now / 60_000) * 60_000
  return ask(queryOf({ start: end - ARCHIVE_MS, end }, ARCHIVE_MS / OVERVIEW_CELLS), signal)
}

function queryOf({ start, end }: Span, resolutionMs: number) {
  return {
    startTime: new Date(start).toISOString(),
    endTime: new Date(end).toISOString(),
    resolutionSeconds: resolutionMs / 1000,
  }
}
