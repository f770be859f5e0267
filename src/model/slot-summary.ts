import type { Ticks } from '../media/time.ts'
import type { BeginningAds } from './ad-events/ad-event.ts'
import { joinedObject } from './joined-object.ts'
import type { SlotSummary } from './output-segment.ts'
import type { TrackTimes } from './source-segment.ts'

/** The version that is written. It grows when a column changes its meaning; a new column needs no new version. */
export const SLOT_SUMMARY_VERSION = 1

/**
 * What manifests need of a slot, as the segment index keeps it: a record of columns. A day of slots is read and parsed
 * for one manifest, so names are short and there is one list for each fact, not an object for each object. Times count
 * from the slot's start on. A column that a later version adds is optional, and a reader ignores columns it does not
 * know.
 */
export type StoredSlotSummary = {
  /** Version of the record. */
  readonly v: number
  /** Start of the slot, on the timeline of its own era. */
  readonly at: Ticks
  /** Duration of the slot. */
  readonly d: Ticks
  /** 1 where the duration is measured; absent where EXTINF told it, as in what earlier versions wrote. */
  readonly dm?: 1
  /** Objects: the stream of each. */
  readonly n: readonly number[]
  /** Objects: the size of each, in bytes. */
  readonly s: readonly number[]
  /** Objects: which timing each has, by position among the timings; -1 for WebVTT. Absent where all have the first. */
  readonly t?: readonly number[]
  /** Timings: the number of tracks of each. Absent where there is one timing. */
  readonly c?: readonly number[]
  /** Tracks, timing by timing: when the first sample is shown; null for a track without samples. */
  readonly f: readonly (number | null)[]
  /** Tracks: when the last sample is shown, likewise. */
  readonly l: readonly (number | null)[]
  /** Tracks: the number of pictures; null where it is not known. Absent where none is known. */
  readonly p?: readonly (number | null)[]
  /** Objects: when each begins, where that is not when the slot does. Absent where all begin with the slot. */
  readonly os?: readonly (number | null)[]
  /** Objects: how long each lasts, where that is not as long as the slot. Absent where all last as long. */
  readonly od?: readonly (number | null)[]
  /** The streams of which nothing begins in the slot, and which go on. Absent where there is none. */
  readonly ct?: readonly number[]
  /** The lines of ad tags. Absent where there are none. */
  readonly ad?: readonly string[]
  /** The ad events that begin with it, on the timeline of their own era. Absent where there is none. */
  readonly ev?: BeginningAds
  /** Objects: the number of key frames of each. Absent where each has one. */
  readonly kn?: readonly number[]
  /** Key frames, object by object: when each is shown. */
  readonly kt: readonly number[]
  /** Key frames: the offset of each in its object, in bytes. */
  readonly ko: readonly number[]
  /** Key frames: the size of each, in bytes. */
  readonly ks: readonly number[]
}

/** The record of a slot. */
export function slotSummaryOf({
  start,
  duration,
  isMeasured,
  objects,
  continued,
  adTags,
  ads,
}: Pick<
  SlotSummary,
  'start' | 'duration' | 'isMeasured' | 'objects' | 'continued' | 'adTags' | 'ads'
>): StoredSlotSummary {
  const all = Object.values(objects).map(joinedObject)
  const timings = new Map<string, readonly (TrackTimes | null)[]>()
  const timingOf = all.map(({ times }) => {
    if (!times) return -1
    const key = JSON.stringify(times.map((track) => track && [track.first, track.last, track.pictures]))
    if (!timings.has(key)) timings.set(key, times)
    return [...timings.keys()].indexOf(key)
  })
  const tracks = [...timings.values()].flat()
  const pictures = tracks.map((track) => track?.pictures ?? null)
  const keyFrames = all.flatMap((object) => object.keyFrames ?? [])
  // How long text is shown is told by its cues.
  const durations = all.map(({ times, duration }) => (times && duration) ?? null)
  const keyFrameCounts = all.map((object) => object.keyFrames?.length ?? 0)
  return {
    v: SLOT_SUMMARY_VERSION,
    at: start,
    d: duration,
    ...(isMeasured && { dm: 1 }),
    n: Object.keys(objects).map(Number),
    s: all.map(({ size }) => size),
    ...(timingOf.some((timing) => timing !== 0) && { t: timingOf }),
    ...(timings.size !== 1 && { c: [...timings.values()].map(({ length }) => length) }),
    f: tracks.map((track) => track && track.first - start),
    l: tracks.map((track) => track && track.last - start),
    ...(pictures.some((count) => count !== null) && { p: pictures }),
    ...(all.some((object) => object.start !== undefined) && { os: all.map((object) => from(start, object.start)) }),
    ...(durations.some((each) => each !== null) && { od: durations }),
    ...(continued && { ct: continued }),
    ...(adTags && { ad: adTags }),
    ...(ads?.begins && { ev: { era: ads.era, begins: ads.begins } }),
    ...(keyFrameCounts.some((count) => count !== 1) && { kn: keyFrameCounts }),
    kt: keyFrames.map(({ pts }) => pts - start),
    ko: keyFrames.map(({ offset }) => offset),
    ks: keyFrames.map(({ size }) => size),
  }
}

function from(start: Ticks, time: Ticks | undefined): number | null {
  return time === undefined ? null : time - start
}
