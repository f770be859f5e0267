import type { SlotObject, SourceStream } from '../output-segment.ts'

/**
 * An object of an era's first slot, as it can be shown: nothing came before it that its pictures could be decoded from,
 * so they begin at its first key frame; without one it shows none.
 */
export function fromFirstKeyFrame(object: SlotObject, { tracks }: Pick<SourceStream, 'tracks'>): SlotObject {
  const { startsWithKeyFrame, times, keyFrames = [] } = object
  const at = tracks.findIndex(({ kind }) => kind === 'video')
  const shown = times?.[at]
  if (startsWithKeyFrame !== false || !times || !shown) return object
  const [first] = keyFrames
  return { ...object, times: times.with(at, first ? { ...shown, first: first.pts } : null) }
}
