/** A seeded source of chance: the same seed makes the same choices in the same order (mulberry32). */
export type Random = {
  /** In [0, 1). */
  next(): number
  /** A whole number in [from, to]. */
  integer(from: number, to: number): number
  pick<T>(choices: readonly T[]): T
  bytes(count: number): Buffer
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    integer,
    pick<T>(choices: readonly T[]): T {
      if (choices.length === 0) throw new Error('nothing to pick from')
      return choices[integer(0, choices.length - 1)] as T
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => integer(0, 255))),
  }
}
