import type { UtcMs, UtcRange } from '../../media/time.ts'
import type { AdSpan } from './ad-spans.ts'
import type { Mark } from './marks.ts'
import type { Pictures } from './pictures.ts'
import type { ReducedContent } from './reduced-content.ts'
import type { EraBeginning } from './slot-runs.ts'

/** What there is of an input in a window, by the source's dates. */
export type InputOverview = ReducedContent & {
  readonly ingestEndpointId: string
  /** From the oldest content to the newest, also outside the window; absent where there is none. */
  readonly extent?: UtcRange
  /** The eras that begin in the window. */
  readonly eras: readonly Mark<EraBeginning & { readonly time: UtcMs }>[]
}

/** What an output timeline shows in a window. */
export type OutputOverview = ReducedContent & {
  readonly segmentDurationSeconds: number
  /** The endpoints that show it. */
  readonly originEndpointIds: readonly string[]
  readonly extent?: UtcRange
  /** The input that it shows where its content in the window begins; absent where there is none. */
  readonly ingestEndpointId?: string
  readonly discontinuities: readonly Mark<{ readonly time: UtcMs }>[]
  /** Where it begins to show another input. */
  readonly inputSwitches: readonly Mark<{ readonly time: UtcMs; readonly ingestEndpointId: string }>[]
}

/** What there is of a channel in a window, as a view shows it. */
export type ChannelOverview = {
  readonly inputs: readonly InputOverview[]
  readonly outputs: readonly OutputOverview[]
  readonly adBreaks: readonly AdSpan[]
  /** The other ad events: programmes, chapters and parts of networks. */
  readonly programmes: readonly AdSpan[]
  /** Present where the view's resolution tells pictures apart. */
  readonly pictures?: Pictures & {
    /** True where there are too many segments to tell the pictures of all. */
    readonly isTruncated: boolean
  }
}
