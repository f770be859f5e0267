import { msBetween, ticks, type UtcMs, utcMs } from '../media/time.ts'
import type { VideoDescription } from '../media/track.ts'
import type { InputRef } from '../model/input-ref.ts'
import { type Era, inOrder, type Slot, type SlotObject, type SourceStream } from '../model/output-segment.ts'
import type { KeyFrame } from '../model/source-segment.ts'
import type { SegmentReader } from '../stores/segment-reader.ts'
import { type SlotReads, slotBegunBy } from './slot-search.ts'

/** A key frame of the archive, and where its bytes are. */
export type FoundKeyFrame = {
  readonly object: SlotObject
  readonly keyFrame: KeyFrame
  readonly description: VideoDescription
  readonly slot: Slot
  /** When it is shown, by the source's clock. */
  readonly time: UtcMs
  /** True when content that comes later does not change that it is the newest. */
  readonly isSettled: boolean
}

export type PictureIndex = SlotReads & Pick<SegmentReader, 'eras'>

/** Slots without a picture behind which none is looked for any more. */
const MOST_WITHOUT = 16

/**
 * The newest key frame of an input at or before a moment by the source's clock, or of all without one, of the smallest
 * rendition with at least so many lines, else of the largest.
 */
export async function newestKeyFrame(
  index: PictureIndex,
  input: InputRef,
  { time, height = 0 }: { readonly time?: UtcMs | undefined; readonly height?: number | undefined },
): Promise<FoundKeyFrame | 'no content' | 'no picture'> {
  let moment = time
  let isSettled: boolean | undefined
  for (let looked = 0; looked < MOST_WITHOUT; looked++) {
    const found = await slotBegunBy(index, input, moment)
    if (!found) return looked === 0 ? 'no content' : 'no picture'
    const { slot } = found
    isSettled ??= found.isSettled
    const [era] = await index.eras(input.channelGuid, [slot.era])
    const picture = era && pictureIn(slot, era, time, height)
    if (picture) return { ...picture, slot, isSettled }
    moment = utcMs(slot.startUtc - 1)
  }
  return 'no picture'
}

type Picture = Pick<FoundKeyFrame, 'object' | 'keyFrame' | 'description' | 'time'>

/** The last key frame of a slot by a moment, of the best stream that has one. */
function pictureIn(slot: Slot, era: Era, moment: UtcMs | undefined, height: number): Picture | undefined {
  for (const { stream, description } of videosOf(era, height)) {
    const pictures = inOrder(slot.objects[stream.index]).flatMap((object) =>
      (object.keyFrames ?? []).map((keyFrame) => ({ object, keyFrame, description, time: timeOf(slot, keyFrame) })),
    )
    const last = pictures.findLast(({ time }) => moment === undefined || time <= moment)
    if (last) return last
  }
  return undefined
}

function timeOf({ start, startUtc }: Slot, { pts }: KeyFrame): UtcMs {
  return utcMs(startUtc + msBetween(start, ticks(pts)))
}

type Video = { readonly stream: SourceStream; readonly description: VideoDescription }

/** The videos of an era: the smallest with so many lines, and larger ones behind it; then those that are smaller. */
function videosOf({ streams }: Era, height: number): readonly Video[] {
  const videos = streams.flatMap((stream): Video[] => {
    const description =
      stream.container === 'mpeg-ts' ? stream.tracks.find((track) => track.kind === 'video') : undefined
    return description ? [{ stream, description }] : []
  })
  const ordered = videos.toSorted((a, b) => sizeOf(a) - sizeOf(b))
  const isEnough = ({ description }: Video) => description.height >= height
  return [...ordered.filter(isEnough), ...ordered.filter((video) => !isEnough(video)).reverse()]
}

/** Pictures of one size are compared by the bitrate of their stream, up to a bit. */
function sizeOf({ description: { width, height }, stream: { role } }: Video): number {
  const bandwidth = 'bandwidth' in role ? role.bandwidth : 0
  return height * width + 1 - 1 / (1 + bandwidth)
}
