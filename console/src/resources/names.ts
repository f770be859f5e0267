import { useQuery } from '@tanstack/react-query'
import { useApi } from '../api/session.ts'
import type { NamedByGuid } from './resource-paths.ts'

type Page = { readonly nextToken?: string } & Readonly<Record<string, readonly NamedByGuid[] | undefined>>

/** More channels, or endpoints, are not looked through for a name. */
const MOST_PAGES = 10

/** The channels and endpoints there are, for ARNs that name them by their GUIDs. */
export function useNamedByGuid(): readonly NamedByGuid[] {
  return [...useNames('channel', '/channels'), ...useNames('originEndpoint', '/origin_endpoints')]
}

/** The ids of the channels there are. */
export function useChannelIds(): readonly string[] {
  return useNames('channel', '/channels').flatMap(({ id }) => id ?? [])
}

function useNames(kind: 'channel' | 'originEndpoint', path: string): readonly NamedByGuid[] {
  const api = useApi()
  const { data } = useQuery({
    queryKey: [kind, 'names'],
    queryFn: async ({ signal }) => {
      const all: NamedByGuid[] = []
      let nextToken: string | undefined
      for (let n = 0; n < MOST_PAGES; n++) {
        const page: Page = await api.get<Page>(path, { maxResults: 1000, nextToken }, signal)
        all.push(...(page[`${kind}s`] ?? []).map(({ arn, id }) => ({ arn, id })))
        nextToken = page.nextToken
        if (nextToken === undefined) break
      }
      return all
    },
    staleTime: 60_000,
  })
  return data ?? []
}
