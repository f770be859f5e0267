import type { VideoDescription } from '../track.ts'
import type { SetOutcome } from './parameter-sets.ts'
import type { Sei } from './sei.ts'

/** The role of a NAL unit in its access unit. */
export const ROLE = {
  /** Belongs to the access unit before it. */
  other: 0,
  /** A slice of the primary picture, base layer. */
  slice: 1,
  parameterSet: 2,
  sei: 3,
  /** Begins an access unit, and states nothing more. */
  delimiter: 4,
  filler: 5,
  /** Begins an access unit; its meaning is not used. */
  prefix: 6,
} as const
export type NalRole = (typeof ROLE)[keyof typeof ROLE]

/** The statements in front of a picture about starting to decode there. */
export type RandomAccess = {
  /** An exact recovery point; see `Sei`. */
  readonly recoveryPoint: boolean
  /** random_access_indicator from the multiplexer. */
  readonly indicator: boolean
}

/** A picture, as its first slice describes it. */
export type Picture = {
  /** True when decoding can start here, whatever precedes it: IDR and recovery points in H.264, IRAP in HEVC. */
  readonly isKey: boolean
  /** True for the second field of the frame whose first field is the picture before. */
  readonly isSecondField: boolean
  /** Presentation order within an epoch, ascending; undefined when the stream does not state it. */
  readonly order: number | undefined
  /** Number that increases where the order restarts. */
  readonly epoch: number
}

/** A description of a video stream from its own bytes, without its PID. */
export type VideoParameters = Omit<VideoDescription, 'kind' | 'pid'>

/** Combines the facts of the configuration record, the sequence parameter set and the SEI. */
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

/** Follows a coded video stream NAL unit by NAL unit. There is one implementation each for H.264 and HEVC. */
export type VideoStream = {
  /** Size of a NAL unit header in bytes. */
  readonly headerSize: number
  /** The role of the NAL unit whose header is at `at`. */
  roleOf(bytes: Uint8Array, at: number): NalRole
  /** Takes a parameter set. Like decoders, it forgets the sets that refer to one that is replaced. */
  addParameterSet(nal: Uint8Array): SetOutcome
  /** Reads the beginning of the first slice of a picture, in decoding order; the slice lies between `at` and `end`. */
  picture(bytes: Uint8Array, at: number, end: number, access: RandomAccess): Picture
  /**
   * The parameters from the sets that the last picture refers to. Undefined until all of them have been seen; throws
   * MalformedMedia when there are more than a record can hold.
   */
  parameters(sei: Sei): VideoParameters | undefined
  /** Pictures per second from those parameter sets; undefined when they do not state it. */
  readonly frameRate: VideoDescription['frameRate']
}
