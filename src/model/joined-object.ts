import { inOrder, type ObjectSummary } from './output-segment.ts'
import type { TrackTimes } from './source-segment.ts'

/** What a stream has in a slot, as if its objects were one: their bytes and their times one behind the other. */
export function joinedObject(object: ObjectSummary): ObjectSummary {
  if (!object.more) return object
  const { more: _, ...first } = object
  const all = inOrder(object)
  let before = 0
  const keyFrames = all.flatMap((each) => {
    const own = (each.keyFrames ?? []).map((picture) => ({ ...picture, offset: before + picture.offset }))
    before += each.size
    return own
  })
  const times = first.times?.map((__, track) => joinedTimes(all.map((each) => each.times?.[track] ?? null)))
  return {
    ...first,
    size: before,
    ...(times && { times }),
    ...(keyFrames.length > 0 && { keyFrames }),
  }
}

function joinedTimes(all: readonly (TrackTimes | null)[]): TrackTimes | null {
  const there = all.filter((times) => times !== null)
  const [first, last] = [there[0], there.at(-1)]
  if (!first || !last) return null
  const pictures = there.reduce((sum, times) => sum + (times.pictures ?? Number.NaN), 0)
  return {
    first: first.first,
    last: last.last,
    bytes: there.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(!Number.isNaN(pictures) && { pictures }),
  }
}
