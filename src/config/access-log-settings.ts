import { preset, type Setting, unset } from './setting.ts'
import { bytes, choice, duration, InvalidValue, url, type ValueKind } from './value-kind.ts'

/** Where access logs are written; `folder` is undefined for the one in the data folder. */
export type AccessLogPlace =
  | { readonly sink: 'file'; readonly folder: string | undefined }
  | { readonly sink: 'stdout' | 'cloudwatch' | 'none' }

const accessLogPlace: ValueKind<AccessLogPlace> = {
  shape: 'file|file:DIR|stdout|cloudwatch|none',
  parse(value) {
    if (value === 'stdout' || value === 'cloudwatch' || value === 'none') return { sink: value }
    const [, folder] = /^file(?::(.+))?$/s.exec(value) ?? []
    if (value === 'file' || folder !== undefined) return { sink: 'file', folder }
    throw new InvalidValue(`must be one of file, file:DIR, stdout, cloudwatch, none, not "${value}"`)
  },
}

/** Settings of access logs. Each channel has them switched on and off by ConfigureLogs. */
export const ACCESS_LOG_SETTINGS = {
  accessLog: preset(
    'access-log',
    accessLogPlace,
    'file',
    'Where the access logs go that ConfigureLogs switches on: `file` is `logs` in the data folder, with a folder for each ' +
      'log group and a file for each day.',
  ),
  accessLogFileBytes: preset(
    'access-log-size',
    bytes,
    '100MiB',
    'The size beyond which a file of access logs is followed by another of the same day.',
  ),
  accessLogRetentionMs: preset(
    'access-log-retention',
    duration,
    '30d',
    'How long files of access logs are kept after their day.',
  ),
  logClientIp: preset(
    'log-client-ip',
    choice('full', 'truncated', 'none'),
    'full',
    'How much of the addresses of clients access logs have: `truncated` is the /24 of an IPv4 address, and the /48 of an ' +
      'IPv6 address.',
  ),
  cloudWatchLogsEndpoint: unset(
    'cloudwatch-logs-endpoint',
    url,
    'the AWS endpoint of the region',
    'URL of the CloudWatch Logs API.',
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>
