import type { Channel } from '../model/channel.ts'
import { quoteValue } from '../model/rules.ts'
import { ApiError } from './api-error.ts'
import type { ControlContext } from './control-context.ts'

/** The channel with an id. Throws ApiError. */
export async function existingChannel({ resources }: Pick<ControlContext, 'resources'>, id: string): Promise<Channel> {
  const channel = await resources.channelById(id)
  if (!channel) throw noChannel(id)
  return channel
}

export function noChannel(id: string): ApiError {
  return new ApiError('NotFoundException', `There is no channel with the id ${quoteValue(id)}`)
}
