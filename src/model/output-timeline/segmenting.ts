import { type Ticks, ticks } from '../../media/time.ts'
import { makesSlots } from '../eras/era.ts'
import { mapSlot } from '../eras/lock.ts'
import type { OutputSegment, Slot, SourceStream } from '../output-segment.ts'
import type { OutputTimelineState } from './state.ts'

/** An output segment, with the input and the era that its slots are from. */
export type PublishedSegment = { readonly segment: OutputSegment; readonly input: string; readonly era: number }

/**
 * Adds a sealed slot to an output timeline, and returns the output segments that this completes: none, one or two. A
 * segment ends at the slot boundary nearest to the wanted duration, and before and after a slot that some stream lacks,
 * so that a gap takes no more than its slot.
 */
export function addSlot(output: OutputTimelineState, slot: Slot, streams: readonly SourceStream[]): PublishedSegment[] {
  const done: PublishedSegment[] = []
  const { last } = output
  const follows = last !== undefined && last.era === slot.era && last.index + 1 === slot.index
  const whole = isWhole(slot, streams)
  if (!follows || !whole) done.push(...closeRun(output))
  if (output.mapping && output.mapping.from !== slot.era) delete output.mapping
  if (output.run.length === 0) output.runBreaks ||= last !== undefined && !follows
  output.run.push(mapSlot(slot, output.mapping))
  output.runTracks = [...new Set([...(output.runTracks ?? []), ...tracksWithMedia(slot, streams)])]
  output.last = { era: slot.era, index: slot.index }
  if (!whole || runDuration(output.run) + slot.duration / 2 > output.segmentDuration) {
    done.push(...closeRun(output))
  }
  return done
}

/** Publishes the run as an output segment, however short, because its era is over or nothing more comes. */
export function closeRun(output: OutputTimelineState): PublishedSegment[] {
  const { mapping } = output
  const first = output.run[0]
  const last = output.run.at(-1)
  if (!first || !last) return []
  if (output.runBreaks) output.discontinuitySequence++
  const tracks = (output.runTracks ?? []).sort().join()
  if (output.runBreaks || output.period?.tracks !== tracks) {
    output.period = { number: output.nextNumber, start: first.start, tracks }
  }
  const { number, start } = output.period
  const segment: OutputSegment = {
    number: output.nextNumber++,
    era: first.era,
    start: first.start,
    duration: runDuration(output.run),
    startUtc: first.startUtc,
    sealedAt: last.sealedAt,
    discontinuity: output.runBreaks,
    discontinuitySequence: output.discontinuitySequence,
    period: { number, start },
    ...(mapping && { shift: { ticks: mapping.ticks, ms: mapping.ms } }),
    slots: output.run,
  }
  output.run = []
  output.runTracks = []
  output.runBreaks = false
  return [{ segment, input: output.input, era: mapping?.from ?? first.era }]
}

/** True when every audio and video stream that has had media in this era has an object in the slot. */
export function isWhole(slot: Slot, streams: readonly SourceStream[]): boolean {
  return streams.every(
    (stream) => !makesSlots(stream) || stream.tracks.length === 0 || slot.objects[stream.index] !== undefined,
  )
}

function tracksWithMedia({ objects }: Slot, streams: readonly SourceStream[]): string[] {
  return streams.flatMap(({ index, tracks }) => {
    const times = objects[index]?.times ?? []
    return tracks.flatMap(({ kind }, i) => ((kind === 'video' || kind === 'audio') && times[i] ? `${index}.${i}` : []))
  })
}

function runDuration(run: readonly Slot[]): Ticks {
  const first = run[0]
  const last = run.at(-1)
  return ticks(first && last ? last.start + last.duration - first.start : 0)
}
