/**
 * A condition of SQL: the output timeline has no segment of the era. The order makes PostgreSQL look into an index. It
 * would otherwise expect the next best segment to be of any era, and read all segments where none is.
 */
export const hasNoSegment = (outputTimeline: string, era: string): string =>
  `(SELECT start FROM windrow.output_segment WHERE output_timeline = ${outputTimeline} AND era = ${era}
    ORDER BY start LIMIT 1) IS NULL`
