import type { VideoDescription } from '../track.ts'
import type { SetOutcome } from './parameter-sets.ts'
import type { Sei } from './sei.ts'

/** What a NAL unit means for the access unit it stands in. */
export const ROLE = {
  /** Belongs to the access unit before it. */
  other: 0,
  /** A slice of the primary picture, base layer. */
  slice: 1,
  parameterSet: 2,
  sei: 3,
  /** Begins an access unit, and says no more. */
  delimiter: 4,
  filler: 5,
  /** Begins an access unit, otherwise unknown. */
  prefix: 6,
} as const
export type NalRole = (typeof ROLE)[keyof typeof ROLE]

/** What stands in front of a picture about decoding that starts there. */
export type RandomAccess = {
  /** The recovery point of `Sei`. */
  readonly recoveryPoint: boolean
  /** random_access_indicator of the multiplexer. */
  readonly indicator: boolean
}

/** A picture, from its first slice. */
export type Picture = {
  /** Decoding can start here whatever came before: IDR and recovery points in H.264, IRAP in HEVC. */
  readonly isKey: boolean
  /** This is the other field of the frame whose first field is the picture before. */
  readonly isSecondField: boolean
  /** Pictures are shown in ascending order within an epoch; undefined when the stream does not say. */
  readonly order: number | undefined
  /** Grows where the order begins anew. */
  readonly epoch: number
}

/** What a stream says about itself, but for its PID. */
export type VideoParameters = Omit<VideoDescription, 'kind' | 'pid'>

/** Puts together what is said in its record, its sequence parameter set, and its SEI. */
export function videoParameters(source: {
  readonly codec: string
  readonly configuration: string
  readonly sps: Pick<VideoDescription, 'width' | 'height' | 'frameRate' | 'sampleAspectRatio' | 'colour'>
  readonly sei: Sei
}): VideoParameters {
  const { codec, configuration, sps, sei } = source
  const { width, height, frameRate, sampleAspectRatio } = sps
  // Players that know the preferred transfer characteristics use those.
  const colour = sps.colour === undefined ? undefined : { ...sps.colour, transfer: sei.transfer ?? sps.colour.transfer }
  return {
    codec,
    configuration,
    width,
    height,
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(sampleAspectRatio === undefined ? {} : { sampleAspectRatio }),
    ...(colour === undefined ? {} : { colour }),
    ...(sei.masteringDisplay === undefined ? {} : { masteringDisplay: sei.masteringDisplay }),
    ...(sei.contentLight === undefined ? {} : { contentLight: sei.contentLight }),
  }
}

/** A coded video stream, followed NAL unit by NAL unit. What H.264 and HEVC differ in is in its two implementations. */
export type VideoStream = {
  /** Bytes before the payload of a NAL unit. */
  readonly headerSize: number
  /** The role of the NAL unit whose header is at `at`. */
  roleOf(bytes: Uint8Array, at: number): NalRole
  /** Takes a parameter set. Sets that refer to one that is replaced are forgotten, as decoders do. */
  addParameterSet(nal: Uint8Array): SetOutcome
  /** Reads the beginning of the first slice of a picture, in decoding order; the slice lies between `at` and `end`. */
  picture(bytes: Uint8Array, at: number, end: number, access: RandomAccess): Picture
  /**
   * By the parameter sets that the last picture refers to. Undefined while they have not all been seen; throws
   * MalformedMedia when there are more than a record can hold.
   */
  parameters(sei: Sei): VideoParameters | undefined
  /** Pictures per second of those sets; undefined when they do not say. */
  readonly frameRate: VideoDescription['frameRate']
}
