import { roleOptions } from '../assumed-role.ts'
import { type Buckets, MOST_TIMES_REMOTE, type ReadableBuckets } from './buckets.ts'
import { bucketsIn } from './data-folder.ts'
import { folderBuckets } from './folder-buckets/buckets.ts'
import { checkBucketName } from './object-name.ts'
import type { S3ConnectionOptions } from './s3/connection.ts'
import type { S3Objects, S3ObjectsOptions } from './s3/objects.ts'
import type { S3Reader } from './s3/reader.ts'

/** The settings that determine where buckets are. */
export type BucketSettings = {
  readonly dataFolder: string
  readonly harvestStore: 'folder' | 's3'
  readonly archiveBucket: string | undefined
  readonly harvestLinks: boolean
  readonly harvestVerifyLinks: boolean
  readonly harvestConcurrency: number
  readonly region: string
  readonly s3Endpoint: string | undefined
  readonly s3Region: string | undefined
  readonly s3ForcePathStyle: boolean
  readonly s3TimeoutMs: number
  readonly s3AccessKeyId: string | undefined
  readonly s3SecretAccessKey: string | undefined
  readonly s3AssumeRole: boolean
  readonly stsEndpoint: string | undefined
  readonly s3RoleSessionName: string
  readonly s3RoleExternalId: string | undefined
}

/** The buckets of a process. */
export async function openBuckets(settings: BucketSettings): Promise<Buckets & ReadableBuckets> {
  if (settings.harvestStore === 'folder') {
    return folderBuckets({
      folder: bucketsIn(settings.dataFolder),
      links: settings.harvestLinks,
      linksUnread: !settings.harvestVerifyLinks,
      createBuckets: true,
    })
  }
  // Its signatures are made by packages that folders do not need.
  const { s3Buckets } = await import('./s3/buckets.ts')
  return s3Buckets({
    ...s3ConnectionOptions(settings, 2 * MOST_TIMES_REMOTE * settings.harvestConcurrency),
    ...(settings.s3AssumeRole && { role: roleOptions(settings) }),
    copies: settings.harvestLinks,
    copiesUnproven: !settings.harvestVerifyLinks,
    archive: settings.archiveBucket,
  })
}

/** The media of an archive in a bucket of the S3 API: `BUCKET` or `BUCKET/PREFIX`. */
export async function openArchiveBucket(
  settings: BucketSettings,
  archiveBucket: string,
  options: Pick<S3ObjectsOptions, 'maxConnections' | 'maxHeldBytes' | 'temporaryFolder'>,
): Promise<S3Objects> {
  const { openS3Objects } = await import('./s3/objects.ts')
  const [bucket = '', ...prefix] = archiveBucket.split('/')
  return openS3Objects({
    ...s3ConnectionOptions(settings, options.maxConnections),
    bucket,
    prefix: prefix.join('/'),
    requestTimeoutMs: settings.s3TimeoutMs,
    maxHeldBytes: options.maxHeldBytes,
    temporaryFolder: options.temporaryFolder,
  })
}

/** A bucket of the S3 API to be read, with the server's own credentials. Throws BucketRefused for what is no name. */
export async function openBucketReader(settings: BucketSettings, bucket: string): Promise<S3Reader> {
  checkBucketName(bucket)
  const { openS3Reader } = await import('./s3/reader.ts')
  return openS3Reader({ ...s3ConnectionOptions(settings, 1), bucket, requestTimeoutMs: settings.s3TimeoutMs })
}

/** How the S3 API is reached, with the server's own credentials. */
function s3ConnectionOptions(settings: BucketSettings, maxConnections: number): S3ConnectionOptions {
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = settings
  return {
    ...(settings.s3Endpoint !== undefined && { endpoint: settings.s3Endpoint }),
    region: settings.s3Region ?? settings.region,
    forcePathStyle: settings.s3ForcePathStyle,
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    maxConnections,
    idleTimeoutMs: settings.s3TimeoutMs,
  }
}
