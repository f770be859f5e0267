import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'

export type ChannelContentDeps = {
  readonly segmentIndex: SegmentIndex
  readonly clock: Clock
  readonly log: Log
  /** Called when what the channel can show has changed. */
  readonly changed: () => void
}
