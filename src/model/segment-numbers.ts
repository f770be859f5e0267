import type { Ticks } from '../media/time.ts'

/** Numbers of output segments from just above `after` up to and including `last`. */
export type NumberRange = { readonly after: number; readonly last: number }

/** A time on the timeline of an era. */
export type EraTime = { readonly era: number; readonly time: Ticks }
