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

/** What the index knows of the bytes of a source object: enough to prove that what is read is what was stored. */
export type StoredBytes = Pick<SourceObject, 'key' | 'size' | 'crc32' | 'tag'>

/** One PUT as stored in the archive: an immutable object and the facts known of it. */
export type SourceObject = {
  /** Key in the object store, which identifies this PUT. */
  readonly key: string
  /** File name the encoder gave it; not an identity. */
  readonly name: string
  readonly size: number
  readonly crc32: number
  /**
   * The entity tag that its store gave it, without quotation marks: by that, the store can tell whether it is still the
   * same. Absent where stores give none.
   */
  readonly tag?: string
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: string
  /** The server's clock at reception, from which retention counts. */
  readonly receivedAt: UtcMs
  /** The result of probing; absent when the bytes are no usable media, and `problem` then states why. */
  readonly probe?: SegmentProbe
  readonly problem?: string
}
