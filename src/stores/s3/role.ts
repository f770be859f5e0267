import { BucketRefused } from '../buckets.ts'
import { problemOf, type S3Error } from './errors.ts'

export type RoleOptions = {
  /** Absent: AWS's own for the region. */
  readonly endpoint?: string
  readonly sessionName: string
  /** What the role's trust policy may ask for. */
  readonly externalId?: string
}

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string }

const CONNECT_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Credentials of the role a job names, by AssumeRole of AWS STS; the S3 client asks again before they expire. Rejects
 * with BucketRefused. `keys`: whose they are to be assumed with; absent: where AWS SDKs look.
 */
export function assumedRole(
  roleArn: string,
  { endpoint, sessionName, externalId }: RoleOptions,
  { region, keys }: { readonly region: string; readonly keys: Keys | undefined },
) {
  return async () => {
    const sdk = await import('@aws-sdk/client-sts')
    const client = new sdk.STSClient({
      region,
      ...(endpoint !== undefined && { endpoint }),
      ...(keys && { credentials: keys }),
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    })
    try {
      const request = { RoleArn: roleArn, RoleSessionName: sessionName, ...(externalId && { ExternalId: externalId }) }
      const { Credentials } = await client.send(new sdk.AssumeRoleCommand(request))
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {}
      if (!AccessKeyId || !SecretAccessKey) throw new Error('STS answered without credentials')
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        ...(SessionToken !== undefined && { sessionToken: SessionToken }),
        ...(Expiration && { expiration: Expiration }),
      }
    } catch (error) {
      const { name, message } = error as Error
      const code = problemOf(error as S3Error) ?? 'InvalidCredentials'
      throw new BucketRefused(code, `The role ${roleArn} cannot be assumed: ${name}, ${message.replace(/\.?$/, '.')}`, {
        cause: error,
      })
    } finally {
      client.destroy()
    }
  }
}
