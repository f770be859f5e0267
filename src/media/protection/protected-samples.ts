import { ByteWriter, MalformedMedia } from '../bytes.ts'
import { BLOCK_SIZE, type CbcEncryption, encryptPattern } from '../cbc.ts'
import type { SliceHeaders } from '../codecs/slice-headers.ts'
import type { SampleEncryption, Subsample } from '../mp4/sample-encryption.ts'
import { IV_SIZE } from '../mp4/track-encryption.ts'
import type { SampleTable } from '../sample.ts'
import { StepMeter, type Steps } from '../steps.ts'
import { videoSubsamples } from './subsamples.ts'

/**
 * AES-128 in CTR mode, under a key that whoever makes the function knows: begins at a counter block of 16 bytes, and
 * encrypts consecutive pieces, which it leaves as they are. A result is valid until the next call.
 */
export type StartCounter = (block: Uint8Array) => (piece: Uint8Array) => Uint8Array

/** How samples are encrypted, ISO/IEC 23001-7 §10.1 and §10.4. */
export type FragmentCipher =
  | {
      readonly scheme: 'cenc'
      readonly start: StartCounter
      /**
       * The IV of the first sample, a number of 64 bits; those of the others count up from it. No number may stand for
       * samples of two kinds under a key: who has both would have the exclusive or of them.
       */
      readonly firstIv: bigint
    }
  | {
      readonly scheme: 'cbcs'
      readonly encrypt: CbcEncryption
      readonly constantIv: Uint8Array
    }

type BlockCipher = Extract<FragmentCipher, { readonly scheme: 'cbcs' }>

/** The most samples of a fragment in cenc, for which whoever gives first IVs leaves room between them. */
export const MOST_SAMPLES = 2 ** 16

/** The samples of a fragment. `slices` are the slice headers of its track where it is video. */
export type ClearSamples = {
  readonly samples: SampleTable
  /** The samples' data, in consecutive pieces, which stay as they are. */
  readonly media: readonly Uint8Array[]
  readonly slices?: SliceHeaders
}

/** Encrypts the samples of a fragment in a copy of their data. */
export function* protectedSamples(
  { samples, media, slices }: ClearSamples,
  cipher: FragmentCipher,
): Steps<SampleEncryption & { readonly media: Uint8Array }> {
  const { count, sizes } = samples
  const meter = new StepMeter()
  const size = media.reduce((sum, piece) => sum + piece.length, 0)
  const copy = new Uint8Array(size)
  let at = 0
  for (const piece of media) {
    copy.set(piece, at)
    at += piece.length
    if (meter.ends(piece.length)) yield
  }
  const ivs = cipher.scheme === 'cenc' ? ivsOf(cipher.firstIv, count) : undefined
  const subsamples: (readonly Subsample[])[] | undefined = slices && []
  let from = 0
  for (let i = 0; i < count; i++) {
    const to = from + sizes[i]!
    if (to > size) throw new MalformedMedia(`sample of ${sizes[i]} bytes`, from)
    const parts = slices && (yield* videoSubsamples(copy, from, to, cipher.scheme, slices, meter))
    if (parts) subsamples?.push(parts)
    const sample = copy.subarray(from, to)
    if (cipher.scheme === 'cenc') yield* encryptAll(sample, cipher.start(counterOf(ivs![i]!)), parts, meter)
    else if (parts === undefined) encryptWholeBlocks(sample, cipher)
    else yield* encryptSubsamples(sample, cipher, parts, meter)
    from = to
    if (meter.ends()) yield
  }
  if (from !== size) throw new MalformedMedia(`${size - from} bytes behind the last sample`, from)
  return { media: copy, ...(ivs && { ivs }), ...(subsamples && { subsamples }) }
}

/** The IVs of a fragment, modulo 2⁶⁴. */
function ivsOf(first: bigint, count: number): readonly Uint8Array[] {
  if (count > MOST_SAMPLES) throw new MalformedMedia(`fragment of ${count} samples`, 0)
  const writer = new ByteWriter(count * IV_SIZE)
  // In halves: that many bigints would hold the event loop.
  const [high, low] = [Number(first >> 32n), Number(first & 0xffffffffn)]
  for (let sample = 0; sample < count; sample++) {
    const sum = low + sample
    writer.u32(sum < 2 ** 32 ? high : (high + 1) % 2 ** 32)
    writer.u32(sum % 2 ** 32)
  }
  const all = writer.result()
  return Array.from({ length: count }, (_, i) => all.subarray(i * IV_SIZE, (i + 1) * IV_SIZE))
}

/** The counter block that an IV begins, §9.3: the counter of blocks behind it begins at 0. */
function counterOf(iv: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE)
  block.set(iv)
  return block
}

/** Bytes encrypted in one step. */
const AT_ONCE = 640 * 1024

/** Encrypts all protected bytes of a sample as one message; all of its bytes where it has no subsamples. */
function* encryptAll(
  sample: Uint8Array,
  encrypt: (piece: Uint8Array) => Uint8Array,
  parts: readonly Subsample[] = [{ clear: 0, protected: sample.length }],
  meter: StepMeter,
): Steps<void> {
  for (const bytes of protectedParts(sample, parts)) {
    for (let at = 0; at < bytes.length; at += AT_ONCE) {
      const piece = bytes.subarray(at, at + AT_ONCE)
      piece.set(encrypt(piece))
      if (meter.ends(piece.length)) yield
    }
  }
}

/** Encrypts the blocks of a sample without subsamples, which is sound and short. */
function encryptWholeBlocks(sample: Uint8Array, { encrypt, constantIv }: BlockCipher): void {
  const blocks = sample.subarray(0, sample.length - (sample.length % BLOCK_SIZE))
  if (blocks.length > 0) blocks.set(encrypt(constantIv, blocks))
}

/** Encrypts blocks by the pattern, each subsample as a message of its own. */
function* encryptSubsamples(
  sample: Uint8Array,
  { encrypt, constantIv }: BlockCipher,
  parts: readonly Subsample[],
  meter: StepMeter,
): Steps<void> {
  for (const bytes of protectedParts(sample, parts)) yield* encryptPattern(bytes, encrypt, constantIv, meter)
}

function* protectedParts(sample: Uint8Array, parts: readonly Subsample[]): Generator<Uint8Array> {
  let at = 0
  for (const part of parts) {
    at += part.clear
    if (part.protected > 0) yield sample.subarray(at, at + part.protected)
    at += part.protected
  }
}
