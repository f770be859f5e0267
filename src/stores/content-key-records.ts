import type { UtcMs } from '../media/time.ts'

/** What keys are requested for: one configuration of an endpoint's encryption. */
export type KeySource = {
  /** A digest of everything that decides on what the provider answers. */
  readonly id: string
  readonly endpointGuid: string
  readonly channelGuid: string
  /** Milliseconds of a key period; 0 where the one period never ends. */
  readonly intervalMs: number
}

/** The keys of a key period. Nobody but who has sealed them can read them. */
export type KeyRecord = {
  readonly period: number
  /** The period for which the provider gave these keys: an earlier one where it gave none for this one. */
  readonly givenFor: number
  readonly recordedAt: UtcMs
  /** What is public of the keys. */
  readonly body: string
  readonly sealed: string
}

/** A row by its place; a walk over all rows goes on behind it. */
export type KeyPlace = { readonly source: string; readonly period: number }

/** Content of a channel is kept from `before` on, and further back only where it is pinned. */
export type KeptContent = { readonly channelGuid: string; readonly before: UtcMs }

/**
 * Part of the port Resources: the content keys of encrypted endpoints, by source and key period. The first that are
 * recorded for a period stay for as long as there is content of it.
 */
export type ContentKeyRecords = {
  /** Records keys unless the period has some. Resolves to those on record, durably: these, or the first. */
  recordKeys(source: KeySource, record: KeyRecord): Promise<KeyRecord>
  /** Those of `periods` that are on record, in any order. */
  recordedKeys(sourceId: string, periods: readonly number[]): Promise<readonly KeyRecord[]>
  /** The newest on record of the periods before one. */
  recordedKeysBefore(sourceId: string, period: number): Promise<KeyRecord | undefined>
  /**
   * Looks at `limit` rows after `after` that are older than the content of their channel, and deletes those within
   * whose period no output segment of the channel begins. Keys for a job in progress with content of other channels
   * stay. Resolves to the last row it has looked at; undefined at the end.
   */
  forgetOldKeys(
    kept: readonly KeptContent[],
    walk: { readonly after?: KeyPlace | undefined; readonly limit: number },
  ): Promise<KeyPlace | undefined>
  /**
   * Deletes all keys of sources that no endpoint has had for `graceMs`, as far as a call has told, unless a harvest job
   * in progress or a clip needs the endpoint as it was. `current` are all sources that endpoints have.
   */
  forgetUnusedSources(current: readonly string[], now: UtcMs, graceMs: number): Promise<void>
}
