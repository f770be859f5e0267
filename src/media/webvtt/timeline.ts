import { PTS_MODULUS, TICKS_PER_MS, type Ticks, ticks, unwrapPts } from '../time.ts'
import type { Cue, TimestampMap, WebVtt } from './document.ts'

/**
 * Presentation times of a cue on its era's timeline, RFC 8216 §3.5: those nearest to `near` that its 33-bit PTS can
 * mean.
 */
export function cueTimes(map: TimestampMap, cue: Cue, near: Ticks): { readonly start: Ticks; readonly end: Ticks } {
  const start = unwrapPts((map.mpegts + cue.start - map.local) % PTS_MODULUS, near)
  return { start, end: ticks(start + cue.end - cue.start) }
}

/**
 * Joins segments in order: cues on the clock of the first segment, each definition once, and each cue once even when
 * it is repeated because it is shown across a boundary.
 */
export function joinWebVtt(segments: readonly WebVtt[]): WebVtt {
  const map = segments[0]!.map
  const seen = new Set<string>()
  const cues = segments.flatMap((segment) => {
    const shift = unwrapPts(segment.map.mpegts - segment.map.local - (map.mpegts - map.local), ticks(0))
    return segment.cues
      .map((cue) => ({ ...cue, start: cue.start + shift, end: cue.end + shift }))
      .filter((cue) => {
        const key = cueIdentity(cue)
        return !seen.has(key) && seen.add(key)
      })
  })
  // The first clock may begin after a cue of a later segment; it is then set forward by whole milliseconds.
  const earliest = cues.reduce((least, { start }) => Math.min(least, start), 0)
  const late = Math.ceil(-earliest / TICKS_PER_MS) * TICKS_PER_MS
  return {
    map: { mpegts: map.mpegts, local: map.local + late },
    regions: [...new Set(segments.flatMap(({ regions }) => regions))],
    styles: [...new Set(segments.flatMap(({ styles }) => styles))],
    cues: late === 0 ? cues : cues.map((cue) => ({ ...cue, start: cue.start + late, end: cue.end + late })),
    malformed: segments.reduce((sum, { malformed }) => sum + malformed, 0),
  }
}

/**
 * Identifies a cue by times and text: identifiers may restart in every segment, and times are compared as written.
 */
export function cueIdentity({ start, end, settings, text }: Cue): string {
  return [Math.round(start / TICKS_PER_MS), Math.round(end / TICKS_PER_MS), settings, text].join('\n')
}

/** Characters of text that are shown in an interval: a few hundred in ten seconds. */
const MOST_SHOWN_TEXT = 32 * 1024

/** The part of a cue that is shown within an interval. */
export type ShownCue = Pick<Cue, 'settings' | 'text'> & { readonly start: Ticks; readonly end: Ticks }

/**
 * The cues shown from `from` to `to` on an era's timeline, given the segments for that interval: cut to the interval,
 * since other segments show the rest; in order of beginning, each once. Beyond `MOST_SHOWN_TEXT`, cues are left out.
 */
export function cuesBetween(segments: readonly WebVtt[], from: Ticks, to: Ticks): ShownCue[] {
  const shown = new Map<string, ShownCue>()
  let left = MOST_SHOWN_TEXT
  for (const { map, cues } of segments) {
    for (const cue of cues) {
      const { start, end } = cueTimes(map, cue, from)
      const cut = { start: ticks(Math.max(start, from)), end: ticks(Math.min(end, to)) }
      const { settings, text } = cue
      if (cut.start >= cut.end || text.length > left) continue
      left -= text.length
      shown.set(cueIdentity({ ...cut, settings, text }), { ...cut, settings, text })
    }
  }
  return [...shown.values()].sort((a, b) => a.start - b.start)
}
