import type { UtcMs } from './media/time.ts'

/** A clock of the server, handed down from main.ts; tests hand down their own. */
export type Clock = () => UtcMs

/** The two clocks of the machine. */
export type MachineClocks = {
  /** The date as the machine shows it. NTP, or somebody, may set it at any time. */
  readonly wall: Clock
  /** Milliseconds since any moment, which pass evenly whatever is done to the date. */
  readonly monotonic: () => number
}

/** The clocks that rooms are given. */
export type ServerClocks = {
  /** The date that is believed: a step of the machine's date counts only once it has lasted. */
  readonly date: Clock
  /** Passes evenly while the server runs, and never steps: for ages, waits and leases. */
  readonly steady: Clock
  /** The date as the machine shows it, for what others compare with their own clocks. */
  readonly wall: Clock
}

/** A moment by both clocks, as it was recorded when the server ran last. */
export type RecordedClock = { readonly steady: UtcMs; readonly date: UtcMs }
