import { QueryClient } from '@tanstack/react-query'
import { ApiRefused } from './api-client.ts'

const RETRY_MS = [500, 1000, 2000, 5000]

/**
 * What has been read of the API. Changes that the server tells make it read anew; a refusal is final, and a server that
 * is away is asked again until it is back.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (_, error) => !(error instanceof ApiRefused) || error.status >= 500,
      retryDelay: (failures) => RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5000,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
