import { TICKS_PER_SECOND, type Ticks, ticks } from '../../media/time.ts'
import { isCueOutCont } from '../cue-out-cont.ts'
import { makesSlots } from '../eras/era.ts'
import { LOCK_TOLERANCE, mapSlot } from '../eras/lock.ts'
import { hasStream, inOrder, type OutputSegment, type Slot, type SourceStream } from '../output-segment.ts'
import { endOfObject, isTimed } from '../stream-interval.ts'
import { enterSegment } from './ad-events.ts'
import type { OutputTimelineState } from './state.ts'
import { targetDurationAfter } from './target-duration.ts'

/** A frame of 2048 samples at 22.05 kHz. */
const LONGEST_FRAME: Ticks = ticks(TICKS_PER_SECOND / 10)

/** An output segment, with the input and the era that its slots are from. */
export type PublishedSegment = { readonly segment: OutputSegment; readonly input: string; readonly era: number }

/**
 * Gives a sealed slot to an output timeline; what comes back are the output segments this completes (none, one or two).
 * A run ends at the multiple of the source segments nearest to the wanted duration, and before and after a slot that
 * some stream lacks, so that a gap costs no more than itself. In it, a segment of every stream begins. It does not end,
 * gaps or not, while a segment of some stream lasts throughout the next slot. Where the output timeline is cut, it also
 * ends before a slot in which ads begin or end, or the first slot after that where it can.
 */
export function addSlot(output: OutputTimelineState, slot: Slot, streams: readonly SourceStream[]): PublishedSegment[] {
  const done: PublishedSegment[] = []
  const { last } = output
  const follows = last !== undefined && last.era === slot.era && last.index + 1 === slot.index
  const whole = isWhole(slot, streams)
  if (!follows || (!whole && !slot.continued)) done.push(...closeRun(output))
  if (output.mapping && output.mapping.from !== slot.era) delete output.mapping
  const placed = mapSlot(slot, output.mapping)
  if (hasHoleInSound(output.run, placed, streams)) done.push(...closeRun(output))
  if (output.isCut) done.push(...cutAtAds(output, placed))
  if (output.run.length === 0) output.runBreaks ||= last !== undefined && !follows
  output.run.push(placed)
  output.runTracks = [...new Set([...(output.runTracks ?? []), ...tracksWithMedia(slot, streams)])]
  output.last = { era: slot.era, index: slot.index }
  const isLong = runDuration(output.run) + slot.duration / 2 > output.segmentDuration
  if ((!whole || isLong) && everyStreamBegins(output.run) && !goesOn(output)) done.push(...closeRun(output))
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
  const shift = mapping && { ticks: mapping.ticks, ms: mapping.ms }
  const untimed: OutputSegment = {
    number: output.nextNumber++,
    era: first.era,
    start: first.start,
    duration: runDuration(output.run),
    startUtc: first.startUtc,
    sealedAt: last.sealedAt,
    discontinuity: output.runBreaks,
    discontinuitySequence: output.discontinuitySequence,
    period: { number, start },
    ...(shift && { shift }),
    slots: output.run,
  }
  // Numbers of a period cannot skip a segment in which nothing of a stream begins, unless it is the last.
  if (!everyStreamBegins(output.run)) output.period = { ...output.period, tracks: '' }
  output.targetDuration = targetDurationAfter(output, untimed)
  output.images ??= usualSlots(output)
  const { targetDuration, images } = output
  const segment = { ...untimed, ...enterAds(output, untimed), targetDuration, images }
  // A Period cannot skip a number in the middle, and a stream of which nothing begins here has no segment.
  if (!everyStreamBegins(output.run)) delete output.period
  output.run = []
  delete output.isCutDue
  output.runTracks = []
  output.runBreaks = false
  return [{ segment, input: output.input, era: mapping?.from ?? first.era }]
}

/** What becomes of ad events with a segment, and what DASH Periods need of them where it is cut. */
function enterAds(output: OutputTimelineState, segment: OutputSegment): Pick<OutputSegment, 'shownAds' | 'adBreaks'> {
  const { input, isCut } = output
  const isNewPeriod = segment.period?.number === segment.number
  const { known, shownAds, adBreaks } = enterSegment(output.adEvents, { ...segment, input, isNewPeriod })
  if (known) output.adEvents = known
  return {
    ...(shownAds && { shownAds }),
    ...(isCut && adBreaks && { adBreaks }),
  }
}

