import type { Clock } from '../../clock.ts'
import { type UtcMs, utcMs } from '../../media/time.ts'
import type { SeekableBody } from '../../packaging/output-format.ts'
import type { PagedWindow } from '../../packaging/paged-window.ts'
import type { FileTrack } from '../../packaging/progressive/file-tracks.ts'

/** Time for which a file that nobody reads is kept: its viewer may seek, or come back. */
const KEPT_MS = 300_000
/** Files kept that nobody reads. */
const MOST_UNUSED = 32

/** What is known of a file before its media are read. */
export type LocatedMovie = {
  readonly etag: string
  readonly window: PagedWindow
  readonly tracks: readonly FileTrack[]
}

/** How a file is prepared: first it is found in the index, then its media are read for its sample tables. */
export type MovieSteps = {
  locate(): Promise<LocatedMovie>
  /** Undefined when no track has a sample. */
  survey(located: LocatedMovie, signal: AbortSignal): Promise<SeekableBody | undefined>
}

/** A file as one request uses it. Each step is taken once for all requests, when the first needs it. */
export type MovieUse = {
  located(): Promise<LocatedMovie>
  body(): Promise<SeekableBody | undefined>
  /** Ends the use; may be called again. The survey ends with the last one that waits for it. */
  release(): void
}

/**
 * Files whose sample tables are known, for requests of their parts. Those that nobody reads are kept for some minutes,
 * at most 32 of them.
 */
export class PreparedMovies {
  private readonly clock: Clock
  /** Least recently used first. */
  private readonly movies = new Map<string, PreparedMovie>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Begins to use the file with a key. */
  use(key: string, steps: MovieSteps): MovieUse {
    let movie = this.movies.get(key)
    if (!movie || movie.hasFailed) movie = new PreparedMovie(steps)
    this.movies.delete(key)
    this.movies.set(key, movie)
    movie.users++
    const used = movie
    let isOver = false
    return {
      located: () => used.located(),
      body: () => used.body(),
      release: () => {
        if (isOver) return
        isOver = true
        this.release(key, used)
      },
    }
  }

  /** Frees what has not been used for some minutes. */
  tick(): void {
    const now = this.clock()
    for (const [key, movie] of this.movies) if (movie.users === 0 && movie.usedAt < now - KEPT_MS) this.free(key, movie)
  }

  /** Frees the file that has not been used for longest; false when all are in use. */
  freeOne(): boolean {
    for (const [key, movie] of this.movies) {
      if (movie.users > 0) continue
      this.free(key, movie)
      return true
    }
    return false
  }

  close(): void {
    for (const [key, movie] of this.movies) this.free(key, movie)
  }

  private release(key: string, movie: PreparedMovie): void {
    movie.users--
    movie.usedAt = this.clock()
    if (movie.users > 0) return
    // One that has failed may have been replaced.
    if (this.movies.get(key) !== movie || !movie.isReady) this.free(key, movie)
    const unused = [...this.movies].filter(([, { users }]) => users === 0)
    for (const [oldest, each] of unused.slice(0, -MOST_UNUSED)) this.free(oldest, each)
  }

  private free(key: string, movie: PreparedMovie): void {
    if (this.movies.get(key) === movie) this.movies.delete(key)
    movie.close()
  }
}

class PreparedMovie {
  users = 0
  usedAt: UtcMs = utcMs(0)
  hasFailed = false
  private readonly steps: MovieSteps
  private readonly abandoned = new AbortController()
  private locating: Promise<LocatedMovie> | undefined
  private surveying: Promise<SeekableBody | undefined> | undefined
  private made: SeekableBody | undefined
  private underWay = 0

  constructor(steps: MovieSteps) {
    this.steps = steps
  }

  /** True when nothing is under way and nothing has failed. */
  get isReady(): boolean {
    return !this.hasFailed && this.underWay === 0
  }

  located(): Promise<LocatedMovie> {
    this.locating ??= this.noting(this.steps.locate())
    return this.locating
  }

  body(): Promise<SeekableBody | undefined> {
    this.surveying ??= this.noting(this.survey())
    return this.surveying
  }

  close(): void {
    this.abandoned.abort()
    const { made } = this
    this.made = undefined
    // Its spools are without names, and gone with the process at the latest.
    void made?.close().catch(() => {})
  }

  private async survey(): Promise<SeekableBody | undefined> {
    const { signal } = this.abandoned
    const body = await this.steps.survey(await this.located(), signal)
    if (signal.aborted) {
      await body?.close()
      signal.throwIfAborted()
    }
    this.made = body
    return body
  }

  private async noting<T>(work: Promise<T>): Promise<T> {
    this.underWay++
    try {
      return await work
    } catch (error) {
      this.hasFailed = true
      throw error
    } finally {
      this.underWay--
    }
  }
}
