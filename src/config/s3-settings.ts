import { preset, type Setting, unset } from './setting.ts'
import { duration, flag, text, url } from './value-kind.ts'

/** The settings of the S3 API, which may hold the archive and the assets. */
export const S3_SETTINGS = {
  s3Endpoint: unset('s3-endpoint', url, 'the AWS endpoint of the region', 'URL of the S3 API with the buckets.'),
  s3Region: unset('s3-region', text('REGION'), 'the same as `region`', 'Region of the buckets.'),
  s3ForcePathStyle: preset(
    's3-force-path-style',
    flag,
    'false',
    'Put the bucket into the path, as most S3-compatible servers require.',
  ),
  s3TimeoutMs: preset(
    's3-timeout',
    duration,
    '60s',
    'How long a connection to S3 may be silent before the request counts as lost and is repeated.',
  ),
  s3AssumeRole: preset(
    's3-assume-role',
    flag,
    'false',
    'Write as the role that a harvest job names, through AssumeRole of AWS STS, instead of with its own credentials.',
  ),
  stsEndpoint: unset('sts-endpoint', url, 'the AWS endpoint of the region', 'URL of the STS API.'),
  s3RoleSessionName: preset(
    's3-role-session-name',
    text('NAME', /^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 letters, digits or +=,.@-_'),
    'windrow',
    'Name of sessions of an assumed role in AWS logs.',
  ),
  s3RoleExternalId: unset(
    's3-role-external-id',
    text('ID', /^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1224 letters, digits or +=,.@:/-_'),
    'none is sent',
    'External id that the trust policy of the role requires.',
  ),
  s3AccessKeyId: {
    ...unset('s3-access-key-id', text('KEY ID'), 'the default chain of the AWS SDK', 'Key id for the S3 API.'),
    secret: true,
  },
  s3SecretAccessKey: {
    ...unset('s3-secret-access-key', text('SECRET'), 'the default chain of the AWS SDK', 'Its secret.'),
    secret: true,
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>
