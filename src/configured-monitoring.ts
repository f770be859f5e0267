import type { Clock } from './clock.ts'
import type { EffectiveSetting } from './config/effective-setting.ts'
import type { ProcessMonitoring } from './control/control-context.ts'
import type { ConnectionAdmission } from './http/connection-admission.ts'
import { EventLoopDelay } from './measurement/event-loop-delay.ts'
import type { Measuring } from './measurement/measuring.ts'
import { MetricSamples, SAMPLES } from './measurement/metric-samples.ts'
import type { MetricTotals } from './metrics.ts'
import { periodically } from './periodic.ts'
import type { Failed, Stopping } from './stopping.ts'

type Deps = {
  readonly settings: readonly EffectiveSetting[]
  readonly processId: string
  readonly metrics: MetricTotals
  readonly measured: Pick<Measuring, 'runningJobs'>
  readonly admission: Pick<ConnectionAdmission, 'open'>
  readonly date: Clock
  readonly stopwatch: () => number
}

/** Takes samples of the metrics of this process from now on, for what the API tells of it. */
export function startMonitoring(
  { settings, processId, metrics, measured, admission, date, stopwatch }: Deps,
  { closers }: Pick<Stopping, 'closers'>,
  failed: Failed,
): ProcessMonitoring {
  const delay = new EventLoopDelay()
  closers.push(() => delay.close())
  const samples = new MetricSamples({
    metrics,
    date,
    stopwatch,
    runningJobs: measured.runningJobs,
    connections: () => admission.open,
    eventLoopDelay: () => delay.longest(),
    memory: () => process.memoryUsage(),
  })
  closers.push(periodically(SAMPLES.everyMs, async () => samples.take(), failed('sampling metrics')))
  return { processId, settings, samples: (after, periodMs) => samples.since(after, periodMs) }
}
