import { useSyncExternalStore } from 'react'
import { type Action, step, type TimelineState } from './model/state.ts'

/** The state of one timeline, which components and the canvas follow. */
export class TimelineStore {
  private current: TimelineState
  private readonly listeners = new Set<() => void>()

  constructor(first: TimelineState) {
    this.current = first
  }

  get state(): TimelineState {
    return this.current
  }

  readonly dispatch = (action: Action): void => {
    const next = step(this.current, action)
    if (next === this.current) return
    this.current = next
    for (const listener of this.listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

/** A part of the state; the component is rendered anew when it becomes another value. */
export function useTimeline<T>(store: TimelineStore, part: (state: TimelineState) => T): T {
  return useSyncExternalStore(store.subscribe, () => part(store.state))
}
