import { TICKS_PER_SECOND } from '../../media/time.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import { CannotCut, type SegmentBatches } from '../output-format.ts'
import { samplesOf } from '../segments/segment-samples.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import type { SingleVideo } from '../tracks/track-set.ts'
import { pictureCodec } from './encoded-pictures.ts'

/** A picture of a source, in 90 kHz ticks of its era. */
export type SourcePicture = {
  readonly pts: number
  readonly dts: number
  readonly duration: number
  /** Decoding can start with it. */
  readonly isSync: boolean
  readonly isIdr: boolean
  readonly data: Uint8Array
  /** Number of its output segment, and its place there in order of decoding. */
  readonly segment: number
  readonly place: number
}

/** Bytes of pictures that are held at a time: a minute at 30 Mb/s. */
const MOST_BYTES = 256 * 1024 * 1024

/** Reads pictures of output segments, each with its data. Segments that were read are kept until `forget`. */
export class SourcePictures {
  private readonly batches: SegmentBatches
  private readonly media: Pick<SourceMedia, 'lend'>
  private readonly kept = new Map<string, Promise<readonly SourcePicture[]>>()
  private bytes = 0

  constructor(batches: SegmentBatches, media: Pick<SourceMedia, 'lend'>) {
    this.batches = batches
    this.media = media
  }

  /** In order of decoding; none where the track has no media. Throws LostMedia, and CannotCut beyond `MOST_BYTES`. */
  of(track: SingleVideo, segment: SegmentSummary): Promise<readonly SourcePicture[]> {
    const key = `${segment.number} ${track.stream.index}`
    const known = this.kept.get(key) ?? this.read(track, segment)
    this.kept.set(key, known)
    return known
  }

  forget(): void {
    this.kept.clear()
    this.bytes = 0
  }

  private async read(track: SingleVideo, { number }: SegmentSummary): Promise<readonly SourcePicture[]> {
    const { isIdr } = pictureCodec(track.description)
    for await (const { segments } of this.batches(number - 1)) {
      const segment = segments.find((each) => each.number === number)
      if (!segment) return []
      const lent = this.media.lend()
      try {
        const found = await samplesOf({ ...track, timescale: TICKS_PER_SECOND }, segment, lent)
        if (!found) return []
        const { samples } = found
        // What is lent is used again.
        const data = Buffer.concat(found.media)
        this.bytes += data.length
        if (this.bytes > MOST_BYTES) throw new CannotCut('The pictures around the in or out point are too large.')
        let at = 0
        return Array.from({ length: samples.count }, (_, place): SourcePicture => {
          const own = data.subarray(at, at + samples.sizes[place]!)
          at += own.length
          return {
            pts: samples.dts[place]! + samples.compositionOffsets[place]!,
            dts: samples.dts[place]!,
            duration: samples.durations[place]!,
            isSync: samples.sync[place] === 1,
            isIdr: samples.sync[place] === 1 && isIdr(own),
            data: own,
            segment: number,
            place,
          }
        })
      } finally {
        await lent.end()
      }
    }
    return []
  }
}
