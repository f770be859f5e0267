import type { StoredSlotSummary } from './slot-summary.ts'

/** Columns that many slots have alike: what they have of each is kept once. */
type Alike = 'dm' | 'n' | 't' | 'c' | 'ct' | 'kn'

/** Where the numbers of a slot are, as its record has them in columns: one shape stands for many slots. */
export type SlotShape = Pick<StoredSlotSummary, Alike> & {
  /** The length of the columns `f`, `l` and `p`. */
  readonly tracks: number
  /** The length of the columns `kt`, `ko` and `ks`. */
  readonly keyFrames: number
  /** Where each column begins, counted from the slot's first number. */
  readonly s: number
  readonly f: number
  readonly l: number
  readonly kt: number
  readonly ko: number
  readonly ks: number
  /** Absent where the record has no such column. */
  readonly p?: number
  readonly os?: number
  readonly od?: number
  /** How many numbers the slot has. */
  readonly length: number
}

/** Where a slot has its start and its duration. */
export const START = 0
export const DURATION = 1

export function shapeOf(stored: StoredSlotSummary): SlotShape {
  const { dm, n, t, c, ct, kn, f, p, os, od, kt } = stored
  let length = DURATION + 1
  const column = (size: number) => {
    const at = length
    length += size
    return at
  }
  return {
    ...(dm && { dm }),
    n,
    ...(t && { t }),
    ...(c && { c }),
    ...(ct && { ct }),
    ...(kn && { kn }),
    tracks: f.length,
    keyFrames: kt.length,
    s: column(n.length),
    f: column(f.length),
    l: column(f.length),
    kt: column(kt.length),
    ko: column(kt.length),
    ks: column(kt.length),
    ...(p && { p: column(f.length) }),
    ...(os && { os: column(n.length) }),
    ...(od && { od: column(n.length) }),
    length,
  }
}

/** True when a record has this shape. */
export function hasShape(stored: StoredSlotSummary, shape: SlotShape): boolean {
  return (
    stored.f.length === shape.tracks &&
    stored.kt.length === shape.keyFrames &&
    stored.dm === shape.dm &&
    areSame(stored.n, shape.n) &&
    areSame(stored.t, shape.t) &&
    areSame(stored.c, shape.c) &&
    areSame(stored.ct, shape.ct) &&
    areSame(stored.kn, shape.kn) &&
    (stored.p === undefined) === (shape.p === undefined) &&
    (stored.os === undefined) === (shape.os === undefined) &&
    (stored.od === undefined) === (shape.od === undefined)
  )
}

function areSame(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Writes the numbers of a record from `base` on, with NaN where it has null. */
export function writeNumbers(numbers: Float64Array, base: number, stored: StoredSlotSummary, shape: SlotShape): void {
  const { tracks, keyFrames } = shape
  numbers[base + START] = stored.at
  numbers[base + DURATION] = stored.d
  write(numbers, base + shape.s, stored.s, shape.n.length)
  write(numbers, base + shape.f, stored.f, tracks)
  write(numbers, base + shape.l, stored.l, tracks)
  write(numbers, base + shape.kt, stored.kt, keyFrames)
  write(numbers, base + shape.ko, stored.ko, keyFrames)
  write(numbers, base + shape.ks, stored.ks, keyFrames)
  if (shape.p !== undefined) write(numbers, base + shape.p, stored.p!, tracks)
  if (shape.os !== undefined) write(numbers, base + shape.os, stored.os!, shape.n.length)
  if (shape.od !== undefined) write(numbers, base + shape.od, stored.od!, shape.n.length)
}

function write(numbers: Float64Array, at: number, column: readonly (number | null)[], length: number): void {
  for (let i = 0; i < length; i++) numbers[at + i] = column[i] ?? Number.NaN
}
