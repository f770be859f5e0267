import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import type { OperationOutput } from '../../../src/control/mediapackage-v1/api.ts'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { pathOf } from './api-client.ts'
import type { ChangedKind } from './change-feed.ts'
import { useApi } from './session.ts'

export type Channel = OperationOutput<'DescribeChannel'>
export type IngestEndpoint = NonNullable<NonNullable<Channel['hlsIngest']>['ingestEndpoints']>[number]
export type OriginEndpoint = OperationOutput<'DescribeOriginEndpoint'>
export type ChannelStatus = WindrowOutputs['DescribeStatus']['channels'][number]
export type Input = WindrowOutputs['DescribeInputs']['inputs'][number]
export type InputStream = Input['streams'][number]

/** Encoders are heard every few seconds. Changes of kind `content` would have all channels read anew more often. */
const LIVE_MS = 5_000

/** The most that one page of a listing has. */
const MOST_RESULTS = 1000
const MOST_STATUSES = 100

/** Reads of the API that several pages have in common. Their keys begin with the kind of what changes them. */
export function useChannels(): UseQueryResult<readonly Channel[]> {
  const api = useApi()
  return useQuery({
    queryKey: ['channel', 'all'],
    queryFn: ({ signal }) =>
      allPages(async (nextToken) => {
        type Page = OperationOutput<'ListChannels'>
        const page = await api.get<Page>('/channels', { maxResults: MOST_RESULTS, nextToken }, signal)
        return { items: page.channels ?? [], nextToken: page.nextToken }
      }),
  })
}

export function useChannel(id: string): UseQueryResult<Channel> {
  const api = useApi()
  return useQuery({
    queryKey: ['channel', 'one', id],
    queryFn: ({ signal }) => api.get<Channel>(pathOf`/channels/${id}`, {}, signal),
  })
}

/** How each channel is, by its id. */
export function useStatuses(): UseQueryResult<ReadonlyMap<string, ChannelStatus>> {
  const api = useApi()
  return useQuery({
    queryKey: ['channel', 'statuses'],
    queryFn: async ({ signal }) => {
      const all = await allPages(async (nextToken) => {
        const query = { maxResults: MOST_STATUSES, nextToken }
        const page = await api.get<WindrowOutputs['DescribeStatus']>('/windrow/v1/status', query, signal)
        return { items: page.channels, nextToken: page.nextToken }
      })
      return new Map(all.map((status) => [status.id, status]))
    },
    refetchInterval: LIVE_MS,
  })
}

/** What comes in; asked for again and again as long as it is `isWatched`. */
export function useInputs(channelId: string, isWatched = true): UseQueryResult<readonly Input[]> {
  const api = useApi()
  return useQuery({
    queryKey: ['channel', 'inputs', channelId],
    queryFn: async ({ signal }) => {
      const path = pathOf`/windrow/v1/channels/${channelId}/inputs`
      return (await api.get<WindrowOutputs['DescribeInputs']>(path, {}, signal)).inputs
    },
    refetchInterval: LIVE_MS,
    enabled: isWatched,
  })
}

/** Those of a channel, or of all channels. */
export function useOriginEndpoints(channelId?: string): UseQueryResult<readonly OriginEndpoint[]> {
  const api = useApi()
  return useQuery({
    queryKey: ['originEndpoint', 'all', channelId],
    queryFn: ({ signal }) =>
      allPages(async (nextToken) => {
        type Page = OperationOutput<'ListOriginEndpoints'>
        const query = { channelId, maxResults: MOST_RESULTS, nextToken }
        const page = await api.get<Page>('/origin_endpoints', query, signal)
        return { items: page.originEndpoints ?? [], nextToken: page.nextToken }
      }),
  })
}

export function useOriginEndpoint(id: string): UseQueryResult<OriginEndpoint> {
  const api = useApi()
  return useQuery({
    queryKey: ['originEndpoint', 'one', id],
    queryFn: ({ signal }) => api.get<OriginEndpoint>(pathOf`/origin_endpoints/${id}`, {}, signal),
  })
}

/** Has everything of these kinds read anew, after a change of one's own. */
export function useReread(): (...kinds: readonly ChangedKind[]) => Promise<void> {
  const client = useQueryClient()
  return async (...kinds) => {
    await Promise.all(kinds.map((kind) => client.invalidateQueries({ queryKey: [kind] })))
  }
}

type Page<T> = { readonly items: readonly T[]; readonly nextToken: string | undefined }

async function allPages<T>(read: (nextToken: string | undefined) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = []
  let nextToken: string | undefined
  do {
    const page = await read(nextToken)
    all.push(...page.items)
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return all
}
