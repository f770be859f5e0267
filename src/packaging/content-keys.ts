import type { KeyObject } from 'node:crypto'
import { type KeyDescription, keyPeriodsOf, type PeriodKeys } from '../model/content-keys.ts'
import type { TrackType } from '../model/key-track-types.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { SummaryWindow } from '../model/output-segment.ts'

/** A content key. The key itself is never a buffer or text, so that no log, error or message can hold it. */
export type ContentKey = KeyDescription & { readonly key: KeyObject }

/** Port: the content keys of encrypted endpoints. What a key period has been given never changes. */
export type ContentKeys = {
  /** The keys of a period, requested from the endpoint's provider where none are on record. Throws NoContentKey. */
  find(endpoint: OriginEndpoint, period: number): Promise<readonly ContentKey[]>
  /** What is public of the keys of periods, as `find` finds them. Throws NoContentKey. */
  describe(endpoint: OriginEndpoint, periods: readonly number[]): Promise<PeriodKeys>
  /** What is public of the keys of a period that a client has named: none are requested. Throws NoContentKey. */
  onRecord(endpoint: OriginEndpoint, period: number): Promise<readonly KeyDescription[]>
}

/** Thrown when an endpoint has no key for a key period, and its provider gives none. */
export class NoContentKey extends Error {
  override readonly name = 'NoContentKey'
}

/** The key of tracks of this type among those of a key period. Throws NoContentKey. */
export function keyOfType<Key extends KeyDescription>(keys: readonly Key[] | undefined, trackType: TrackType): Key {
  const key = keys?.find((each) => each.trackType === trackType)
  if (!key) throw new NoContentKey(`the provider has given no key for ${trackType}`)
  return key
}

/**
 * The window with what manifests need of the keys of its segments, and of others that it has encoded anew, where the
 * endpoint is encrypted. Throws NoContentKey.
 */
export async function withKeys<Window extends SummaryWindow>(
  endpoint: OriginEndpoint,
  window: Window,
  keys: Pick<ContentKeys, 'describe'>,
  others: Parameters<typeof keyPeriodsOf>[1] = [],
): Promise<Window> {
  const { encryption } = endpoint.packaging
  if (!encryption) return window
  return { ...window, keys: await keys.describe(endpoint, keyPeriodsOf(encryption, [...window.segments, ...others])) }
}
