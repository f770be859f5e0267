import { TICKS_PER_MS, type Ticks, ticks, type UtcMs, utcMs } from '../media/time.ts'
import type { DashPackage } from '../model/origin-endpoint.ts'
import type { ArchiveWindow, Era, OutputSegment } from '../model/output-segment.ts'
import { listsTrack } from './dash-profiles.ts'
import { type TrackSet, trackSetOf } from './track-set.ts'
import { hasTrack } from './track-times.ts'

/**
 * What a window lists of a stretch: output segments of one era with consecutive numbers, throughout which the same tracks
 * have media. `$Number$` cannot skip a segment, so a gap in some stream begins a Period, and its end another.
 */
export type DashPeriod = {
  /** Of the segment before the stretch's first: the same while the stretch slides out of the window. */
  readonly id: number
  readonly era: Era
  /** Beginning of the stretch, listed or not, on the era's timeline; this time is `startUtc`, to the tick. */
  readonly start: Ticks
  readonly startUtc: UtcMs
  /** End of the last listed segment, or the beginning of the next Period where that comes before. */
  readonly endUtc: UtcMs
  readonly segments: readonly OutputSegment[]
  readonly tracks: TrackSet
}

/** The Periods of a window, oldest first; none where the endpoint's settings leave nothing. */
export function periodsOf(window: ArchiveWindow, settings: DashPackage): readonly DashPeriod[] {
  const periods = stretchesOf(window.segments).flatMap((segments) => periodOf(segments, window, settings) ?? [])
  const single = settings.segmentTemplateFormat === 'NUMBER_WITH_DURATION' || settings.profile === 'HYBRIDCAST'
  return (single ? periods.slice(-1) : periods).map((period, i, all) => {
    const next = all[i + 1]
    return next && next.startUtc < period.endUtc ? { ...period, endUtc: next.startUtc } : period
  })
}

function stretchesOf(segments: readonly OutputSegment[]): readonly (readonly OutputSegment[])[] {
  const stretches: OutputSegment[][] = []
  for (const segment of segments) {
    const current = stretches.at(-1)
    if (current?.[0]?.stretch.number === segment.stretch.number) current.push(segment)
    else stretches.push([segment])
  }
  return stretches
}

function periodOf(
  segments: readonly OutputSegment[],
  { eras }: ArchiveWindow,
  settings: DashPackage,
): DashPeriod | undefined {
  const [first, last] = [segments[0], segments.at(-1)]
  const era = eras.find(({ id }) => id === first?.era)
  if (!first || !last || !era) return undefined
  const tracks = tracksOf(era, settings, first)
  if (tracks.video.length + tracks.audio.length + tracks.text.length === 0) return undefined
  const { number, start } = first.stretch
  // Whole milliseconds, for Period@start can hold no more; never after the first sample.
  const startUtc = utcMs(era.clock.utc + Math.floor((start - era.clock.time) / TICKS_PER_MS))
  return {
    id: number - 1,
    era,
    start: timeAt(era, startUtc),
    startUtc,
    endUtc: utcAt(era, ticks(last.start + last.duration)),
    segments,
    tracks,
  }
}

/** The tracks of which a segment has media, and with it its whole stretch. */
function tracksOf(era: Era, settings: DashPackage, segment: OutputSegment): TrackSet {
  const isText = (index: number) => era.streams.find((each) => each.index === index)?.role.kind === 'subtitles'
  const isPresent = (index: number) => isText(index) || segment.slots.some(({ objects }) => objects[index])
  const { video, audio, text } = trackSetOf(era, settings.streamSelection, isPresent)
  return {
    video: video.filter((track) => hasTrack(track, segment) && listsTrack(settings.profile, track)),
    audio: audio.filter((track) => hasTrack(track, segment) && listsTrack(settings.profile, track)),
    text,
  }
}

/** A moment on an era's timeline, and what its clock says then. */
export function timeAt({ clock }: Era, utc: UtcMs): Ticks {
  return ticks(clock.time + (utc - clock.utc) * TICKS_PER_MS)
}

export function utcAt({ clock }: Era, time: Ticks): UtcMs {
  return utcMs(clock.utc + Math.round((time - clock.time) / TICKS_PER_MS))
}
