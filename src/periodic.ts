/**
 * Calls `work` repeatedly, `pauseMs` after its last call ended. A failure is passed to `failed` and does not stop it.
 */
export function periodically(pauseMs: number, work: () => Promise<void>, failed: (error: unknown) => void) {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const next = () => {
    if (!stopped) timer = setTimeout(begin, pauseMs)
  }
  const begin = () => {
    running = work().catch(failed).finally(next)
  }
  next()
  /** Stops, and resolves when the call under way, if any, has ended. */
  return async function stop(): Promise<void> {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
