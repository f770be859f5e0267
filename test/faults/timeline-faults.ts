import type { Fault } from './fault.ts'

/** In what the timeline of a channel tells. */
export const TIMELINE_FAULTS: readonly Fault[] = [
  {
    name: 'timeline-hides-narrow-gaps',
    breaks: 'A gap that is narrower than a pixel is told as content, and not as a gap.',
    file: 'src/model/overview/reduced-content.ts',
    find: '    if (until !== undefined && start > until + SEAM_MS) holes.push({ start: until, end: start })',
    replace: '    if (until !== undefined && start > until + resolutionMs) holes.push({ start: until, end: start })',
    caughtBy: { file: 'src/model/overview/reduced-content.property.test.ts', cases: 'hides no gap and no content' },
    failure: /is in a gap|Expected values to be strictly equal/,
  },
  {
    name: 'timeline-swallows-content',
    breaks: 'Content that ends before the content before it makes that shorter.',
    file: 'src/model/overview/reduced-content.ts',
    find: '    if (open && !isHole) open.end = Math.max(open.end, end) as UtcMs',
    replace: '    if (open && !isHole) open.end = end',
    caughtBy: { file: 'src/model/overview/reduced-content.property.test.ts', cases: 'hides no gap and no content' },
    failure: /has content/,
  },
  {
    name: 'timeline-remembers-the-deleted',
    breaks: 'What retention has deleted is told as content, once it has been read.',
    file: 'src/archive/run-history.ts',
    find: '      else if (span.count !== part.span.count) {',
    replace: '      else if (span.count > part.span.count) {',
    caughtBy: { file: 'src/archive/overviews.test.ts', cases: 'begin where the oldest content is left' },
    failure: /strictly deep-equal/,
  },
  {
    name: 'timeline-settles-too-soon',
    breaks: 'A span of the timeline is remembered before it is full.',
    file: 'src/archive/run-history.ts',
    find: 'unsettled.length === 0 && span.isFull && span.sealed.last < settledBefore',
    replace: 'unsettled.length === 0',
    caughtBy: { file: 'src/archive/overviews.test.ts', cases: 'read what does not change once' },
    failure: /strictly deep-equal/,
  },
  {
    name: 'timeline-gaps-of-others-dates',
    breaks: 'Gaps of an output are told by the dates of the input, though it shows them at others.',
    file: 'src/model/overview/segment-runs.ts',
    find: 'Math.max(run.start + shiftMs, start)',
    replace: 'Math.max(run.start, start)',
    caughtBy: { file: 'src/model/overview/runs.test.ts', cases: 'lack what their slots lack' },
    failure: /strictly deep-equal/,
  },
]
