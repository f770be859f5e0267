import { useSyncExternalStore } from 'react'
import { serverNow } from './server-clock.ts'

const TICK_MS = 1000
const listeners = new Set<() => void>()
let timer: number | undefined

/**
 * What `of` makes of the present, again each second. Only the component that calls this is rendered anew, and only when
 * that has become another text or number; one timer serves all.
 */
export function useTicking<T extends string | number | boolean | undefined>(of: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => of(Math.floor(serverNow() / TICK_MS) * TICK_MS))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= window.setInterval(() => {
    // What nobody sees is brought up to date when it is seen again, with the first tick.
    if (document.hidden) return
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}
