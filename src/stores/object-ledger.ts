import type { UtcMs, UtcRange } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SourceObject } from '../model/source-segment.ts'

export type ChannelUsage = { readonly channelGuid: string; readonly objects: number; readonly bytes: number }

/** Port: which source objects are needed, by whom, and which are still to be deleted from the object store. */
export type ObjectLedger = {
  /** The newest `limit` source objects of the input that no slot holds and no commit settled, oldest first. */
  unsettledObjects(ingest: InputRef, limit: number): Promise<readonly SourceObject[]>
  /** Which of `keys` no row knows. */
  unknownObjects(keys: readonly string[]): Promise<readonly string[]>
  /**
   * Forgets, in one transaction and at most `limit` slots: slots sealed before `before` (the server's clock) outside
   * every pinned span, the output segments that need them, and source objects received before it that no slot
   * holds and that are not among `inUse`. The keys of their objects, where no other slot holds them, are remembered as
   * pending deletions until `objectsDeleted`. Eras go that nothing needs, except those of `inUseEras`.
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
  /** Forgets the whole channel. */
  forgetChannel(channelGuid: string): Promise<void>
  /** What is kept of each channel that has anything: source objects and their bytes, without those pending deletion. */
  usage(): Promise<readonly ChannelUsage[]>

  /** Keys of objects to be deleted from the object store. */
  pendingDeletions(limit: number): Promise<readonly string[]>
  objectsDeleted(keys: readonly string[]): Promise<void>
}
