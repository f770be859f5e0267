import type { Clock } from '../clock.ts'
import type { Log, LogFields } from '../log.ts'

const INTERVAL_MS = 1000
const MAX_KEYS = 10_000

type Faults = { count: number; loggedAt: number; fields: LogFields; message: string }

/** Counts repeated faults and logs them at most once a second for each key, with their number and the last one. */
export class FaultLog {
  private readonly log: Log
  private readonly clock: Clock
  private readonly level: 'info' | 'warn' | 'error'
  private readonly faults = new Map<string, Faults>()

  constructor(log: Log, clock: Clock, level: 'info' | 'warn' | 'error' = 'warn') {
    this.log = log
    this.clock = clock
    this.level = level
  }

  report(key: string, fields: LogFields, message: string): void {
    const now = this.clock()
    const faults = this.faults.get(key) ?? { count: 0, loggedAt: Number.NEGATIVE_INFINITY, fields, message }
    faults.count++
    faults.fields = fields
    faults.message = message
    this.faults.set(key, faults)
    if (Math.abs(now - faults.loggedAt) >= INTERVAL_MS) {
      this.write(faults)
      faults.loggedAt = now
    }
    if (this.faults.size > MAX_KEYS) this.flush()
  }

  /** Logs faults that have only been counted so far, and forgets every key. */
  flush(): void {
    for (const faults of this.faults.values()) if (faults.count > 0) this.write(faults)
    this.faults.clear()
  }

  private write(faults: Faults): void {
    this.log[this.level]({ ...faults.fields, count: faults.count }, faults.message)
    faults.count = 0
  }
}
