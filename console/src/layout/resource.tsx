import Alert from '@cloudscape-design/components/alert'
import Spinner from '@cloudscape-design/components/spinner'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'

/** What a query has found; while it asks, or where the server refuses, that is shown instead. */
export function Resource<T>({
  query: { data, error, isPending },
  children,
}: {
  readonly query: UseQueryResult<T, Error>
  readonly children: (value: T) => ReactNode
}) {
  return (
    <>
      {error && <Alert type="error">{error.message}</Alert>}
      {data !== undefined ? children(data) : isPending && <Spinner size="large" />}
    </>
  )
}
