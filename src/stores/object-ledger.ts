import type { UtcMs, UtcRange } from '../media/time.ts'
import type { InputRef } from '../model/input-ref.ts'
import type { SourceObject } from '../model/source-segment.ts'

export type ChannelUsage = { readonly channelGuid: string; readonly objects: number; readonly bytes: number }

/** How far `forget` has come among the slots of an input: those it has passed are deleted, or were pinned. */
export type SlotWalk = {
  /** The slot that it has looked at last, and when that was sealed. */
  readonly sealedAt: UtcMs
  readonly slot: number
  /** What was pinned, as spans that do not overlap. */
  readonly pinned: readonly UtcRange[]
}

export type ForgetOptions = {
  readonly inUse: readonly string[]
  readonly inUseEras?: readonly number[]
  readonly limit: number
  readonly walk?: SlotWalk | undefined
}

/** What `forget` has deleted: `isDone` when nothing is left to delete, else it goes on after `walk`. */
export type Forgotten = {
  readonly slots: number
  readonly objects: number
  readonly isDone: boolean
  readonly walk?: SlotWalk
}

/**
 * Port: which source objects are needed and by which slots, and which must still be deleted from the object store.
 */
export type ObjectLedger = {
  /** The newest `limit` source objects of the input that no slot holds and no commit has settled, oldest first. */
  unsettledObjects(ingest: InputRef, limit: number): Promise<readonly SourceObject[]>
  /** Those of `keys` that have no row, not even as staged objects. */
  unknownObjects(keys: readonly string[]): Promise<readonly string[]>
  /**
   * Deletes, in one transaction of at most `limit` slots: slots sealed before `before` (the server's clock), the output
   * segments that need them, and source objects received before it that no slot holds and that are not `inUse`. Spared
   * is what is pinned by the harvest jobs and clips that are there when the transaction ends: slots in the spans of the
   * channel, and those of output segments that are shown in them. The keys of deleted objects, where no other slot
   * holds them, become pending deletions until `objectsDeleted`. Eras that nothing needs are deleted, except those of
   * `inUseEras`. It goes on after `walk`, without looking again at what was pinned, as long as all of that still is.
   */
  forget(ingest: InputRef, before: UtcMs, options: ForgetOptions): Promise<Forgotten>
  /** Deletes everything of the channel. False, with what is left, when something of it is pinned. */
  forgetChannel(channelGuid: string): Promise<boolean>
  /** The usage of each channel with content: its source objects and their bytes, without pending deletions. */
  usage(): Promise<readonly ChannelUsage[]>

  /** Keys of objects to be deleted from the object store. */
  pendingDeletions(limit: number): Promise<readonly string[]>
  objectsDeleted(keys: readonly string[]): Promise<void>
}
