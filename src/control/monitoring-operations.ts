import { SETTING_SOURCES } from '../config/effective-setting.ts'
import { operation } from './typed-operation.ts'
import {
  listOf,
  MOMENT,
  NUMBER,
  oneOf,
  optional,
  structure,
  TEXT,
  TRUTH,
  type ValueOf,
  WHOLE_NUMBER,
} from './typed-shapes.ts'

const SETTING_REPORT = structure('SettingReport', {
  name: TEXT,
  source: oneOf(...SETTING_SOURCES),
  where: TEXT,
  value: optional(TEXT),
  isSecret: TRUTH,
  description: TEXT,
  otherwise: TEXT,
})

const SETTINGS_REPORT = structure('SettingsReport', { settings: listOf(SETTING_REPORT) })
export type SettingsReport = ValueOf<typeof SETTINGS_REPORT>

/** Of how many requests, and how long half of them took at most, and 99 of 100, in seconds. */
const QUANTILES = structure('ResponseTimes', { count: WHOLE_NUMBER, p50: NUMBER, p99: NUMBER })

const REQUEST_COUNTS = structure('RequestCounts', {
  '2xx': WHOLE_NUMBER,
  '3xx': WHOLE_NUMBER,
  '4xx': WHOLE_NUMBER,
  '5xx': WHOLE_NUMBER,
})

const CACHE_COUNTS = structure('CacheCounts', { hits: WHOLE_NUMBER, misses: WHOLE_NUMBER })

const METRIC_SAMPLE = structure('MetricSample', {
  endTime: MOMENT,
  seconds: NUMBER,
  ingest: structure('IngestSample', { requests: REQUEST_COUNTS, bytes: WHOLE_NUMBER }),
  playback: structure('PlaybackSample', {
    requests: REQUEST_COUNTS,
    bytes: WHOLE_NUMBER,
    manifests: optional(QUANTILES),
    segments: optional(QUANTILES),
  }),
  publishing: optional(QUANTILES),
  cache: structure('CacheSample', { objects: CACHE_COUNTS, made: CACHE_COUNTS }),
  harvest: structure('HarvestSample', {
    runningJobs: WHOLE_NUMBER,
    bytes: WHOLE_NUMBER,
    succeeded: WHOLE_NUMBER,
    failed: WHOLE_NUMBER,
    cancelled: WHOLE_NUMBER,
  }),
  eventLoopDelaySeconds: NUMBER,
  residentBytes: WHOLE_NUMBER,
  heapBytes: WHOLE_NUMBER,
  connections: WHOLE_NUMBER,
})

const METRIC_SAMPLES = structure('MetricSamples', {
  processId: TEXT,
  resolutionSeconds: WHOLE_NUMBER,
  samples: listOf(METRIC_SAMPLE),
})
export type MetricSamplesReport = ValueOf<typeof METRIC_SAMPLES>

/** The operations on the process that answers: how it is set, and how it has been in the last hours. */
export const MONITORING_OPERATIONS = {
  DescribeSettings: operation('GET settings', {
    summary: 'Describes the settings of the process that answers, and what has set each; not the values of secrets.',
    output: SETTINGS_REPORT,
  }),
  ListMetricSamples: operation('GET metrics', {
    summary: 'Lists samples of the metrics of the process that answers, the oldest first.',
    query: { since: optional(TEXT), resolutionSeconds: optional(WHOLE_NUMBER) },
    output: METRIC_SAMPLES,
  }),
}
