import { inOrder, type SegmentSummary } from '../../model/output-segment.ts'
import { pictureEnd } from './cut-end.ts'

/** The position of a key frame in the consecutive sources of an output segment. */
export type IFrame = { readonly pts: number; readonly offset: number; readonly size: number }

/**
 * The first key frame of an output segment of stream `n`. Trick play shows one picture of each output segment, so
 * that I-frames have the numbers of their segments, and both windows slide together.
 */
export function iFrameOf(segment: SegmentSummary, n: number): IFrame | undefined {
  const { slots } = segment
  const end = pictureEnd(segment)
  let before = 0
  for (const { objects } of slots) {
    for (const { keyFrames: [first] = [], size } of inOrder(objects[n])) {
      if (first) return first.pts < end ? { ...first, offset: before + first.offset } : undefined
      before += size
    }
  }
  return undefined
}
