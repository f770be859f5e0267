import { SampleTimes } from './audio/sample-times.ts'
import { type FrameSyntax, Sampler } from './audio/sampler.ts'
import { FrameStream } from './audio/stream.ts'
import { audioTrack, cutSamples, WALKED_AT_ONCE } from './audio/track.ts'
import { ByteReader, MalformedMedia } from './bytes.ts'
import { ID3_HEADER_SIZE, id3TagSize, MOST_TAGS, privateFrame } from './id3.ts'
import type { Track } from './sample.ts'
import { allSteps, StepMeter, type Steps } from './steps.ts'
import { PTS_MODULUS, rescale, TICKS_PER_SECOND, type Ticks, unwrapPts } from './time.ts'
import type { MediaProbe } from './track.ts'

/**
 * Packed audio, RFC 8216 §3.4: frames of one track after ID3 tags, one of which states the time of the first frame.
 */

const TIMESTAMP_OWNER = 'com.apple.streaming.transportStreamTimestamp'
/** Bytes of a tag that are searched for its timestamp. */
const MOST_OF_TAG = 64 * 1024
/** Searching a byte for a timestamp may take as long as moving so many. */
const SEARCH_COST = 16

/**
 * Offset of the first frame, after the ID3 tags. Throws MalformedMedia when a tag extends past the end, and beyond
 * `MOST_TAGS`.
 */
export function framesOffset(bytes: Uint8Array): number {
  let at = 0
  let tags = 0
  for (let size = 1; size > 0; ) {
    size = id3TagSize(bytes, at, bytes.length)
    if (size > 0 && ++tags > MOST_TAGS) throw tooManyTags(at)
    at += size
    if (at > bytes.length) throw new MalformedMedia(`ID3 tag of ${size} bytes, cut off`, at - size)
  }
  return at
}

/**
 * Where the frames end that begin before a time on an unwrapped timeline, in 90 kHz ticks; `near` is a time near the
 * segment. Throws MalformedMedia as `demuxPackedAudio`.
 */
export function* framesEnd(
  bytes: Uint8Array,
  { near, time }: { readonly near: Ticks; readonly time: number },
): Steps<number> {
  const from = framesOffset(bytes)
  const pts = unwrapPts(stated(yield* timestampBefore(bytes, from), from), near)
  let duration = 0
  let end = from
  const sampler = new Sampler(syntaxAt(bytes, from, from), {
    sample(_, __, sampleEnd) {
      const { samplesPerFrame, sampleRate } = sampler.maker
      if (pts + rescale(duration, sampleRate, TICKS_PER_SECOND) < time) end = sampleEnd
      duration += samplesPerFrame
    },
    skip(skipped) {
      duration += skipped
    },
  })
  for (let at = from; ; yield) {
    const pieceEnd = Math.min(at + WALKED_AT_ONCE, bytes.length)
    at = sampler.walk(bytes, at, pieceEnd, at, pieceEnd === bytes.length)
    if (pieceEnd === bytes.length) return end
  }
}

/** The time stated in the tags in front of the frames, which begin at `from`. */
function* timestampBefore(bytes: Uint8Array, from: number): Steps<number | undefined> {
  const meter = new StepMeter()
  let timestamp: number | undefined
  for (let at = 0; at < from && timestamp === undefined; ) {
    const size = id3TagSize(bytes, at, from)
    const searched = Math.min(size, MOST_OF_TAG)
    timestamp = timestampOf(bytes.subarray(at, at + searched))
    at += size
    if (meter.ends(SEARCH_COST * searched)) yield
  }
  return timestamp
}

/**
 * Takes a whole segment apart; undefined when it has no sample. The frames are copied only where they cannot be used
 * in place. `near` is a time near the segment; with `hasHeader`, the decoder configuration is known and the frames need
 * not carry it. Throws MalformedMedia in the same cases as the probe.
 */
export function demuxPackedAudio(bytes: Uint8Array, near?: Ticks, hasHeader = false): Track | undefined {
  return allSteps(demuxPackedAudioInSteps(bytes, { near, hasHeader, inPlace: false }))
}

export type PackedAudioOptions = {
  readonly near?: Ticks | undefined
  readonly hasHeader: boolean
  /** The frames may be moved in `bytes`, instead of in a copy. */
  readonly inPlace: boolean
}

/** As `demuxPackedAudio`, in steps. */
export function* demuxPackedAudioInSteps(
  bytes: Uint8Array,
  { near, hasHeader, inPlace }: PackedAudioOptions,
): Steps<Track | undefined> {
  const from = framesOffset(bytes)
  const pts = stated(yield* timestampBefore(bytes, from), from)
  const marks = [{ position: from, pts: near === undefined ? pts : unwrapPts(pts, near) }]
  const syntax = syntaxAt(bytes, from, from)
  const losses = { dropped: 0, lost: 0 }
  const samples = yield* cutSamples(syntax, { bytes, inPlace, hasHeader }, { from, end: bytes.length, marks }, losses)
  return samples && audioTrack(0, samples)
}

