import type { ControlResources } from '../../src/control/control-room.ts'
import type { Channel } from '../../src/model/channel.ts'
import type { HarvestJob } from '../../src/model/harvest-job.ts'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import type { Page, PageRequest } from '../../src/stores/resources.ts'

/** What the API needs of a store, kept in maps; a Map remembers the order of creation. */
export function memoryResources(): ControlResources {
  const channels = new Map<string, Channel>()
  const endpoints = new Map<string, OriginEndpoint>()
  const jobs = new Map<string, HarvestJob>()

  function replace<T extends { id: string; revision: number }>(all: Map<string, T>, next: T) {
    const current = all.get(next.id)
    if (!current) return 'missing'
    if (current.revision !== next.revision - 1) return 'conflict'
    all.set(next.id, next)
    return 'updated'
  }

  return {
    async createChannel(channel, { maxChannels }) {
      if (channels.has(channel.id)) return 'duplicate'
      if (channels.size >= maxChannels) return 'quota'
      channels.set(channel.id, channel)
      return 'created'
    },
    channelById: async (id) => channels.get(id),
    channelByGuid: async (guid) => [...channels.values()].find((channel) => channel.guid === guid),
    listChannels: async (request) => page([...channels.values()], request),
    updateChannel: async (channel) => replace(channels, channel),
    async deleteChannel(id) {
      if ([...endpoints.values()].some(({ channelId }) => channelId === id)) return 'has-endpoints'
      return channels.delete(id) ? 'deleted' : 'missing'
    },

    async createOriginEndpoint(endpoint, { maxPerChannel }) {
      if (!channels.has(endpoint.channelId)) return 'no-channel'
      if (endpoints.has(endpoint.id)) return 'duplicate'
      const siblings = [...endpoints.values()].filter(({ channelId }) => channelId === endpoint.channelId)
      if (siblings.length >= maxPerChannel) return 'quota'
      endpoints.set(endpoint.id, endpoint)
      return 'created'
    },
    originEndpointById: async (id) => endpoints.get(id),
    originEndpointByGuid: async (guid) => [...endpoints.values()].find((endpoint) => endpoint.guid === guid),
    async listOriginEndpoints({ channelId, ...request }) {
      const all = [...endpoints.values()]
      return page(channelId === undefined ? all : all.filter((endpoint) => endpoint.channelId === channelId), request)
    },
    updateOriginEndpoint: async (endpoint) => replace(endpoints, endpoint),
    deleteOriginEndpoint: async (id) => (endpoints.delete(id) ? 'deleted' : 'missing'),

    async createHarvestJob(job, { maxInProgress, idFreeAfterMs }) {
      const earlier = jobs.get(job.id)
      if (earlier && earlier.createdAt > job.createdAt - idFreeAfterMs) return 'duplicate'
      const running = [...jobs.values()].filter(({ status }) => status === 'IN_PROGRESS')
      if (running.length >= maxInProgress) return 'quota'
      jobs.set(job.id, job)
      return 'created'
    },
    harvestJobById: async (id) => jobs.get(id),
    async listHarvestJobs({ channelId, status, createdAfter, ...request }) {
      const wanted = [...jobs.values()].filter(
        (job) =>
          job.createdAt > createdAfter &&
          (channelId === undefined || job.channelId === channelId) &&
          (status === undefined || job.status === status),
      )
      return page(wanted, request)
    },
  }
}

/** The cursor is the id of the last item given. */
function page<T extends { id: string }>(all: readonly T[], { limit, after }: PageRequest): Page<T> {
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
  const items = all.slice(start, start + limit)
  const last = items.at(-1)
  return last && start + limit < all.length ? { items, next: last.id } : { items }
}
