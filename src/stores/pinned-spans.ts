import { type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { firstPlace } from '../model/first-place.ts'
import type { SlotWalk } from './object-ledger.ts'

/** Slots that a step of a walk looks at, so that it takes milliseconds however many of them are pinned. */
const LOOKED_AT = 4096

/** What a walk reads of a slot. */
export type WalkedSlot = {
  readonly id: number
  readonly start_utc: UtcMs
  readonly end_utc: UtcMs
  readonly sealed_at: UtcMs
}

/** The pinned spans of a channel. There may be thousands, and its old slots are mostly pinned ones. */
export class PinnedSpans {
  /** As few as possible that do not touch, in their order. */
  private readonly spans: readonly UtcRange[]

  constructor(spans: readonly UtcRange[]) {
    this.spans = mergedSpans(spans)
  }

  get isEmpty(): boolean {
    return this.spans.length === 0
  }

  /** True for what lies in a span, at least in part. */
  overlaps({ start_utc, end_utc }: Pick<WalkedSlot, 'start_utc' | 'end_utc'>): boolean {
    return (this.lastBefore(Math.max(end_utc, start_utc + 1))?.end ?? -Infinity) > start_utc
  }

  /** Where a walk goes on: after what it has passed, unless something of that is no longer pinned. */
  resumed(walk: SlotWalk | undefined): Pick<SlotWalk, 'sealedAt' | 'slot'> {
    if (walk?.pinned.every((span) => this.covers(span))) return walk
    return { sealedAt: utcMs(Number.MIN_SAFE_INTEGER), slot: 0 }
  }

  /** The number of slots that a step reads to find `limit` that may be deleted. */
  lookedAt(limit: number): number {
    return this.isEmpty ? limit : Math.max(limit, LOOKED_AT)
  }

  /** Of the slots that a step has read, up to `lookedAt`: at most `limit` that are not pinned, and where it ends. */
  step(
    from: Pick<SlotWalk, 'sealedAt' | 'slot'>,
    read: readonly WalkedSlot[],
    limit: number,
  ): { readonly free: readonly number[]; readonly walk: SlotWalk; readonly isDone: boolean } {
    const free = read.filter((slot) => !this.overlaps(slot)).slice(0, limit)
    const last = free.length === limit ? free.at(-1) : read.at(-1)
    const { sealedAt, slot } = last ? { sealedAt: last.sealed_at, slot: last.id } : from
    const isDone = last === read.at(-1) && read.length < this.lookedAt(limit)
    return { free: free.map(({ id }) => id), walk: { sealedAt, slot, pinned: this.spans }, isDone }
  }

  private covers({ start, end }: UtcRange): boolean {
    return (this.lastBefore(start + 1)?.end ?? -Infinity) >= end
  }

  /** The last span that begins before a moment. */
  private lastBefore(moment: number): UtcRange | undefined {
    return this.spans[firstPlace(this.spans.length, (place) => this.spans[place]!.start >= moment) - 1]
  }
}

function mergedSpans(spans: readonly UtcRange[]): readonly UtcRange[] {
  const merged: { start: UtcMs; end: UtcMs }[] = []
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last && start <= last.end) last.end = utcMs(Math.max(last.end, end))
    else merged.push({ start, end })
  }
  return merged
}
