import type { ManifestFilter } from '../model/manifest-filter.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { SummaryWindow } from '../model/output-segment.ts'
import type { AssetOptions, ManifestStyle, PathTimes } from './output-format.ts'
import { type References, referencesOf } from './time-shift.ts'
import type { PlacedCut } from './tracks/placed-cuts.ts'

/** The values that manifests of every format are made from; each format adds its own. */
export type Presentation = {
  readonly endpoint: OriginEndpoint
  readonly window: SummaryWindow
  readonly style: ManifestStyle
  /** Prefixes with which manifests refer to each other, and to segments. */
  readonly references: References
  /** The query appended to the name of a segment in every manifest; empty in an asset. */
  readonly segmentQuery: string
  /** True when the manifests are final. */
  readonly ended: boolean
  /** Filter of the parent manifest. */
  readonly filter?: ManifestFilter
  /** True where a parent manifest of HLS is to have no EXT-X-SESSION-KEY. */
  readonly excludesSessionKeys?: true
  /** What an asset shows of each range of the window. */
  readonly cuts?: readonly PlacedCut[]
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
    // Changes with the endpoint, so that caches fetch anew what may have changed.
    segmentQuery: isPlayed ? `?m=${Math.floor(endpoint.modifiedAt / 1000)}` : '',
    ended: !isPlayed || window.ended || style.shift?.isOver === true,
    ...(isPlayed && style.filter && { filter: style.filter }),
    ...(isPlayed && style.excludesSessionKeys && { excludesSessionKeys: true }),
  }
}

/** The presentation that a harvest writes: finished manifests in one folder. */
export function assetPresentation(
  endpoint: OriginEndpoint,
  window: SummaryWindow,
  { cuts }: AssetOptions = {},
): Presentation {
  return { ...presentationOf(endpoint, window, { kind: 'harvest' }, { depth: 0 }), ...(cuts && { cuts }) }
}
