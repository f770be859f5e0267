import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { useApi } from '../api/session.ts'
import { FinishedAsset } from '../asset/finished-asset.tsx'
import { CancelJob } from '../harvest-jobs/cancel-job.tsx'
import { EndedJobs } from '../harvest-jobs/ended-jobs.tsx'
import { JobOutcome } from '../harvest-jobs/job-overview.tsx'
import { lengthText } from '../harvest-jobs/job-table.tsx'
import { PageLink } from '../layout/page-link.tsx'
import { harvestJobPath } from '../resources/resource-paths.ts'
import { Status } from '../resources/status.tsx'
import { Moment } from '../time/moment.tsx'

const MOST_SHOWN = 8
/** While a job is written, and while none is. */
const [PROGRESS_MS, IDLE_MS] = [1000, 15_000]

type MadeJobsProps = {
  readonly channelId: string
  /** The job that was made here last: it is shown whole. */
  readonly newest: string | undefined
  /** Jobs have begun or ended, and the timeline shows others. */
  readonly onChange: () => void
}

/** The latest harvest jobs of a channel, with their progress, and what came of them. */
export function MadeJobs({ channelId, newest, onChange }: MadeJobsProps) {
  const api = useApi()
  const query = useQuery({
    queryKey: ['harvestJob', 'of channel', channelId],
    queryFn: ({ signal }) =>
      api.get<WindrowOutputs['ListHarvestJobs']>(
        '/windrow/v1/harvest_jobs',
        { includeChannelId: channelId, order: 'NEWEST_FIRST', maxResults: MOST_SHOWN },
        signal,
      ),
    refetchInterval: ({ state }) =>
      state.data?.harvestJobs.some(({ status }) => status === 'IN_PROGRESS') ? PROGRESS_MS : IDLE_MS,
  })
  const jobs = query.data?.harvestJobs ?? []
  const states = jobs.map(({ id, state }) => `${id} ${state}`).join()
  const changed = useRef(onChange)
  changed.current = onChange
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is their change that counts.
  useEffect(() => changed.current(), [states])
  if (jobs.length === 0) return null
  return (
    <Container header={<Header variant="h2">Latest harvest jobs</Header>}>
      <EndedJobs jobs={jobs} />
      <SpaceBetween size="m">
        {jobs.map((job) => (
          <MadeJob key={job.id} job={job} isNewest={job.id === newest} />
        ))}
      </SpaceBetween>
    </Container>
  )
}

function MadeJob({ job, isNewest }: { readonly job: HarvestReport; readonly isNewest: boolean }) {
  return (
    <SpaceBetween size="xs">
      <SpaceBetween size="s" direction="horizontal" alignItems="center">
        <PageLink to={harvestJobPath(job.id)}>{job.id}</PageLink>
        <Status of={job.state} />
        <Box variant="span" color="text-body-secondary">
          <Moment at={job.startTime} />, {lengthText(job)}
        </Box>
        {job.status === 'IN_PROGRESS' && job.state !== 'CANCELLING' && <CancelJob id={job.id} />}
      </SpaceBetween>
      <JobOutcome job={job} />
      {job.status === 'SUCCEEDED' && (
        <FinishedSection job={job} isNewest={isNewest} key={isNewest ? 'newest' : 'other'} />
      )}
    </SpaceBetween>
  )
}

function FinishedSection({ job, isNewest }: { readonly job: HarvestReport; readonly isNewest: boolean }) {
  return (
    <ExpandableSection headerText="Play and download" headingTagOverride="h3" defaultExpanded={isNewest}>
      <FinishedAsset job={job} />
    </ExpandableSection>
  )
}
