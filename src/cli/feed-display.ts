import type { Feeder } from '../feed/feeder.ts'
import { SEGMENT_SECONDS } from '../feed/segment-numbers.ts'
import { isoDateTime } from '../media/time.ts'
import type { FedEndpoint } from './fed-channel.ts'
import type { FeedPlan } from './feed-flags.ts'
import { barText, bytesText } from './harvest-text.ts'
import { CLEAR_LINE, type Terminal } from './terminal.ts'

/** Between two lines of progress on a terminal, in milliseconds. */
const INTERVAL_MS = 100

/**
 * Shows a feed: on a terminal where it plays and how far it is; elsewhere a line of JSON when its first live segment
 * has been taken, and one when it has ended.
 */
export class FeedDisplay {
  private readonly terminal: Terminal
  private readonly plan: FeedPlan
  private readonly endpoints: readonly FedEndpoint[]
  private shownAt = 0
  private isLive = false
  private pastSegments = 0
  private hasToldLive = false

  constructor(terminal: Terminal, plan: FeedPlan, endpoints: readonly FedEndpoint[]) {
    this.terminal = terminal
    this.plan = plan
    this.endpoints = endpoints
    if (!terminal.isTerminal) return
    const inputs = plan.inputs.map((input) => input + 1).join(' and ')
    terminal.write(`feeding channel "${plan.channelId}", input ${inputs}\n`)
    for (const { id, url } of endpoints) terminal.write(`  ${id}  ${url}\n`)
  }

  /** What follows is live. */
  goesLive(): void {
    this.isLive = true
  }

  progress(feeder: Feeder): void {
    const { terminal } = this
    if (!this.isLive) this.pastSegments = feeder.segments
    if (!terminal.isTerminal) {
      if (!this.isLive || this.hasToldLive || feeder.segments === this.pastSegments) return
      this.hasToldLive = true
      terminal.write(this.line('LIVE', feeder))
      return
    }
    const now = terminal.now()
    if (now - this.shownAt < INTERVAL_MS) return
    this.shownAt = now
    terminal.write(CLEAR_LINE + this.progressText(feeder).slice(0, Math.max(20, terminal.columns - 1)))
  }

  /** Leaves the line to the reason. */
  failed(): void {
    if (this.terminal.isTerminal) this.terminal.write(CLEAR_LINE)
  }

  finished(feeder: Feeder): void {
    const { terminal } = this
    if (!terminal.isTerminal) {
      terminal.write(this.line('ENDED', feeder))
      return
    }
    const { from, until, segments, bytes } = feeder
    const fed = `fed ${isoDateTime(from)} to ${isoDateTime(until)}: ${segments} segments, ${bytesText(bytes)}`
    terminal.write(
      `${CLEAR_LINE}${segments === 0 ? `nothing fed: the channel has this stream until ${isoDateTime(until)}` : fed}\n`,
    )
  }

  private progressText({ until, segments, bytes }: Feeder): string {
    const { pastMs, live } = this.plan
    const planned = pastMs / 1000 + (live ? (live.seconds ?? Number.NaN) : 0)
    const share = (segments * SEGMENT_SECONDS) / planned
    const parts = [this.isLive ? 'LIVE' : 'PAST', ...(Number.isNaN(share) ? [] : [barText(share)])]
    return [...parts, `until ${isoDateTime(until)}`, `${segments} segments`, bytesText(bytes)].join('  ')
  }

  private line(state: 'LIVE' | 'ENDED', { from, until, segments }: Feeder): string {
    const { channelId, inputs } = this.plan
    const fed = { from: isoDateTime(from), until: isoDateTime(until), segments }
    const told = { state, channel: channelId, inputs: inputs.map((input) => input + 1), ...fed }
    return `${JSON.stringify({ ...told, endpoints: this.endpoints })}\n`
  }
}
