import { useInfiniteQuery } from '@tanstack/react-query'
import type { ChangedKind } from './change-feed.ts'
import { useApi } from './session.ts'

/** Rows in one response. */
const ROWS = 100

/** What a listing of the API has, as far as it was read. */
export type Listing<T> = {
  readonly rows: readonly T[]
  readonly isPending: boolean
  readonly error: Error | null
  /** There are rows that were not read yet. */
  readonly hasMore: boolean
  readonly isReading: boolean
  more(): void
}

export type ListingOf<P, T> = {
  /** Changes of this kind make it read anew. */
  readonly kind: ChangedKind
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly rowsOf: (page: P) => readonly T[]
  /** Read anew after so many milliseconds, besides; not where undefined. */
  readonly refreshMs?: (rows: readonly T[]) => number | undefined
}

/** Reads a listing of the API page by page, as far as it is asked for. */
export function useListing<P extends { readonly nextToken?: string | undefined }, T>({
  kind,
  path,
  query = {},
  rowsOf,
  refreshMs,
}: ListingOf<P, T>): Listing<T> {
  const api = useApi()
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: [kind, 'list', path, query],
    queryFn: ({ pageParam, signal }) => api.get<P>(path, { ...query, maxResults: ROWS, nextToken: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextToken }) => nextToken,
    refetchInterval: ({ state }) => refreshMs?.((state.data?.pages ?? []).flatMap(rowsOf)) ?? false,
  })
  return {
    rows: data?.pages.flatMap(rowsOf) ?? [],
    isPending,
    error,
    hasMore: hasNextPage,
    isReading: isFetchingNextPage,
    more: () => void fetchNextPage(),
  }
}

/** A listing of what is there already. */
export const listingOf = <T>(rows: readonly T[]): Listing<T> => ({
  rows,
  isPending: false,
  error: null,
  hasMore: false,
  isReading: false,
  more() {},
})
