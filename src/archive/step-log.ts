import type { Log } from '../log.ts'
import type { NumberingStep } from '../model/timeline/following.ts'
import type { Numbering } from '../stores/segment-index.ts'

/** What the log is told of the steps of a channel's numberings. */
export class StepLog {
  private readonly log: Log
  /** Eras told of: they lack slot after slot. */
  private readonly unknown = new Set<string>()

  constructor(log: Log) {
    this.log = log
  }

  tell({ channelGuid, id, segmentDurationSeconds }: Numbering, { switched, dropped }: NumberingStep): void {
    const numbering = { channelGuid, numbering: id, segmentDurationSeconds }
    if (switched) this.log.warn({ ...numbering, ...switched }, 'switched to the other input')
    for (const era of dropped) {
      const name = `${id}/${era}`
      if (this.unknown.has(name)) continue
      this.unknown.add(name)
      this.log.error({ ...numbering, era }, 'slots are not shown: nothing is known of their era')
    }
  }
}
