import type { ManifestFilter } from '../model/manifest-filter.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { SummaryWindow } from '../model/output-segment.ts'
import type { ManifestStyle, PathTimes } from './output-format.ts'
import { type References, referencesOf } from './time-shift.ts'

/** What the manifests of a window are made from, whatever the format: each format adds its own. */
export type Presentation = {
  readonly endpoint: OriginEndpoint
  readonly window: SummaryWindow
  readonly style: ManifestStyle
  /** How manifests refer to each other, and to segments. */
  readonly references: References
  /** What follows the name of a segment wherever a manifest refers to it; empty in an asset. */
  readonly segmentQuery: string
  /** Nothing is added to the manifests any more. */
  readonly ended: boolean
  /** Of the parent manifest. */
  readonly filter?: ManifestFilter
}

export function presentationOf(
  endpoint: OriginEndpoint,
  window: SummaryWindow,
  style: ManifestStyle,
  times: PathTimes,
): Presentation {
  const isPlayed = style.kind === 'live'
  return {
    endpoint,
    window,
    style,
    references: referencesOf(times, style),
    // Changes when the endpoint does, so that caches fetch again what may have changed.
    segmentQuery: isPlayed ? `?m=${Math.floor(endpoint.modifiedAt / 1000)}` : '',
    ended: !isPlayed || window.ended || style.shift?.isOver === true,
    ...(isPlayed && style.filter && { filter: style.filter }),
  }
}

/** The presentation that a harvest leaves: its manifests lie side by side, and are finished. */
export function assetPresentation(endpoint: OriginEndpoint, window: SummaryWindow): Presentation {
  return presentationOf(endpoint, window, { kind: 'harvest' }, { depth: 0 })
}
