import Alert from '@cloudscape-design/components/alert'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { listingOf } from '../api/listing.ts'
import { ValuePairs } from '../layout/value-pairs.tsx'
import { ResourceTable, type ShownTable } from '../tables/resource-table.tsx'
import { MomentInBothZones } from '../time/moment.tsx'
import { momentOf } from '../time/moment-text.ts'
import { serverNow } from '../time/server-clock.ts'

type Status = WindrowOutputs['DescribeStatus']
type Listener = Status['process']['listeners'][number]
type Certificate = Status['process']['certificates'][number]

/** Certificates that end sooner should have been replaced. */
const SOON_MS = 14 * 86_400_000

const LISTENERS: ShownTable<Listener> = {
  prefix: 'listeners',
  keyOf: ({ name, address }) => `${name} ${address}`,
  columns: [
    { id: 'name', header: 'Listener', text: ({ name }) => name, isRowHeader: true },
    { id: 'address', header: 'Address', text: ({ address }) => address },
    { id: 'tls', header: 'TLS', text: ({ tls }) => (tls ? 'Yes' : 'No') },
  ],
  filters: [],
}

const CERTIFICATES: ShownTable<Certificate> = {
  prefix: 'certificates',
  keyOf: ({ file }) => file,
  columns: [
    { id: 'names', header: 'Names', text: ({ names }) => names.join(', '), isRowHeader: true, minWidth: 160 },
    { id: 'file', header: 'File', text: ({ file }) => file, minWidth: 160 },
    {
      id: 'from',
      header: 'Valid from',
      text: ({ validFrom }) => validFrom,
      sortBy: ({ validFrom }) => momentOf(validFrom),
      cell: ({ validFrom }) => <MomentInBothZones at={validFrom} />,
      minWidth: 210,
    },
    {
      id: 'until',
      header: 'Valid until',
      text: ({ validUntil }) => validUntil,
      sortBy: ({ validUntil }) => momentOf(validUntil),
      cell: ({ validUntil }) => <MomentInBothZones at={validUntil} />,
      minWidth: 210,
    },
    {
      id: 'state',
      header: 'State',
      text: validity,
      cell: (certificate) => {
        const state = validity(certificate)
        const type = state === 'Valid' ? 'success' : state === 'Ends soon' ? 'warning' : 'error'
        return <StatusIndicator type={type}>{state}</StatusIndicator>
      },
      minWidth: 120,
    },
  ],
  filters: [],
}

/** The process that answers: whether it is ready, where it listens, and with which certificates. */
export function ProcessStatus({
  status: { process, counts, harvestJobsOfLastDay: jobs },
}: {
  readonly status: Status
}) {
  return (
    <SpaceBetween size="l">
      {process.unready.length > 0 ? (
        <Alert type="error" header="The server is not ready">
          {process.unready.map((reason) => (
            <div key={reason}>{reason}</div>
          ))}
        </Alert>
      ) : (
        <Alert type="success">The server is ready.</Alert>
      )}
      <ValuePairs
        title="Process"
        pairs={{
          Version: process.version,
          Started: <MomentInBothZones at={process.startedAt} />,
          Roles: process.roles.join(', '),
          Channels: counts.channels,
          Clips: counts.clips,
          Schedules: counts.harvestSchedules,
          Rules: counts.harvestRules,
          'Harvest jobs of the last day': `${jobs.SUCCEEDED} succeeded, ${jobs.FAILED} failed, ${jobs.IN_PROGRESS} in progress`,
        }}
      />
      <ResourceTable
        level="h2"
        title="Listeners"
        description={LISTENERS}
        listing={listingOf(process.listeners)}
        empty="None."
      />
      {process.certificates.length > 0 && (
        <ResourceTable
          level="h2"
          title="Certificates"
          description={CERTIFICATES}
          listing={listingOf(process.certificates)}
          empty="None."
        />
      )}
    </SpaceBetween>
  )
}

function validity({ validFrom, validUntil }: Certificate): 'Valid' | 'Ends soon' | 'Not valid' {
  const [from = 0, until = 0] = [momentOf(validFrom), momentOf(validUntil)]
  const now = serverNow()
  if (now < from || now >= until) return 'Not valid'
  return until - now < SOON_MS ? 'Ends soon' : 'Valid'
}
