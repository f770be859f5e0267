import { FeedDelivery, FeedRefused, type Pace } from '../feed/delivery.ts'
import { Feeder } from '../feed/feeder.ts'
import { readRecordedStream } from '../feed/recorded-stream.ts'
import { SEGMENT_SECONDS, segmentAt } from '../feed/segment-numbers.ts'
import { TestStream } from '../feed/test-stream.ts'
import { accessOf } from './access.ts'
import { apiClient } from './api-client.ts'
import { fedChannel, nextSegment } from './fed-channel.ts'
import { FeedDisplay } from './feed-display.ts'
import { FEED_FLAGS, type FeedPlan, feedPlanOf } from './feed-flags.ts'
import { parsedFlags } from './job-flags.ts'
import { CommandFailed, CommandMisused, type Terminal } from './terminal.ts'

export type FeedCommandDeps = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly terminal: Terminal
  readonly pace: Pace
  /** Aborts when somebody interrupts it. */
  readonly stop: AbortSignal
}

/** Runs `windrow feed …` to its end, or until it is interrupted. Throws CommandFailed or CommandMisused. */
export async function feedCommand(args: readonly string[], deps: FeedCommandDeps): Promise<void> {
  const { env, terminal, pace, stop } = deps
  const { values, positionals } = parsedFlags(args, FEED_FLAGS)
  if (positionals[0] !== undefined) throw new CommandMisused(`unexpected argument "${positionals[0]}"`)
  const plan = feedPlanOf(values, terminal.now())
  const api = apiClient(await accessOf(values, env), terminal.now)
  const channel = await fedChannel(api, plan.channelId, {
    create: plan.create,
    hasAds: plan.stream.breakSeconds !== undefined,
  })
  const targets = plan.inputs.flatMap((input) => channel.inputs[input] ?? [])
  const wanted = segmentAt(plan.start ?? pace.now() - plan.pastMs)
  const known = plan.start === undefined ? await nextSegment(api, plan.channelId, targets) : undefined
  const display = new FeedDisplay(terminal, plan, channel.endpoints)
  const feeder = new Feeder(Math.max(wanted, known ?? 0), {
    stream: new TestStream(await readRecordedStream(), plan.stream),
    deliveries: targets.map((target) => new FeedDelivery(target, pace)),
    pace,
    onProgress: () => display.progress(feeder),
  })
  try {
    await feed(feeder, plan, deps, display)
  } catch (error) {
    if (!stop.aborted) {
      display.failed()
      throw error instanceof FeedRefused ? new CommandFailed(error.message) : error
    }
  }
  display.finished(feeder)
}

async function feed(
  feeder: Feeder,
  { pastMs, start, live }: FeedPlan,
  { pace, stop }: FeedCommandDeps,
  display: FeedDisplay,
): Promise<void> {
  await feeder.begin(stop)
  if (pastMs > 0) await feeder.catchUp(stop)
  if (!live) return
  const { speed, seconds } = live
  display.goesLive()
  // Where dates are those of the clock, each segment is due at its date.
  const isDatedByClock = start === undefined && speed === 1 && feeder.until <= pace.now()
  await feeder.live(
    {
      speed,
      startedAt: isDatedByClock ? undefined : pace.now(),
      segments: seconds === undefined ? undefined : Math.ceil(seconds / SEGMENT_SECONDS),
    },
    stop,
  )
}
