import { isoDateTime } from '../media/time.ts'
import { checkedRoleArn } from '../model/rules.ts'
import { BucketRefused } from '../stores/buckets.ts'
import { ApiError } from './api-error.ts'
import type { ControlContext } from './control-context.ts'
import type { WindrowHandlers } from './windrow-operations.ts'

type Handlers = Pick<WindrowHandlers, 'ListBuckets' | 'ListBucketObjects'>

/** What a store says that does not list a bucket for us. */
const UNLISTED: readonly string[] = ['AccessDenied', 'Refused', 'Unproven']

/** Requests about a bucket are bounded in time. */
const never = new AbortController().signal

/** Destinations of harvests, to choose from: one function for each operation. */
export function bucketHandlers({ buckets, pages }: Pick<ControlContext, 'buckets' | 'pages'>): Handlers {
  return {
    async ListBuckets({ roleArn }) {
      const { names, reason } = await buckets.names(checkedRole(roleArn), never)
      return { buckets: names.map((name) => ({ name })), reason }
    },

    async ListBucketObjects({ bucket, prefix = '', roleArn, ...input }) {
      const listing = ['ListBucketObjects', bucket, prefix] as const
      const page = pages.request(input, listing)
      const { folders, objects, next } = await listed(async () => {
        const opened = await buckets.read({ bucketName: bucket, ...checkedRole(roleArn) })
        return opened.list({ prefix, ...page }, never)
      })
      return {
        folders: folders.map((each) => ({ prefix: each })),
        objects: objects.map(({ modifiedAt, ...object }) => ({ ...object, modifiedAt: isoDateTime(modifiedAt) })),
        nextToken: pages.token({ items: [], ...(next !== undefined && { next }) }, listing),
      }
    },
  }
}

function checkedRole(roleArn: string | undefined): { readonly roleArn?: string } {
  return roleArn === undefined ? {} : { roleArn: checkedRoleArn('roleArn', roleArn) }
}

/** Lists as `list` does. Throws ApiError where the store does not list for us, or not now, and BucketRefused. */
async function listed<T>(list: () => Promise<T>): Promise<T> {
  try {
    return await list()
  } catch (error) {
    if (!(error instanceof BucketRefused)) throw error
    if (UNLISTED.includes(error.code)) throw new ApiError('NotSupportedException', error.message)
    if (error.isTransient) throw new ApiError('ServiceUnavailableException', error.message)
    throw error
  }
}
