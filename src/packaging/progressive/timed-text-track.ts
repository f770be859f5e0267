import { timedTextSample } from '../../media/mp4/timed-text.ts'
import { emptySamples, type SampleTable } from '../../media/sample.ts'
import { parseCueText, plainText } from '../../media/webvtt/cue-text.ts'
import type { ShownCue } from '../../media/webvtt/timeline.ts'
import type { OutputSegment } from '../../model/output-segment.ts'

/**
 * The cues of an output segment as samples of timed text, one after the other from its beginning to its end: where
 * several are shown at once, each in a line of its own, and where none is, an empty one. Times are 90 kHz ticks.
 */
export function timedTextOf(
  { start, duration }: Pick<OutputSegment, 'start' | 'duration'>,
  cues: readonly ShownCue[],
): { readonly samples: SampleTable; readonly media: readonly Uint8Array[] } {
  const end = start + duration
  const edges = [...new Set([start, ...cues.flatMap((cue) => [cue.start, cue.end]), end])]
  const times = edges.filter((time) => time >= start && time <= end).toSorted((a, b) => a - b)
  const media = times.slice(0, -1).map((from, i) => {
    const shown = cues.filter((cue) => cue.start < times[i + 1]! && cue.end > from)
    return timedTextSample(shown.map(({ text }) => plainText(parseCueText(text))).join('\n'))
  })
  const samples = emptySamples(media.length)
  for (const [i, bytes] of media.entries()) {
    samples.sizes[i] = bytes.length
    samples.dts[i] = times[i]!
    samples.durations[i] = times[i + 1]! - times[i]!
    samples.sync[i] = 1
  }
  return { samples, media }
}
