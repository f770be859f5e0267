import { useQuery } from '@tanstack/react-query'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { useApi } from '../api/session.ts'

/** The buckets that there are, or a sentence that says why they are not listed. */
export function useBuckets() {
  const api = useApi()
  return useQuery({
    queryKey: ['buckets'],
    queryFn: ({ signal }) => api.get<WindrowOutputs['ListBuckets']>('/windrow/v1/buckets', {}, signal),
    staleTime: 60_000,
    retry: false,
  })
}
