import { TICKS_PER_SECOND, type Ticks, ticks, unwrapPts } from '../../media/time.ts'
import type { AudioDescription, MediaProbe, TrackDescription, TrackTimes } from '../../media/track.ts'

/** A segment is longer only where its own pictures and sound are. */
export const MOST_UNCONFIRMED: Ticks = ticks(60 * TICKS_PER_SECOND)

/** EXTINF mostly has milliseconds: what differs by no more than two of them is the same. */
export const EXTINF_ROUNDING: Ticks = ticks(180)

/** Where pictures come at a steady rate, EXTINF may differ from their times by one picture, or by 20 ms. */
const LEAST_TOLERANCE: Ticks = ticks(1800)

/** How far the sound beside the pictures may end from them, to confirm that they end there. */
const SOUND_TOLERANCE: Ticks = ticks(TICKS_PER_SECOND / 10)

/** Sound that ends so far from where EXTINF says pictures of no steady rate do says that the last ends elsewhere. */
const MOST_SOUND_APART: Ticks = ticks(TICKS_PER_SECOND / 4)

/** No frame of sound has fewer bytes: those of its ADTS header, ISO/IEC 13818-7 §6.2; other codecs' are longer. */
const LEAST_FRAME_BYTES = 7

/** Slides are no further apart, on average. */
const MOST_BETWEEN_PICTURES: Ticks = ticks(10 * TICKS_PER_SECOND)

/** A segment's length, as EXTINF told it and as it turned out to be. */
export type CorrectedLength = { readonly told: Ticks; readonly real: Ticks }

export type LengthEvidence = {
  readonly probe: MediaProbe
  /** EXTINF. */
  readonly told: Ticks
  /** Where the segment begins on its era's timeline. */
  readonly start: Ticks
  /** PTS of the stream's next segment, where that is there and no discontinuity lies between. */
  readonly nextPts?: number | undefined
  readonly targetDuration: Ticks
  /** The newest length of the stream that EXTINF told wrong. */
  readonly corrected?: CorrectedLength | undefined
  /** Whether the next segment may be waited for. */
  readonly mayWait: boolean
}

/**
 * How long a segment lasts: until the next of its stream begins. Where EXTINF agrees with the timestamps it is taken at
 * its word; where they disagree, or leave open when the last picture ends, the next segment is waited for, unless the
 * segment itself proves where it ends. `waits`: the next segment will tell.
 */
export function segmentLength(evidence: LengthEvidence): Ticks | 'waits' {
  const { probe, told, start, nextPts, mayWait, targetDuration, corrected } = evidence
  const measured = measure(probe)
  if (agrees(told, measured, probe.lastPts - probe.firstPts)) return told
  const length = measured?.length ?? ticks(probe.lastPts - probe.firstPts)
  const longest = Math.max(Math.min(told, MOST_UNCONFIRMED), length)
  if (nextPts !== undefined) {
    const until = ticks(unwrapPts(nextPts, ticks(start + longest)) - start)
    // A source that jumps ahead leaves a hole, and encoders tell EXTINF up to where it goes on.
    const most = measured?.isProven
      ? 1.5 * length
      : Math.max(1.5 * longest, Math.min(2 * targetDuration, MOST_UNCONFIRMED))
    if (until > 0 && until <= most) return until
  }
  const isBelievable = length > 0 && length <= Math.max(MOST_UNCONFIRMED, 2 * told)
  if (isBelievable && measured?.isProven) return measured.length
  if (mayWait && nextPts === undefined) return 'waits'
  if (isBelievable && measured?.isSteady) return measured.length
  const isAlike = corrected && Math.abs(corrected.told - told) <= EXTINF_ROUNDING
  if (isAlike && corrected.real > probe.lastPts - probe.firstPts) return corrected.real
  if (!isBelievable) return ticks(Math.min(told, MOST_UNCONFIRMED))
  const heard = ticks(Math.round(measured?.soundEnd ?? 0))
  if (isOutlasted(length, heard)) return heard <= MOST_UNCONFIRMED ? heard : ticks(longest)
  return told > 2 * length ? length : ticks(longest)
}

/**
 * The seconds by which the timestamps of a segment jump ahead inside it: it spans far more time than its pictures, or
 * its frames of sound, can last. Undefined where they do not.
 */
