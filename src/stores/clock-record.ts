import type { RecordedClock } from '../clock.ts'
import { utcMs } from '../media/time.ts'

/** Port: the clocks of the server as they were when it last ran on this archive. */
export type ClockRecord = {
  /** The moment recorded last, or the newest one of the content where that is later; undefined in a new archive. */
  recordedClock(): Promise<RecordedClock | undefined>
  recordClock(moment: RecordedClock): Promise<void>
}

/**
 * The clocks of an archive whose newest content is of the moment `newest`, 0 when it has none: a crash lost what passed
 * since they were recorded.
 */
export function continuedClock(recorded: RecordedClock | undefined, newest: number): RecordedClock | undefined {
  if (!recorded) return newest > 0 ? { steady: utcMs(newest), date: utcMs(newest) } : undefined
  const passed = Math.max(newest - recorded.steady, 0)
  return { steady: utcMs(recorded.steady + passed), date: utcMs(recorded.date + passed) }
}
