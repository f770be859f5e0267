import type { RecordedClock } from '../clock.ts'

/** Port: the clocks of the server as they were when it last ran on this archive. */
export type ClockRecord = {
  /** The moment recorded last, or the newest one of the content where that is later; undefined in a new archive. */
  recordedClock(): Promise<RecordedClock | undefined>
  recordClock(moment: RecordedClock): Promise<void>
}
