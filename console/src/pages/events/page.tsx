import ExpandableSection from '@cloudscape-design/components/expandable-section'
import type { WindrowOutputs } from '../../../../src/control/windrow-operations.ts'
import { useListing } from '../../api/listing.ts'
import { DetailTree } from '../../events/detail-tree.tsx'
import { branchesOf, messageOf, type ServiceEvent, typeText, wordOf } from '../../events/event-words.ts'
import { useNamedByGuid } from '../../resources/names.ts'
import { ArnLink } from '../../resources/resource-link.tsx'
import type { NamedByGuid } from '../../resources/resource-paths.ts'
import { Status } from '../../resources/status.tsx'
import { ResourceTable, type ShownTable } from '../../tables/resource-table.tsx'
import { Moment } from '../../time/moment.tsx'
import { momentOf } from '../../time/moment-text.ts'

const eventTable = (known: readonly NamedByGuid[]): ShownTable<ServiceEvent> => ({
  keyOf: ({ id }) => id,
  columns: [
    {
      id: 'time',
      header: 'Time',
      // The id finds the event that a link is made to.
      text: ({ time, id }) => `${time} ${id}`,
      sortBy: ({ time }) => momentOf(time),
      cell: ({ time }) => <Moment at={time} />,
      minWidth: 210,
    },
    { id: 'type', header: 'Type', text: typeText, isRowHeader: true, minWidth: 120 },
    {
      id: 'event',
      header: 'Event',
      text: wordOf,
      cell: (event) => (event.detail['harvest_job'] === undefined ? wordOf(event) : <Status of={wordOf(event)} />),
      minWidth: 150,
    },
    {
      id: 'resource',
      header: 'Resource',
      text: ({ resources }) => resources.join(' '),
      cell: ({ resources }) => resources.map((arn) => <ArnLink key={arn} arn={arn} known={known} />),
      minWidth: 180,
    },
    {
      id: 'message',
      header: 'Message and details',
      text: (event) => `${messageOf(event)} ${JSON.stringify(event.detail)}`,
      sortBy: messageOf,
      cell: (event) => (
        <>
          {messageOf(event)}
          <ExpandableSection headerText="Details" headerAriaLabel={`Details of ${typeText(event)} ${event.id}`}>
            <DetailTree branches={branchesOf(event.detail)} known={known} />
          </ExpandableSection>
        </>
      ),
      minWidth: 320,
    },
  ],
  filters: [
    { id: 'type', label: 'Type', of: typeText },
    { id: 'event', label: 'Event', of: wordOf },
  ],
})

/** What has happened, the latest first: also what comes while the page is looked at. */
export function Page() {
  const known = useNamedByGuid()
  const events = useListing<WindrowOutputs['ListEvents'], ServiceEvent>({
    kind: 'event',
    path: '/windrow/v1/events',
    query: { order: 'NEWEST_FIRST' },
    rowsOf: (page) => page.events,
  })
  return (
    <ResourceTable
      description={eventTable(known)}
      listing={events}
      title="Events"
      about="What the service has told: ends of harvest jobs, switches of inputs, missed windows, and what its checks have found."
      empty="Nothing has happened yet."
    />
  )
}
