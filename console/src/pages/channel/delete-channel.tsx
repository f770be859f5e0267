import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import { pathOf } from '../../api/api-client.ts'
import { type Channel, useOriginEndpoints, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { Confirmation } from '../../layout/confirmation.tsx'
import { PageLink } from '../../layout/page-link.tsx'
import { originEndpointPath } from '../../resources/resource-paths.ts'

/** Deletes a channel, after telling what is lost with it. */
export function DeleteChannel({ channel, onClosed }: { readonly channel: Channel; readonly onClosed: () => void }) {
  const { id = '' } = channel
  const api = useApi()
  const reread = useReread()
  const [, navigate] = useLocation()
  const { data: endpoints = [] } = useOriginEndpoints(id)
  return (
    <Confirmation
      title={`Delete the channel ${id}?`}
      verb="Delete"
      typed={id}
      onClosed={onClosed}
      onConfirmed={async () => {
        await api.delete(pathOf`/channels/${id}`)
        navigate('/')
        await reread('channel')
      }}
    >
      {endpoints.length > 0 && (
        <Alert type="warning" header="Its origin endpoints have to be deleted first">
          <SpaceBetween size="xs">
            {endpoints.map(({ id: endpointId = '' }) => (
              <PageLink key={endpointId} to={originEndpointPath(endpointId)}>
                {endpointId}
              </PageLink>
            ))}
          </SpaceBetween>
        </Alert>
      )}
      <Box variant="p">
        The URLs, user names and passwords of both inputs are gone, and encoders that send there are refused at once.
        What was recorded can no longer be watched, clipped or harvested, and is deleted from the archive. Finished
        assets of harvest jobs stay in their buckets.
      </Box>
    </Confirmation>
  )
}
