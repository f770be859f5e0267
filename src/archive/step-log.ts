import type { Log } from '../log.ts'
import type { OutputTimelineStep } from '../model/output-timeline/step.ts'
import type { OutputTimeline } from '../stores/timeline-store.ts'

/** Logs the steps of a channel's output timelines. */
export class StepLog {
  private readonly log: Log
  /** Eras that were logged as unknown: they lack slot after slot. */
  private readonly unknown = new Set<string>()

  constructor(log: Log) {
    this.log = log
  }

  write({ channelGuid, id, segmentDurationSeconds }: OutputTimeline, { switched, dropped }: OutputTimelineStep): void {
    const outputTimeline = { channelGuid, outputTimeline: id, segmentDurationSeconds }
    if (switched)
      this.log.warn({ event: 'input-switched', ...outputTimeline, ...switched }, 'switched to the other input')
    for (const era of dropped) {
      const name = `${id}/${era}`
      if (this.unknown.has(name)) continue
      this.unknown.add(name)
      this.log.error(
        { event: 'slots-dropped', ...outputTimeline, era },
        'slots are not shown: nothing is known of their era',
      )
    }
  }
}
