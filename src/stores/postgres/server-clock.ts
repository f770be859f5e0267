import type { Clock, MachineClocks } from '../../clock.ts'
import { utcMs } from '../../media/time.ts'
import { quickestReading } from './quickest-reading.ts'

/** A reading that took longer says too little: the date is between the moments of question and answer. */
const MOST_ROUND_TRIP_MS = 1000

/**
 * The clocks of a process that shares a database: their date is that of the database server, so that the leases of all
 * processes are measured by one date, whatever their machines say. Between two readings, and while the server does not
 * answer, it goes on with the monotonic clock of the machine. An error is at most half a round trip.
 */
export class ServerClock implements MachineClocks {
  readonly monotonic: () => number
  private readonly readDate: () => Promise<number>
  /** How far the date is ahead of the monotonic clock. */
  private ahead: number

  private constructor(readDate: () => Promise<number>, { wall, monotonic }: MachineClocks) {
    this.readDate = readDate
    this.monotonic = monotonic
    this.ahead = wall() - monotonic()
  }

  /** Resolves when the date is known. `readDate` gives the server's date in UTC milliseconds. */
  static async open(readDate: () => Promise<number>, machine: MachineClocks): Promise<ServerClock> {
    const clock = new ServerClock(readDate, machine)
    await clock.synchronise()
    return clock
  }

  readonly wall: Clock = () => utcMs(Math.floor(this.monotonic() + this.ahead))

  /** Reads the date anew; keeps what was known when every reading took too long. */
  async synchronise(): Promise<void> {
    const { readDate, monotonic } = this
    const reading = await quickestReading(readDate, { monotonic, mostMs: MOST_ROUND_TRIP_MS })
    if (reading) this.ahead = reading.answer - reading.at
  }
}
