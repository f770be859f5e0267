import type { UtcMs } from '../../media/time.ts'

/** Writes non-negative whole milliseconds as xs:duration, in seconds with three decimals: `PT6.006S`. */
export function xsDuration(ms: number): string {
  return `PT${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}S`
}

/** Writes xs:dateTime in UTC, `2026-08-01T12:00:00+00:00`, with three decimals unless it falls on a whole second. */
export function xsDateTime(time: UtcMs): string {
  const text = new Date(time).toISOString()
  return `${text.slice(0, time % 1000 === 0 ? -5 : -1)}+00:00`
}
