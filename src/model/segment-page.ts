import { mapSlot } from './eras/lock.ts'
import type { OutputSegment } from './output-segment.ts'
import { PackedSummaries, type StoredSegmentBody } from './packed-summaries.ts'
import type { StoredSegmentSummary } from './segment-summary.ts'
import type { AnySlotSummary } from './slot-summary-versions.ts'

declare const segments: unique symbol

/**
 * Consecutive output segments as JSON: an array, oldest first, of segments as stored, with slots as they are in their
 * own eras. The segment index gives pages as text, which passes between threads unchanged and is parsed where segments
 * are needed.
 */
export type SegmentPageJson<Segment> = string & { readonly [segments]: Segment }

/** Parses a page of output segments, with their slots mapped to the era that shows them. */
export function parseSegmentPage(page: SegmentPageJson<OutputSegment>): readonly OutputSegment[] {
  return (JSON.parse(page) as readonly OutputSegment[]).map(asShown)
}

declare const summaries: unique symbol

/**
 * Summaries of consecutive output segments as JSON in UTF-8, which passes between threads without being copied: an
 * array, oldest first, that has four values for each slot: the number and the era of its segment, what is stored of
 * that beside (null but with the first slot of each), and of the slot, as it is in its own era.
 */
export type SummaryPage = Uint8Array<ArrayBuffer> & { readonly [summaries]: StoredSegmentSummary }

/** Reads a page of summaries. */
export function readSummaryPage(page: SummaryPage): PackedSummaries {
  const values = JSON.parse(textOf(page)) as readonly unknown[]
  const packed = new PackedSummaries()
  for (let i = 0; i < values.length; i += 4) {
    const body = values[i + 2] as StoredSegmentBody | null
    if (body) packed.addSegment(values[i] as number, values[i + 1] as number, body)
    packed.addSlot(values[i + 3] as AnySlotSummary)
  }
  return packed.seal()
}

/** As TextDecoder has it, which takes ten times as long. */
function textOf({ buffer, byteOffset, length }: SummaryPage): string {
  return Buffer.from(buffer, byteOffset, length).utf8Slice()
}

/** Makes a page of what `readSummaryPage` reads, as JSON. */
export function summaryPageOf(values: readonly string[]): SummaryPage {
  return new TextEncoder().encode(`[${values.join()}]`) as SummaryPage
}

/** Makes a page of stored summaries, for a store that holds them as values. */
export function writeSummaryPage(stored: readonly StoredSegmentSummary[]): SummaryPage {
  return summaryPageOf(
    stored.flatMap(({ number, era, slots, ...body }) =>
      slots.flatMap((slot, i) => [
        String(number),
        String(era),
        i === 0 ? JSON.stringify(body) : 'null',
        JSON.stringify(slot),
      ]),
    ),
  )
}

/** Makes a page of stored segments, for a store that holds them as values. */
export function writePage<Segment>(stored: readonly Segment[]): SegmentPageJson<Segment> {
  return JSON.stringify(stored) as SegmentPageJson<Segment>
}

/** A segment with its slots mapped to its era: slots of a locked input are stored on that input's own timeline. */
function asShown(segment: OutputSegment): OutputSegment {
  const { era, shift } = segment
  return shift ? { ...segment, slots: segment.slots.map((slot) => mapSlot(slot, { era, ...shift })) } : segment
}
