import { type Archive, openArchive } from './archive/archive.ts'
import type { StepObserver } from './archive/channel-step.ts'
import { Scrub } from './archive/scrub.ts'
import type { CheckedClock } from './checked-clock.ts'
import type { Config } from './config/config.ts'
import type { Stores } from './configured-stores.ts'
import { HARVEST_JOB_KEPT_MS } from './control/control-context.ts'
import type { Log } from './log.ts'
import { utcMs } from './media/time.ts'
import type { Account } from './model/arn.ts'
import { periodically } from './periodic.ts'
import type { Failed, Stopping } from './stopping.ts'

/** Interval at which time passes for channels, and so the delay until a gap is noticed. */
const TICK_MS = 200
const RETENTION_MS = 10_000
const SCRUB_MS = 1000
/** Content outlives the windows that show it by this, for players and caches that are late. */
const RETENTION_MARGIN_MS = 60_000

type Deps = {
  readonly stores: Stores
  readonly clocks: CheckedClock
  readonly log: Log
  readonly account: Account
  /** This process. */
  readonly owner: string
  readonly observer?: StepObserver
}

/** How long content is kept, as the settings say. */
export function retentionRules(config: Config) {
  return { liveMs: config.liveRetentionMs, marginMs: RETENTION_MARGIN_MS, graceMs: config.retentionGraceMs }
}

/** Opens the archive, and starts what goes on in it by itself, until the server stops: time, retention, scrubbing. */
export async function startArchive(
  config: Config,
  { stores, clocks, log, account, owner, observer }: Deps,
  { closers, releasers, isClosing }: Stopping,
  failed: Failed,
): Promise<Archive> {
  const { resources, segmentIndex, objects, stored, sharing } = stores
  const { date, steady } = clocks
  const archive = await openArchive({
    segmentIndex,
    resources,
    objects,
    stored: stores.cached,
    clock: steady,
    serverDate: () => clocks.serverDate(),
    graceDate: () => (clocks.isSettled() ? date() : utcMs(0)),
    log,
    account,
    ...(observer && { observer }),
    ...(sharing && { shared: { ...sharing, owner } }),
    limits: { bytes: config.maxArchiveBytes, channelBytes: config.maxChannelArchiveBytes },
    retention: retentionRules(config),
  })
  const retain = async () => {
    const now = date()
    if (archive.retains() && clocks.isSettled()) {
      await resources.expire(now, {
        harvestJobs: utcMs(now - HARVEST_JOB_KEPT_MS),
        events: utcMs(now - config.eventRetentionMs),
      })
    }
    await archive.retain()
  }
  closers.push(() => archive.close())
  releasers.push(() => archive.release())
  closers.push(periodically(TICK_MS, () => archive.tick(), failed('following the inputs')))
  closers.push(periodically(RETENTION_MS, retain, failed('retention')))
  if (config.scrubBytesPerSecond > 0) {
    const pace = { bytesPerSecond: config.scrubBytesPerSecond, intervalMs: config.scrubIntervalMs }
    const foundLost = (key: string) => archive.distrustFile(key)
    const scrub = new Scrub({ segmentIndex, objects, stored, foundLost, clock: steady, log, ...pace })
    const step = async () => {
      if (archive.scrubs()) await scrub.step(() => isClosing.aborted)
    }
    closers.push(() => scrub.close())
    closers.push(periodically(SCRUB_MS, step, failed('reading stored media again')))
  }
  void archive.sweep().catch(failed('sweeping what a crash left'))
  return archive
}
