import type { SlotObject, SourceStream } from '../output-segment.ts'

/**
 * An object of the first slot of an era, with its video times beginning at the first key frame: earlier pictures cannot
 * be decoded, because nothing precedes them. Without a key frame it has no video times.
 */
export function fromFirstKeyFrame(object: SlotObject, { tracks }: Pick<SourceStream, 'tracks'>): SlotObject {
  const { startsWithKeyFrame, times, keyFrames = [] } = object
  const at = tracks.findIndex(({ kind }) => kind === 'video')
  const shown = times?.[at]
  if (startsWithKeyFrame !== false || !times || !shown) return object
  const [first] = keyFrames
  return { ...object, times: times.with(at, first ? { ...shown, first: first.pts } : null) }
}
