import { type BitReader, MalformedMedia } from '../bytes.ts'
import { greatestCommonDivisor } from '../divisor.ts'
import type { Colour, VideoDescription } from '../track.ts'

/**
 * Parts that the sequence parameter sets of H.264 and HEVC share: limits, and the beginning of the VUI (annex E of
 * both).
 */

const MAX_DIMENSION = 16_384
/** Pictures per second. A higher stated frame rate is a clock rather than a rate. */
const MAX_FRAME_RATE = 300
const EXTENDED_SAR = 255
/** Width and height by aspect_ratio_idc, table E-1, from 1 on. */
const SAMPLE_ASPECT_RATIOS: readonly (readonly [number, number])[] = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
]

export type VideoFrameRate = NonNullable<VideoDescription['frameRate']>

export type VideoUsability = Pick<VideoDescription, 'sampleAspectRatio' | 'colour'>

/** Reads from aspect_ratio_info_present_flag to the end of chroma_loc_info. */
export function readVideoUsability(bits: BitReader): VideoUsability {
  const sampleAspectRatio = bits.flag() ? readSampleAspectRatio(bits) : undefined
  if (bits.flag()) bits.flag() // overscan
  const colour = bits.flag() ? readVideoSignalType(bits) : undefined
  if (bits.flag()) {
    bits.ue() // chroma_sample_loc_type of the top field, and of the bottom field
    bits.ue()
  }
  return {
    ...(sampleAspectRatio === undefined ? {} : { sampleAspectRatio }),
    ...(colour === undefined ? {} : { colour }),
  }
}

/** Reads the sample aspect ratio; undefined when samples are square, or the code is unspecified. */
function readSampleAspectRatio(bits: BitReader): VideoUsability['sampleAspectRatio'] {
  const code = bits.u(8)
  const [width, height] = code === EXTENDED_SAR ? [bits.u(16), bits.u(16)] : (SAMPLE_ASPECT_RATIOS[code - 1] ?? [0, 0])
  return width === height || width === 0 || height === 0 ? undefined : { width, height }
}

function readVideoSignalType(bits: BitReader): Colour | undefined {
  bits.u(3) // video_format
  const fullRange = bits.flag()
  if (!bits.flag()) return undefined
  return { primaries: bits.u(8), transfer: bits.u(8), matrix: bits.u(8), fullRange }
}

/** Frames per second in lowest terms; undefined when the fields are zero or the rate is implausible. */
export function frameRateOf(timeScale: number, unitsPerFrame: number): VideoFrameRate | undefined {
  if (unitsPerFrame === 0 || timeScale === 0 || timeScale / unitsPerFrame > MAX_FRAME_RATE) return undefined
  const divisor = greatestCommonDivisor(timeScale, unitsPerFrame)
  return { numerator: timeScale / divisor, denominator: unitsPerFrame / divisor }
}

/** Returns the size. Throws MalformedMedia when a side is not positive or exceeds `MAX_DIMENSION`. */
export function checkedSize(width: number, height: number): { readonly width: number; readonly height: number } {
  if (width <= 0 || height <= 0 || width > MAX_DIMENSION || height > MAX_DIMENSION) {
    throw new MalformedMedia(`picture of ${width}x${height}`, 0)
  }
  return { width, height }
}

export function inRange(value: number, max: number, name: string): number {
  if (value > max) throw new MalformedMedia(`${name} ${value}`, 0)
  return value
}
