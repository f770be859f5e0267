import { isoDateTime, utcMs } from '../../media/time.ts'
import { arnOf } from '../../model/arn.ts'
import type { EndpointSettings, OriginEndpoint } from '../../model/origin-endpoint.ts'
import { checkedId, quoteValue, refuse } from '../../model/rules.ts'
import { checkedTags } from '../../model/tags.ts'
import { allOf } from '../../stores/pages.ts'
import { ApiError } from '../api-error.ts'
import type { ControlContext } from '../control-context.ts'
import { entityTag, withEntityTag } from '../entity-tags.ts'
import { newGuid } from '../identifiers.ts'
import { changeOptimistically, removeOptimistically } from '../optimistic-change.ts'
import { without } from '../without.ts'
import type { Handlers, OperationOutput } from './api.ts'
import { describedPackage } from './described-packages.ts'
import { endpointSettings } from './given-endpoint.ts'
import { packageTypeOf } from './packages.ts'

type OriginEndpointOperation =
  | 'CreateOriginEndpoint'
  | 'DeleteOriginEndpoint'
  | 'DescribeOriginEndpoint'
  | 'ListOriginEndpoints'
  | 'UpdateOriginEndpoint'

export function originEndpointHandlers(context: ControlContext): Handlers<OriginEndpointOperation> {
  const { resources, clock, limits, pages } = context
  const { account } = context
  const rules = { ...limits, account, keyServers: { ...limits.keyServers, isOwn: context.isOwnKeyServer } }

  const existing = (id: string) => ({
    read: () => resources.originEndpointById(id),
    missing: () => noOriginEndpoint(id),
    tagOf: endpointTag,
  })

  function described(endpoint: OriginEndpoint): OperationOutput<'DescribeOriginEndpoint'> {
    const answer = {
      ...endpoint,
      ...describedPackage(endpoint, `${context.publicUrl()}/out/v1/${endpoint.guid}`),
      arn: arnOf(context.account, 'origin_endpoints', endpoint.guid),
      createdAt: isoDateTime(endpoint.createdAt),
    }
    return withEntityTag(answer, endpointTag(endpoint))
  }

  return {
    async CreateOriginEndpoint(input) {
      const { id, channelId } = input
      const settings = endpointSettings(input, { channelId, ...rules })
      const tags = checkedTags('tags', input.tags ?? {})
      checkedId('id', id)
      const channel = await resources.channelById(channelId)
      if (!channel) return noSuchChannel(channelId)
      await checkKeysAreFree(id, settings)
      const now = clock()
      const endpoint: OriginEndpoint = {
        ...settings,
        guid: newGuid(),
        id,
        channelId,
        channelGuid: channel.guid,
        tags,
        createdAt: now,
        modifiedAt: now,
        revision: 1,
      }
      const result = await resources.createOriginEndpoint(endpoint, {
        maxPerChannel: limits.maxOriginEndpointsPerChannel,
      })
      if (result === 'no-channel') return noSuchChannel(channelId)
      if (result === 'duplicate') refuse('id', `an origin endpoint with the id ${quoteValue(id)} already exists`)
      if (result === 'quota') {
        const { maxOriginEndpointsPerChannel: max } = limits
        throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${max} origin endpoints on a channel`)
      }
      return described(endpoint)
    },

    async DescribeOriginEndpoint({ id }) {
      const endpoint = await resources.originEndpointById(id)
      if (!endpoint) throw noOriginEndpoint(id)
      return described(endpoint)
    },

    async ListOriginEndpoints(input) {
      const { channelId } = input
      const listing = ['ListOriginEndpoints', channelId] as const
      const page = await resources.listOriginEndpoints({
        ...pages.request(input, listing),
        ...(channelId !== undefined && { channelId }),
      })
      return { originEndpoints: page.items.map(described), nextToken: pages.token(page, listing) }
    },

    async UpdateOriginEndpoint(input, condition) {
      const { id } = input
      const endpoint = await changeOptimistically({
        ...existing(id),
        condition,
        change: (current) => ({
          ...without(current, 'description', 'authorization'),
          ...endpointSettings(input, { channelId: current.channelId, current: current.packaging, ...rules }),
          // Segment URLs carry it in seconds, so two changes within a second must differ by one.
          modifiedAt: utcMs(Math.max(clock(), current.modifiedAt + 1000)),
        }),
        write: async (next) => {
          await checkKeysAreFree(id, next)
          return resources.updateOriginEndpoint(next, limits.releaseGraceMs)
        },
      })
      return described(endpoint)
    },

    async DeleteOriginEndpoint({ id }, condition) {
      await removeOptimistically({
        ...existing(id),
        condition,
        remove: (revision) => resources.deleteOriginEndpoint(id, clock(), limits.releaseGraceMs, revision),
      })
      return {}
    },
  }

  /**
   * Checks that two encryptions do not use one SPEKE resource id at a time, which would overwrite each other's keys.
   */
  async function checkKeysAreFree(id: string, { packaging }: EndpointSettings): Promise<void> {
    const resourceId = packaging.encryption?.spekeKeyProvider.resourceId
    if (resourceId === undefined) return
    for await (const other of allOf((page) => resources.listOriginEndpoints(page))) {
      if (other.id === id || other.packaging.encryption?.spekeKeyProvider.resourceId !== resourceId) continue
      const path = `${packageTypeOf(packaging)}.encryption.spekeKeyProvider.resourceId`
      refuse(path, `${quoteValue(resourceId)} is in use by the origin endpoint ${quoteValue(other.id)}`)
    }
  }
}

const endpointTag = ({ guid, revision }: OriginEndpoint) => entityTag(guid, revision)

function noSuchChannel(channelId: string): never {
  return refuse('channelId', `there is no channel with the id ${quoteValue(channelId)}`)
}

function noOriginEndpoint(id: string): ApiError {
  return new ApiError('NotFoundException', `There is no origin endpoint with the id ${quoteValue(id)}`)
}
