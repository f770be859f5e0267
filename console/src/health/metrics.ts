import type { MetricSamplesReport } from '../../../src/control/monitoring-operations.ts'
import { bitRateText, byteRateText, bytesText, countText, shareText } from '../amounts.ts'
import { durationText } from '../time/duration-text.ts'

type Sample = MetricSamplesReport['samples'][number]

/** A line of a chart; a value is undefined where there was nothing to measure. */
export type Line = { readonly label: string; readonly values: readonly (number | undefined)[] }

/** A small chart over the times of the samples. */
export type MetricChart = {
  readonly id: string
  readonly title: string
  readonly about: string
  /** Of the values, as a reader wants them. */
  readonly text: (value: number) => string
  readonly lines: readonly Line[]
}

type Described = Omit<MetricChart, 'lines'> & {
  readonly lines: Readonly<Record<string, (sample: Sample) => number | undefined>>
}

const perSecond = (of: (sample: Sample) => number) => (sample: Sample) =>
  sample.seconds > 0 ? of(sample) / sample.seconds : undefined
const answers = ({ requests }: Sample['ingest']) => requests['2xx'] + requests['3xx']
const rateText = (rate: number) => `${countText(Number(rate.toPrecision(3)))} /s`
const secondsText = (seconds: number) => durationText(Math.round(seconds * 1000))
const hitShare = ({ hits, misses }: Sample['cache']['made']) => (hits + misses > 0 ? hits / (hits + misses) : undefined)

const CHARTS: readonly Described[] = [
  {
    id: 'ingest',
    title: 'Ingest',
    about: 'What encoders have sent.',
    text: bitRateText,
    lines: { Received: perSecond(({ ingest }) => ingest.bytes * 8) },
  },
  {
    id: 'playback',
    title: 'Playback',
    about: 'What players have been sent.',
    text: bitRateText,
    lines: { Sent: perSecond(({ playback }) => playback.bytes * 8) },
  },
  {
    id: 'requests',
    title: 'Requests',
    about: 'Requests that were answered.',
    text: rateText,
    lines: {
      'Of encoders': perSecond(({ ingest }) => answers(ingest)),
      'Of players': perSecond(({ playback }) => answers(playback)),
    },
  },
  {
    id: 'errors',
    title: 'Errors',
    about: 'Requests that were refused (4xx), or failed (5xx).',
    text: rateText,
    lines: {
      'Encoders refused': perSecond(({ ingest }) => ingest.requests['4xx']),
      'Encoders failed': perSecond(({ ingest }) => ingest.requests['5xx']),
      'Players refused': perSecond(({ playback }) => playback.requests['4xx']),
      'Players failed': perSecond(({ playback }) => playback.requests['5xx']),
    },
  },
  {
    id: 'latency',
    title: 'Response times',
    about: 'How long players wait, at most: 99 of 100 of them, and half of them.',
    text: secondsText,
    lines: {
      'Manifests, 99 %': ({ playback }) => playback.manifests?.p99,
      'Manifests, 50 %': ({ playback }) => playback.manifests?.p50,
      'Segments, 99 %': ({ playback }) => playback.segments?.p99,
      'Segments, 50 %': ({ playback }) => playback.segments?.p50,
    },
  },
  {
    id: 'publishing',
    title: 'Publishing',
    about: 'From when a segment has come until it can be played.',
    text: secondsText,
    lines: { '99 %': ({ publishing }) => publishing?.p99, '50 %': ({ publishing }) => publishing?.p50 },
  },
  {
    id: 'cache',
    title: 'Caches',
    about: 'How much of what was needed was in memory.',
    text: shareText,
    lines: { 'Source objects': ({ cache }) => hitShare(cache.objects), Output: ({ cache }) => hitShare(cache.made) },
  },
  {
    id: 'harvest',
    title: 'Harvest',
    about: 'What harvest jobs have written.',
    text: byteRateText,
    lines: { Written: perSecond(({ harvest }) => harvest.bytes) },
  },
  {
    id: 'jobs',
    title: 'Harvest jobs',
    about: 'Jobs that ran at once, and those that ended.',
    text: countText,
    lines: {
      Running: ({ harvest }) => harvest.runningJobs,
      Succeeded: ({ harvest }) => harvest.succeeded,
      Failed: ({ harvest }) => harvest.failed,
      Cancelled: ({ harvest }) => harvest.cancelled,
    },
  },
  {
    id: 'connections',
    title: 'Connections',
    about: 'Open at once.',
    text: countText,
    lines: { Open: ({ connections }) => connections },
  },
  {
    id: 'memory',
    title: 'Memory',
    about: 'Of the process, and of its JavaScript.',
    text: bytesText,
    lines: { Process: ({ residentBytes }) => residentBytes, Heap: ({ heapBytes }) => heapBytes },
  },
  {
    id: 'delay',
    title: 'Event loop',
    about: 'The longest time for which the process could do nothing else.',
    text: secondsText,
    lines: { Delay: ({ eventLoopDelaySeconds }) => eventLoopDelaySeconds },
  },
]

/** What the charts show of samples. */
export function metricCharts(samples: readonly Sample[]): readonly MetricChart[] {
  return CHARTS.map(({ lines, ...chart }) => ({
    ...chart,
    lines: Object.entries(lines).map(([label, of]) => ({ label, values: samples.map(of) })),
  }))
}

/** How far back the charts go, with seconds of the samples of each, about 180 of them. */
export const PERIODS = [
  { id: '30m', label: 'Half an hour', milliseconds: 1_800_000, resolutionSeconds: 10 },
  { id: '1h', label: 'An hour', milliseconds: 3_600_000, resolutionSeconds: 20 },
  { id: '6h', label: 'Six hours', milliseconds: 6 * 3_600_000, resolutionSeconds: 120 },
] as const

/** The last value there is, and the largest one, as a sentence of a chart: `Received: 5.2 Mbit/s, at most 6 Mbit/s`. */
export function summaryOf({ lines, text }: MetricChart): string {
  return lines
    .map(({ label, values }) => {
      const known = values.filter((value) => value !== undefined)
      const last = values.at(-1)
      if (known.length === 0) return `${label}: nothing`
      const most = text(known.reduce((a, b) => Math.max(a, b)))
      return `${label}: ${last === undefined ? 'nothing now' : text(last)}, at most ${most}`
    })
    .join('; ')
}
