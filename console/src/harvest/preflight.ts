import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ForecastReport } from '../../../src/control/harvest-operations.ts'
import { useApi } from '../api/session.ts'

/**
 * How long a request rests before it is asked about: while something is dragged, one forecast after the other would
 * come too late.
 */
const REST_MS = 200

/**
 * What would come of a job, asked anew whenever the request has rested for a moment; a forecast that is no longer
 * wanted is cancelled, and the one before is shown until the next one comes. Nothing is asked without a request.
 */
export function usePreflight(request: object | undefined) {
  const api = useApi()
  const text = request && JSON.stringify(request)
  const rested = useRested(text)
  const isMoving = rested !== text
  const query = useQuery({
    queryKey: ['preflight', rested],
    queryFn: ({ signal }) =>
      api.post<ForecastReport>('/windrow/v1/harvest_jobs:preflight', JSON.parse(rested ?? '{}') as object, signal),
    enabled: rested !== undefined && !isMoving,
    placeholderData: keepPreviousData,
    retry: false,
    // What is forecast depends on what has come in since.
    staleTime: 2000,
    gcTime: 10_000,
  })
  return { forecast: query.data, refusal: query.error, isOld: isMoving || query.isPlaceholderData }
}

function useRested(value: string | undefined): string | undefined {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(value), REST_MS)
    return () => window.clearTimeout(timer)
  }, [value])
  return rested
}
