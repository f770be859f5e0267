/**
 * Media time is an integer; the unit is in the type. Seconds appear only where text is written.
 */
declare const unit: unique symbol

/** 90 kHz ticks (ISO/IEC 13818-1 §2.4.3.7). Unwrapped: it grows past 2³³ within an era and is exact up to 2⁵³. */
export type Ticks = number & { readonly [unit]: '90 kHz' }

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UtcMs = number & { readonly [unit]: 'UTC ms' }

export const TICKS_PER_SECOND = 90_000
export const TICKS_PER_MS = 90

/** PTS and DTS are 33-bit numbers: they wrap every 26.5 hours. */
export const PTS_MODULUS = 2 ** 33

export const ticks = (value: number): Ticks => value as Ticks
export const utcMs = (value: number): UtcMs => value as UtcMs

export function ticksFromSeconds(seconds: number): Ticks {
  return Math.round(seconds * TICKS_PER_SECOND) as Ticks
}

/** As a date and time of ISO 8601 with milliseconds: `2019-06-26T12:00:01.250Z`. */
export function isoDateTime(time: UtcMs): string {
  return new Date(time).toISOString()
}

/** Rounded to the nearest millisecond; always computed from absolute times, so that rounding does not add up. */
export function msFromTicks(value: Ticks): number {
  return Math.round(value / TICKS_PER_MS)
}

/** The unwrapped time that reads as `pts` (33 bits) and lies nearest to `expected`. */
export function unwrapPts(pts: number, expected: Ticks): Ticks {
  const turns = Math.round((expected - pts) / PTS_MODULUS)
  return (pts + turns * PTS_MODULUS) as Ticks
}

/**
 * `value` in units of `to`, given units of `from` per second; rounded to nearest, exact while the product is below 2⁵³.
 */
export function rescale(value: number, from: number, to: number): number {
  const whole = Math.floor(value / from)
  return whole * to + Math.round(((value - whole * from) * to) / from)
}

/** From `start` on, up to and without `end`. */
export type UtcRange = { readonly start: UtcMs; readonly end: UtcMs }
