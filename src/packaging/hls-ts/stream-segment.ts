import { framesEnd, framesOffset } from '../../media/packed-audio.ts'
import { dataBetween } from '../../media/sample.ts'
import type { Steps } from '../../media/steps.ts'
import { filterTsInSteps } from '../../media/ts/filter.ts'
import { inOrder, type OutputSegment, type SlotObject } from '../../model/output-segment.ts'
import type { SegmentBody } from '../output-format.ts'
import { objectBody, transformedBody } from '../segments/segment-body.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import type { WholeMemory } from '../segments/whole-memory.ts'
import { cutEnd, pictureEnd } from '../tracks/cut-end.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import { isChanged } from './manifests.ts'
import type { HlsStream } from './stream-set.ts'

/** The bytes of a segment in the clear: objects one behind the other, or what is made of them. */
export type ClearSegment = {
  readonly objects: readonly SlotObject[]
  /** Absent where they stay as they are. */
  readonly change?: (sources: readonly Uint8Array[], memory: WholeMemory) => Steps<readonly Uint8Array[]>
}

/** What a segment of a stream in MPEG-TS or packed audio is made of. */
export function clearSegment({ source, pids }: HlsStream, segment: OutputSegment): ClearSegment {
  const objects = segment.slots.flatMap(({ objects }) => inOrder(objects[source.index]))
  const end = { near: segment.start, time: cutEnd(segment) }
  if (source.container === 'packed-audio') {
    if (objects.length < 2 && !segment.isCut) return { objects }
    // One timestamp at the beginning, then only frames.
    return {
      objects,
      *change(sources) {
        const parts: Uint8Array[] = []
        for (const bytes of sources) {
          const until = segment.isCut ? yield* framesEnd(bytes, end) : bytes.length
          parts.push(bytes.subarray(parts.length === 0 ? 0 : framesOffset(bytes), until))
          yield
        }
        return parts
      },
    }
  }
  if (!isChanged({ pids }, segment)) return { objects }
  const pictures = new Set(source.tracks.flatMap(({ kind, pid }) => (kind === 'video' ? pid : [])))
  const endOf = (pid: number) => (pictures.has(pid) ? pictureEnd(segment) : end.time)
  return {
    objects,
    *change(sources, { allocate }) {
      const options = { allocate, ...(segment.isCut && { until: { near: segment.start, endOf } }) }
      return [yield* filterTsInSteps(sources, ({ pid }) => pids?.includes(pid) ?? true, options)]
    },
  }
}

/**
 * What the file is made of to which byte ranges of a stream's trick play refer, where its segments have other bytes
 * than their sources; undefined where none is referred to.
 */
export function rangedSegment({ source }: HlsStream, segment: OutputSegment): ClearSegment | undefined {
  const objects = segment.slots.flatMap(({ objects }) => inOrder(objects[source.index]))
  if (!segment.isCut) return { objects }
  const iFrame = iFrameOf(segment, source.index)
  if (!iFrame) return undefined
  // Of what is cut off, nothing: what its playlist refers to is in front of that.
  const bytes = iFrame.offset + iFrame.size
  return {
    objects,
    *change(sources) {
      yield
      return [...dataBetween(sources, { skipped: 0, bytes })]
    },
  }
}

/** The body of a segment in the clear; undefined when it has no objects. Throws LostMedia. */
export async function clearBody(
  contentType: string,
  { objects, change }: ClearSegment,
  media: Pick<SourceMedia, 'ofWhole'>,
): Promise<SegmentBody | undefined> {
  return change ? transformedBody(contentType, objects, media, change) : objectBody(contentType, objects)
}
