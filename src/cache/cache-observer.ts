/** Hears of what is asked of a cache: whether that was held, and the bytes held by then. */
export type CacheObserver = (isHit: boolean, heldBytes: number) => void
