import { createHash } from 'node:crypto'
import type { SampleTable } from '../../media/sample.ts'
import { StepMeter, type Steps } from '../../media/steps.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import { recordedIn } from '../../model/recorded-segment.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import { ENCRYPTED_FORM } from './encrypted-form.ts'

/** A track of an output segment, or its key frames for trick play, which are other samples under other indexes. */
export type EncryptedPart = {
  readonly endpoint: OriginEndpoint
  readonly track: Pick<SingleVideo | SingleAudio, 'n'>
  readonly segment: OutputSegment
  readonly areKeyFrames: boolean
}

type PartSamples = { readonly samples: SampleTable; readonly media: readonly Uint8Array[] }

/** The bits of an IV, from the highest on: track, segment, and what its samples are counted by. */
const TRACK_BITS = 12
const SEGMENT_BITS = 36
const SAMPLE_BITS = 16
/** Added to the number of a track for its key frames. */
const KEY_FRAMES = 2 ** (TRACK_BITS - 1)
/** Bytes of samples that are hashed at once. */
const HASHED_AT_ONCE = 1024 * 1024

/**
 * The IV of the first sample of an encrypted part in cenc, where no two samples may share one under a key. It follows
 * from numbers that are never given twice where those tell what the samples are, and otherwise from the samples.
 */
export function* firstIvOf(part: EncryptedPart, media: PartSamples): Steps<bigint> {
  return numberedIv(part) ?? (yield* contentIv(part, media))
}

/**
 * By track and segment. Undefined for segments that show other media under their number than is recorded, and for
 * numbers too high. A provider that is asked for the same content id gives the same keys, also for an endpoint that was
 * deleted and made again, or that has another output timeline: what numbers refer to goes into all IVs.
 */
export function numberedIv({ endpoint, track, segment, areKeyFrames }: EncryptedPart): bigint | undefined {
  const outputTimeline = recordedIn(segment)
  if (outputTimeline === undefined || track.n >= KEY_FRAMES || segment.number >= 2 ** SEGMENT_BITS) return undefined
  const n = track.n + (areKeyFrames ? KEY_FRAMES : 0)
  const place = (BigInt(n) << BigInt(SEGMENT_BITS + SAMPLE_BITS)) | (BigInt(segment.number) << BigInt(SAMPLE_BITS))
  const numbers = JSON.stringify(['numbers', ENCRYPTED_FORM, endpoint.guid, outputTimeline])
  return place ^ numberOf(createHash('sha256').update(numbers).digest())
}

/** By the samples, so that equal ones have equal IVs, and others have none in common but by a chance of 2⁻⁶⁴. */
function* contentIv({ endpoint }: EncryptedPart, { samples, media }: PartSamples): Steps<bigint> {
  const meter = new StepMeter()
  const sizes = Array.from(samples.sizes)
  const hash = createHash('sha256').update(JSON.stringify(['samples', ENCRYPTED_FORM, endpoint.guid, sizes]))
  for (const piece of media) {
    for (let at = 0; at < piece.length; at += HASHED_AT_ONCE) {
      const bytes = piece.subarray(at, at + HASHED_AT_ONCE)
      hash.update(bytes)
      if (meter.ends(bytes.length)) yield
    }
  }
  return numberOf(hash.digest())
}

/** The number of 64 bits with which a digest begins. */
function numberOf(digest: Buffer): bigint {
  return digest.readBigUInt64BE()
}
