import { writeCmafHeader, writeCmafSegment } from '../../media/mp4/cmaf.ts'
import { emptySamples, sizeOf, type Track } from '../../media/sample.ts'
import type { Steps } from '../../media/steps.ts'
import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts'
import type { VideoDescription } from '../../media/track.ts'
import type { DemuxBuffer } from '../../media/ts/demux-buffer.ts'
import { demuxStreamInSteps } from '../../media/ts/demuxer.ts'
import { headerParameterSets } from '../tracks/parameter-sets.ts'

/** stream_type of ISO/IEC 13818-1 table 2-34. */
const STREAM_TYPES = { avc: 27, hevc: 36 }
/** Duration of the picture where the stream does not state its rate: that of one of 25 in a second. */
const USUAL_DURATION = TICKS_PER_SECOND / 25

/** A key frame in the transport stream packets that hold it. */
export type PackedKeyFrame = {
  readonly description: VideoDescription
  /** When it is shown, on its era's timeline. */
  readonly pts: number
  /** A time near it. */
  readonly near: Ticks
}

/**
 * Makes a fragmented MP4 file of one sample of the packets in `buffer`: ISO/IEC 23000-19, header and segment one behind
 * the other. Undefined when the packets turn out to hold no key frame. Nobody else may use the buffer before the last
 * step.
 */
export function* keyFrameMovie(
  buffer: DemuxBuffer,
  { description, pts, near }: PackedKeyFrame,
): Steps<Uint8Array | undefined> {
  const streamType = description.codec.startsWith('avc1') ? STREAM_TYPES.avc : STREAM_TYPES.hevc
  const stream = { pid: description.pid, streamType, descriptors: new Uint8Array() }
  const track = yield* demuxStreamInSteps(buffer, stream, { near, configurations: headerParameterSets([description]) })
  const data = track && nearestKeyFrame(track, pts)
  if (!data) return undefined
  const one = emptySamples(1)
  one.sizes[0] = data.length
  one.durations[0] = durationOf(description)
  one.sync[0] = 1
  const header = writeCmafHeader({ id: 1, timescale: TICKS_PER_SECOND, entry: description })
  return Buffer.concat([header, ...writeCmafSegment({ sequenceNumber: 1, trackId: 1, samples: one, media: [data] })])
}

/** The data of the key frame that is shown nearest to a time. */
function nearestKeyFrame({ samples, media }: Track, pts: number): Uint8Array | undefined {
  const distance = (i: number) => Math.abs(samples.dts[i]! + samples.compositionOffsets[i]! - pts)
  let best = -1
  for (let i = 0; i < samples.count; i++) {
    if (samples.sync[i] === 1 && (best < 0 || distance(i) < distance(best))) best = i
  }
  if (best < 0) return undefined
  const at = sizeOf(samples, 0, best)
  return media.subarray(at, at + samples.sizes[best]!)
}

function durationOf({ frameRate }: VideoDescription): number {
  if (!frameRate) return USUAL_DURATION
  return Math.max(1, Math.round((TICKS_PER_SECOND * frameRate.denominator) / frameRate.numerator))
}
