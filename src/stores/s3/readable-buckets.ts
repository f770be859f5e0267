import { BucketRefused, type KnownBuckets, type ReadableBuckets } from '../buckets.ts'
import { checkBucketName } from '../object-name.ts'
import { type Connection, connect, hostOf, type S3ConnectionOptions } from './connection.ts'
import { bucketRefusal } from './errors.ts'
import { ObjectRequests } from './object-requests.ts'
import { S3ReadableBucket } from './readable-bucket.ts'

/** Connections of those who read: harvests have others, and wait for none of them. */
const MOST_CONNECTIONS = 16
/** Roles whose connections are kept. */
const MOST_ROLES = 100
const MOST_BUCKETS = 1000
const PERMISSIONS = 's3:ListBucket and s3:GetObject'
const NO_ROLE = 'Buckets are read by a role, and none was named.'

/** Buckets of an S3 API, as they are looked into. */
export function readableS3Buckets(
  options: S3ConnectionOptions,
): ReadableBuckets & { readonly close: () => Promise<void> } {
  const { region, idleTimeoutMs } = options
  const host = hostOf(options)
  const agent = { keepAlive: true, maxSockets: MOST_CONNECTIONS }
  /** By role; a single one when no role is assumed. */
  const connections = new Map<string, Promise<Connection>>()

  function connected(roleArn = ''): Promise<Connection> {
    const role = options.role ? roleArn : ''
    if (options.role && role === '') throw new BucketRefused('InvalidCredentials', NO_ROLE)
    const connecting = connections.get(role) ?? connect(options, agent, role)
    connections.delete(role)
    connections.set(role, connecting)
    const [oldest = ''] = connections.keys()
    if (connections.size > MOST_ROLES) {
      void connections.get(oldest)?.then(({ client }) => client.destroy())
      connections.delete(oldest)
    }
    return connecting
  }

  return {
    async names({ roleArn }, signal): Promise<KnownBuckets> {
      if (options.role && !roleArn) return { names: [], reason: NO_ROLE }
      try {
        const { sdk, client } = await connected(roleArn)
        const list = new sdk.ListBucketsCommand({ MaxBuckets: MOST_BUCKETS })
        const late = AbortSignal.any([signal, AbortSignal.timeout(idleTimeoutMs)])
        const { Buckets = [], ContinuationToken } = await client.send(list, { abortSignal: late })
        const names = Buckets.flatMap(({ Name }) => (Name === undefined ? [] : [Name])).sort()
        const isCut = ContinuationToken !== undefined || names.length > MOST_BUCKETS
        const reason = `There are more than the ${MOST_BUCKETS} buckets that are listed.`
        return { names: names.slice(0, MOST_BUCKETS), ...(isCut && { reason }) }
      } catch (error) {
        signal.throwIfAborted()
        const place = { bucket: '', host, region, permissions: '' }
        const refusal = bucketRefusal(error, place)
        const isLate = (error as Error).name === 'AbortError' || (error as Error).name === 'TimeoutError'
        if (!refusal && !isLate) throw error
        return { names: [], reason: refusal ? reasonOf(refusal, host) : `${host} does not answer.` }
      }
    },

    async read({ bucketName, roleArn }) {
      checkBucketName(bucketName)
      const place = { bucket: bucketName, host, region, permissions: PERMISSIONS }
      return new S3ReadableBucket(new ObjectRequests(await connected(roleArn), place, idleTimeoutMs))
    },

    async close() {
      for (const { client } of await Promise.all(connections.values())) client.destroy()
    },
  }
}

/** Why buckets are not listed: their owner is to be told of the store, and not of a bucket. */
function reasonOf({ code }: BucketRefused, host: string): string {
  if (code === 'AccessDenied') {
    return `${host} does not list buckets for us: the credentials need s3:ListAllMyBuckets.`
  }
  if (code === 'InvalidCredentials') return `${host} does not accept the credentials.`
  return code === 'Unreachable' ? `${host} does not answer.` : `${host} does not list buckets (${code}).`
}
