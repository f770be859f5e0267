import type { UtcMs } from '../media/time.ts'
import type { SegmentProbe } from '../media/track.ts'

export type {
  Container,
  KeyFrame,
  MediaProbe,
  SegmentProbe,
  TrackDescription,
  TrackTimes,
} from '../media/track.ts'

/** One PUT as it lies in the archive: an immutable object and what is known of it. */
export type SourceObject = {
  /** Key in the object store; the identity of this PUT. */
  readonly key: string
  /** File name the encoder gave it; not an identity. */
  readonly name: string
  readonly size: number
  readonly crc32: number
  /** Lower-case hex. */
  readonly sha256: string
  /** The server's clock. Retention counts from it. */
  readonly receivedAt: UtcMs
  /** Absent when the bytes are no usable media; `problem` then says why. */
  readonly probe?: SegmentProbe
  readonly problem?: string
}
