/** Units of media time, which is always an integer with its unit in the type. Seconds appear only in written text. */
declare const unit: unique symbol

/** 90 kHz ticks (ISO/IEC 13818-1 §2.4.3.7), unwrapped: they exceed 2³³ within an era and are exact up to 2⁵³. */
export type Ticks = number & { readonly [unit]: '90 kHz' }

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UtcMs = number & { readonly [unit]: 'UTC ms' }

export const ONE_DAY_MS = 86_400_000

export const TICKS_PER_SECOND = 90_000
export const TICKS_PER_MS = 90

/** PTS and DTS are 33-bit numbers, which wrap every 26.5 hours. */
export const PTS_MODULUS = 2 ** 33

export const ticks = (value: number): Ticks => value as Ticks
export const utcMs = (value: number): UtcMs => value as UtcMs

export function ticksFromSeconds(seconds: number): Ticks {
  return Math.round(seconds * TICKS_PER_SECOND) as Ticks
}

/** Writes a date and time of ISO 8601 with milliseconds: `2019-06-26T12:00:01.250Z`. */
export function isoDateTime(time: UtcMs): string {
  return new Date(time).toISOString()
}

/** Rounds to the nearest millisecond. Give it absolute times only, so that rounding errors do not add up. */
export function msFromTicks(value: Ticks): number {
  return Math.round(value / TICKS_PER_MS)
}

/** Milliseconds from one time to another: of consecutive spans, they add up. */
export function msBetween(from: Ticks, to: Ticks): number {
  return msFromTicks(to) - msFromTicks(from)
}

/** The unwrapped time nearest to `expected` whose lowest 33 bits are `pts`. */
export function unwrapPts(pts: number, expected: Ticks): Ticks {
  const turns = Math.round((expected - pts) / PTS_MODULUS)
  return (pts + turns * PTS_MODULUS) as Ticks
}

/**
 * Converts `value` from units of 1/`from` second to units of 1/`to` second, rounded to nearest; exact while the
 * product is below 2⁵³.
 */
export function rescale(value: number, from: number, to: number): number {
  const whole = Math.floor(value / from)
  return whole * to + Math.round(((value - whole * from) * to) / from)
}

/** A range of UTC from `start` up to, but not including, `end`. */
export type UtcRange = { readonly start: UtcMs; readonly end: UtcMs }
