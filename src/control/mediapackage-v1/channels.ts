import { isoDateTime } from '../../media/time.ts'
import { arnOf } from '../../model/arn.ts'
import type { Channel, IngestEndpoint } from '../../model/channel.ts'
import { checkedDescription, checkedId, matching, quoteValue, refuse } from '../../model/rules.ts'
import { checkedTags } from '../../model/tags.ts'
import { ApiError } from '../api-error.ts'
import type { ControlContext } from '../control-context.ts'
import { type Condition, entityTag, withEntityTag } from '../entity-tags.ts'
import { existingChannel, noChannel } from '../existing-channel.ts'
import { newCredentials, newGuid } from '../identifiers.ts'
import { changeOptimistically, removeOptimistically } from '../optimistic-change.ts'
import { without } from '../without.ts'
import type { Handlers, OperationOutput } from './api.ts'

type ChannelOperation =
  | 'ConfigureLogs'
  | 'CreateChannel'
  | 'DeleteChannel'
  | 'DescribeChannel'
  | 'ListChannels'
  | 'RotateChannelCredentials'
  | 'RotateIngestEndpointCredentials'
  | 'UpdateChannel'

export function channelHandlers(context: ControlContext): Handlers<ChannelOperation> {
  const { resources, clock, limits, pages } = context
  const existing = (id: string) => ({
    read: () => resources.channelById(id),
    missing: () => noChannel(id),
    tagOf: channelTag,
  })
  const update = async (id: string, condition: Condition | undefined, change: (channel: Channel) => Channel) =>
    described(
      await changeOptimistically({
        ...existing(id),
        condition,
        change,
        write: (channel) => resources.updateChannel(channel),
      }),
    )

  function described(channel: Channel): OperationOutput<'DescribeChannel'> {
    const answer = {
      arn: arnOf(context.account, 'channels', channel.guid),
      createdAt: isoDateTime(channel.createdAt),
      description: channel.description,
      egressAccessLogs: channel.egressAccessLogs,
      hlsIngest: {
        ingestEndpoints: channel.ingestEndpoints.map((endpoint) => ({
          ...endpoint,
          url: `${context.publicUrl()}/in/v2/${channel.guid}/${endpoint.id}/channel`,
        })),
      },
      id: channel.id,
      ingressAccessLogs: channel.ingressAccessLogs,
      tags: channel.tags,
    }
    return withEntityTag(answer, channelTag(channel))
  }

  return {
    async CreateChannel({ id, description, tags }) {
      const guid = newGuid()
      const channel: Channel = {
        guid,
        id: checkedId('id', id),
        ...(description !== undefined && { description: checkedDescription('description', description) }),
        tags: checkedTags('tags', tags ?? {}),
        createdAt: clock(),
        ingestEndpoints: [
          { id: guid, ...newCredentials() },
          { id: newGuid(), ...newCredentials() },
        ],
        revision: 1,
      }
      const result = await resources.createChannel(channel, limits)
      if (result === 'duplicate') refuse('id', `a channel with the id ${quoteValue(id)} already exists`)
      if (result === 'quota') {
        throw new ApiError('TooManyRequestsException', `Limit exceeded: at most ${limits.maxChannels} channels`)
      }
      return described(channel)
    },

    async DescribeChannel({ id }) {
      return described(await existingChannel(context, id))
    },

    async ListChannels(input) {
      const page = await resources.listChannels(pages.request(input, ['ListChannels']))
      return { channels: page.items.map(described), nextToken: pages.token(page, ['ListChannels']) }
    },

    UpdateChannel({ id, description }, condition) {
      return update(id, condition, (channel) => ({
        ...without(channel, 'description'),
        ...(description !== undefined && { description: checkedDescription('description', description) }),
      }))
    },

    async DeleteChannel({ id }, condition) {
      const result = await removeOptimistically({
        ...existing(id),
        condition,
        remove: (revision) => resources.deleteChannel(id, clock(), revision),
      })
      if (result === 'has-endpoints')
        refuse('id', `the channel ${quoteValue(id)} has origin endpoints: delete them first`)
      return {}
    },

    ConfigureLogs({ id, egressAccessLogs, ingressAccessLogs }, condition) {
      const logs = {
        ...(egressAccessLogs && { egressAccessLogs: logsOf('egressAccessLogs', egressAccessLogs) }),
        ...(ingressAccessLogs && { ingressAccessLogs: logsOf('ingressAccessLogs', ingressAccessLogs) }),
      }
      return update(id, condition, (channel) => ({
        ...without(channel, 'egressAccessLogs', 'ingressAccessLogs'),
        ...logs,
      }))
    },

    RotateChannelCredentials({ id }, condition) {
      return update(id, condition, (channel) => rotated(channel, channel.ingestEndpoints[0].id))
    },

    RotateIngestEndpointCredentials({ id, ingestEndpointId }, condition) {
      return update(id, condition, (channel) => rotated(channel, ingestEndpointId))
    },
  }
}

const channelTag = ({ guid, revision }: Channel) => entityTag(guid, revision)

function logsOf(path: 'egressAccessLogs' | 'ingressAccessLogs', { logGroupName }: { readonly logGroupName?: string }) {
  const usual = `/aws/MediaPackage/${path === 'egressAccessLogs' ? 'Egress' : 'Ingress'}AccessLogs`
  const form = '/aws/MediaPackage/ and up to 238 letters, digits, "_" or "-"'
  return {
    logGroupName: matching(
      `${path}.logGroupName`,
      logGroupName ?? usual,
      /^\/aws\/MediaPackage\/[0-9A-Za-z_-]{1,238}$/,
      form,
    ),
  }
}

/**
 * The channel with new credentials for one ingest endpoint; the old pair stops working, URL and id stay. Throws
 * ApiError.
 */
function rotated(channel: Channel, ingestEndpointId: string): Channel {
  const [first, second] = channel.ingestEndpoints
  if (first.id !== ingestEndpointId && second.id !== ingestEndpointId) {
    throw new ApiError(
      'NotFoundException',
      `The channel has no ingest endpoint with the id ${quoteValue(ingestEndpointId)}`,
    )
  }
  const rotate = (endpoint: IngestEndpoint): IngestEndpoint =>
    endpoint.id === ingestEndpointId ? { ...endpoint, ...newCredentials() } : endpoint
  return { ...channel, ingestEndpoints: [rotate(first), rotate(second)] }
}
