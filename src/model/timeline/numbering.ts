import { type Ticks, ticks } from '../../media/time.ts'
import type { OutputSegment, Slot, SourceStream } from '../output-segment.ts'
import { shownSlot } from './lock.ts'
import type { NumberingState } from './numbering-state.ts'
import { makesSlots } from './state.ts'

/** An output segment, and whose slots it is made of. */
export type NumberedSegment = { readonly segment: OutputSegment; readonly input: string; readonly era: number }

/**
 * Gives a sealed slot to a numbering; what comes back are the output segments this completes (none, one or two).
 * A run ends at the multiple of the source segments nearest to the wanted duration, and before and after a slot that
 * some stream lacks, so that a gap costs no more than itself.
 */
export function addSlot(numbering: NumberingState, slot: Slot, streams: readonly SourceStream[]): NumberedSegment[] {
  const done: NumberedSegment[] = []
  const { last } = numbering
  const follows = last !== undefined && last.era === slot.era && last.index + 1 === slot.index
  const whole = isWhole(slot, streams)
  if (!follows || !whole) done.push(...closeRun(numbering))
  if (numbering.shownAs && numbering.shownAs.from !== slot.era) delete numbering.shownAs
  if (numbering.run.length === 0) numbering.runBreaks ||= last !== undefined && !follows
  numbering.run.push(shownSlot(slot, numbering.shownAs))
  numbering.runTracks = [...new Set([...(numbering.runTracks ?? []), ...tracksWithMedia(slot, streams)])]
  numbering.last = { era: slot.era, index: slot.index }
  if (!whole || runDuration(numbering.run) + slot.duration / 2 > numbering.segmentDuration) {
    done.push(...closeRun(numbering))
  }
  return done
}

/** Ends the run as it is: its era is over, or nothing more comes. */
export function closeRun(numbering: NumberingState): NumberedSegment[] {
  const { shownAs } = numbering
  const first = numbering.run[0]
  const last = numbering.run.at(-1)
  if (!first || !last) return []
  if (numbering.runBreaks) numbering.discontinuitySequence++
  const tracks = (numbering.runTracks ?? []).sort().join()
  if (numbering.runBreaks || numbering.period?.tracks !== tracks) {
    numbering.period = { number: numbering.nextNumber, start: first.start, tracks }
  }
  const { number, start } = numbering.period
  const segment: OutputSegment = {
    number: numbering.nextNumber++,
    era: first.era,
    start: first.start,
    duration: runDuration(numbering.run),
    startUtc: first.startUtc,
    sealedAt: last.sealedAt,
    discontinuity: numbering.runBreaks,
    discontinuitySequence: numbering.discontinuitySequence,
    period: { number, start },
    ...(shownAs && { moved: { ticks: shownAs.ticks, ms: shownAs.ms } }),
    slots: numbering.run,
  }
  numbering.run = []
  numbering.runTracks = []
  numbering.runBreaks = false
  return [{ segment, input: numbering.input, era: shownAs?.from ?? first.era }]
}

/**
 * True when every stream that has shown media in this era has an object in the slot; subtitles may have nothing to say.
 */
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
