import { MalformedMedia } from '../media/bytes.ts'
import { PTS_MODULUS, type Ticks, ticks } from '../media/time.ts'
import type { WebVtt } from '../media/webvtt/document.ts'
import { readWebVtt } from '../media/webvtt/reader.ts'
import { cuesBetween, cueTimes, joinWebVtt, type ShownCue } from '../media/webvtt/timeline.ts'
import { writeWebVtt } from '../media/webvtt/writer.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { OutputSegment, Slot, SlotObject, SourceStream } from '../model/output-segment.ts'
import type { SegmentBody, SegmentLookup } from './output-format.ts'
import { made, verbatim } from './segment-body.ts'
import type { SourceMedia } from './source-media.ts'

const TEXT_TYPE = 'text/vtt'
/** How far back the segment may begin whose subtitles are still shown, in ticks: half a minute. */
const LONGEST_TEXT_SEGMENT = 30 * 90_000
/** And in output segments, which may be gaps of a second. */
const MOST_SEGMENTS_BACK = 30

/**
 * The output segments before this one whose subtitles may still be shown in it, oldest first: encoders cut subtitles
 * otherwise than pictures. The look back ends at the first that has an object of the stream.
 */
export async function cuesBefore(
  endpoint: OriginEndpoint,
  segment: OutputSegment,
  { index: stream }: Pick<SourceStream, 'index'>,
  index: Pick<SegmentLookup, 'outputSegment'>,
): Promise<readonly OutputSegment[]> {
  const earlier: OutputSegment[] = []
  for (let number = segment.number - 1; number >= segment.number - MOST_SEGMENTS_BACK; number--) {
    const found = await index.outputSegment(endpoint, number)
    if (!found || found.segment.era !== segment.era) break
    if (found.segment.start < segment.start - LONGEST_TEXT_SEGMENT) break
    earlier.unshift(found.segment)
    if (found.segment.slots.some(({ objects }) => objects[stream] !== undefined)) break
  }
  return earlier
}

/** As `cuesBefore`, among segments that are at hand. */
export function cuesBeforeIn(segments: readonly OutputSegment[], at: number): readonly OutputSegment[] {
  const segment = segments[at]
  if (!segment) return []
  return segments
    .slice(Math.max(0, at - MOST_SEGMENTS_BACK), at)
    .filter(({ era, start }) => era === segment.era && start >= segment.start - LONGEST_TEXT_SEGMENT)
}

/** A segment of subtitles in WebVTT: the encoder's own bytes where they are cut like the output, else written anew. */
export async function webVttSegment(
  source: SourceStream,
  segment: OutputSegment,
  earlier: readonly OutputSegment[],
  media: Pick<SourceMedia, 'read'>,
): Promise<SegmentBody> {
  const placed = textObjects(source, segment, earlier)
  const [only] = placed
  const isCutAlike =
    only && placed.length === 1 && only.slot.start >= segment.start && endOf(only) <= endOfSegment(segment)
  const whole = isCutAlike ? verbatim(TEXT_TYPE, [only.object]) : undefined
  if (whole) return whole
  const files = await readAll(placed, media)
  const joined = files.length > 0 ? joinWebVtt(files) : undefined
  const shown = joined
    ? { ...joined, cues: joined.cues.filter((cue) => isShown(cueTimes(joined.map, cue, segment.start), segment)) }
    : { map: { mpegts: segment.start % PTS_MODULUS, local: 0 }, regions: [], styles: [], cues: [], malformed: 0 }
  return made(
    TEXT_TYPE,
    [writeWebVtt(shown)],
    placed.map(({ object }) => object),
  )
}

/** What is shown of a stream's subtitles in an output segment, on its era's timeline, and what says so. */
export async function cuesOf(
  source: SourceStream,
  segment: OutputSegment,
  earlier: readonly OutputSegment[],
  media: Pick<SourceMedia, 'read'>,
): Promise<{ readonly cues: readonly ShownCue[]; readonly objects: readonly SlotObject[] }> {
  const placed = textObjects(source, segment, earlier)
  const files = await readAll(placed, media)
  const cues = cuesBetween(files, segment.start, endOfSegment(segment))
  return { cues, objects: placed.map(({ object }) => object) }
}

type PlacedText = { readonly slot: Slot; readonly object: SlotObject }

/** The stream's objects whose interval reaches into the segment. */
function textObjects(
  { index }: SourceStream,
  segment: OutputSegment,
  earlier: readonly OutputSegment[],
): readonly PlacedText[] {
  return [...earlier, segment]
    .flatMap(({ slots }) => slots)
    .flatMap((slot) => {
      const object = slot.objects[index]
      return object ? [object, ...(object.more ?? [])].map((each) => ({ slot, object: each })) : []
    })
    .filter((placed) => endOf(placed) > segment.start)
}

function endOf({ slot, object }: PlacedText): number {
  return slot.start + (object.duration ?? slot.duration)
}

function endOfSegment({ start, duration }: OutputSegment): Ticks {
  return ticks(start + duration)
}

function isShown({ start, end }: { readonly start: number; readonly end: number }, segment: OutputSegment): boolean {
  return start < endOfSegment(segment) && end > segment.start
}

/** What is no WebVTT after all says nothing. */
async function readAll(placed: readonly PlacedText[], media: Pick<SourceMedia, 'read'>): Promise<readonly WebVtt[]> {
  const bytes = await Promise.all(placed.map(({ object }) => media.read(object.key)))
  return bytes.flatMap((each) => readableWebVtt(each) ?? [])
}

function readableWebVtt(bytes: Uint8Array): WebVtt | undefined {
  try {
    return readWebVtt(bytes)
  } catch (error) {
    if (error instanceof MalformedMedia) return undefined
    throw error
  }
}
