import Alert from '@cloudscape-design/components/alert'
import Header from '@cloudscape-design/components/header'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useLocation, useSearch } from 'wouter'
import type { MetricSamplesReport } from '../../../src/control/monitoring-operations.ts'
import { useApi } from '../api/session.ts'
import { Resource } from '../layout/resource.tsx'
import { momentOf } from '../time/moment-text.ts'
import { serverNow } from '../time/server-clock.ts'
import { useZones } from '../time/zone-choice.ts'
import { Chart } from './chart.tsx'
import { metricCharts, PERIODS } from './metrics.ts'

const REFRESH_MS = 10_000

/** Small charts of what the process has counted in the period that the address names. */
export function MetricCharts() {
  const api = useApi()
  const { zone } = useZones()
  const search = useSearch()
  const [path, navigate] = useLocation()
  const chosen = new URLSearchParams(search).get('period')
  const period = PERIODS.find(({ id }) => id === chosen) ?? PERIODS[1]
  const samples = useQuery({
    queryKey: ['metrics', period.id],
    queryFn: ({ signal }) => {
      const since = new Date(serverNow() - period.milliseconds).toISOString()
      const query = { since, resolutionSeconds: period.resolutionSeconds }
      return api.get<MetricSamplesReport>('/windrow/v1/metrics', query, signal)
    },
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  })
  const choose = (id: string) => {
    const next = new URLSearchParams(search)
    next.set('period', id)
    navigate(`${path}?${next.toString()}`)
  }
  return (
    <SpaceBetween size="m">
      <Header
        variant="h2"
        actions={
          <SegmentedControl
            label="Period of the charts"
            selectedId={period.id}
            options={PERIODS.map(({ id, label }) => ({ id, text: label }))}
            onChange={({ detail }) => choose(detail.selectedId)}
          />
        }
      >
        Metrics
      </Header>
      <Resource query={samples}>
        {({ samples: all }) =>
          all.length === 0 ? (
            <Alert type="info">The first sample comes ten seconds after the start of the process.</Alert>
          ) : (
            <div className="metric-charts">
              {metricCharts(all).map((chart) => (
                <Chart
                  key={chart.id}
                  chart={chart}
                  times={all.map(({ endTime }) => momentOf(endTime) ?? 0)}
                  zone={zone}
                />
              ))}
            </div>
          )
        }
      </Resource>
    </SpaceBetween>
  )
}
