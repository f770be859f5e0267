import type { SegmentRange } from '../../archive/reader.ts'
import type { UtcRange } from '../../media/time.ts'
import type { PeriodKeys } from '../../model/content-keys.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { AssetOptions, PlayedStyle } from '../../packaging/output-format.ts'
import type { PlaybackError } from '../playback-error.ts'

/** A manifest to be written. */
export type RenderJob = {
  readonly endpoint: OriginEndpoint
  /** Path below the endpoint's GUID, decoded. */
  readonly path: string
  readonly segmentRange: Omit<SegmentRange, 'page' | 'summaries' | 'adEventsOf'>
  readonly style: PlayedStyle | AssetStyle
}

/** A manifest as a harvest writes it; `path` is its name in the asset, which knows that of its parent manifest not. */
export type AssetStyle = {
  readonly kind: 'asset'
  readonly isParent: boolean
  readonly names: Pick<AssetOptions, 'manifests' | 'segments'>
  /** What is shown of the window, to the frame; absent: all of its segments. */
  readonly cut?: UtcRange
}

export type ManifestText = {
  readonly contentType: string
  readonly body: Uint8Array<ArrayBuffer>
  /** SHA-256 of the bytes, in base64url. */
  readonly digest: string
  /** Media sequence number of the newest segment. */
  readonly lastSequence: number
  /** Time at which the newest segment was sealed. */
  readonly lastUpdated: number
  /** True when part of a window in the past is left out until more is known. */
  readonly isHeldBack: boolean
  /** True when the segments begin and end in the order of their numbers, so that every window among them is a run. */
  readonly isInOrder: boolean
  /** Of the parent manifest of an asset: the names of its other manifests. */
  readonly children?: readonly string[]
}

/** A reason for which a window makes no manifest. */
export type NothingToRender = Extract<
  PlaybackError,
  'FilterLeavesNothing' | 'NothingInWindow' | 'NoSuchStream' | 'NotEncryptable'
>

export type Rendered = ManifestText | NothingToRender

/** What the thread asks for of a range while it writes its manifest. */
export type RangeSource = Pick<SegmentRange, 'summaries' | 'adEventsOf'> & {
  /** What is public of the keys of key periods of the endpoint. */
  keysOf(periods: readonly number[]): Promise<PeriodKeys>
}

/** A question to a source: one of its functions, with its argument. */
export type RangeQuestion = {
  readonly [Name in keyof RangeSource]: { readonly name: Name; readonly of: Parameters<RangeSource[Name]>[0] }
}[keyof RangeSource]

export type RenderRequest =
  /** `now` is that of the server, which has one clock for all its threads. */
  | { readonly kind: 'job'; readonly id: number; readonly now: number; readonly job: RenderJob }
  | { readonly kind: 'answer'; readonly question: number; readonly answer: unknown }
  | { readonly kind: 'no answer'; readonly question: number; readonly message: string }

export type RenderReply =
  /** `question` is its number. */
  | ({ readonly kind: 'question'; readonly id: number; readonly question: number } & RangeQuestion)
  | { readonly kind: 'rendered'; readonly id: number; readonly rendered: Rendered }
  /** A class of errors does not pass through the thread: NoContentKey is said. */
  | { readonly kind: 'failed'; readonly id: number; readonly error: Error; readonly lacksKey: boolean }
