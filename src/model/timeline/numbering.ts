import { type Ticks, ticks } from '../../media/time.ts'
import type { OutputSegment, Slot, SourceStream } from '../output-segment.ts'
import { makesSlots, type NumberingState } from './state.ts'

export function openNumberingState(segmentDuration: Ticks, firstNumber: number): NumberingState {
  return {
    segmentDuration,
    nextNumber: firstNumber,
    discontinuitySequence: 0,
    isFilling: false,
    run: [],
    runBreaks: false,
  }
}

/**
 * Gives a sealed slot to a numbering; what comes back are the output segments this completes (none, one or two).
 * A run ends at the multiple of the source segments nearest to the wanted duration, and before and after a slot that
 * some stream lacks, so that a gap costs no more than itself.
 */
export function addSlot(numbering: NumberingState, slot: Slot, streams: readonly SourceStream[]): OutputSegment[] {
  const done: OutputSegment[] = []
  const { last } = numbering
  const follows = last !== undefined && last.era === slot.era && last.index + 1 === slot.index
  const whole = isWhole(slot, streams)
  if (!follows || !whole) done.push(...closeRun(numbering))
  if (numbering.run.length === 0) numbering.runBreaks ||= last !== undefined && !follows
  numbering.run.push(slot)
  numbering.runTracks = [...new Set([...(numbering.runTracks ?? []), ...tracksWithMedia(slot, streams)])]
  numbering.last = { era: slot.era, index: slot.index }
  if (!whole || runDuration(numbering.run) + slot.duration / 2 > numbering.segmentDuration) {
    done.push(...closeRun(numbering))
  }
  return done
}

/** Ends the run as it is: its era is over, or nothing more comes. */
export function closeRun(numbering: NumberingState): OutputSegment[] {
  const first = numbering.run[0]
  const last = numbering.run.at(-1)
  if (!first || !last) return []
  if (numbering.runBreaks) numbering.discontinuitySequence++
  const tracks = (numbering.runTracks ?? []).sort().join()
  if (numbering.runBreaks || numbering.stretch?.tracks !== tracks) {
    numbering.stretch = { number: numbering.nextNumber, start: first.start, tracks }
  }
  const { number, start } = numbering.stretch
  const segment: OutputSegment = {
    number: numbering.nextNumber++,
    era: first.era,
    start: first.start,
    duration: runDuration(numbering.run),
    startUtc: first.startUtc,
    sealedAt: last.sealedAt,
    discontinuity: numbering.runBreaks,
    discontinuitySequence: numbering.discontinuitySequence,
    stretch: { number, start },
    slots: numbering.run,
  }
  numbering.run = []
  numbering.runTracks = []
  numbering.runBreaks = false
  return [segment]
}

/** True when every stream that has shown media in this era has an object in the slot; subtitles may have nothing to say. */
function isWhole(slot: Slot, streams: readonly SourceStream[]): boolean {
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
