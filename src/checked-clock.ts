import type { Clock, MachineClocks, RecordedClock, ServerClocks } from './clock.ts'
import type { Log } from './log.ts'
import { type UtcMs, utcMs } from './media/time.ts'

/** What was noticed of the machine's date: how far it is ahead of the date believed (less than 0: behind), in ms. */
type ClockNotice = {
  readonly kind: 'stepped' | 'returned' | 'believed' | 'away'
  readonly aheadMs: number
}

/** The machine's date is followed, by and by, where it differs by no more: clocks drift, and are put right. */
const NEAR_MS = 10_000
/** It is followed by a hundredth of the time that passes: no machine's clock drifts faster. */
const SLEW = 100
/** The longest time for which a server is stopped without a notice. */
const LONG_AWAY_MS = 86_400_000
/** The least time between two notices of steps: a date may run at another rate. */
const NOTICE_MS = 60_000

type CheckedClockOptions = MachineClocks & {
  /** How long a step must last until it is believed, in milliseconds. */
  readonly settleMs: number
  /** The newest moment recorded; undefined for a new archive. */
  readonly recorded?: RecordedClock | undefined
  readonly notice: (notice: ClockNotice) => void
}

/**
 * The clocks of the server, made of those of the machine. Every reading of the date is compared with the monotonic
 * clock. Up to ten seconds of difference are made up for gradually. More is a step: the date goes on as before, until
 * the step has lasted for `settleMs`. When the server starts, the date goes on from the machine's, unless that is
 * behind the one recorded. Time for which the server was stopped is no part of the steady clock.
 */
export class CheckedClock implements ServerClocks {
  private readonly options: CheckedClockOptions
  private readonly steadyFrom: number
  private readonly monotonicFrom: number
  /** How far the date believed is ahead of the steady clock. */
  private ahead: number
  /** How far the machine's date is ahead of the steady clock since a step, and since when. */
  private step: { ahead: number; readonly since: UtcMs } | undefined
  private checkedAt: UtcMs
  private settlesAt: UtcMs
  private noticedAt = -Infinity

  constructor(options: CheckedClockOptions) {
    const { recorded, settleMs } = options
    this.options = options
    this.monotonicFrom = options.monotonic()
    const wall = options.wall()
    this.steadyFrom = recorded?.steady ?? wall
    const expected = recorded ? recorded.date - recorded.steady : 0
    const shown = wall - this.steadyFrom
    const away = shown - expected
    this.ahead = away < -NEAR_MS ? expected : shown
    this.settlesAt = utcMs(this.steadyFrom + (away > settleMs ? settleMs : 0))
    this.checkedAt = utcMs(this.steadyFrom)
    if (away > LONG_AWAY_MS) options.notice({ kind: 'away', aheadMs: away })
    this.check()
  }

  readonly steady: Clock = () => {
    return utcMs(Math.floor(this.steadyFrom + this.options.monotonic() - this.monotonicFrom))
  }

  readonly date: Clock = () => {
    this.check()
    return utcMs(Math.floor(this.steady() + this.ahead))
  }

  readonly wall: Clock = () => this.options.wall()

  /** False while the date may be wrong: after a step, or when the server was stopped for longer than `settleMs`. */
  isSettled(): boolean {
    this.check()
    return this.step === undefined && this.steady() >= this.settlesAt
  }

  /** How far the date believed, and the one the machine shows, are ahead of the steady clock, in whole milliseconds. */
  serverDate(): { readonly believed: number; readonly shown: number } {
    this.check()
    return { believed: Math.floor(this.ahead), shown: Math.floor(this.step?.ahead ?? this.ahead) }
  }

  /** The present moment by both clocks, to be recorded. */
  record(): RecordedClock {
    return { date: this.date(), steady: this.steady() }
  }

  private check(): void {
    const { wall, settleMs, notice } = this.options
    const now = this.steady()
    const shown = wall() - now
    const most = (now - this.checkedAt) / SLEW
    const followed = (ahead: number) => ahead + Math.min(Math.max(shown - ahead, -most), most)
    const isNear = (ahead: number) => Math.abs(shown - ahead) <= NEAR_MS
    this.checkedAt = now
    if (isNear(this.ahead)) {
      if (this.step) notice({ kind: 'returned', aheadMs: shown - this.ahead })
      this.step = undefined
      this.ahead = followed(this.ahead)
    } else if (!this.step || !isNear(this.step.ahead)) {
      this.step = { ahead: shown, since: now }
      if (now - this.noticedAt < NOTICE_MS) return
      this.noticedAt = now
      notice({ kind: 'stepped', aheadMs: shown - this.ahead })
    } else if (now - this.step.since >= settleMs) {
      notice({ kind: 'believed', aheadMs: shown - this.ahead })
      this.step = undefined
      this.ahead = shown
    } else this.step.ahead = followed(this.step.ahead)
  }
}

/** Logs what was noticed of the machine's date. */
export function logNotice(log: Log, { kind, aheadMs }: ClockNotice): void {
  const ahead = { aheadSeconds: Math.round(aheadMs / 1000) }
  if (kind === 'stepped') {
    log.warn({ event: 'clock-stepped', ...ahead }, 'the date of this machine stepped; dates go on as before for now')
  } else if (kind === 'away') {
    const sentence = 'the date is far ahead of when the server ran last: is it right?'
    log.warn({ event: 'clock-stepped', ...ahead }, sentence)
  } else if (kind === 'returned') {
    log.warn({ event: 'clock-returned', ...ahead }, 'the date of this machine is what was expected again')
  } else log.warn({ event: 'clock-believed', ...ahead }, 'the new date of this machine is believed from now on')
}
