import SpaceBetween from '@cloudscape-design/components/space-between'
import type { HarvestReport } from '../../../../src/control/harvest-operations.ts'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { useListing } from '../../api/listing.ts'
import { CancelJob } from '../../harvest-jobs/cancel-job.tsx'
import { EndedJobs } from '../../harvest-jobs/ended-jobs.tsx'
import { JOB_TABLE } from '../../harvest-jobs/job-table.tsx'
import { PageButton } from '../../layout/page-link.tsx'
import { useChannelIds } from '../../resources/names.ts'
import { ResourceTable, type ShownTable } from '../../tables/resource-table.tsx'
import { useTableState } from '../../tables/use-table-state.ts'

/** While jobs run, between two readings of their progress. */
const PROGRESS_MS = 5000

const STATUSES = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED']

/** Filters of which the server knows more values than were read are given all of them. */
const jobTable = (channelIds: readonly string[]): ShownTable<HarvestReport> => ({
  ...JOB_TABLE,
  columns: [
    ...JOB_TABLE.columns,
    {
      id: 'actions',
      header: 'Actions',
      hasNoOrder: true,
      text: () => '',
      cell: ({ id, state, status }) => status === 'IN_PROGRESS' && state !== 'CANCELLING' && <CancelJob id={id} />,
      minWidth: 130,
    },
  ],
  filters: [
    { id: 'status', label: 'Status', of: ({ status }) => status, values: STATUSES },
    { id: 'channel', label: 'Channel', of: ({ channelId }) => channelId, values: channelIds },
    ...JOB_TABLE.filters,
  ],
})

/** Harvest jobs, the latest first, with their progress. */
export function Page() {
  const table = jobTable(useChannelIds())
  const [{ filters }] = useTableState(table)
  const { status, channel } = filters
  const jobs = useListing<WindrowOutputs['ListHarvestJobs'], HarvestReport>({
    kind: 'harvestJob',
    path: '/windrow/v1/harvest_jobs',
    query: {
      order: 'NEWEST_FIRST',
      includeStatus: STATUSES.find((known) => known === status),
      includeChannelId: channel,
    },
    rowsOf: ({ harvestJobs }) => harvestJobs,
    refreshMs: (rows) => (rows.some(({ status }) => status === 'IN_PROGRESS') ? PROGRESS_MS : undefined),
  })
  return (
    <>
      <EndedJobs jobs={jobs.rows} />
      <ResourceTable
        description={table}
        listing={jobs}
        title="Harvest jobs"
        about="A job writes a part of a channel to a bucket, as files to keep. Jobs of the last 90 days."
        empty={
          <SpaceBetween size="s">
            <div>There is no harvest job yet. Make one on the timeline of a channel.</div>
            <PageButton to="/">Show the channels</PageButton>
          </SpaceBetween>
        }
      />
    </>
  )
}
