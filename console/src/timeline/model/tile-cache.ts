import { type Tile, tileKey } from './tiles.ts'

/** Reads a tile. Rejects when `signal` is aborted, or where the server refuses. */
export type LoadTile<T, K extends Tile = Tile> = (tile: K, signal: AbortSignal) => Promise<T>

type Kept<T, K> = { readonly tile: K; readonly value: T; readonly isStale: boolean }
type Loading = { readonly abort: AbortController }

export type TileCacheOptions = {
  /** Tiles that are kept; those that were wanted longest ago are dropped first. */
  readonly most?: number
  /** Requests at a time. */
  readonly concurrency?: number
  /** A tile has come, or could not be read. */
  readonly onChange?: () => void
  /** Resolves when a tile that could not be read may be asked for again. */
  readonly pause?: () => Promise<void>
}

const PAUSE_MS = 4000
const defaultPause = () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS))

/** Tiles that were read, and those that are being read. */
export class TileCache<T, K extends Tile = Tile> {
  private readonly load: LoadTile<T, K>
  private readonly most: number
  private readonly concurrency: number
  private readonly onChange: () => void
  private readonly pause: () => Promise<void>
  /** In the order in which they were last wanted. */
  private readonly kept = new Map<string, Kept<T, K>>()
  private readonly loading = new Map<string, Loading>()
  /** Those that could not be read a moment ago. */
  private readonly resting = new Set<string>()
  private wanted: readonly K[] = []
  /** The last refusal, until a tile is read again. */
  fault: Error | undefined

  constructor(load: LoadTile<T, K>, options: TileCacheOptions = {}) {
    const { most = 240, concurrency = 4, onChange = () => {}, pause = defaultPause } = options
    this.load = load
    this.pause = pause
    this.most = most
    this.concurrency = concurrency
    this.onChange = onChange
  }

  /** Reads these, the first ones first, and no others any more. */
  want(tiles: readonly K[]): void {
    this.wanted = tiles
    const keys = new Set(tiles.map(tileKey))
    for (const [key, { abort }] of this.loading) {
      if (keys.has(key)) continue
      this.loading.delete(key)
      abort.abort()
    }
    for (const key of [...keys].reverse()) this.touch(key)
    this.next()
  }

  get(tile: Tile): T | undefined {
    return this.kept.get(tileKey(tile))?.value
  }

  has(tile: Tile): boolean {
    return this.kept.has(tileKey(tile))
  }

  /** True while something that is wanted is on its way. */
  get isLoading(): boolean {
    return this.loading.size > 0
  }

  /** Reads these anew when they are wanted; until they have come, what is kept of them stays. */
  invalidate(isStale: (tile: K) => boolean): void {
    for (const [key, kept] of this.kept) if (isStale(kept.tile)) this.kept.set(key, { ...kept, isStale: true })
    this.next()
  }

  /** Ends all requests. */
  close(): void {
    this.want([])
  }

  private touch(key: string): void {
    const kept = this.kept.get(key)
    if (!kept) return
    this.kept.delete(key)
    this.kept.set(key, kept)
  }

  private next(): void {
    for (const tile of this.wanted) {
      if (this.loading.size >= this.concurrency) return
      const key = tileKey(tile)
      const kept = this.kept.get(key)
      if ((kept && !kept.isStale) || this.loading.has(key) || this.resting.has(key)) continue
      void this.read(tile, key)
    }
  }

  private async read(tile: K, key: string): Promise<void> {
    const loading: Loading = { abort: new AbortController() }
    this.loading.set(key, loading)
    let value: { readonly of: T } | undefined
    let fault: Error | undefined
    try {
      value = { of: await this.load(tile, loading.abort.signal) }
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error))
    }
    // Nobody wants it any more, or it was asked for again meanwhile.
    if (this.loading.get(key) !== loading) return
    this.loading.delete(key)
    if (value) {
      this.kept.set(key, { tile, value: value.of, isStale: false })
      this.dropOldest()
    } else {
      this.resting.add(key)
      void this.pause().then(() => {
        this.resting.delete(key)
        this.next()
      })
    }
    this.fault = fault
    this.next()
    this.onChange()
  }

  private dropOldest(): void {
    for (const key of this.kept.keys()) {
      if (this.kept.size <= this.most) return
      this.kept.delete(key)
    }
  }
}
