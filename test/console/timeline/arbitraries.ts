import fc from 'fast-check'
import { SHORTEST_VIEW_MS, type View, viewWithin } from '../../../console/src/timeline/model/view.ts'

/** A fortnight. */
export const ARCHIVE = {
  start: Date.parse('2026-11-17T20:15:03.120Z'),
  end: Date.parse('2026-12-01T20:15:03.120Z'),
}

const LONGEST = Math.log2(ARCHIVE.end - ARCHIVE.start)

/** A view of the archive, as likely of seconds as of days. */
export const anyView: fc.Arbitrary<View> = fc
  .record({
    length: fc.double({ min: Math.log2(SHORTEST_VIEW_MS), max: LONGEST, noNaN: true }),
    start: fc.integer({ min: ARCHIVE.start, max: ARCHIVE.end }),
    width: fc.integer({ min: 200, max: 4000 }),
  })
  .map(({ length, start, width }) => {
    return viewWithin({ start, end: start + Math.ceil(2 ** length), width }, ARCHIVE)
  })
