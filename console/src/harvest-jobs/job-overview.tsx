import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import { bytesText } from '../amounts.ts'
import { ApiRefused } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'
import { CopiedText } from '../copying/copied-text.tsx'
import { ActionButton } from '../layout/action-button.tsx'
import { PageLink } from '../layout/page-link.tsx'
import { ValuePairs } from '../layout/value-pairs.tsx'
import {
  channelPath,
  clipPath,
  harvestJobPath,
  originEndpointPath,
  rulePath,
  schedulePath,
} from '../resources/resource-paths.ts'
import { Status } from '../resources/status.tsx'
import { Moment, MomentInBothZones } from '../time/moment.tsx'
import { nearestRequest, nextId, paceText, shareDone, writtenText } from './job-progress.ts'
import { lengthText } from './job-table.tsx'
import { OptionPairs } from './option-pairs.tsx'

/** The state of a job, with its progress, or why it has failed and what would work. */
export function JobOutcome({ job }: { readonly job: HarvestReport }) {
  if (job.failure && job.status === 'FAILED') return <Failure job={job} failure={job.failure} />
  const share = shareDone(job)
  return (
    <SpaceBetween size="s">
      {job.failure && (
        <Alert type="warning" header={`The last attempt has failed: ${job.failure.code}`}>
          {job.failure.message}
        </Alert>
      )}
      {job.copyRefusal !== undefined && <Alert type="info">{job.copyRefusal}</Alert>}
      {job.status === 'IN_PROGRESS' && (
        <ProgressBar
          label={waitingText(job)}
          {...(share !== undefined && { value: share * 100 })}
          additionalInfo={<span className="figures">{writtenText(job)}</span>}
          description={<span className="figures">{paceText(job)}</span>}
        />
      )}
    </SpaceBetween>
  )
}

function waitingText({ state, progress }: HarvestReport): string {
  if (state === 'QUEUED') return 'Waits to be taken up'
  if (state === 'CANCELLING') return 'Is being cancelled'
  return progress?.segments.planned === undefined ? 'Waits for the end of its window' : 'Writes the asset'
}

function Failure({
  job,
  failure,
}: {
  readonly job: HarvestReport
  readonly failure: NonNullable<HarvestReport['failure']>
}) {
  const { nearestWindow } = failure
  return (
    <Alert
      type={job.state === 'CANCELLED' ? 'info' : 'error'}
      header={job.state === 'CANCELLED' ? 'The job was cancelled' : failure.code}
      action={nearestWindow && !job.ranges && <HarvestNearest job={job} />}
    >
      <SpaceBetween size="xs">
        <Box>{failure.message}</Box>
        {nearestWindow && (
          <Box>
            The nearest window that works is from <Moment at={nearestWindow.startTime} precision="millisecond" /> to{' '}
            <Moment at={nearestWindow.endTime} precision="millisecond" />.
          </Box>
        )}
      </SpaceBetween>
    </Alert>
  )
}

/** Makes a job of the window that would work, with everything else as it was. */
function HarvestNearest({ job }: { readonly job: HarvestReport }) {
  const api = useApi()
  const [, navigate] = useLocation()
  const taken = new Set<string>()
  async function harvest(): Promise<void> {
    for (;;) {
      const id = nextId(job.id, (each) => taken.has(each))
      try {
        const made = await api.post<HarvestReport>('/windrow/v1/harvest_jobs', nearestRequest(job, id))
        return navigate(harvestJobPath(made.id))
      } catch (error) {
        const isTaken = error instanceof ApiRefused && /^id: .*already exists/.test(error.message)
        if (!isTaken || taken.size >= MOST_TRIES) throw error
        taken.add(id)
      }
    }
  }
  return <ActionButton label="Harvest this window instead" act={harvest} />
}

const MOST_TRIES = 20

/** What a job was asked for, and how it went. */
export function JobSummary({ job }: { readonly job: HarvestReport }) {
  return (
    <ValuePairs
      title="Job"
      pairs={{
        State: <Status of={job.state} />,
        Channel: <PageLink to={channelPath(job.channelId)}>{job.channelId}</PageLink>,
        'Origin endpoint': <PageLink to={originEndpointPath(job.originEndpointId)}>{job.originEndpointId}</PageLink>,
        'Made by': madeBy(job),
        Created: <MomentInBothZones at={job.createdAt} />,
        Started: job.startedAt && <MomentInBothZones at={job.startedAt} />,
        Ended: job.endedAt && <MomentInBothZones at={job.endedAt} />,
        Attempts: job.attempts,
        'Next attempt': job.nextAttemptAt && <MomentInBothZones at={job.nextAttemptAt} />,
        Worker: job.worker,
        ARN: <CopiedText text={job.arn} label="Copy the ARN" />,
      }}
    />
  )
}

function madeBy({ scheduleId, ruleId, clipId }: HarvestReport) {
  if (scheduleId !== undefined) return <PageLink to={schedulePath(scheduleId)}>Schedule {scheduleId}</PageLink>
  if (ruleId !== undefined) return <PageLink to={rulePath(ruleId)}>Rule {ruleId}</PageLink>
  if (clipId !== undefined) return <PageLink to={clipPath(clipId)}>Clip {clipId}</PageLink>
  return 'A client of the API'
}

/** The window that was asked for, and what the asset shows of it. */
export function JobWindow({ job }: { readonly job: HarvestReport }) {
  const { firstFrame, lastFrame } = job.shown ?? {}
  return (
    <ValuePairs
      title="Window"
      pairs={{
        'Asked from': <MomentInBothZones at={job.startTime} precision="millisecond" />,
        'Asked until': <MomentInBothZones at={job.endTime} precision="millisecond" />,
        Length: lengthText(job),
        'Has media from': job.firstProgramDateTime && (
          <MomentInBothZones at={job.firstProgramDateTime} precision="millisecond" />
        ),
        'Has media until': job.lastProgramDateTime && (
          <MomentInBothZones at={job.lastProgramDateTime} precision="millisecond" />
        ),
        'First frame': firstFrame && <MomentInBothZones at={firstFrame} precision="millisecond" />,
        'Last frame': lastFrame && <MomentInBothZones at={lastFrame} precision="millisecond" />,
        Gaps: job.gapCount,
      }}
    />
  )
}

/** Where the asset is written, with which options, and how much of it there is. */
export function JobDestination({ job }: { readonly job: HarvestReport }) {
  const { takenOver } = job.progress ?? {}
  return (
    <OptionPairs
      title="Destination and options"
      destination={job.s3Destination}
      options={job}
      others={{
        Written: writtenText(job),
        'Taken over from the archive': takenOver && `${takenOver.objects} objects, ${bytesText(takenOver.bytes)}`,
      }}
    />
  )
}
