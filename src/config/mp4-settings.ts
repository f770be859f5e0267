import { preset } from './setting.ts'
import { bytes, duration, flag, integer } from './value-kind.ts'

/** The settings of MP4 files that viewers request. */
export const MP4_SETTINGS = {
  mp4OnRequest: preset(
    'mp4-on-request',
    flag,
    'false',
    'Serve windows of the startover window as MP4 files, to all who may play the endpoint. The first byte takes as long ' +
      'as reading all media of the window.',
  ),
  maxMp4DurationMs: preset('max-mp4-duration', duration, '1h', 'The longest window of such a file, at most a day.'),
  maxMp4Requests: preset(
    'max-mp4-requests',
    integer(1, 10_000),
    '16',
    'Most requests for such files that are answered at the same time. Two windows at a time are read for the first byte.',
  ),
  maxMp4RequestsPerAddress: preset(
    'max-mp4-requests-per-address',
    integer(1, 10_000),
    '4',
    'Most of these from one IPv4 address or IPv6 /64.',
  ),
  mp4TablesBytes: preset(
    'mp4-tables-size',
    bytes,
    '256MiB',
    'Most bytes of their sample tables, in files without names in the data folder: some 8 bytes for each picture and ' +
      'each frame of sound. They are kept for five minutes after the last request.',
  ),
} as const
