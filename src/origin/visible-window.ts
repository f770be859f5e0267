import type { ArchiveReader, LiveEdge } from '../archive/reader.ts'
import type { Clock } from '../clock.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { endUtcOf } from '../model/output-segment.ts'
import { type ViewingWindow, type VisibleWindow, visibleWindow, type WindowAbsence } from '../model/viewing-window.ts'
import type { PlaybackError } from './playback-error.ts'

/** The errors for windows of which nothing can be seen. */
const WINDOW_ERRORS = {
  'not yet': 'WindowNotYet',
  'no startover window': 'NoStartoverWindow',
  'outside startover window': 'OutsideStartoverWindow',
} as const satisfies Record<WindowAbsence, PlaybackError>

export type UnseenWindow = 'NothingToShowYet' | (typeof WINDOW_ERRORS)[WindowAbsence]

/** What can be seen of a window, and the live edge of that moment. */
export type SeenWindow = { readonly window: VisibleWindow; readonly edge: LiveEdge }

/** The moment whose live edge an endpoint with a time delay shows; undefined for one without. */
export function momentShown({ timeDelaySeconds }: OriginEndpoint, clock: Clock): UtcMs | undefined {
  return timeDelaySeconds > 0 ? utcMs(clock() - timeDelaySeconds * 1000) : undefined
}

/** What can be seen of a window of an endpoint, or why nothing can. */
export async function seenWindow(
  archive: Pick<ArchiveReader, 'edge'>,
  endpoint: OriginEndpoint,
  asked: ViewingWindow,
  asOf: UtcMs | undefined,
): Promise<SeenWindow | UnseenWindow> {
  const edge = await archive.edge(endpoint, asOf)
  if (!edge) return 'NothingToShowYet'
  const progress = { live: endUtcOf(edge.segment), published: edge.publishedUntil }
  const window = visibleWindow(asked, endpoint.startoverWindowSeconds, progress)
  return typeof window === 'string' ? WINDOW_ERRORS[window] : { window, edge }
}
