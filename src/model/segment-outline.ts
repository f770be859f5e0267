import type { Ticks, UtcMs } from '../media/time.ts'
import type { OutputSegment, Slot } from './output-segment.ts'
import { outlineOf, type SlotOutline, slotOf } from './slot-outline.ts'

/** An output segment with outlines of its slots: as they stand in their own eras, where the segment was moved. */
export type OutlinedSegment = Omit<OutputSegment, 'slots'> & { readonly slots: readonly SlotOutline[] }

export function outlinedSegment(segment: OutputSegment): OutlinedSegment {
  return { ...segment, slots: segment.slots.map(outlineOf) }
}

/** What an outline tells of a segment, to be looked at again and again. */
export function shownOutline(outlined: OutlinedSegment): OutputSegment {
  return { ...outlined, slots: outlined.slots.map((slot) => slotOf(slot, outlined)) }
}

/**
 * The same, to be kept in great numbers: its slots are read again whenever they are asked for. Memory: about 200 bytes, and
 * as many for its slot as its outline has letters: 250 for three renditions.
 */
export function keptOutline(outlined: OutlinedSegment): OutputSegment {
  return new KeptOutline(outlined)
}

class KeptOutline implements OutputSegment {
  readonly number: number
  readonly era: number
  readonly start: Ticks
  readonly duration: Ticks
  readonly startUtc: UtcMs
  readonly sealedAt: UtcMs
  readonly discontinuity: boolean
  readonly discontinuitySequence: number
  declare readonly stretch?: NonNullable<OutputSegment['stretch']>
  declare readonly moved?: NonNullable<OutputSegment['moved']>
  readonly #slots: string

  constructor(outlined: OutlinedSegment) {
    this.number = outlined.number
    this.era = outlined.era
    this.start = outlined.start
    this.duration = outlined.duration
    this.startUtc = outlined.startUtc
    this.sealedAt = outlined.sealedAt
    this.discontinuity = outlined.discontinuity
    this.discontinuitySequence = outlined.discontinuitySequence
    if (outlined.stretch) this.stretch = outlined.stretch
    if (outlined.moved) this.moved = outlined.moved
    this.#slots = JSON.stringify(outlined.slots)
  }

  get slots(): readonly Slot[] {
    return (JSON.parse(this.#slots) as readonly SlotOutline[]).map((slot) => slotOf(slot, this))
  }
}
