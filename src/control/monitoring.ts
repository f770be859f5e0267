import { isoDateTime, utcMs } from '../media/time.ts'
import { parsedInstant } from '../model/harvest-request.ts'
import { between, refuse } from '../model/rules.ts'
import type { ControlContext } from './control-context.ts'
import type { MetricSamplesReport, SettingsReport } from './monitoring-operations.ts'
import type { WindrowInputs } from './windrow-operations.ts'

/** Seconds of an interval in which metrics are sampled, and of the longest period that is given as one. */
const [SHORTEST_SECONDS, LONGEST_SECONDS] = [10, 3600]
/** How long ago the first sample ends, unless the request says it. */
const LATELY_MS = 3_600_000

/** The operations DescribeSettings and ListMetricSamples, on the process that answers. */
export function monitoringHandlers({ clock, monitoring }: Pick<ControlContext, 'clock' | 'monitoring'>) {
  return {
    async DescribeSettings(): Promise<SettingsReport> {
      return { settings: monitoring.settings.map(({ says, ...setting }) => ({ ...setting, description: says })) }
    },

    async ListMetricSamples(input: WindrowInputs['ListMetricSamples']): Promise<MetricSamplesReport> {
      const { since, resolutionSeconds = SHORTEST_SECONDS } = input
      between('resolutionSeconds', resolutionSeconds, SHORTEST_SECONDS, LONGEST_SECONDS)
      if (resolutionSeconds % SHORTEST_SECONDS !== 0) {
        refuse('resolutionSeconds', `must be a multiple of ${SHORTEST_SECONDS}`)
      }
      const after = since === undefined ? utcMs(clock() - LATELY_MS) : parsedInstant('since', since)
      const samples = monitoring.samples(after, resolutionSeconds * 1000)
      return {
        processId: monitoring.processId,
        resolutionSeconds,
        samples: samples.map(({ endsAt, ...sample }) => ({ endTime: isoDateTime(endsAt), ...sample })),
      }
    },
  }
}
