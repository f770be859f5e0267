import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table from '@cloudscape-design/components/table'
import { type OriginEndpoint, useOriginEndpoints } from '../../api/resources.ts'
import { PageButton, PageLink } from '../../layout/page-link.tsx'
import { accessText, formatOf } from '../../origin-endpoints/manifests.ts'
import { createEndpointPath, originEndpointPath } from '../../resources/resource-paths.ts'
import { durationText } from '../../time/duration-text.ts'

/** The origin endpoints of a channel. */
export function Endpoints({ channelId }: { readonly channelId: string }) {
  const { data: endpoints, error, isPending } = useOriginEndpoints(channelId)
  return (
    <Table
      wrapLines
      items={endpoints ?? []}
      loading={isPending}
      loadingText="Loading"
      trackBy="id"
      ariaLabels={{ tableLabel: 'Origin endpoints' }}
      header={
        <Header
          variant="h2"
          counter={endpoints && `(${endpoints.length})`}
          description="Where viewers, or a CDN, get the stream: one for each format."
          actions={<PageButton to={createEndpointPath(channelId)}>Create origin endpoint</PageButton>}
        >
          Origin endpoints
        </Header>
      }
      empty={
        error ? (
          <StatusIndicator type="error">{error.message}</StatusIndicator>
        ) : (
          'There is none yet: nobody can watch the channel.'
        )
      }
      columnDefinitions={[
        {
          id: 'id',
          header: 'ID',
          isRowHeader: true,
          cell: ({ id = '' }) => <PageLink to={originEndpointPath(id)}>{id}</PageLink>,
        },
        { id: 'format', header: 'Format', cell: (endpoint) => formatOf(endpoint) },
        { id: 'description', header: 'Description', cell: ({ description }) => description ?? '–' },
        {
          id: 'startover',
          header: 'Startover window',
          cell: ({ startoverWindowSeconds = 0 }) => windowText(startoverWindowSeconds),
        },
        { id: 'access', header: 'Access', cell: (endpoint) => <Access endpoint={endpoint} /> },
      ]}
    />
  )
}

const windowText = (seconds: number) => (seconds === 0 ? 'None' : durationText(seconds * 1000))

function Access({ endpoint }: { readonly endpoint: OriginEndpoint }) {
  const { isOpen, text } = accessText(endpoint)
  return <StatusIndicator type={isOpen ? 'success' : 'info'}>{text}</StatusIndicator>
}
