import { parseArn } from '../../model/arn.ts'
import type { Tags } from '../../model/channel.ts'
import { quoteValue, refuse } from '../../model/rules.ts'
import { withoutTags, withTags } from '../../model/tags.ts'
import { ApiError } from '../api-error.ts'
import type { ControlContext } from '../control-context.ts'
import { changeOptimistically } from '../optimistic-change.ts'
import type { Handlers } from './api.ts'

type TagOperation = 'ListTagsForResource' | 'TagResource' | 'UntagResource'

/** A resource with tags, which can be read and replaced. */
type Tagged = {
  read(): Promise<Tags>
  change(change: (current: Tags) => Tags): Promise<unknown>
}

export function tagHandlers({ account, resources, limits }: ControlContext): Handlers<TagOperation> {
  function tagged(resourceArn: string): Tagged {
    const arn = parseArn(resourceArn)
    if (!arn)
      return refuse('resourceArn', `must be the ARN of a channel or origin endpoint, got ${quoteValue(resourceArn)}`)
    if (arn.accountId !== account.accountId || arn.region !== account.region) {
      throw new ApiError('ForbiddenException', `${resourceArn} belongs to another account or region`)
    }
    const missing = () => new ApiError('NotFoundException', `There is no resource with the ARN ${resourceArn}`)
    switch (arn.kind) {
      case 'channels':
        return taggedBy(
          () => resources.channelByGuid(arn.name),
          (channel) => resources.updateChannel(channel),
          missing,
        )
      case 'origin_endpoints':
        return taggedBy(
          () => resources.originEndpointByGuid(arn.name),
          (endpoint) => resources.updateOriginEndpoint(endpoint, limits.releaseGraceMs),
          missing,
        )
      case 'harvest_jobs':
        return refuse('resourceArn', 'harvest jobs have no tags')
    }
  }

  return {
    async ListTagsForResource({ resourceArn }) {
      return { tags: await tagged(resourceArn).read() }
    },

    async TagResource({ resourceArn, tags }) {
      await tagged(resourceArn).change((current) => withTags('tags', current, tags))
      return undefined
    },

    async UntagResource({ resourceArn, tagKeys }) {
      await tagged(resourceArn).change((current) => withoutTags(current, tagKeys))
      return undefined
    },
  }
}

function taggedBy<T extends { readonly tags: Tags; readonly revision: number }>(
  read: () => Promise<T | undefined>,
  write: (next: T) => Promise<'updated' | 'conflict' | 'missing'>,
  missing: () => ApiError,
): Tagged {
  return {
    async read() {
      const resource = await read()
      if (!resource) throw missing()
      return resource.tags
    },
    change: (change) =>
      changeOptimistically({ read, change: (current) => ({ ...current, tags: change(current.tags) }), write, missing }),
  }
}