/** Images are not listed more often than once a second in the longest output segment. */
const MOST_IMAGES = 30

/** The number of slots of an output segment: as many as are nearest to the wanted duration. */
function usualSlots({ run, segmentDuration }: OutputTimelineState): number {
  const slot = Math.max(...run.map(({ duration }) => duration))
  return Math.min(Math.max(Math.round(segmentDuration / slot), 1), MOST_IMAGES)
}

/** Ends the run before a slot at an ad boundary, or one after it that was not possible. */
function cutAtAds(output: OutputTimelineState, slot: Slot): PublishedSegment[] {
  if (output.run.length === 0) return []
  if (isAdBoundary(slot)) output.isCutDue = true
  return output.isCutDue && canEndBefore(output.run, slot) ? closeRun(output) : []
}

/** What goes on there is no boundary. Which ads a manifest shows depends on its endpoint; where all begin does not. */
function isAdBoundary({ ads, adTags = [] }: Slot): boolean {
  const tags = adTags.filter((line) => !isCueOutCont(line))
  return [ads?.begins, ads?.ends, tags].some((all) => all !== undefined && all.length > 0)
}

/** False where a stream has no segment in the run, or one that lasts throughout the slot. */
function canEndBefore(run: readonly Slot[], { continued = [] }: Slot): boolean {
  return continued.length === 0 && everyStreamBegins(run)
}

/** True when every audio and video stream that has had media in this era has an object in the slot. */
export function isWhole(slot: Slot, streams: readonly SourceStream[]): boolean {
  return streams.every((stream) => !makesSlots(stream) || stream.tracks.length === 0 || hasStream(slot, stream.index))
}

/**
 * True when time passes without media between a run and a slot, for all streams or for packed audio, which tells only
 * when its first frame is played.
 */
function hasHoleInSound(run: readonly Slot[], slot: Slot, streams: readonly SourceStream[]): boolean {
  const last = run.at(-1)
  const packed = streams.filter(({ container }) => container === 'packed-audio')
  if (!last || packed.length === 0) return false
  if (slot.start - last.start - last.duration > LOCK_TOLERANCE) return true
  return packed.some(({ index }) => {
    const before = inOrder(run.findLast(({ objects }) => objects[index])?.objects[index]).at(-1)?.times?.[0]
    const after = slot.objects[index]?.times?.[0]
    return before && after && after.first - before.last > LOCK_TOLERANCE + LONGEST_FRAME
  })
}

/** False while a stream has only gone on through the run with what began before it. */
function everyStreamBegins(run: readonly Slot[]): boolean {
  return run.every(({ continued = [] }) => continued.every((index) => run.some(({ objects }) => objects[index])))
}

/** True while a stream lasts throughout the next slot, too. Streams that never end together are not waited for. */
function goesOn({ run, segmentDuration }: OutputTimelineState): boolean {
  const last = run.at(-1)
  if (!last) return false
  const ends = new Map<string, Ticks>()
  let longest = 0
  for (const slot of run) {
    for (const [index, object] of Object.entries(slot.objects)) {
      if (!isTimed(object)) continue
      ends.set(index, endOfObject(slot, object))
      longest = Math.max(longest, object.duration ?? 0)
    }
  }
  const beyond = last.start + (last.duration * 3) / 2
  return runDuration(run) < segmentDuration + longest && [...ends.values()].some((end) => end > beyond)
}

function tracksWithMedia({ objects, continued }: Slot, streams: readonly SourceStream[]): string[] {
  return streams.flatMap(({ index, tracks }) => {
    const times = inOrder(objects[index]).map((object) => object.times ?? [])
    return tracks.flatMap(({ kind }, i) => {
      const isThere = continued?.includes(index) || times.some((each) => each[i])
      return (kind === 'video' || kind === 'audio') && isThere ? `${index}.${i}` : []
    })
  })
}

function runDuration(run: readonly Slot[]): Ticks {
  const first = run[0]
  const last = run.at(-1)
  return ticks(first && last ? last.start + last.duration - first.start : 0)
}
