import { type AwsCredentials, RoleRefused, roleCredentials } from '../../assumed-role.ts'
import { BucketRefused } from '../buckets.ts'
import { problemOf, type S3Error } from './errors.ts'

/**
 * Credentials of the role that a job names; the S3 client renews them before they expire. Rejects with BucketRefused.
 */
export function assumedRole(...request: Parameters<typeof roleCredentials>): () => Promise<AwsCredentials> {
  const credentials = roleCredentials(...request)
  return async () => {
    try {
      return await credentials()
    } catch (error) {
      if (!(error instanceof RoleRefused)) throw error
      const { message, cause } = error
      throw new BucketRefused(problemOf(cause as S3Error) ?? 'InvalidCredentials', message, { cause })
    }
  }
}