/**
 * Reads a segment of packed audio as it arrives, in chunks cut anywhere, and keeps at most one tag, up to 64 KiB, and
 * 16 KiB of frames. `push` and `end` throw MalformedMedia when the segment is unusable: no timestamp, or no frames of
 * AAC, AC-3 or E-AC-3. A probe that has thrown must not be used again.
 */
export class PackedAudioProbe {
  /** The beginning of the tag being read, or of bytes that may become one. */
  private readonly tag = new Uint8Array(MOST_OF_TAG)
  private tagFilled = 0
  private tags = 0
  /** Bytes of that tag still to come; 0 while its header is incomplete. */
  private tagRest = 0
  private timestamp: number | undefined
  private frames: FrameStream | undefined
  private readonly times = new SampleTimes()
  private offset = 0
  private payloadBytes = 0

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && this.frames === undefined) at = this.readTag(chunk, at)
    this.offset += at
    this.frames?.push(chunk, at, chunk.length)
    this.payloadBytes += chunk.length - at
    this.offset += chunk.length - at
  }

  /** Completes the segment. */
  end(): MediaProbe {
    if (this.tagRest > 0) throw new MalformedMedia('ID3 tag cut off', this.offset)
    const frames = this.frames ?? this.begin()
    frames.end()
    const parameters = frames.sampler.maker.describe()
    const { range } = this.times
    if (range === null) throw new MalformedMedia('no whole frame', this.offset)
    const { lost } = frames.sampler
    return {
      container: 'packed-audio',
      tracks: [parameters ? { kind: 'audio', pid: 0, ...parameters } : { kind: 'other', pid: 0, streamType: 0 }],
      times: [{ ...range, bytes: this.payloadBytes }],
      firstPts: range.first,
      lastPts: range.last,
      keyFrames: [],
      startsWithKeyFrame: true,
      ...(lost === 0 ? {} : { continuityErrors: lost }),
    }
  }

  /**
   * Reads on in a tag.
   * @returns where it stopped, which is where the frames begin when they have begun
   */
  private readTag(chunk: Uint8Array, from: number): number {
    if (this.tagRest === 0) {
      const size = Math.min(ID3_HEADER_SIZE - this.tagFilled, chunk.length - from)
      this.tag.set(chunk.subarray(from, from + size), this.tagFilled)
      this.tagFilled += size
      if (this.tagFilled < ID3_HEADER_SIZE) return from + size
      this.tagRest = id3TagSize(this.tag, 0, ID3_HEADER_SIZE) - ID3_HEADER_SIZE
      if (this.tagRest < 0) {
        this.tagRest = 0
        this.begin()
      } else if (this.tagRest === 0) this.endTag()
      return from + size
    }
    const end = Math.min(from + this.tagRest, chunk.length)
    const kept = Math.min(end - from, MOST_OF_TAG - this.tagFilled)
    this.tag.set(chunk.subarray(from, from + kept), this.tagFilled)
    this.tagFilled += kept
    this.tagRest -= end - from
    if (this.tagRest === 0) this.endTag()
    return end
  }

  private endTag(): void {
    if (++this.tags > MOST_TAGS) throw tooManyTags(this.offset)
    this.timestamp ??= timestampOf(this.tag.subarray(0, this.tagFilled))
    this.tagFilled = 0
  }

  /** Begins the frames with the bytes collected for the header of a tag. */
  private begin(): FrameStream {
    const pts = stated(this.timestamp, this.offset)
    const frames = new FrameStream(syntaxAt(this.tag.subarray(0, this.tagFilled), 0, this.offset), this.times)
    this.times.maker = frames.sampler.maker
    frames.sampler.mark({ position: 0, pts })
    frames.push(this.tag, 0, this.tagFilled)
    this.payloadBytes += this.tagFilled
    this.frames = frames
    return frames
  }
}

function tooManyTags(offset: number): MalformedMedia {
  return new MalformedMedia(`more than ${MOST_TAGS} ID3 tags`, offset)
}

function timestampOf(tag: Uint8Array): number | undefined {
  const content = privateFrame(tag, TIMESTAMP_OWNER)
  // The upper 31 bits are zero.
  return content?.length === 8 ? Number(new ByteReader(content).u64() % BigInt(PTS_MODULUS)) : undefined
}

function stated(timestamp: number | undefined, offset: number): number {
  if (timestamp === undefined) throw new MalformedMedia('no timestamp in front of packed audio', offset)
  return timestamp
}

/** The frames that begin at a place; `offset` is what an error states. Throws MalformedMedia where none do. */
export function syntaxAt(bytes: Uint8Array, at: number, offset: number): FrameSyntax {
  if (bytes[at] === 0x0b && bytes[at + 1] === 0x77) return 'ac3'
  if (bytes[at] === 0xff && (bytes[at + 1]! & 0xf6) === 0xf0) return 'aac'
  throw new MalformedMedia('no frame of AAC, AC-3 or E-AC-3', offset)
}
