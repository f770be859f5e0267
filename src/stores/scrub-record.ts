import type { UtcMs } from '../media/time.ts'
import type { Slot } from '../model/output-segment.ts'

/** How far a scrub has come: the id of the last slot it has read, and when the pass began. */
export type ScrubPosition = { readonly slot: number; readonly began: UtcMs }

/** A slot to be scrubbed. Ids grow in the order in which slots were sealed. */
export type ScrubSlot = { readonly id: number; readonly channelGuid: string; readonly slot: Slot }

/** Port: what a scrub reads, and remembers over restarts. */
export type ScrubRecord = {
  /** The slots of all channels after the one with an id, in order, at most `limit`. */
  slotsToScrub(after: number, limit: number): Promise<readonly ScrubSlot[]>
  /** Undefined before the first pass. */
  scrubPosition(): Promise<ScrubPosition | undefined>
  recordScrub(position: ScrubPosition): Promise<void>
}
