import { boundAnswers } from './sdk-answers.ts'

export type RoleOptions = {
  /** Endpoint of STS; when absent, that of AWS for the region. */
  readonly endpoint?: string
  readonly sessionName: string
  /** External id that the role's trust policy may require. */
  readonly externalId?: string
}

/** The settings of how roles are assumed, whatever for. */
export type RoleSettings = {
  readonly stsEndpoint: string | undefined
  readonly s3RoleSessionName: string
  readonly s3RoleExternalId: string | undefined
}

export function roleOptions({ stsEndpoint, s3RoleSessionName, s3RoleExternalId }: RoleSettings): RoleOptions {
  return {
    sessionName: s3RoleSessionName,
    ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
    ...(s3RoleExternalId !== undefined && { externalId: s3RoleExternalId }),
  }
}

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** Credentials that requests to AWS are signed with. */
export type AwsCredentials = Keys & { readonly sessionToken?: string; readonly expiration?: Date }

const CONNECT_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000

/** Thrown when a role cannot be assumed; the cause is the error of the SDK. The message is a sentence. */
export class RoleRefused extends Error {
  override readonly name = 'RoleRefused'
}

/**
 * Credentials of a role, through AssumeRole of AWS STS, anew each time they are asked for. Rejects with RoleRefused.
 * `keys` are the credentials that assume the role; when undefined, those of the AWS SDK's default chain.
 */
export function roleCredentials(
  roleArn: string,
  { endpoint, sessionName, externalId }: RoleOptions,
  { region, keys }: { readonly region: string; readonly keys: Keys | undefined },
): () => Promise<AwsCredentials> {
  return async () => {
    const sdk = await import('@aws-sdk/client-sts')
    const client = new sdk.STSClient({
      region,
      ...(endpoint !== undefined && { endpoint }),
      ...(keys && { credentials: keys }),
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    })
    boundAnswers(client.middlewareStack)
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
      throw new RoleRefused(`The role ${roleArn} cannot be assumed: ${name}, ${message.replace(/\.?$/, '.')}`, {
        cause: error,
      })
    } finally {
      client.destroy()
    }
  }
}
