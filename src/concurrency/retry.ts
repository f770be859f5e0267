/** Pauses from a second to a minute, doubled each time, in milliseconds; the last one repeats. */
export const PAUSES_TO_A_MINUTE_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]

/** The pause after `failures` consecutive failures, in the unit of `pauses`, of which the last repeats. */
export function pauseAfter(pauses: readonly number[], failures: number): number {
  return pauses[failures - 1] ?? pauses.at(-1) ?? 0
}

/**
 * Runs `work` once, and again after each of `pauses` while its error is transient. Rejects with the first error that
 * is not transient, with the error of the last try, or as `sleep` does.
 */
export async function retry<T>(
  work: () => Promise<T>,
  options: {
    readonly pauses: readonly number[]
    readonly isTransient: (error: unknown) => boolean
    readonly sleep: (pause: number) => Promise<void>
  },
): Promise<T> {
  for (const pause of options.pauses) {
    try {
      return await work()
    } catch (error) {
      if (!options.isTransient(error)) throw error
      await options.sleep(pause)
    }
  }
  return work()
}
