import { MalformedMedia } from '../../media/bytes.ts'
import { PTS_MODULUS, TICKS_PER_SECOND, type Ticks, ticks } from '../../media/time.ts'
import type { WebVtt } from '../../media/webvtt/document.ts'
import { MOST_WEBVTT_BYTES } from '../../media/webvtt/probe.ts'
import { readWebVtt } from '../../media/webvtt/reader.ts'
import { cuesBetween, cueTimes, joinWebVtt, type ShownCue } from '../../media/webvtt/timeline.ts'
import { writeWebVtt } from '../../media/webvtt/writer.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import {
  inOrder,
  type OutputSegment,
  type Slot,
  type SlotObject,
  type SourceStream,
} from '../../model/output-segment.ts'
import { NEIGHBOURS, type SegmentBatch, type SegmentBody, type SegmentLookup } from '../output-format.ts'
import { bytesBody, objectBody } from './segment-body.ts'
import type { SourceMedia } from './source-media.ts'

const TEXT_TYPE = 'text/vtt'
/** Ticks (half a minute) between the beginning of a segment and the latest time its subtitles are looked for. */
const LONGEST_TEXT_SEGMENT = 30 * TICKS_PER_SECOND
/**
 * The most earlier segments of the encoder that are read: some put a cue only where it begins, however long it is
 * shown.
 */
const MOST_OBJECTS_BACK = 3

/** The most bytes that are read, newest first: an encoder may put many files into a slot. */
const MOST_BYTES_READ = MOST_WEBVTT_BYTES

/** An output segment, and the earlier ones whose subtitles may still be shown in it, oldest first. */
export type SegmentWithEarlier = { readonly segment: OutputSegment; readonly earlier: readonly OutputSegment[] }

/**
 * Reads the earlier output segments whose subtitles may still be shown in this one, oldest first: encoders do not cut
 * subtitles where they cut video.
 */
export async function cuesBefore(
  endpoint: OriginEndpoint,
  segment: OutputSegment,
  stream: Pick<SourceStream, 'index'>,
  index: Pick<SegmentLookup, 'outputSegment'>,
): Promise<readonly OutputSegment[]> {
  const lookBack = new LookBack(segment, stream)
  for (let number = segment.number - 1; !lookBack.isDone; number--) {
    const found = await index.outputSegment(endpoint, number)
    lookBack.take(typeof found === 'string' ? undefined : found.segment)
  }
  return lookBack.found
}

/** As `cuesBefore`, for the segment at index `at` of a batch. */
export function cuesBeforeIn(
  { before, segments }: Pick<SegmentBatch, 'before' | 'segments'>,
  at: number,
  stream: Pick<SourceStream, 'index'>,
): readonly OutputSegment[] {
  const lookBack = new LookBack(segments[at]!, stream)
  for (let i = at - 1; !lookBack.isDone; i--) lookBack.take(i < 0 ? before.at(i) : segments[i])
  return lookBack.found
}

/**
 * Collects output segments backwards from the one before `segment`, until their subtitles can no longer be shown in
 * it.
 */
class LookBack {
  readonly found: OutputSegment[] = []
  isDone = false
  private readonly segment: OutputSegment
  private readonly stream: number
  private objects = 0

  constructor(segment: OutputSegment, { index }: Pick<SourceStream, 'index'>) {
    this.segment = segment
    this.stream = index
  }

  take(earlier: OutputSegment | undefined): void {
    const { era, start } = this.segment
    if (!earlier || earlier.era !== era || earlier.start < start - LONGEST_TEXT_SEGMENT) {
      this.isDone = true
      return
    }
    this.found.unshift(earlier)
    if (earlier.slots.some(({ objects }) => objects[this.stream] !== undefined)) this.objects++
    this.isDone = this.objects === MOST_OBJECTS_BACK || this.found.length === NEIGHBOURS
  }
}

/**
 * A segment of subtitles in WebVTT: the encoder's own bytes where they are cut like the output, otherwise rewritten.
 */
export async function webVttSegment(
  source: SourceStream,
  segment: OutputSegment,
  earlier: readonly OutputSegment[],
  media: Pick<SourceMedia, 'read'>,
): Promise<SegmentBody> {
  const placed = textObjects(source, segment, earlier).filter((each) => endOf(each) > segment.start)
  const [only] = placed
  const isCutAlike =
    only && placed.length === 1 && only.slot.start >= segment.start && endOf(only) <= endOfSegment(segment)
  const whole = isCutAlike ? objectBody(TEXT_TYPE, [only.object]) : undefined
  if (whole) return whole
  const files = await readAll(placed, media)
  const joined = files.length > 0 ? joinWebVtt(files) : undefined
  const shown = joined
    ? { ...joined, cues: joined.cues.filter((cue) => isShown(cueTimes(joined.map, cue, segment.start), segment)) }
    : { map: { mpegts: segment.start % PTS_MODULUS, local: 0 }, regions: [], styles: [], cues: [], malformed: 0 }
  return bytesBody(
    TEXT_TYPE,
    [writeWebVtt(shown)],
    placed.map(({ object }) => object),
  )
}

/** The cues of a stream shown in an output segment, on its era's timeline, with the objects they came from. */
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

/** The documents of a stream whose cues may be shown in an output segment, as `cuesOf` reads them. */
export function documentsOf(
  source: SourceStream,
  segment: OutputSegment,
  earlier: readonly OutputSegment[],
  media: Pick<SourceMedia, 'read'>,
): Promise<readonly WebVtt[]> {
  return readAll(textObjects(source, segment, earlier), media)
}

type PlacedText = { readonly slot: Slot; readonly object: SlotObject }

/** The stream's objects that must be read, in order. */
function textObjects(
  { index }: SourceStream,
  segment: OutputSegment,
  earlier: readonly OutputSegment[],
): readonly PlacedText[] {
  const placed = [...earlier, segment]
    .flatMap(({ slots }) => slots)
    .flatMap((slot) => inOrder(slot.objects[index]).map((object) => ({ slot, object })))
  let bytes = 0
  const tooMuch = placed.findLastIndex(({ object }) => {
    bytes += object.size
    return bytes > MOST_BYTES_READ
  })
  return placed.slice(tooMuch + 1)
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

/** Reads objects; those that turn out not to be WebVTT contribute nothing. */
async function readAll(placed: readonly PlacedText[], media: Pick<SourceMedia, 'read'>): Promise<readonly WebVtt[]> {
  const bytes = await Promise.all(placed.map(({ object }) => media.read(object)))
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
