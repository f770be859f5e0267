import SpaceBetween from '@cloudscape-design/components/space-between'
import type { RuleReport } from '../../../../src/control/rule-operations.ts'
import { listingOf } from '../../api/listing.ts'
import { AutomationPage } from '../../automations/automation-page.tsx'
import { runTable } from '../../automations/run-columns.tsx'
import { OptionPairs } from '../../harvest-jobs/option-pairs.tsx'
import { PageLink } from '../../layout/page-link.tsx'
import { ValuePairs } from '../../layout/value-pairs.tsx'
import { originEndpointPath } from '../../resources/resource-paths.ts'
import { Status } from '../../resources/status.tsx'
import { eventText, selectionText } from '../../rules/event-text.ts'
import { RULE } from '../../rules/rule.ts'
import { ResourceTable, type ShownTable } from '../../tables/resource-table.tsx'
import { durationText } from '../../time/duration-text.ts'
import { Age, Moment, MomentInBothZones } from '../../time/moment.tsx'
import { momentOf } from '../../time/moment-text.ts'

type OpenEvent = RuleReport['openEvents'][number]

const OPEN_EVENTS: ShownTable<OpenEvent> = {
  prefix: 'open',
  keyOf: ({ startTime, typeId, id }) => `${startTime} ${typeId ?? ''} ${id}`,
  columns: [
    { id: 'event', header: 'Event', text: eventText, isRowHeader: true },
    {
      id: 'from',
      header: 'From',
      text: ({ startTime }) => startTime,
      sortBy: ({ startTime }) => momentOf(startTime),
      cell: ({ startTime }) => <Moment at={startTime} precision="millisecond" />,
    },
    {
      id: 'age',
      header: 'Age',
      text: ({ startTime }) => startTime,
      sortBy: ({ startTime }) => momentOf(startTime),
      cell: ({ startTime }) => <Age at={startTime} />,
    },
  ],
  filters: [],
}

const HISTORY = {
  about: 'What became of the events of the last 90 days.',
  empty: 'No event is over yet.',
  table: runTable([
    { id: 'event', header: 'Event', text: ({ event }) => (event ? eventText(event) : '–'), minWidth: 180 },
  ]),
}

/** A rule: which events it is for, what it makes of them, what goes on, and what became of the last ones. */
export function Page({ id }: { readonly id: string }) {
  return (
    <AutomationPage<RuleReport> automation={RULE} id={id} history={HISTORY}>
      {(report) => (
        <SpaceBetween size="l">
          <Rule report={report} />
          <ResourceTable
            level="h2"
            title="Going on"
            about="Events that it is for, and that are not over."
            description={OPEN_EVENTS}
            listing={listingOf(report.openEvents)}
            empty="Nothing goes on."
          />
        </SpaceBetween>
      )}
    </AutomationPage>
  )
}

function Rule({ report }: { readonly report: RuleReport }) {
  const { originEndpointId, minDurationSeconds: least, maxDurationSeconds: most, s3Destination } = report
  const lasts = report.expiresAfterSeconds
  return (
    <SpaceBetween size="l">
      <ValuePairs
        title="Rule"
        pairs={{
          State: <Status of={report.state} />,
          'Origin endpoint': <PageLink to={originEndpointPath(originEndpointId)}>{originEndpointId}</PageLink>,
          Events: selectionText(report),
          UPID: report.upid ?? 'Any, or none',
          Shortest: least !== undefined && durationText(least * 1000),
          Longest: most !== undefined && durationText(most * 1000),
          Makes: report.action === 'JOB' ? 'A harvest job' : 'A clip',
          Cut: report.action === 'CLIP' && report.cut,
          'Clips last':
            report.action === 'CLIP' && (lasts === undefined ? 'Until they are deleted' : durationText(lasts * 1000)),
          'Read until': report.readUntil && <MomentInBothZones at={report.readUntil} />,
          Created: <MomentInBothZones at={report.createdAt} />,
          Changed: report.modifiedAt !== report.createdAt && <MomentInBothZones at={report.modifiedAt} />,
        }}
      />
      {s3Destination && <OptionPairs title="Assets" destination={s3Destination} options={report} />}
    </SpaceBetween>
  )
}
