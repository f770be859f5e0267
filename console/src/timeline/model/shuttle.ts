/** How fast, and in which direction, time passes at the playhead: 0 where it stands. */
export type Rate = 0 | 1 | 2 | 4 | 8 | 16 | -1 | -2 | -4 | -8 | -16

const FASTEST = 16

/** What the keys J, K and L do: K stands still, L goes on, J goes back, each faster when pressed again. */
export function shuttled(rate: Rate, key: 'J' | 'K' | 'L'): Rate {
  if (key === 'K') return 0
  const sign = key === 'L' ? 1 : -1
  const isSameWay = rate * sign > 0
  return (sign * (isSameWay ? Math.min(FASTEST, Math.abs(rate) * 2) : 1)) as Rate
}
