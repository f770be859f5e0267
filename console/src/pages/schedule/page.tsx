import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ScheduleReport } from '../../../../src/control/schedule-operations.ts'
import { AutomationPage } from '../../automations/automation-page.tsx'
import { runTable } from '../../automations/run-columns.tsx'
import { OptionPairs } from '../../harvest-jobs/option-pairs.tsx'
import { PageLink } from '../../layout/page-link.tsx'
import { ValuePairs } from '../../layout/value-pairs.tsx'
import { originEndpointPath } from '../../resources/resource-paths.ts'
import { Status } from '../../resources/status.tsx'
import { recurrenceText } from '../../schedules/recurrence-text.ts'
import { SCHEDULE } from '../../schedules/schedule.ts'
import { durationText } from '../../time/duration-text.ts'
import { MomentInBothZones } from '../../time/moment.tsx'

const HISTORY = {
  about: 'What became of the windows of the last 90 days.',
  empty: 'No window has passed yet.',
  table: runTable([]),
}

/** A schedule: when its windows are, what it makes of them, and what became of the last ones. */
export function Page({ id }: { readonly id: string }) {
  return (
    <AutomationPage<ScheduleReport> automation={SCHEDULE} id={id} history={HISTORY}>
      {(report) => <Schedule report={report} />}
    </AutomationPage>
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
