import type { QueryClient } from '@tanstack/react-query'
import { type ChangedKind, EVERYTHING } from './change-feed.ts'

/** Between two rounds of reading anew, however often something changes. */
const PAUSE_MS = 500
/** Queries that are refused again and again, or not answered, do not hold up the others for longer. */
export const MOST_ROUND_MS = 5000

/**
 * Makes the queries of what has changed read anew, in rounds: what changes while one goes on is of the next, so that a
 * round is not broken off by changes that come faster than the server answers.
 */
export class Invalidation {
  private readonly queries: Pick<QueryClient, 'invalidateQueries'>
  private readonly wait: (milliseconds: number) => Promise<void>
  private readonly changed = new Set<ChangedKind>()
  private isRunning = false

  constructor(
    queries: Pick<QueryClient, 'invalidateQueries'>,
    wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
  ) {
    this.queries = queries
    this.wait = wait
  }

  add(kind: ChangedKind): void {
    this.changed.add(kind)
    if (!this.isRunning) void this.run()
  }

  private async run(): Promise<void> {
    this.isRunning = true
    while (this.changed.size > 0) {
      const kinds = [...this.changed]
      this.changed.clear()
      const filters = kinds.includes(EVERYTHING) ? [{}] : kinds.map((kind) => ({ queryKey: [kind] }))
      // Refusals are shown by the queries themselves.
      const round = Promise.allSettled(filters.map((filter) => this.queries.invalidateQueries(filter)))
      await Promise.race([round, this.wait(MOST_ROUND_MS)])
      await this.wait(PAUSE_MS)
    }
    this.isRunning = false
  }
}
