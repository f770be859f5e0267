import assert from 'node:assert/strict'
import type { Clock, MachineClocks, RecordedClock } from '../../clock.ts'
import { utcMs } from '../../media/time.ts'
import { quickestReading, type Reading } from './quickest-reading.ts'
import type { SteadyMoment, SteadyRecord } from './steady-record.ts'

/** Interval at which a process should synchronise: in that time, the clocks of two machines drift apart by 2 ms. */
export const SYNCHRONISE_MS = 5000
/** How often a process tries at a time to record a moment while others record theirs. */
const ATTEMPTS = 3
/** Age at which the moment is recorded anew, by the process that notices it first. */
const RECORD_MS = 5000
/** While the moment is no older, a process that starts takes it that others have been running since. */
const FRESH_MS = 3 * RECORD_MS
/** A reading that took longer says too little. */
const MOST_ROUND_TRIP_MS = 1000
/** The date has stepped when it differs by more from what was expected, beside the errors of readings and the drift. */
const STEP_MS = 10
/** More than machines drift, for each millisecond. */
const DRIFT = 0.0005
/** The date has stepped when it differs by more than that, however long it has not been read. */
const MOST_DRIFT_MS = 10_000
/** Differences are made up for by a hundredth of the time that passes. */
const SLEW = 100

type SteadyReading = Reading<Awaited<ReturnType<SteadyRecord['read']>>>

type SteadyClockOptions = {
  readonly record: SteadyRecord
  readonly machine: MachineClocks
  /** The newest moment that the segment index knows of; undefined for a new one. */
  readonly recorded: RecordedClock | undefined
}

/**
 * The clocks of a process that shares its segment index. Their date is that of the database server. `monotonic` is the
 * same in all processes, within half a round trip and the drift between two readings, and never goes back: it is
 * continued by the date of the server from a moment that is recorded in the database. When the date steps, the first
 * process to notice records the present moment under the new date, and the others go on from that. Time for which no
 * process was running is not counted, beyond some seconds.
 */
export class SteadyClock implements MachineClocks {
  private readonly record: SteadyRecord
  private readonly machine: MachineClocks
  private readonly recorded: RecordedClock | undefined
  private newest: { readonly at: number; readonly errorMs: number; readonly dateAhead: number }
  /** How far the shared clock is ahead of the monotonic clock of the machine, as the newest reading tells. */
  private ahead: number
  /** How far ahead it was shown to be at a moment; from there it is slewed. */
  private shown: { readonly ahead: number; readonly at: number }

  private constructor({ record, machine, recorded }: SteadyClockOptions, reading: SteadyReading, steady: number) {
    this.record = record
    this.machine = machine
    this.recorded = recorded
    this.newest = dateOf(reading)
    this.ahead = steady - reading.at
    this.shown = { ahead: this.ahead, at: reading.at }
  }

  /** Resolves when the clocks are known, at whatever pace the database answers. */
  static async open(options: SteadyClockOptions): Promise<SteadyClock> {
    const { record, machine, recorded } = options
    for (;;) {
      const ask = { monotonic: machine.monotonic, mostMs: Infinity }
      const reading = await quickestReading(() => record.read(), ask)
      assert(reading)
      const { date, moment } = reading.answer
      const shared = moment ? sharedAt(date, moment) : undefined
      const steady = moment ? Math.max(recorded?.steady ?? 0, continued(moment, date)) : (recorded?.steady ?? date)
      if (shared !== undefined && Math.abs(steady - shared) <= STEP_MS + reading.errorMs) {
        return new SteadyClock(options, reading, shared)
      }
      if (await record.replace(moment, wholeMoment(steady, date))) return new SteadyClock(options, reading, steady)
    }
  }

  readonly wall: Clock = () => utcMs(Math.floor(this.machine.monotonic() + this.newest.dateAhead))

  readonly monotonic = (): number => {
    const now = this.machine.monotonic()
    return now + this.shownAhead(now)
  }

  /** The present moment: the date that was recorded goes on with the time that has passed. */
  recordedClock(): RecordedClock {
    const { recorded } = this
    const steady = utcMs(Math.floor(this.monotonic()))
    return { steady, date: recorded ? utcMs(recorded.date + steady - recorded.steady) : this.wall() }
  }

  /** Reads date and moment anew; keeps what was known when every reading took too long. */
  async synchronise(): Promise<void> {
    const { monotonic } = this.machine
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const reading = await quickestReading(() => this.record.read(), { monotonic, mostMs: MOST_ROUND_TRIP_MS })
      if (!reading || (await this.compare(reading))) return
    }
  }

  /** False when another process has recorded a moment where this one would have recorded what it goes by. */
  private async compare(reading: SteadyReading): Promise<boolean> {
    const { at, answer } = reading
    const { date, moment } = answer
    const drift = Math.min(DRIFT * (at - this.newest.at), MOST_DRIFT_MS)
    const tolerance = STEP_MS + reading.errorMs + this.newest.errorMs + drift
    const hasStepped = Math.abs(date - at - this.newest.dateAhead) > tolerance
    this.newest = dateOf(reading)
    const expected = at + this.ahead
    const here = wholeMoment(expected, date)
    if (!moment) return this.record.replace(moment, here)

    const shared = sharedAt(date, moment)
    if (Math.abs(shared - expected) <= tolerance) {
      this.slewTo(shared - at)
      const whole = Math.floor(date)
      const later = { steady: sharedAt(whole, moment), date: whole }
      if (date - moment.date >= RECORD_MS) await this.record.replace(moment, later)
      return true
    }
    // Others have gone on from a moment that this process has not come to.
    const isLate = shared > expected && !hasStepped
    // This machine stood still, whether the date has stepped or not.
    const hasStoodStill = moment.steady > expected + tolerance
    if (!isLate && !hasStoodStill) return this.record.replace(moment, here)
    this.advanceTo((isLate ? shared : continued(moment, date)) - at)
    return true
  }

  private shownAhead(now: number): number {
    const { ahead, at } = this.shown
    const most = Math.max(now - at, 0) / SLEW
    return ahead + Math.min(Math.max(this.ahead - ahead, -most), most)
  }

  private slewTo(ahead: number): void {
    const now = this.machine.monotonic()
    this.shown = { ahead: this.shownAhead(now), at: now }
    this.ahead = ahead
  }

  private advanceTo(ahead: number): void {
    const now = this.machine.monotonic()
    this.shown = { ahead: Math.max(this.shownAhead(now), ahead), at: now }
    this.ahead = ahead
  }
}

function dateOf({ at, errorMs, answer }: SteadyReading) {
  return { at, errorMs, dateAhead: answer.date - at }
}

/** What the shared clock shows at a date, unless the date has stepped since the moment was recorded. */
function sharedAt(date: number, { steady, date: then }: SteadyMoment): number {
  return steady + date - then
}

/** Where a clock goes on that was not running: time counts while the moment is fresh. */
function continued(moment: SteadyMoment, date: number): number {
  const passed = date - moment.date
  return passed >= 0 && passed <= FRESH_MS ? moment.steady + passed : moment.steady
}

function wholeMoment(steady: number, date: number): SteadyMoment {
  return { steady: Math.round(steady), date: Math.round(date) }
}
