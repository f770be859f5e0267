/**
 * Every setting, declared once. Flags, environment variables, keys of the configuration file, `windrow help` and
 * docs/configuration.md are derived from this.
 */
import { ACCESS_LOG_SETTINGS } from './access-log-settings.ts'
import { ACCESS_SETTINGS } from './access-settings.ts'
import { CONNECTION_SETTINGS } from './connection-settings.ts'
import { HARVEST_SETTINGS } from './harvest-settings.ts'
import { KEY_SERVER_SETTINGS } from './key-server-settings.ts'
import { METRICS_SETTINGS } from './metrics-settings.ts'
import { MP4_SETTINGS } from './mp4-settings.ts'
import { READY_SETTINGS } from './ready-settings.ts'
import { S3_SETTINGS } from './s3-settings.ts'
import { SELF_CHECK_SETTINGS } from './self-check-settings.ts'
import { type OptionalSetting, preset, type Setting, type SettingWithDefault, unset } from './setting.ts'
import { SPEKE_SETTINGS } from './speke-settings.ts'
import { TLS_SETTINGS } from './tls-settings.ts'
import {
  address,
  addressOrNone,
  bytes,
  choice,
  choices,
  databaseUrl,
  duration,
  flag,
  integer,
  text,
  url,
} from './value-kind.ts'

const ROLES = ['control', 'ingest', 'origin', 'harvest'] as const
export type ProcessRole = (typeof ROLES)[number]

const accessKeyId = text('KEY ID', /^\w{3,128}$/, 'must be 3 to 128 letters and digits')
const secretAccessKey = text('SECRET', /^[\x21-\x7e]{3,256}$/, 'must be 3 to 256 printable characters without spaces')

