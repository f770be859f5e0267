import { preset, type Setting, unset } from './setting.ts'
import { addressBlocks, flag, integer, text, url } from './value-kind.ts'

/** Settings of who may play: clients behind proxies, who guesses, and the secrets that `cdnIdentifierSecret` names. */
export const ACCESS_SETTINGS = {
  trustedProxies: unset(
    'trusted-proxies',
    addressBlocks,
    'no proxy is trusted',
    'Proxies and CDNs in front, as addresses or CIDR blocks. Their connections are not limited by address, and their ' +
      'X-Forwarded-For, or where that is absent Forwarded, names the client.',
  ),
  playbackMissesPerSecond: preset(
    'playback-misses-per-second',
    integer(1, 100_000),
    '20',
    'Responses 403 and 404 to players of one IPv4 address or IPv6 /64, after twice as many; instead of more it gets 429. ' +
      'Requests for what is there are answered all the same, and so are CDNs that show a good identifier.',
  ),
  secretsFile: unset(
    'secrets-file',
    text('FILE'),
    'no file is read',
    'A file of YAML or JSON with the secrets that endpoints name for CDN authorization, by ARN: ' +
      '`secrets: {<ARN>: {current: …, previous: …}}`. It is read again when it has changed.',
  ),
  secretsFolder: unset(
    'secrets-folder',
    text('DIR'),
    'no folder is read',
    'A folder with a file for each of these secrets, as Kubernetes mounts them: `<name>` has the current version, ' +
      '`<name>.previous` the one before.',
  ),
  secretsManager: preset(
    'secrets-manager',
    flag,
    'false',
    'Read these secrets from AWS Secrets Manager, where neither the file nor the folder has them.',
  ),
  secretsManagerEndpoint: unset(
    'secrets-manager-endpoint',
    url,
    'the AWS endpoint of the region',
    'URL of the Secrets Manager API.',
  ),
  secretsAssumeRole: preset(
    'secrets-assume-role',
    flag,
    'true',
    'Read there as the role that an endpoint names in `secretsRoleArn`, through AssumeRole of AWS STS, instead of with ' +
      'the server’s own credentials.',
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>
