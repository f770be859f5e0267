import type { SummaryWindow } from '../../model/output-segment.ts'

/** Tells of each stream of each era whether it has an object anywhere in a window. */
export function presenceIn({ segments }: SummaryWindow): (era: number, stream: number) => boolean {
  const present = new Map<number, Set<string>>()
  for (const { era, slots } of segments) {
    const streams = present.get(era) ?? new Set()
    present.set(era, streams)
    for (const { objects } of slots) for (const stream of Object.keys(objects)) streams.add(stream)
  }
  return (era, stream) => present.get(era)?.has(String(stream)) ?? false
}
