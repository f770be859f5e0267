/** The beginning of a synchronisation frame, AC-3 (ETSI TS 102 366 §4.3 and §4.4) or Enhanced AC-3 (annex E). */

/** Hz by fscod. */
export const SAMPLE_RATES: readonly number[] = [48_000, 44_100, 32_000]
/** kbit/s by frmsizecod without its lowest bit, table 4.13. */
const BIT_RATES: readonly number[] = [
  32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
]
/** Full-bandwidth channels by acmod, table 4.3. */
const CHANNELS: readonly number[] = [2, 1, 2, 3, 3, 4, 4, 5]
/** Audio blocks in a frame by numblkscod. */
const BLOCKS: readonly number[] = [1, 2, 3, 6]

export const SAMPLES_PER_BLOCK = 256
/** Audio blocks in a sample of an MP4 track, §F.2. */
export const BLOCKS_PER_SAMPLE = 6

/** strmtyp, table E.1.1. An AC-3 frame counts as independent. */
export const INDEPENDENT = 0
export const DEPENDENT = 1
/** strmtyp of an independent substream converted from AC-3. */
const CONVERTED = 2

/** The header of an AC-3 or E-AC-3 frame. One object is reused for every frame. */
export class Ac3Header {
  readonly syncByte = 0x0b
  readonly minSize = 7

  isEnhanced = false
  /** strmtyp; `INDEPENDENT` also when the frame was converted from AC-3. */
  streamType = INDEPENDENT
  converted = false
  /** substreamid. */
  substream = 0
  frameSize = 0
  fscod = 0
  /** Sample rate in Hz. */
  sampleRate = 0
  /** Number of audio blocks, each of 256 samples. */
  blocks = 0
  bsid = 0
  /** Bit stream mode; E-AC-3 has it in an optional field that is read elsewhere. */
  bsmod = 0
  /** Audio coding mode. */
  acmod = 0
  lfeon = false
  /** AC-3: frmsizecod without its lowest bit. */
  bitRateCode = 0

  /** Reads the header at `at`, where the caller has ensured `minSize` bytes; false when no frame begins there. */
  read(bytes: Uint8Array, at: number): boolean {
    if (bytes[at] !== 0x0b || bytes[at + 1] !== 0x77) return false
    this.bsid = bytes[at + 5]! >>> 3
    if (this.bsid > 16) return false
    this.isEnhanced = this.bsid > 10
    return this.isEnhanced ? this.readEnhanced(bytes, at) : this.readPlain(bytes, at)
  }

  /** Channels of this substream alone, including the low-frequency channel. */
  get channels(): number {
    return CHANNELS[this.acmod]! + (this.lfeon ? 1 : 0)
  }

  /** True for a frame of the first program, which begins a new interval of time. */
  get isPrincipal(): boolean {
    return this.streamType === INDEPENDENT && this.substream === 0
  }

  /** True when a decoder can continue from this frame to the other. */
  agrees(other: Ac3Header): boolean {
    return (
      this.isEnhanced === other.isEnhanced &&
      this.sampleRate === other.sampleRate &&
      this.acmod === other.acmod &&
      this.lfeon === other.lfeon
    )
  }

  private readPlain(bytes: Uint8Array, at: number): boolean {
    const fscod = bytes[at + 4]! >>> 6
    const frmsizecod = bytes[at + 4]! & 0x3f
    const bitRate = BIT_RATES[frmsizecod >>> 1]
    const rate = SAMPLE_RATES[fscod]
    if (rate === undefined || bitRate === undefined) return false
    this.streamType = INDEPENDENT
    this.converted = false
    this.substream = 0
    this.blocks = 6
    this.fscod = fscod
    this.bitRateCode = frmsizecod >>> 1
    // bsid 9 and 10 halve the sample rate, and the bit rate with it.
    this.sampleRate = rate >>> Math.max(0, this.bsid - 8)
    this.frameSize = 2 * (Math.floor((bitRate * 96_000) / rate) + (fscod === 1 ? frmsizecod & 1 : 0))
    this.bsmod = bytes[at + 5]! & 7
    this.acmod = bytes[at + 6]! >>> 5
    // Mix levels, or the Dolby Surround mode, precede lfeon: §4.4.2.
    let bit = 3
    if ((this.acmod & 1) !== 0 && this.acmod !== 1) bit += 2
    if ((this.acmod & 4) !== 0) bit += 2
    if (this.acmod === 2) bit += 2
    this.lfeon = ((bytes[at + 6]! >>> (7 - bit)) & 1) === 1
    return true
  }

  private readEnhanced(bytes: Uint8Array, at: number): boolean {
    const strmtyp = bytes[at + 2]! >>> 6
    const fscod = bytes[at + 4]! >>> 6
    const second = (bytes[at + 4]! >>> 4) & 3
    if (strmtyp === 3 || (fscod === 3 && second === 3)) return false
    this.converted = strmtyp === CONVERTED
    this.streamType = strmtyp === DEPENDENT ? DEPENDENT : INDEPENDENT
    this.substream = (bytes[at + 2]! >>> 3) & 7
    this.frameSize = 2 * ((((bytes[at + 2]! & 7) << 8) | bytes[at + 3]!) + 1)
    this.fscod = fscod
    // fscod2: half the rate, and always six blocks.
    this.sampleRate = fscod === 3 ? SAMPLE_RATES[second]! / 2 : SAMPLE_RATES[fscod]!
    this.blocks = fscod === 3 ? 6 : BLOCKS[second]!
    this.acmod = (bytes[at + 4]! >>> 1) & 7
    this.lfeon = (bytes[at + 4]! & 1) === 1
    this.bsmod = 0
    this.bitRateCode = 0
    return this.frameSize >= this.minSize
  }
}
