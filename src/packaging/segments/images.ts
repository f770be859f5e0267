import type { Absence, SegmentInEra } from '../../archive/reader.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import {
  type Era,
  inOrder,
  type OutputSegment,
  type SegmentSummary,
  type SlotObject,
} from '../../model/output-segment.ts'
import type { AssetSegment, SegmentBatch, SegmentBody, SegmentLookup } from '../output-format.ts'
import { boundsOf, hasImages, type ImagePart, type ImagePlace, type ImageTrack, partsOf } from '../tracks/images.ts'
import { objectBody } from './segment-body.ts'

const IMAGE_TYPE = 'image/jpeg'

/** The image of a place, or why there is none; `trackIn` finds the stream of its name in an era. */
export async function imageNamed(
  endpoint: OriginEndpoint,
  { perSegment, number }: ImagePlace,
  index: SegmentLookup,
  trackIn: (era: Era) => ImageTrack | undefined,
): Promise<SegmentBody | Absence> {
  if (perSegment === 0) return 'no such'
  const found = await index.outputSegment(endpoint, Math.floor(number / perSegment))
  return typeof found === 'string' ? found : imageIn(found, { perSegment, number }, trackIn)
}

/** The image of a place in an output segment. */
export function imageIn(
  { era, segment }: SegmentInEra,
  place: ImagePlace,
  trackIn: (era: Era) => ImageTrack | undefined,
): SegmentBody | Absence {
  const track = trackIn(era)
  // A place has one name only.
  if (!track || (segment.images ?? 1) !== place.perSegment) return 'no such'
  return imageBody(track, segment, place) ?? 'no such'
}

/** The image of a part of an output segment; undefined when that has none. */
function imageBody({ stream }: ImageTrack, segment: OutputSegment, place: ImagePlace): SegmentBody | undefined {
  const object = imageOf(segment, stream.index, place)
  return object && objectBody(IMAGE_TYPE, [object])
}

/** The newest image that begins before the middle of a part, else the first of the segment. */
function imageOf(segment: OutputSegment, stream: number, { perSegment, number }: ImagePlace): SlotObject | undefined {
  const [from, until] = boundsOf(segment, perSegment, number % perSegment)
  const images = segment.slots
    .flatMap(({ start, objects }) => inOrder(objects[stream]).map((object) => ({ object, at: object.start ?? start })))
    .sort((a, b) => a.at - b.at)
  const object = (images.findLast(({ at }) => at < (from + until) / 2) ?? images[0])?.object
  if (!object?.more) return object
  const { more: _, ...one } = object
  return one
}

type ImageFiles = {
  /** The stream, by the id of each era that has it. */
  readonly tracks: ReadonlyMap<number, ImageTrack>
  readonly perSegment: number
  readonly nameOf: (part: ImagePart) => string
  /** The track under which they are counted. */
  readonly track: string
}

/** The images of one segment of an asset, under the name of every part that they stand for. */
export function imageFiles(
  { tracks, perSegment, nameOf, track }: ImageFiles,
  batch: SegmentBatch<SegmentSummary>,
  place: number,
): readonly AssetSegment[] {
  const segment = batch.segments[place]!
  const images = tracks.get(segment.era)
  if (!images || !hasImages(segment, images)) return []
  return partsOf(segment, perSegment).map((part) => {
    const source = { place, stream: images.stream.index }
    const body: AssetSegment['body'] = async (whole) => imageBody(images, whole.segments[place]!, part)
    return { name: nameOf(part), track, source, body }
  })
}

/** The images of all segments of a batch. */
export function allImageFiles(files: ImageFiles, batch: SegmentBatch<SegmentSummary>): readonly AssetSegment[] {
  return batch.segments.flatMap((_, place) => imageFiles(files, batch, place))
}