export const SETTINGS = {
  dataFolder: preset('data', text('DIR'), './windrow-data', 'Folder for all data; created when missing.'),
  listen: preset(
    'listen',
    addressOrNone,
    '127.0.0.1:8080',
    'Address on which encoders, players and API clients connect; `none` with `tls-listen` only.',
  ),
  controlListen: unset(
    'control-listen',
    address,
    'the same as `listen`',
    'A separate address for the API, which is then nowhere else but at `control-tls-listen`.',
  ),
  ...TLS_SETTINGS,
  publicUrl: unset(
    'public-url',
    url,
    'http:// and the address of `listen`; with `tls-listen` https://, the first name of the certificate and the port',
    'URL at which clients reach this server; ingest and playback URLs begin with it.',
  ),
  configFile: {
    ...unset('config', text('FILE'), 'no file is read', 'A YAML file with settings under these names.'),
    notInFile: true,
  },
  roles: preset(
    'roles',
    choices(...ROLES),
    ROLES.join(','),
    'What this process does. With an archive bucket, others may do the rest.',
  ),
  drainDelayMs: unset(
    'drain-delay',
    duration,
    '5s with `archive-bucket`, otherwise none',
    'How long a process that was told to stop still serves while `/readyz` is 503: as long as a load balancer takes to ' +
      'notice that.',
  ),
  drainTimeoutMs: preset(
    'drain-timeout',
    duration,
    '30s',
    'After that, how long requests in flight may take to finish before they are cut off.',
  ),

  ...READY_SETTINGS,
  servesConsole: preset(
    'console',
    flag,
    'true',
    'Serve the console for browsers at `/console/`, where the API is. Whoever uses it signs in with the key pair of the API.',
  ),

  databaseUrl: {
    ...unset(
      'database-url',
      databaseUrl,
      'everything is in the data folder',
      'A PostgreSQL database for everything but media, which any number of nodes can share; with `archive-bucket` only.',
    ),
    secret: true,
  },
  archiveBucket: unset(
    'archive-bucket',
    text(
      'BUCKET[/PREFIX]',
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w-][\w.-]*)*$/,
      'must be a bucket, and a prefix after a slash',
    ),
    'everything is in the data folder',
    'A bucket of the S3 API for the media of these nodes, and a prefix in it; with `database-url` only. Assets go to S3 ' +
      'as well: set `harvest-store` to `s3`.',
  ),
  cacheFolder: unset(
    'cache-folder',
    text('DIR'),
    'none',
    'A folder for copies of media from the archive bucket. It is of this process alone, and may be deleted at any time.',
  ),
  cacheFolderBytes: preset('cache-folder-size', bytes, '10GiB', 'The most bytes in it.'),
  databaseConnections: preset(
    'database-connections',
    integer(1, 1000),
    '10',
    'PostgreSQL connections for requests; one more receives changes.',
  ),

  region: preset(
    'region',
    text('REGION', /^[a-z0-9-]{1,32}$/, 'must be letters, digits and -'),
    'us-east-1',
    'Region in ARNs and signatures.',
  ),
  accountId: preset('account-id', text('ID', /^\d{12}$/, 'must be twelve digits'), '000000000000', 'Account in ARNs.'),
  accessKeyId: {
    ...unset(
      'access-key-id',
      accessKeyId,
      'a pair is created at the first start',
      'Key id with which API clients sign; at least 16 characters where others can reach the API.',
    ),
    secret: true,
  },
  secretAccessKey: {
    ...unset('secret-access-key', secretAccessKey, 'a pair is created at the first start', 'Its secret; as long.'),
    secret: true,
  },
  keyEncryptionKey: {
    ...unset(
      'key-encryption-key',
      text('HEX', /^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits'),
      'one is created in the data folder when it is needed; nodes need the same, set by hand',
      'Key that seals the content keys of encrypted endpoints in the database: 32 random bytes, in hexadecimal digits.',
    ),
    secret: true,
  },

  logLevel: preset(
    'log-level',
    choice('debug', 'info', 'warn', 'error'),
    'info',
    'Lowest level of lines that are written.',
  ),
  logFormat: preset(
    'log-format',
    choice('auto', 'text', 'json'),
    'auto',
    '`auto` is text on a terminal and JSON elsewhere.',
  ),

  memoryCacheBytes: preset('memory-cache', bytes, '256MiB', 'Memory for the segments at the live edge.'),
  sendMemoryBytes: preset(
    'send-memory',
    bytes,
    '512MiB',
    'Memory for what clients have requested and not read yet. Beyond it, those are cut off that hold most for longest.',
  ),
  ...CONNECTION_SETTINGS,

  maxSegmentBytes: preset('max-segment-size', bytes, '64MiB', 'Largest segment accepted from an encoder.'),
  maxArchiveBytes: unset(
    'max-archive-bytes',
    bytes,
    'no limit',
    'Most bytes of segments kept, of all channels together. Beyond it, encoders get 507 until older ones are deleted; at ' +
      '90 % an event tells.',
  ),
  maxChannelArchiveBytes: unset('max-channel-archive-bytes', bytes, 'no limit', 'The same for each channel.'),
  ingestRequestsPerSecond: preset(
    'ingest-requests-per-second',
    integer(1, 100_000),
    '50',
    'Limit for each channel; further requests get 429.',
  ),
  nonceLifetimeMs: preset(
    'nonce-lifetime',
    duration,
    '5m',
    'How long an encoder may use a digest nonce on new connections.',
  ),

  maxChannels: preset('max-channels', integer(1, 100_000), '30', 'Most channels.'),
  maxOriginEndpoints: preset('max-origin-endpoints', integer(1, 1000), '10', 'Most origin endpoints of one channel.'),
  maxHarvestJobs: preset('max-harvest-jobs', integer(1, 10_000), '10', 'Most harvest jobs in progress.'),
  maxScheduledHarvestJobs: preset(
    'max-scheduled-harvest-jobs',
    integer(0, 100_000),
    '100',
    'Most harvest jobs whose window begins in the future.',
  ),
  maxHarvestSchedules: preset('max-harvest-schedules', integer(0, 10_000), '100', 'Most harvest schedules.'),
  maxHarvestRules: preset('max-harvest-rules', integer(0, 1000), '100', 'Most harvest rules.'),
  maxClips: preset('max-clips', integer(0, 100_000), '1000', 'Most clips.'),
  maxClipBytes: preset(
    'max-clip-bytes',
    bytes,
    '100GiB',
    'Most bytes that clips keep beyond the windows of endpoints, each clip counted by itself.',
  ),
  liveRetentionMs: preset(
    'live-retention',
    duration,
    '10m',
    'How long content is kept where no endpoint has a startover window.',
  ),
  retentionGraceMs: preset(
    'retention-grace',
    duration,
    '1h',
    'How long content stays after an endpoint is deleted or its window is reduced.',
  ),
  scrubBytesPerSecond: preset(
    'scrub-rate',
    bytes,
    '8MiB',
    'How much stored media is read again each second, to find damage before viewers do; `0B` reads none.',
  ),
  scrubIntervalMs: preset(
    'scrub-interval',
    duration,
    '1d',
    'The least time from the beginning of one reading of all stored media to that of the next.',
  ),

  ...METRICS_SETTINGS,
  ...ACCESS_LOG_SETTINGS,
  ...SELF_CHECK_SETTINGS,
  ...HARVEST_SETTINGS,
  ...MP4_SETTINGS,
  eventRetentionMs: preset('event-retention', duration, '90d', 'How long events are kept, delivered or not.'),
  webhookUrl: unset('webhook-url', url, 'no events are sent', 'URL to which every event is posted.'),
  webhookSecret: {
    ...unset('webhook-secret', text('SECRET'), 'needed with `webhook-url`', 'Secret that signs posted events.'),
    secret: true,
  },
  eventBridgeBus: unset(
    'eventbridge-bus',
    text('NAME'),
    'no events are sent',
    'EventBridge bus for every event, by name or ARN.',
  ),
  eventBridgeEndpoint: unset(
    'eventbridge-endpoint',
    url,
    'the AWS endpoint of the region',
    'URL of the EventBridge API.',
  ),
  eventBridgeSource: preset(
    'eventbridge-source',
    text('NAME'),
    'aws.mediapackage',
    'Source of the events there. AWS refuses sources that begin with `aws.`.',
  ),
  ...ACCESS_SETTINGS,
  ...S3_SETTINGS,
  ...SPEKE_SETTINGS,
  ...KEY_SERVER_SETTINGS,
} as const satisfies Readonly<Record<string, Setting<unknown>>>

type ValueOf<S> = S extends SettingWithDefault<infer T> ? T : S extends OptionalSetting<infer T> ? T | undefined : never

/** The value of every setting, undefined where none was given. Sizes are in bytes, durations in milliseconds. */
export type Settings = { readonly [Key in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Key]> }

export const settingList: readonly (readonly [keyof Settings, Setting<unknown>])[] = Object.entries(SETTINGS).map(
  ([key, setting]) => [key as keyof Settings, setting],
)

export const environmentName = (setting: Setting<unknown>): string =>
  `WINDROW_${setting.name.toUpperCase().replaceAll('-', '_')}`
