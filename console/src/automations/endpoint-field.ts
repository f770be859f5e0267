import { useQuery } from '@tanstack/react-query'
import type { OperationOutput } from '../../../src/control/mediapackage-v1/api.ts'
import { useApi } from '../api/session.ts'
import type { FieldOf } from '../forms/field.ts'

type Endpoint = NonNullable<OperationOutput<'ListOriginEndpoints'>['originEndpoints']>[number]

const MOST_ENDPOINTS = 1000

/** The origin endpoints that can be harvested: those with a startover window. Undefined until they are known. */
export function useHarvestableEndpoints(): readonly Endpoint[] | undefined {
  const api = useApi()
  const { data, error } = useQuery({
    queryKey: ['originEndpoint', 'harvestable'],
    queryFn: ({ signal }) =>
      api.get<OperationOutput<'ListOriginEndpoints'>>('/origin_endpoints', { maxResults: MOST_ENDPOINTS }, signal),
  })
  if (error) return []
  return data?.originEndpoints?.filter(({ startoverWindowSeconds = 0 }) => startoverWindowSeconds > 0)
}

/** The choice among them; any may be named where there are more than are listed. */
export function endpointField(endpoints: readonly Endpoint[], description: string): FieldOf<'choice'> {
  return {
    name: 'originEndpointId',
    label: 'Origin endpoint',
    description,
    control: 'choice',
    options: endpoints.map(({ id = '', channelId = '' }) => ({ value: id, label: id, description: `Of ${channelId}` })),
    default: endpoints[0]?.id ?? '',
  }
}
