import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { useApi } from '../../api/session.ts'
import { MetricCharts } from '../../health/metric-charts.tsx'
import { ProcessStatus } from '../../health/process-status.tsx'
import { SettingsTable } from '../../health/settings-table.tsx'
import { Resource } from '../../layout/resource.tsx'

const REFRESH_MS = 10_000

/** How the process that answers is, has been in the last hours, and is set. */
export function Page() {
  const api = useApi()
  const status = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => api.get<WindrowOutputs['DescribeStatus']>('/windrow/v1/status', { maxResults: 1 }, signal),
    refetchInterval: REFRESH_MS,
  })
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description="Of the process that has answered: where there are several, of one of them.">
        Health
      </Header>
      <Resource query={status}>{(report) => <ProcessStatus status={report} />}</Resource>
      <MetricCharts />
      <SettingsTable />
    </SpaceBetween>
  )
}
