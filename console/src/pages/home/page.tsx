import Cards from '@cloudscape-design/components/cards'
import Header from '@cloudscape-design/components/header'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../api/session.ts'
import { Resource } from '../../layout/resource.tsx'

type Status = { readonly channels: readonly { readonly id: string }[] }

/** Channels, as cards. */
export function Page() {
  const api = useApi()
  const status = useQuery({
    queryKey: ['channel', 'status'],
    queryFn: ({ signal }) => api.get<Status>('/windrow/v1/status', {}, signal),
  })
  return (
    <Resource query={status}>
      {({ channels }) => (
        <Cards
          header={<Header variant="h1">Channels</Header>}
          items={channels}
          trackBy="id"
          cardDefinition={{ header: ({ id }) => id, sections: [] }}
          empty="There is no channel yet."
        />
      )}
    </Resource>
  )
}
