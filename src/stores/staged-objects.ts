import type { UtcMs } from '../media/time.ts'
import { StoreUnavailable } from './resources.ts'

/**
 * Thrown for a commit of an object that has been abandoned: so much time passed since it was staged that its writer
 * counted as gone. It is not recorded, and must be sent again.
 */
export class ObjectAbandoned extends StoreUnavailable {
  override readonly name = 'ObjectAbandoned'
}

/**
 * Port: objects on their way into an object store that several processes share. An object is staged before it is
 * written, until a commit records it (`TimelineCommit.staged`). What stays staged was left behind, by whichever process
 * and however it ended, and is found without a listing of the object store.
 */
export type StagedObjects = {
  /** Notes that the object `key` is going to be written. */
  stage(key: string, at: UtcMs): Promise<void>
  /**
   * Makes objects that were staged before `before` pending deletions, at most `limit`: no commit records them any more.
   * Resolves to their number.
   */
  abandon(before: UtcMs, limit: number): Promise<number>
  /** Those of `keys` that are not staged: whoever still writes one of them writes in vain. */
  unstaged(keys: readonly string[]): Promise<readonly string[]>
}

/** Port: what is left in an object store of objects that were being written, and are no objects yet. */
export type UnfinishedObjects = {
  /** Removes what is left of the keys that `abandoned` picks out; resolves to the number of objects. */
  removeUnfinished(abandoned: (keys: readonly string[]) => Promise<readonly string[]>): Promise<number>
}
