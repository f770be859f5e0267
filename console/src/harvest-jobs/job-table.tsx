import Box from '@cloudscape-design/components/box'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import { PageLink } from '../layout/page-link.tsx'
import { channelPath, harvestJobPath, originEndpointPath } from '../resources/resource-paths.ts'
import { Status } from '../resources/status.tsx'
import type { ShownTable } from '../tables/resource-table.tsx'
import { durationText } from '../time/duration-text.ts'
import { Age, Moment } from '../time/moment.tsx'
import { lengthOf, momentOf } from '../time/moment-text.ts'
import { paceText, shareDone, writtenText } from './job-progress.ts'

/** Harvest jobs, as a table shows them. */
export const JOB_TABLE: ShownTable<HarvestReport> = {
  keyOf: ({ id }) => id,
  columns: [
    {
      id: 'id',
      header: 'Job',
      text: ({ id }) => id,
      cell: ({ id }) => <PageLink to={harvestJobPath(id)}>{id}</PageLink>,
      isRowHeader: true,
      minWidth: 160,
    },
    {
      id: 'state',
      header: 'State',
      text: ({ state }) => state,
      cell: ({ state }) => <Status of={state} />,
      minWidth: 160,
    },
    {
      id: 'progress',
      header: 'Progress',
      text: (job) => job.failure?.message ?? writtenText(job),
      sortBy: (job) => shareDone(job),
      cell: (job) => <Progress job={job} />,
      minWidth: 220,
    },
    {
      id: 'channel',
      header: 'Channel',
      text: ({ channelId }) => channelId,
      cell: ({ channelId }) => <PageLink to={channelPath(channelId)}>{channelId}</PageLink>,
      minWidth: 120,
    },
    {
      id: 'originEndpoint',
      header: 'Endpoint',
      text: ({ originEndpointId }) => originEndpointId,
      cell: ({ originEndpointId: id }) => <PageLink to={originEndpointPath(id)}>{id}</PageLink>,
      minWidth: 120,
    },
    {
      id: 'window',
      header: 'Window',
      text: ({ startTime, endTime }) => `${startTime} ${endTime}`,
      sortBy: ({ startTime }) => momentOf(startTime),
      cell: (job) => (
        <>
          <Moment at={job.startTime} />
          <Box variant="small" display="block">
            {lengthText(job)}
          </Box>
        </>
      ),
      minWidth: 190,
    },
    {
      id: 'created',
      header: 'Created',
      text: ({ createdAt }) => createdAt,
      sortBy: ({ createdAt }) => momentOf(createdAt),
      cell: ({ createdAt }) => <Age at={createdAt} />,
      minWidth: 100,
    },
    {
      id: 'madeBy',
      header: 'Made by',
      text: ({ scheduleId, ruleId, clipId }) => scheduleId ?? ruleId ?? clipId ?? '–',
      minWidth: 100,
    },
  ],
  filters: [{ id: 'originEndpoint', label: 'Endpoint', of: ({ originEndpointId }) => originEndpointId }],
}

/** How long the window is that a job asks for, in all of its ranges. */
export function lengthText(job: Pick<HarvestReport, 'startTime' | 'endTime' | 'ranges'>): string {
  const ranges = job.ranges ?? [job]
  const length = ranges.reduce((sum, range) => sum + lengthOf(range), 0)
  return ranges.length > 1 ? `${durationText(length)} in ${ranges.length} ranges` : durationText(length)
}

function Progress({ job }: { readonly job: HarvestReport }) {
  if (job.status === 'FAILED') return <span className="break">{job.failure?.message ?? '–'}</span>
  const share = shareDone(job)
  if (job.status === 'SUCCEEDED' || share === undefined)
    return <span className="figures">{writtenText(job) || '–'}</span>
  return (
    <ProgressBar
      value={share * 100}
      ariaLabel={`Progress of ${job.id}`}
      additionalInfo={<span className="figures">{writtenText(job)}</span>}
      description={<span className="figures">{paceText(job)}</span>}
    />
  )
}
