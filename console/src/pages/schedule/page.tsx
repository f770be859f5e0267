import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { ScheduleReport } from '../../../../src/control/schedule-operations.ts'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { pathOf } from '../../api/api-client.ts'
import { useListing } from '../../api/listing.ts'
import { useApi } from '../../api/session.ts'
import { AutomationActions } from '../../automations/automation-actions.tsx'
import { type Run, runTable } from '../../automations/run-columns.tsx'
import { OptionPairs } from '../../harvest-jobs/option-pairs.tsx'
import { PageLink } from '../../layout/page-link.tsx'
import { Resource } from '../../layout/resource.tsx'
import { ValuePairs } from '../../layout/value-pairs.tsx'
import { originEndpointPath, schedulePath } from '../../resources/resource-paths.ts'
import { Status } from '../../resources/status.tsx'
import { recurrenceText } from '../../schedules/recurrence-text.ts'
import { ResourceTable } from '../../tables/resource-table.tsx'
import { durationText } from '../../time/duration-text.ts'
import { MomentInBothZones } from '../../time/moment.tsx'

const RUNS = runTable([])

/** A schedule: when its windows are, what it makes of them, and what became of the last ones. */
export function Page({ id }: { readonly id: string }) {
  const api = useApi()
  const path = pathOf`/windrow/v1/harvest_schedules/${id}`
  const schedule = useQuery({
    queryKey: ['harvestSchedule', 'one', id],
    queryFn: ({ signal }) => api.get<ScheduleReport>(path, {}, signal),
  })
  const runs = useListing<WindrowOutputs['ListScheduleRuns'], Run>({
    kind: 'harvestSchedule',
    path: `${path}/runs`,
    rowsOf: (page) => page.runs,
  })
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        actions={
          schedule.data && (
            <AutomationActions
              noun="schedule"
              id={id}
              path={path}
              isStopped={schedule.data.state === 'STOPPED'}
              isOver={schedule.data.state === 'ENDED'}
              editPath={`${schedulePath(id)}/edit`}
              listPath="/schedules"
            />
          )
        }
      >
        <span className="break">Schedule {id}</span>
      </Header>
      <Resource query={schedule}>
        {(report) => (
          <>
            <Schedule report={report} />
            <ResourceTable
              level="h2"
              title="History"
              about="What became of the windows of the last 90 days."
              description={RUNS}
              listing={runs}
              empty="No window has passed yet."
            />
          </>
        )}
      </Resource>
    </SpaceBetween>
  )
}

function Schedule({ report }: { readonly report: ScheduleReport }) {
  const { originEndpointId, every, durationSeconds, overlap, nextRun } = report
  const { beforeSeconds = 0, afterSeconds = 0 } = overlap
  return (
    <SpaceBetween size="l">
      <ValuePairs
        title="Schedule"
        pairs={{
          State: <Status of={report.state} />,
          'Origin endpoint': <PageLink to={originEndpointPath(originEndpointId)}>{originEndpointId}</PageLink>,
          Every: recurrenceText(every),
          Window: durationSeconds === undefined ? 'Until the next one begins' : durationText(durationSeconds * 1000),
          Overlap:
            beforeSeconds + afterSeconds > 0 &&
            `${durationText(beforeSeconds * 1000)} before, ${durationText(afterSeconds * 1000)} after`,
          From: <MomentInBothZones at={report.startTime} />,
          Until: report.endTime && <MomentInBothZones at={report.endTime} />,
          'Next window': nextRun && <MomentInBothZones at={nextRun.startTime} />,
          'Next job': nextRun && <MomentInBothZones at={nextRun.dueAt} />,
          'Its ID': nextRun?.jobId,
          'Its manifest key': nextRun?.manifestKey,
          Created: <MomentInBothZones at={report.createdAt} />,
          Changed: report.modifiedAt !== report.createdAt && <MomentInBothZones at={report.modifiedAt} />,
        }}
      />
      <OptionPairs title="Assets" destination={report.s3Destination} options={report} />
    </SpaceBetween>
  )
}
