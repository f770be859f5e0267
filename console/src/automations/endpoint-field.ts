import { type OriginEndpoint, useOriginEndpoints } from '../api/resources.ts'
import type { FieldOf } from '../forms/field.ts'

/** The origin endpoints that can be harvested: those with a startover window. Undefined until they are known. */
export function useHarvestableEndpoints(): readonly OriginEndpoint[] | undefined {
  const { data, error } = useOriginEndpoints()
  if (error) return []
  return data?.filter(({ startoverWindowSeconds = 0 }) => startoverWindowSeconds > 0)
}

/** The choice among them. */
export function endpointField(endpoints: readonly OriginEndpoint[], description: string): FieldOf<'choice'> {
  return {
    name: 'originEndpointId',
    label: 'Origin endpoint',
    description,
    control: 'choice',
    options: endpoints.map(({ id = '', channelId = '' }) => ({ value: id, label: id, description: `Of ${channelId}` })),
    default: endpoints[0]?.id ?? '',
  }
}
