/** What the work comes to, or the reason of the signal as soon as that aborts, whatever becomes of the work then. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason)
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}

/**
 * Does work with a signal of its own that aborts as `ending` does; rejects then, whatever becomes of the work.
 * AbortSignal.any is for signals that live as long as the work: it would leave something behind in one that lives on.
 */
export async function withOwnSignal<T>(
  ending: AbortSignal,
  work: (controller: AbortController) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const end = () => controller.abort(ending.reason)
  if (ending.aborted) end()
  ending.addEventListener('abort', end, { once: true })
  try {
    return await unlessAborted(controller.signal, work(controller))
  } finally {
    ending.removeEventListener('abort', end)
  }
}

/** The same with a signal that also aborts after `ms`, with a TimeoutError. */
export function withinTime<T>(ms: number, ending: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  return withOwnSignal(ending, (controller) => {
    timer = setTimeout(() => controller.abort(new DOMException('The time is over.', 'TimeoutError')), ms)
    return work(controller.signal)
  }).finally(() => clearTimeout(timer))
}
