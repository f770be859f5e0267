/** Clocks of browsers may be wrong by more than requests take; less than this is left alone. */
const MOST_SKEW_MS = 60_000

let aheadMs = 0

/** The present by the server's clock, in milliseconds since 1970: ages are of what the server has dated. */
export function serverNow(): number {
  return Date.now() + aheadMs
}

/** How far the server's clock is known to be ahead of this one. */
export function serverAheadMs(): number {
  return aheadMs
}

/** Takes over the server's clock from the `Date` of a response. */
export function readServerDate(response: Response): void {
  const found = Date.parse(response.headers.get('date') ?? '') - Date.now()
  if (!Number.isFinite(found) || Math.abs(found - aheadMs) < MOST_SKEW_MS) return
  aheadMs = Math.abs(found) < MOST_SKEW_MS ? 0 : found
}
