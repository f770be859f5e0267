import { encryptPackedAudioInSteps } from '../../media/packed-sample-aes.ts'
import type { Steps } from '../../media/steps.ts'
import type { TrackDescription } from '../../media/track.ts'
import { keyFrameSegmentInSteps } from '../../media/ts/key-frame-segment.ts'
import { encryptSamplesInSteps, NoSampleAes } from '../../media/ts/sample-aes.ts'
import { isData, PRIVATE_STREAM_TYPE, streamKindOf } from '../../media/ts/stream-kind.ts'
import { keyPeriodAt } from '../../model/content-keys.ts'
import { LostMedia } from '../../model/lost-media.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { type Era, inOrder, type OutputSegment } from '../../model/output-segment.ts'
import type { TsPackaging } from '../../model/packaging.ts'
import { type ContentKey, type ContentKeys, keyOfType } from '../content-keys.ts'
import { declaredCodecs } from '../hls-playlists/variant-formats.ts'
import type { SegmentBody } from '../output-format.ts'
import { ENCRYPTED_FORM } from '../segments/encrypted-form.ts'
import { transformedBody } from '../segments/segment-body.ts'
import { cbcEncryption, encryptSegment } from '../segments/segment-cipher.ts'
import { fixedIv, sequenceIv } from '../segments/segment-iv.ts'
import type { SourceMedia } from '../segments/source-media.ts'
import { iFrameOf } from '../tracks/i-frames.ts'
import { audioOf, HE_AAC } from '../tracks/track-set.ts'
import type { ClearSegment } from './stream-segment.ts'
import type { HlsStream } from './stream-set.ts'

type TsEncryption = NonNullable<TsPackaging['encryption']>

/** SPEKE 1.0, which these endpoints have, has one key for everything. */
export const TRACK_TYPE = 'ALL'

export type EncryptionDeps = {
  readonly endpoint: OriginEndpoint
  readonly encryption: TsEncryption
  readonly media: SourceMedia
  readonly keys: ContentKeys
}

/** A segment that is to be encrypted. */
export type SegmentOfStream = { readonly stream: HlsStream; readonly segment: OutputSegment; readonly era: Era }

/**
 * The encrypted body of what a segment is in the clear; undefined when that has no objects, or is of a stream that
 * cannot be encrypted. Throws NoContentKey, and LostMedia, also where only this segment cannot.
 */
export async function encryptedBody(
  contentType: string,
  { objects, change }: ClearSegment,
  of: SegmentOfStream,
  deps: EncryptionDeps,
): Promise<SegmentBody | undefined> {
  const { stream, segment, era } = of
  if (!canEncrypt(stream, deps.encryption)) return undefined
  const key = await keyOf(segment, deps)
  const iv = fixedIv(deps.encryption, key) ?? sequenceIv(segment.number)
  const isPacked = stream.source.container === 'packed-audio'
  const encrypt = (parts: readonly Uint8Array[]): Steps<readonly Uint8Array[]> => {
    if (deps.encryption.method === 'AES_128') return encryptSegment(parts, { key: key.key, iv })
    const cipher = { encrypt: cbcEncryption(key.key), iv }
    return isPacked
      ? encryptPackedAudioInSteps(parts, soundCodec(stream, era), cipher)
      : encryptSamplesInSteps(parts, cipher)
  }
  const made = transformedBody(contentType, objects, deps.media, function* (sources, memory) {
    return yield* encrypt(change ? yield* change(sources, memory) : sources)
  })
  const body = await made.catch((error: unknown) => {
    // In a segment alone: what its stream was when its era began can be encrypted.
    throw error instanceof NoSampleAes ? new LostMedia(objects[0]!.key, 'unusable', { cause: error }) : error
  })
  return body && { ...body, sources: [...body.sources, `${key.kid}/${ENCRYPTED_FORM}`], protection: 'encrypted' }
}

/** The key frame that trick play shows of a segment, as a segment of its own; undefined where there is none. */
export function keyFrameOf({ stream, segment }: SegmentOfStream): ClearSegment | undefined {
  const iFrame = iFrameOf(segment, stream.source.index)
  if (!iFrame) return undefined
  let before = 0
  for (const { objects } of segment.slots) {
    for (const object of inOrder(objects[stream.source.index])) {
      const offset = iFrame.offset - before
      before += object.size
      if (iFrame.offset >= before) continue
      return {
        objects: [object],
        *change([source]) {
          return source ? [yield* keyFrameSegmentInSteps(source, { offset, size: iFrame.size })] : []
        },
      }
    }
  }
  return undefined
}

/**
 * True for a stream whose bytes can be encrypted. SAMPLE-AES is not defined in MPEG-TS for HEVC, nor for codecs that
 * are not known here, which are left out of segments: nothing of a stream with no others would remain.
 */
export function canEncrypt(
  { source, pids }: Pick<HlsStream, 'source' | 'pids'>,
  encryption: Pick<TsEncryption, 'method'> | undefined,
): boolean {
  if (encryption?.method !== 'SAMPLE_AES') return true
  const tracks = source.tracks.filter(({ pid }) => pids?.includes(pid) ?? true)
  if (tracks.some((track) => track.kind === 'video' && HEVC.test(track.codec))) return false
  return tracks.some(({ kind }) => kind === 'video' || kind === 'audio') || !tracks.some(isUnknown)
}

/** True for a track of a codec that is not known, whatever its parameters: private data may be of one that is. */
function isUnknown(track: TrackDescription): boolean {
  if (track.kind !== 'other' || track.streamType === PRIVATE_STREAM_TYPE) return false
  const { pid, streamType } = track
  const stream = { pid, streamType, descriptors: new Uint8Array(0) }
  return streamKindOf(stream) === 'other' && !isData(stream)
}

const HEVC = /^(hvc1|hev1|dvh1|dvhe)\b/

async function keyOf({ startUtc }: OutputSegment, deps: EncryptionDeps): Promise<ContentKey> {
  const { endpoint, encryption, keys } = deps
  return keyOfType(await keys.find(endpoint, keyPeriodAt(encryption, startUtc)), TRACK_TYPE)
}

/** The codec of packed audio: frames of AAC do not show band replication, which variants with it declare. */
function soundCodec({ source }: HlsStream, { streams }: Era): string | undefined {
  const codec = audioOf(source)[0]?.codec
  const { role } = source
  if (codec !== 'mp4a.40.2') return codec
  const declared = streams.flatMap((each) => {
    if (each.role.kind !== 'variant') return []
    const isIn = each === source || (role.kind === 'audio' && each.role.audioGroup === role.groupId)
    return isIn ? (declaredCodecs(each.role) ?? []) : []
  })
  return declared.find((each) => HE_AAC.test(each)) ?? codec
}
