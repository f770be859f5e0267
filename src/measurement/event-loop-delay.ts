import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Interval at which the delay is looked at, in milliseconds. */
const LOOK_MS = 50

/** How late the event loop was with a timer that was due. */
export class EventLoopDelay {
  private readonly histogram = monitorEventLoopDelay({ resolution: LOOK_MS })

  constructor() {
    this.histogram.enable()
  }

  /** The longest delay since the last call, in seconds. */
  longest(): number {
    // Its values are nanoseconds from one timer to the next.
    const seconds = this.histogram.count > 0 ? Math.max(this.histogram.max / 1e9 - LOOK_MS / 1000, 0) : 0
    this.histogram.reset()
    return seconds
  }

  close(): void {
    this.histogram.disable()
  }
}
