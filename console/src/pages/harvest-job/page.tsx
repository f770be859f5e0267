import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { pathOf } from '../../api/api-client.ts'
import { useApi } from '../../api/session.ts'
import { FinishedAsset } from '../../asset/finished-asset.tsx'
import { CancelJob } from '../../harvest-jobs/cancel-job.tsx'
import { EndedJobs } from '../../harvest-jobs/ended-jobs.tsx'
import { JobDestination, JobOutcome, JobSummary, JobWindow } from '../../harvest-jobs/job-overview.tsx'
import { JobObjects, JobParts } from '../../harvest-jobs/job-parts.tsx'
import { ConfirmedAction } from '../../layout/confirmed-action.tsx'
import { Resource } from '../../layout/resource.tsx'

const PROGRESS_MS = 1000

/** A harvest job with everything that is known of it. */
export function Page({ id }: { readonly id: string }) {
  const api = useApi()
  const job = useQuery({
    queryKey: ['harvestJob', 'one', id],
    queryFn: ({ signal }) =>
      api.get<WindrowOutputs['DescribeHarvestJob']>(pathOf`/windrow/v1/harvest_jobs/${id}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.status === 'IN_PROGRESS' ? PROGRESS_MS : false),
  })
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        actions={
          job.data && (
            <SpaceBetween direction="horizontal" size="xs">
              {job.data.status === 'IN_PROGRESS' && job.data.state !== 'CANCELLING' && <CancelJob id={id} />}
              {job.data.status === 'FAILED' && <DeleteObjects id={id} />}
            </SpaceBetween>
          )
        }
      >
        <span className="break">Harvest job {id}</span>
      </Header>
      <Resource query={job}>
        {(report) => (
          <SpaceBetween size="l">
            <EndedJobs jobs={[report]} />
            <JobOutcome job={report} />
            {report.status === 'SUCCEEDED' && (
              <Container header={<Header variant="h2">Asset</Header>}>
                <FinishedAsset job={report} />
              </Container>
            )}
            <JobSummary job={report} />
            <JobWindow job={report} />
            <JobDestination job={report} />
            <JobParts job={report} />
            <JobObjects id={id} />
          </SpaceBetween>
        )}
      </Resource>
    </SpaceBetween>
  )
}

/** Deletes what a failed job has left in its bucket. */
function DeleteObjects({ id }: { readonly id: string }) {
  const api = useApi()
  async function remove(): Promise<void> {
    const path = pathOf`/windrow/v1/harvest_jobs/${id}/objects`
    let isComplete = false
    while (!isComplete) isComplete = (await api.delete<WindrowOutputs['DeleteHarvestObjects']>(path)).isComplete
  }
  return (
    <ConfirmedAction label="Delete objects" question={`Delete the objects that ${id} has left?`} act={remove}>
      Those that the asset of another job needs stay.
    </ConfirmedAction>
  )
}
