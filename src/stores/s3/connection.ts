import type { AgentOptions } from 'node:http'
import type { S3Client } from '@aws-sdk/client-s3'
import type { RoleOptions } from '../../assumed-role.ts'
import { boundAnswers } from '../../sdk-answers.ts'
import { assumedRole } from './role.ts'

export type S3ConnectionOptions = {
  /** Endpoint of the S3 API; when absent, that of AWS for the region. */
  readonly endpoint?: string
  readonly region: string
  readonly forcePathStyle: boolean
  /** Credentials; when absent, the default chain of the AWS SDK. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Total number of connections; further requests wait. */
  readonly maxConnections: number
  /** Time that a connection in use may be silent. */
  readonly idleTimeoutMs: number
  /** A role is assumed; when absent, the server's own credentials are used. */
  readonly role?: RoleOptions
}

const CONNECT_TIMEOUT_MS = 5_000
/** Attempts by the SDK itself, for requests whose body it can send again: small ones. */
const MAX_ATTEMPTS = 3
/** Problems are reported by Windrow's own errors; the SDK would write to the console. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

export type Sdk = typeof import('@aws-sdk/client-s3')

export type Connection = { readonly sdk: Sdk; readonly client: S3Client }

/** The server that is requested, in words. */
export function hostOf({ endpoint, region }: S3ConnectionOptions): string {
  return endpoint ? new URL(endpoint).host : `S3 in ${region}`
}

/**
 * Loads the SDK and connects. The SDK takes a tenth of a second and 70 MB to load, so only those who use S3 load it.
 */
export async function connect(options: S3ConnectionOptions, agent: AgentOptions, roleArn: string): Promise<Connection> {
  const sdk = await import('@aws-sdk/client-s3')
  const { region, credentials: keys, role } = options
  const credentials = role ? assumedRole(roleArn, role, { region, keys }) : keys
  const client = new sdk.S3Client({
    region,
    forcePathStyle: options.forcePathStyle,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(credentials && { credentials }),
    retryMode: 'standard',
    maxAttempts: MAX_ATTEMPTS,
    // Checksum trailers are specific to AWS: other servers may store them as part of the object.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The bucket has been checked before anything large is sent; a server that ignores Expect would cost seconds each
    // time.
    expectContinueHeader: false,
    logger: SILENT,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: options.idleTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
      logger: SILENT,
    },
  })
  // Swift calls the list of what was deleted text/html.
  boundAnswers(client.middlewareStack, { streamed: ['GetObjectCommand'], untyped: ['DeleteObjectsCommand'] })
  return { sdk, client }
}
