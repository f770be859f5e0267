import type { UtcMs, UtcRange } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SourceObject } from '../model/source-segment.ts'

export type ChannelUsage = { readonly channelGuid: string; readonly objects: number; readonly bytes: number }

/**
 * Port: which source objects are needed and by which slots, and which must still be deleted from the object store.
 */
export type ObjectLedger = {
  /** The newest `limit` source objects of the input that no slot holds and no commit has settled, oldest first. */
  unsettledObjects(ingest: InputRef, limit: number): Promise<readonly SourceObject[]>
  /** Those of `keys` that have no row, not even as staged objects. */
  unknownObjects(keys: readonly string[]): Promise<readonly string[]>
  /**
   * Deletes, in one transaction of at most `limit` slots: slots sealed before `before` (the server's clock) outside
   * every pinned span, the output segments that need them, and source objects received before it that no slot holds and
   * that are not among `inUse`. The keys of their objects, where no other slot holds them, become pending deletions
   * until `objectsDeleted`. Eras that nothing needs are deleted, except those of `inUseEras`.
   */
  forget(
    ingest: InputRef,
    before: UtcMs,
    options: {
      pinned: readonly UtcRange[]
      inUse: readonly string[]
      inUseEras?: readonly number[]
      limit: number
    },
  ): Promise<{ readonly slots: number; readonly objects: number }>
  /** Deletes everything of the channel. */
  forgetChannel(channelGuid: string): Promise<void>
  /** The usage of each channel with content: its source objects and their bytes, without pending deletions. */
  usage(): Promise<readonly ChannelUsage[]>

  /** Keys of objects to be deleted from the object store. */
  pendingDeletions(limit: number): Promise<readonly string[]>
  objectsDeleted(keys: readonly string[]): Promise<void>
}
