import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { type ArchiveWindow, inOrder, type OutputSegment } from '../model/output-segment.ts'

/** Source objects remembered. Memory: about 100 bytes each. */
const MOST_REMEMBERED = 10_000

/**
 * What players were refused because source objects are lost. Live HLS playlists of the same endpoint call such segments
 * gaps from then on (EXT-X-GAP, RFC 8216bis §4.4.4.7), so that players pass over them instead of asking again. What is
 * lost to one endpoint may be whole to another: bytes that cannot be taken apart are served as they are in MPEG-TS.
 */
export class LostSegments {
  private readonly byEndpoint = new Map<string, { readonly keys: Set<string>; readonly version: number }>()
  private remembered = 0
  private changes = 0
  private forgottenAt = 0

  /** A number that grows when more is lost to an endpoint. */
  version({ guid }: OriginEndpoint): number {
    return this.byEndpoint.get(guid)?.version ?? this.forgottenAt
  }

  /** Notes that an endpoint could not serve a segment for want of a source object. */
  note({ guid }: OriginEndpoint, key: string): void {
    if (this.byEndpoint.get(guid)?.keys.has(key)) return
    if (this.remembered >= MOST_REMEMBERED) {
      this.byEndpoint.clear()
      this.remembered = 0
      this.forgottenAt = ++this.changes
    }
    const { keys } = this.byEndpoint.get(guid) ?? { keys: new Set() }
    this.byEndpoint.set(guid, { keys: keys.add(key), version: ++this.changes })
    this.remembered++
  }

  /** The window as HLS playlists of an endpoint show it: without the streams of segments that are lost. */
  without({ guid, packaging }: OriginEndpoint, window: ArchiveWindow): ArchiveWindow {
    const keys = this.byEndpoint.get(guid)?.keys
    if (!keys || packaging.manifests.some(({ type }) => type !== 'HLS')) return window
    return { ...window, segments: window.segments.map((segment) => playablePart(segment, keys)) }
  }
}

function playablePart(segment: OutputSegment, lost: ReadonlySet<string>): OutputSegment {
  const streams = new Set(
    segment.slots.flatMap(({ objects }) =>
      Object.entries(objects).flatMap(([stream, object]) =>
        inOrder(object).some(({ key }) => lost.has(key)) ? [Number(stream)] : [],
      ),
    ),
  )
  if (streams.size === 0) return segment
  const slots = segment.slots.map(({ objects, continued, ...slot }) => ({
    ...slot,
    objects: Object.fromEntries(Object.entries(objects).filter(([stream]) => !streams.has(Number(stream)))),
    ...(continued && { continued: continued.filter((stream) => !streams.has(stream)) }),
  }))
  return { ...segment, slots }
}
