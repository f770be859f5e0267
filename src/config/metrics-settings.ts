import { optional } from './setting.ts'
import { addressOrNone } from './value-kind.ts'

/** Settings of what is measured. */
export const METRICS_SETTINGS = {
  metricsListen: optional(
    'metrics-listen',
    addressOrNone,
    '127.0.0.1:9464, if that is free',
    'Address on which Prometheus reads `/metrics` of this process; `none` for no such address.',
  ),
}
