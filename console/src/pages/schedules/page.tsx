import type { ScheduleReport } from '../../../../src/control/schedule-operations.ts'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { useListing } from '../../api/listing.ts'
import { PageButton, PageLink } from '../../layout/page-link.tsx'
import { originEndpointPath, schedulePath } from '../../resources/resource-paths.ts'
import { Status } from '../../resources/status.tsx'
import { recurrenceText } from '../../schedules/recurrence-text.ts'
import { ResourceTable, type ShownTable } from '../../tables/resource-table.tsx'
import { durationText } from '../../time/duration-text.ts'
import { Age, Moment } from '../../time/moment.tsx'
import { momentOf } from '../../time/moment-text.ts'

const SCHEDULES: ShownTable<ScheduleReport> = {
  keyOf: ({ id }) => id,
  columns: [
    {
      id: 'id',
      header: 'Schedule',
      text: ({ id }) => id,
      cell: ({ id }) => <PageLink to={schedulePath(id)}>{id}</PageLink>,
      isRowHeader: true,
      minWidth: 160,
    },
    {
      id: 'state',
      header: 'State',
      text: ({ state }) => state,
      cell: ({ state }) => <Status of={state} />,
      minWidth: 120,
    },
    {
      id: 'endpoint',
      header: 'Endpoint',
      text: ({ originEndpointId }) => originEndpointId,
      cell: ({ originEndpointId: id }) => <PageLink to={originEndpointPath(id)}>{id}</PageLink>,
      minWidth: 140,
    },
    { id: 'every', header: 'Every', text: ({ every }) => recurrenceText(every), minWidth: 200 },
    {
      id: 'duration',
      header: 'Window',
      text: ({ durationSeconds: seconds }) => (seconds === undefined ? 'Until the next' : durationText(seconds * 1000)),
      sortBy: ({ durationSeconds }) => durationSeconds,
      minWidth: 120,
    },
    {
      id: 'next',
      header: 'Next window',
      text: ({ nextRun }) => nextRun?.startTime ?? '–',
      sortBy: ({ nextRun }) => momentOf(nextRun?.startTime),
      cell: ({ nextRun }) => <Moment at={nextRun?.startTime} />,
      minWidth: 210,
    },
    {
      id: 'due',
      header: 'Next job',
      text: ({ nextRun }) => nextRun?.dueAt ?? '–',
      sortBy: ({ nextRun }) => momentOf(nextRun?.dueAt),
      cell: ({ nextRun }) => <Age at={nextRun?.dueAt} />,
      minWidth: 110,
    },
  ],
  filters: [
    { id: 'state', label: 'State', of: ({ state }) => state, values: ['ACTIVE', 'WAITING', 'STOPPED', 'ENDED'] },
    { id: 'endpoint', label: 'Endpoint', of: ({ originEndpointId }) => originEndpointId },
  ],
}

/** Schedules, which make harvest jobs by themselves. */
export function Page() {
  const schedules = useListing<WindrowOutputs['ListHarvestSchedules'], ScheduleReport>({
    kind: 'harvestSchedule',
    path: '/windrow/v1/harvest_schedules',
    rowsOf: ({ harvestSchedules }) => harvestSchedules,
  })
  return (
    <ResourceTable
      description={SCHEDULES}
      listing={schedules}
      title="Schedules"
      about="A schedule makes a harvest job of each of its windows, when that has passed."
      actions={
        <PageButton variant="primary" to="/create-schedule">
          Create schedule
        </PageButton>
      }
      empty="There is no schedule yet."
    />
  )
}
