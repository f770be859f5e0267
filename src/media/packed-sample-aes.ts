import { MalformedMedia } from './bytes.ts'
import { PARAMETRIC_STEREO, SBR } from './codecs/aac.ts'
import { privateTag } from './id3.ts'
import { framesOffset, syntaxAt } from './packed-audio.ts'
import type { Steps } from './steps.ts'
import { encryptFrames } from './ts/sample-aes-frames.ts'
import { audioSetupInformation } from './ts/sample-aes-map.ts'
import type { SampleCipher } from './ts/sample-cipher.ts'

/** The owner of the audio setup information of encrypted packed audio. */
export const SETUP_OWNER = 'com.apple.streaming.audioDescription'

/** Bytes that are copied in a step. */
const COPIED_AT_ONCE = 1024 * 1024

/**
 * Encrypts the frames of a segment of packed audio (RFC 8216 §3.4), as METHOD=SAMPLE-AES means it. An ID3 tag behind
 * those that it has tells how the audio is set up. `parts` are the segment, cut anywhere; `codec` is that of RFC 6381,
 * which tells of band replication that frames do not show.
 * @returns memory that nobody else has
 * @throws MalformedMedia when the segment has no frame
 */
export function* encryptPackedAudioInSteps(
  parts: readonly Uint8Array[],
  codec: string | undefined,
  cipher: SampleCipher,
): Steps<readonly Uint8Array[]> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let filled = 0
  for (const part of parts) {
    for (let at = 0; at < part.length; at += COPIED_AT_ONCE, yield) {
      const piece = part.subarray(at, at + COPIED_AT_ONCE)
      bytes.set(piece, filled)
      filled += piece.length
    }
  }
  const from = framesOffset(bytes)
  const frames = { bytes: bytes.subarray(from), filled: filled - from }
  const replication = () => (codec === 'mp4a.40.5' ? SBR : codec === 'mp4a.40.29' ? PARAMETRIC_STEREO : undefined)
  const setup = yield* encryptFrames(syntaxAt(bytes, from, from), frames, replication, cipher)
  if (setup === undefined) throw new MalformedMedia('no whole frame', from)
  const information = audioSetupInformation(setup)
  const tag = information === undefined ? [] : [privateTag(SETUP_OWNER, information)]
  return [bytes.subarray(0, from), ...tag, frames.bytes]
}
