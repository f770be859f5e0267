import Alert from '@cloudscape-design/components/alert'
import Spinner from '@cloudscape-design/components/spinner'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Answer } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'

/**
 * Reads a resource once, with its entity tag, for a form to begin with: what changes meanwhile is found when the form
 * is saved, and does not overwrite what is being written.
 */
export function Edited({
  path,
  children,
}: {
  readonly path: string
  readonly children: (begun: Answer<object>) => ReactNode
}) {
  const api = useApi()
  const { data, error } = useQuery({
    queryKey: ['edited', path],
    queryFn: () => api.getTagged<object>(path),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  if (error) return <Alert type="error">{error.message}</Alert>
  return data ? children(data) : <Spinner size="large" />
}
