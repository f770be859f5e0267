import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { useListing } from '../api/listing.ts'
import { useApi } from '../api/session.ts'
import { Resource } from '../layout/resource.tsx'
import { ResourceTable, type ShownTable } from '../tables/resource-table.tsx'
import { type Automation, apiPathOf } from './automation.ts'
import { AutomationActions } from './automation-actions.tsx'
import type { Run } from './run-columns.tsx'

type Reports = WindrowOutputs['DescribeHarvestSchedule'] | WindrowOutputs['DescribeHarvestRule']
type Runs = WindrowOutputs['ListScheduleRuns'] | WindrowOutputs['ListRuleRuns']

/** A schedule, or a rule: what it is, what can be done with it, and what became of the last windows or events. */
export function AutomationPage<R extends Reports>({
  automation,
  id,
  history,
  children,
}: {
  readonly automation: Automation
  readonly id: string
  readonly history: { readonly about: string; readonly empty: string; readonly table: ShownTable<Run> }
  readonly children: (report: R) => ReactNode
}) {
  const api = useApi()
  const { kind, title } = automation
  const path = apiPathOf(automation, id)
  const query = useQuery({
    queryKey: [kind, 'one', id],
    queryFn: ({ signal }) => api.get<R>(path, {}, signal),
  })
  const runs = useListing<Runs, Run>({ kind, path: `${path}/runs`, rowsOf: (page) => page.runs })
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        actions={query.data && <AutomationActions automation={automation} id={id} state={query.data.state} />}
      >
        <span className="break">
          {title} {id}
        </span>
      </Header>
      <Resource query={query}>
        {(report) => (
          <SpaceBetween size="l">
            {children(report)}
            <ResourceTable
              level="h2"
              title="History"
              about={history.about}
              description={history.table}
              listing={runs}
              empty={history.empty}
            />
          </SpaceBetween>
        )}
      </Resource>
    </SpaceBetween>
  )
}