export function jumpInside({ tracks, times, firstPts, lastPts }: MediaProbe): number | undefined {
  const span = lastPts - firstPts
  if (span <= MOST_UNCONFIRMED) return undefined
  const bounds = tracks.flatMap((track, i) => {
    const of = times[i]
    if (track.kind === 'video' && of?.pictures !== undefined) return of.pictures * MOST_BETWEEN_PICTURES
    return track.kind === 'audio' && of ? (of.bytes / LEAST_FRAME_BYTES + 1) * frameOfSound(track) : []
  })
  const excess = span - Math.min(...bounds)
  return excess > MOST_UNCONFIRMED ? Math.round(excess / TICKS_PER_SECOND) : undefined
}

/** True of pictures whose last one is shown for as long as all others, and longer: the sound goes on beside it. */
function isOutlasted(length: number, soundEnd: number | undefined): boolean {
  return soundEnd !== undefined && soundEnd > 2 * length + SOUND_TOLERANCE
}

/** What a segment's own timestamps say of its length. */
type Measured = {
  /** From the first sample to the end of the last, if that lasts as long as the others. */
  readonly length: Ticks
  /** How far EXTINF may be from that. */
  readonly tolerance: Ticks
  /** All samples last as long as the stream states. */
  readonly isSteady: boolean
  /** Where the sound beside the pictures ends, from the first picture. */
  readonly soundEnd?: number | undefined
  /** The last sample does last as long: frames of sound, and pictures at a steady rate that end with the sound. */
  readonly isProven: boolean
}

/** Where nobody knows how long the last sample lasts, it may be as long as all the others, and not longer than that. */
function agrees(told: Ticks, measured: Measured | undefined, span: number): boolean {
  if (!measured) return told > 0 && told >= span && told <= 2 * span + SOUND_TOLERANCE
  const { length, tolerance, isSteady, soundEnd = told } = measured
  return Math.abs(told - length) <= tolerance && (isSteady || Math.abs(soundEnd - told) <= MOST_SOUND_APART)
}

function measure({ tracks, times, firstPts, lastPts }: MediaProbe): Measured | undefined {
  const span = lastPts - firstPts
  const video = tracks.findIndex(({ kind }, i) => kind === 'video' && times[i])
  const audio = tracks.findIndex(({ kind }, i) => kind === 'audio' && times[i])
  if (video < 0) return audio < 0 ? undefined : measureSound(tracks[audio] as AudioDescription, span)
  const { pictures } = times[video]!
  if (pictures === undefined || pictures < 2) return undefined
  const stated = statedFrame(tracks[video])
  const soundEnd = audio < 0 ? undefined : endOfSound(tracks[audio] as AudioDescription, times[audio]!, firstPts)
  const isEven = stated !== undefined && Math.abs(span - (pictures - 1) * stated) <= stated / 2
  const isSteady = isEven && !isOutlasted(span + stated, soundEnd)
  const frame = isEven ? stated : span / (pictures - 1)
  const length = ticks(Math.round(span + frame))
  return {
    length,
    tolerance: isSteady ? ticks(Math.max(stated, LEAST_TOLERANCE)) : EXTINF_ROUNDING,
    isSteady,
    soundEnd,
    isProven: isSteady && soundEnd !== undefined && Math.abs(soundEnd - length) <= SOUND_TOLERANCE,
  }
}

function measureSound(description: AudioDescription, span: number): Measured {
  const frame = frameOfSound(description)
  const tolerance = ticks(Math.max(frame, LEAST_TOLERANCE))
  return { length: ticks(Math.round(span + frame)), tolerance, isSteady: true, isProven: true }
}

/** From the pictures' first PTS; undefined for sound whose timestamps jump ahead inside the segment. */
function endOfSound(description: AudioDescription, { first, last }: TrackTimes, firstPts: number): number | undefined {
  const end = unwrapPts(first, ticks(firstPts)) + (last - first) + frameOfSound(description) - firstPts
  return end <= MOST_UNCONFIRMED ? end : undefined
}

function frameOfSound({ samplesPerFrame, sampleRate }: AudioDescription): number {
  return (samplesPerFrame * TICKS_PER_SECOND) / sampleRate
}

/** In ticks, as the stream says; undefined when it does not. */
function statedFrame(track: TrackDescription | undefined): number | undefined {
  if (track?.kind !== 'video' || !track.frameRate) return undefined
  return (track.frameRate.denominator * TICKS_PER_SECOND) / track.frameRate.numerator
}
