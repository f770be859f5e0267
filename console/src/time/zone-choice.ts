import { useSyncExternalStore } from 'react'

/** Whose clocks moments are shown by: those of the viewer's zone, or UTC. */
export type ZoneChoice = 'viewer' | 'UTC'

const STORAGE_KEY = 'windrow-time-zone'
const listeners = new Set<() => void>()

/** The IANA name of the zone that the browser has. */
export function viewerZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

export function chosenZone(): ZoneChoice {
  return window.localStorage.getItem(STORAGE_KEY) === 'UTC' ? 'UTC' : 'viewer'
}

export function chooseZone(choice: ZoneChoice): void {
  window.localStorage.setItem(STORAGE_KEY, choice)
  for (const listener of listeners) listener()
}

/** The IANA names of the zone whose time is shown, and of the one whose time is told beside it. */
export function useZones(): { readonly zone: string; readonly otherZone: string } {
  const choice = useSyncExternalStore(subscribe, chosenZone)
  const viewer = viewerZone()
  return choice === 'UTC' ? { zone: 'UTC', otherZone: viewer } : { zone: viewer, otherZone: 'UTC' }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  // Another tab may choose too.
  window.addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', listener)
  }
}
