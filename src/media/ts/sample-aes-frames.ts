import { AacSamples } from '../audio/aac-samples.ts'
import { Ac3Samples } from '../audio/ac3-samples.ts'
import { type FrameHeader, FrameWalker } from '../audio/frame-walker.ts'
import type { FrameSyntax } from '../audio/sampler.ts'
import type { SampleMaker, SampleSink } from '../audio/samples.ts'
import { WALKED_AT_ONCE } from '../audio/track.ts'
import { bytesOfHex } from '../bytes.ts'
import { BLOCK_SIZE } from '../cbc.ts'
import { AdtsHeader, PARAMETRIC_STEREO, type SBR, withSbr, writeAudioSpecificConfig } from '../codecs/aac.ts'
import { Ac3Header } from '../codecs/ac3-header.ts'
import { StepMeter, type Steps } from '../steps.ts'
import { CIPHER_COST, type SampleCipher } from './sample-cipher.ts'

/** Bytes of a frame after its ADTS header, or from its syncword on, that are not encrypted. */
const CLEAR_LEAD = 16
/** Bytes of an AC-3 frame that describe it. */
const AC3_SETUP_SIZE = 10

/** What the program map tells of encrypted audio, whose frames cannot tell it all any more. */
export type AudioSetup = {
  readonly codec: 'aac' | 'ac3' | 'ec3'
  /** audio_type of four letters, and setup_data: absent where no frame told enough. */
  readonly type?: string
  readonly data?: Uint8Array
}

/** Frames one behind the other, in the first `filled` bytes. */
export type JoinedFrames = { readonly bytes: Uint8Array; readonly filled: number }

/** The object type of band replication that AAC with a core has beside it, which its frames do not tell. */
export type Replication = (core: {
  readonly sampleRate: number
  readonly channels: number
}) => typeof SBR | typeof PARAMETRIC_STEREO | undefined

/**
 * Encrypts the frames of an audio stream in place: whole blocks, what is left of a frame stays clear. Bytes that are
 * not part of a frame, such as a part of one that is cut off, become zeros: they would be in the clear.
 * @returns undefined when there is no frame
 */
export function* encryptFrames(
  syntax: FrameSyntax,
  stream: JoinedFrames,
  replication: Replication,
  cipher: SampleCipher,
): Steps<AudioSetup | undefined> {
  return syntax === 'aac' ? yield* encryptAac(stream, replication, cipher) : yield* encryptAc3(stream, cipher)
}

const UNUSED: SampleSink = { sample() {}, skip() {} }

function* encryptAac(
  stream: JoinedFrames,
  replicationOf: Replication,
  cipher: SampleCipher,
): Steps<AudioSetup | undefined> {
  const first = new AdtsHeader()
  const maker = new AacSamples(UNUSED)
  // The blocks of a frame with a CRC have their positions behind seven or nine bytes of header.
  const clear = (header: AdtsHeader) => Math.min(header.headerSize, ADTS_WITH_CRC) + CLEAR_LEAD
  const count = yield* encryptAll(
    () => new AdtsHeader(),
    maker,
    stream,
    cipher,
    clear,
    (bytes, at) => {
      first.read(bytes, at)
    },
  )
  if (count === 0) return undefined
  const { objectType, sampleRateIndex, channelConfiguration } = first
  const config = maker.configuration ?? { objectType, sampleRateIndex, channelConfiguration }
  const core = { sampleRate: first.sampleRate, channels: maker.describe()?.channels ?? 0 }
  const replication = replicationOf(core)
  if (replication === undefined) return { codec: 'aac', type: 'zaac', data: writeAudioSpecificConfig(config) }
  const type = replication === PARAMETRIC_STEREO ? 'zacp' : 'zach'
  return { codec: 'aac', type, data: writeAudioSpecificConfig(withSbr(config, replication)) }
}

const ADTS_WITH_CRC = 9

function* encryptAc3(stream: JoinedFrames, cipher: SampleCipher): Steps<AudioSetup | undefined> {
  const first = new Ac3Header()
  const maker = new Ac3Samples(UNUSED)
  let beginning = new Uint8Array(0)
  const count = yield* encryptAll(
    () => new Ac3Header(),
    maker,
    stream,
    cipher,
    () => CLEAR_LEAD,
    (bytes, at) => {
      first.read(bytes, at)
      beginning = Uint8Array.from(bytes.subarray(at, at + Math.min(AC3_SETUP_SIZE, first.frameSize)))
    },
  )
  if (count === 0) return undefined
  if (!first.isEnhanced) return { codec: 'ac3', type: 'zac3', data: beginning }
  const configuration = maker.describe()?.configuration
  return { codec: 'ec3', ...(configuration !== undefined && { type: 'zec3', data: bytesOfHex(configuration) }) }
}

/**
 * Encrypts each frame behind what `clear` tells of its header, and makes zeros of what is between them; calls `meet`
 * with the first, and `maker` with all, before they are encrypted.
 * @returns the number of frames
 */
function* encryptAll<Header extends FrameHeader>(
  makeHeader: () => Header,
  maker: SampleMaker<Header>,
  { bytes, filled: end }: JoinedFrames,
  cipher: SampleCipher,
  clear: (header: Header) => number,
  meet: (bytes: Uint8Array, at: number) => void,
): Steps<number> {
  const meter = new StepMeter()
  let count = 0
  let since = 0
  let reached = 0
  const walker = new FrameWalker(makeHeader, (header, source, at) => {
    if (count++ === 0) meet(source, at)
    since++
    source.fill(0, reached, at)
    reached = at + header.frameSize
    maker.frame(header, source, at, at, undefined)
    const from = at + clear(header)
    const size = Math.max(0, at + header.frameSize - from) & ~(BLOCK_SIZE - 1)
    if (size > 0) source.set(cipher.encrypt(cipher.iv, source.subarray(from, from + size)), from)
  })
  for (let at = 0; ; ) {
    const pieceEnd = Math.min(at + WALKED_AT_ONCE, end)
    at = walker.walk(bytes, at, pieceEnd, pieceEnd === end)
    if (pieceEnd === end) break
    if (meter.ends(WALKED_AT_ONCE + since * CIPHER_COST)) yield
    since = 0
  }
  maker.end()
  bytes.fill(0, reached, end)
  return count
}
