import type { FeedTarget } from '../feed/delivery.ts'
import { type ApiClient, ApiRefused } from './api-client.ts'
import { listed } from './api-commands.ts'
import { CommandFailed } from './terminal.ts'

type Channel = {
  readonly id: string
  readonly hlsIngest: { readonly ingestEndpoints: readonly (FeedTarget & { readonly id: string })[] }
}

/** An origin endpoint with where it plays. */
export type FedEndpoint = { readonly id: string; readonly url: string }

type OriginEndpoint = FedEndpoint & {
  readonly startoverWindowSeconds?: number
  readonly hlsPackage?: object
  readonly cmafPackage?: { readonly hlsManifests?: readonly { readonly url?: string }[] }
}

/** Long enough for the past that can be fed. */
const STARTOVER_WINDOW_SECONDS = 86_400
const NOT_FOUND = 404
/** Most channels that an error names. */
const MOST_NAMED = 10

/** A channel that is to be fed, and what plays it. */
export type FedChannel = {
  /** Its ingest endpoints, in order. */
  readonly inputs: readonly (FeedTarget & { readonly id: string })[]
  readonly endpoints: readonly FedEndpoint[]
}

/**
 * Looks a channel up. With `create`, it is made when it is missing, and so is an HLS endpoint with a startover window,
 * which has ad markers if those are wanted. Throws CommandFailed with the channels that there are.
 */
export async function fedChannel(
  api: ApiClient,
  id: string,
  { create, hasAds }: { readonly create: boolean; readonly hasAds: boolean },
): Promise<FedChannel> {
  const channel = (await describedChannel(api, id)) ?? (await madeChannel(api, id, create))
  const query = { channelId: id, maxResults: '100' }
  const endpoints: OriginEndpoint[] = []
  for await (const each of listed<OriginEndpoint>(api, '/origin_endpoints', 'originEndpoints', query)) {
    endpoints.push(each)
  }
  const isThere = endpoints.some(
    ({ hlsPackage, startoverWindowSeconds = 0 }) => hlsPackage && startoverWindowSeconds > 0,
  )
  if (create && !isThere) endpoints.push(await madeEndpoint(api, id, hasAds))
  return {
    inputs: channel.hlsIngest.ingestEndpoints,
    endpoints: endpoints.map(({ id: endpoint, url, cmafPackage }) => ({
      id: endpoint,
      url: url || (cmafPackage?.hlsManifests?.[0]?.url ?? ''),
    })),
  }
}

async function describedChannel(api: ApiClient, id: string): Promise<Channel | undefined> {
  try {
    return (await api.ask('GET', `/channels/${encodeURIComponent(id)}`)) as Channel
  } catch (error) {
    if (error instanceof ApiRefused && error.status === NOT_FOUND) return undefined
    throw error
  }
}

async function madeChannel(api: ApiClient, id: string, create: boolean): Promise<Channel> {
  if (create) return (await api.ask('POST', '/channels', { body: { id } })) as Channel
  const names: string[] = []
  for await (const each of listed<Channel>(api, '/channels', 'channels', { maxResults: `${MOST_NAMED + 1}` })) {
    names.push(each.id)
    if (names.length > MOST_NAMED) break
  }
  const named = names.slice(0, MOST_NAMED).join(', ')
  const there = names.length === 0 ? 'there are none' : `there are: ${named}${names.length > MOST_NAMED ? ', …' : ''}`
  throw new CommandFailed(`there is no channel "${id}"; ${there}; with --create it is made`)
}

async function madeEndpoint(api: ApiClient, channelId: string, hasAds: boolean): Promise<OriginEndpoint> {
  const body = {
    channelId,
    id: `${channelId}-hls`,
    startoverWindowSeconds: STARTOVER_WINDOW_SECONDS,
    hlsPackage: {
      segmentDurationSeconds: 2,
      programDateTimeIntervalSeconds: 2,
      ...(hasAds && { adMarkers: 'SCTE35_ENHANCED' }),
    },
  }
  return (await api.ask('POST', '/origin_endpoints', { body })) as OriginEndpoint
}

type InputReport = {
  readonly ingestEndpointId: string
  readonly streams: readonly { readonly lastSegment?: string }[]
}

/** The number behind the last segment of the test stream that some of these inputs have; undefined without one. */
export async function nextSegment(
  api: ApiClient,
  channelId: string,
  inputs: readonly { readonly id: string }[],
): Promise<number | undefined> {
  const path = `channels/${encodeURIComponent(channelId)}/inputs`
  const { inputs: reports } = (await api.ask('GET', path)) as { readonly inputs: readonly InputReport[] }
  const numbers = reports
    .filter(({ ingestEndpointId }) => inputs.some(({ id }) => id === ingestEndpointId))
    .flatMap(({ streams }) => streams)
    .flatMap(({ lastSegment = '' }) => /^channel-(?:high|low)-(\d{9,12})\.ts$/.exec(lastSegment)?.[1] ?? [])
  return numbers.length === 0 ? undefined : Math.max(...numbers.map(Number)) + 1
}
