import { preset } from './setting.ts'
import { choice, duration, flag, integer, text } from './value-kind.ts'

/** The settings of harvest jobs. */
export const HARVEST_SETTINGS = {
  harvestStore: preset(
    'harvest-store',
    choice('folder', 's3'),
    'folder',
    'Location of buckets: folders under `<data>/buckets/`, or an S3 API; with `archive-bucket`, only the latter.',
  ),
  harvestLinks: preset(
    'harvest-links',
    flag,
    'true',
    'Take unchanged segments over where they are: as hard links into bucket folders, and by copies that the S3 API makes ' +
      'itself from `archive-bucket` into its other buckets. `false` copies or sends them.',
  ),
  harvestVerifyLinks: preset(
    'harvest-verify-links',
    flag,
    'true',
    'Prove every segment that is taken over: by reading it before it is linked, and by the checksum or entity tag that S3 ' +
      'states of a copy; where it states none, segments are sent. `false` links unread (a day takes seconds) and leaves such ' +
      'copies as they are: damage is not noticed, and `harvest.json` has no hashes of them.',
  ),
  harvestConcurrency: preset(
    'harvest-concurrency',
    integer(1, 64),
    '4',
    'Objects that one job writes at the same time. To the S3 API it begins with so many, and has up to four times as many ' +
      'under way, 64 MiB in all, as long as that gets more done.',
  ),
  harvestWorkers: preset(
    'harvest-workers',
    integer(1, 1000),
    '10',
    'Harvest jobs that this process runs at the same time, including jobs that follow the live edge.',
  ),
  ffmpeg: preset(
    'ffmpeg',
    text('PROGRAM'),
    'ffmpeg',
    'Program that decodes the pictures of stills, and encodes those at the edges of exact cuts; `none` when there is none. Nothing else needs it.',
  ),
  harvestLeaseMs: preset(
    'harvest-lease',
    duration,
    '15s',
    'How long a harvest job waits for an unresponsive process before another takes it over.',
  ),
  harvestAttempts: preset(
    'harvest-attempts',
    integer(1, 1000),
    '10',
    'Consecutive failed attempts, without anything written, after which a harvest job is given up.',
  ),
} as const
