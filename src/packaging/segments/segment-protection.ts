import { createCipheriv } from 'node:crypto'
import { hexOf, MalformedMedia } from '../../media/bytes.ts'
import { sliceHeadersOf } from '../../media/codecs/slice-headers.ts'
import type { FragmentEncryption } from '../../media/mp4/sample-encryption.ts'
import type { TrackEncryption } from '../../media/mp4/track-encryption.ts'
import { type ClearSamples, type FragmentCipher, protectedSamples } from '../../media/protection/protected-samples.ts'
import type { Steps } from '../../media/steps.ts'
import { keyPeriodAt } from '../../model/content-keys.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import type { OutputSegment } from '../../model/output-segment.ts'
import type { ContentKey, ContentKeys } from '../content-keys.ts'
import type { SegmentBody } from '../output-format.ts'
import { keyOfTrack } from '../tracks/track-keys.ts'
import type { SingleAudio, SingleVideo } from '../tracks/track-set.ts'
import { ENCRYPTED_FORM } from './encrypted-form.ts'
import { firstIvOf } from './first-iv.ts'
import { protectionSystemsOf, trackEncryptionOf } from './header-protection.ts'
import { cbcEncryption } from './segment-cipher.ts'
import type { SegmentSamples } from './segment-samples.ts'
import type { SourceMedia } from './source-media.ts'

/** How a segment of a track of an encrypted endpoint is made: encrypted, or in the clear by the contract. */
export type SegmentProtection = 'not in contract' | EncryptedAs

export type EncryptedAs = {
  readonly endpoint: OriginEndpoint
  readonly key: ContentKey
  readonly encryption: TrackEncryption
  /** True where the segment itself must tell of its key, since its header does not. */
  readonly isTold: boolean
}

/** What of a segment is encrypted. */
export type ProtectedPart = {
  readonly track: SingleVideo | SingleAudio
  readonly segment: OutputSegment
  readonly areKeyFrames?: boolean
}

/** The protection of a segment of a track; undefined where the endpoint is in the clear. Throws NoContentKey. */
export async function protectionOf(
  endpoint: OriginEndpoint,
  { track, segment: { startUtc } }: ProtectedPart,
  keys: Pick<ContentKeys, 'find'>,
  isTold = false,
): Promise<SegmentProtection | undefined> {
  const { encryption } = endpoint.packaging
  if (!encryption) return undefined
  const key = keyOfTrack(encryption, track, await keys.find(endpoint, keyPeriodAt(encryption, startUtc)))
  return key ? { endpoint, key, encryption: trackEncryptionOf(encryption, key), isTold } : 'not in contract'
}

/**
 * The samples of a segment as they are given out: encrypted, in a copy, where they are to be. Throws LostMedia when
 * they cannot be.
 */
export async function givenSamples(
  part: ProtectedPart,
  gathered: SegmentSamples,
  protection: SegmentProtection | undefined,
  media: Pick<SourceMedia, 'inTurns'>,
): Promise<Pick<SegmentSamples, 'media'> & { readonly encryption?: FragmentEncryption }> {
  if (protection === undefined || protection === 'not in contract') return { media: gathered.media }
  try {
    const hidden = await media.inTurns(gathered.objects, encrypted(part, gathered, protection))
    return { media: [hidden.media], encryption: { ...hidden, ...told(part, protection) } }
  } catch (error) {
    if (!(error instanceof MalformedMedia)) throw error
    throw new LostMedia(gathered.objects[0]!.key, 'unusable', { cause: error })
  }
}

function* encrypted(
  { track, segment, areKeyFrames = false }: ProtectedPart,
  { samples, media }: SegmentSamples,
  { endpoint, key, encryption }: EncryptedAs,
): Steps<Pick<FragmentEncryption, 'ivs' | 'subsamples'> & { readonly media: Uint8Array }> {
  const { description } = track
  const clear: ClearSamples = {
    samples,
    media,
    ...(description.kind === 'video' && { slices: sliceHeadersOf(description) }),
  }
  const cipher: FragmentCipher =
    encryption.scheme === 'cbcs'
      ? { scheme: 'cbcs', encrypt: cbcEncryption(key.key), constantIv: encryption.constantIv }
      : {
          scheme: 'cenc',
          firstIv: yield* firstIvOf({ endpoint, track, segment, areKeyFrames }, clear),
          start: (block) => {
            const counting = createCipheriv('aes-128-ctr', key.key, block)
            return (piece) => counting.update(piece)
          },
        }
  return yield* protectedSamples(clear, cipher)
}

function told(
  { track }: ProtectedPart,
  { key, encryption, isTold }: EncryptedAs,
): Pick<FragmentEncryption, 'group' | 'systems'> {
  if (!isTold) return {}
  return { group: { encryption, kind: track.kind }, systems: protectionSystemsOf(key) }
}

/** The body with what tells its bytes from those of other keys, and whether it is encrypted. */
export function protectedBody(body: SegmentBody, protection: SegmentProtection | undefined): SegmentBody {
  if (protection === undefined) return body
  if (protection === 'not in contract') return { ...body, protection }
  const { key, encryption, isTold } = protection
  const iv = encryption.scheme === 'cbcs' ? hexOf(encryption.constantIv) : ''
  const made = [key.kid, encryption.scheme, iv, isTold, ENCRYPTED_FORM].join('/')
  return { ...body, sources: [...body.sources, made], protection: 'encrypted' }
}
