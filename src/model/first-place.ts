/**
 * The first of so many places at which something holds, found by bisection; `length` where it holds at none. It must
 * hold at every place behind that one too.
 */
export function firstPlace(length: number, holds: (place: number) => boolean): number {
  let [from, to] = [0, length]
  while (from < to) {
    const middle = from + Math.floor((to - from) / 2)
    if (holds(middle)) to = middle
    else from = middle + 1
  }
  return from
}
