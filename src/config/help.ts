import { copySettingList } from './copy-settings.ts'
import type { Setting } from './setting.ts'
import { environmentName, settingList } from './settings.ts'

const COMMANDS = [
  ['windrow serve [--setting value …]', 'run the server'],
  ['windrow config check [--setting value …]', 'say what is in effect, and whether it can be used'],
  [
    'windrow health [--wait 30s] [--alive]',
    'ask a server whether it is ready, or alive: exit code 0, else 1; --url URL',
  ],
  ['windrow harvest create JOB [--watch]', 'create a harvest job'],
  ['windrow harvest preflight JOB', 'forecast a harvest job'],
  ['windrow harvest watch ID', 'show a job until it ends'],
  ['windrow harvest list [--channel ID]', 'all jobs; also --status'],
  ['windrow harvest cancel ID', 'cancel a job'],
  ['windrow harvest clean ID', 'delete the objects a failed job left'],
  ['windrow harvest verify PLACE', 'check an asset against its harvest.json: a folder, a URL, s3://BUCKET/PATH'],
  ['windrow schedule create SCHEDULE', 'create a schedule, which makes harvest jobs by itself'],
  ['windrow schedule list', 'all schedules'],
  ['windrow schedule describe ID', 'a schedule, with its next window and its last ones'],
  ['windrow schedule runs ID', 'what became of its windows'],
  ['windrow schedule stop ID, start ID', 'make no more jobs, or go on'],
  ['windrow schedule delete ID', 'delete a schedule; its jobs stay'],
  ['windrow rule create RULE', 'create a rule, which makes a harvest job or a clip of each event of SCTE 35'],
  ['windrow rule change ID', 'change what the flags of a RULE say'],
  ['windrow rule list', 'all rules'],
  ['windrow rule describe ID', 'a rule, with the events that go on and those that were over last'],
  ['windrow rule runs ID', 'what became of events'],
  ['windrow rule stop ID, start ID', 'make nothing more, or go on'],
  ['windrow rule delete ID', 'delete a rule; its jobs and clips stay'],
  ['windrow clip create CLIP', 'a window under URLs of its own, for as long as it is wanted'],
  ['windrow clip list [--channel ID]', 'all clips'],
  ['windrow clip describe ID', 'a clip with its URLs'],
  ['windrow clip change ID', 'other points, or another end: --start, --end, --cut, --expires'],
  [
    'windrow clip materialise ID',
    'create a harvest job of a clip: --to, also --make, --chapters, --encryption, --role, --id',
  ],
  ['windrow clip delete ID', 'end a clip'],
  ['windrow feed --channel ID [FEED]', 'push a test stream to a channel, without an encoder'],
  ['windrow archive copy TO [--only media]', 'copy the archive to another place'],
  ['windrow backup DIR [--buckets]', 'back up a data folder, also while the server runs; each time a snapshot more'],
  ['windrow backup DIR --verify', 'read a whole backup, and compare it with its indexes'],
  ['windrow restore DIR --data NEW', 'make a data folder of the newest snapshot; --dry-run reads it only'],
  ['windrow help', 'show this help'],
  ['windrow version', 'show the version'],
] as const

const HARVEST_FLAGS = [
  ['--endpoint ID', 'the origin endpoint'],
  ['--start TIME, --end TIME', 'ISO 8601, seconds since 1970, now, or an offset from now: -10m, +1h30m'],
  ['--range START..END', 'instead of both, several times: ranges one behind the other; START..END@ENDPOINT'],
  ['--to BUCKET/PATH', 'the bucket and key of the parent manifest, such as clips/goal/index.m3u8'],
  ['--id ID', 'the id of the job (default: made from the endpoint and the time)'],
  ['--role ARN', 'the role to write as, for buckets on S3'],
  ['--gaps POLICY', 'for missing media: discontinuity (default), clamp or fail'],
  ['--early-end POLICY', 'for an encoder that stopped before the end: clamp (default) or fail'],
  ['--report', 'write a harvest.json beside the asset'],
  ['--make KINDS', 'hls, cmaf, dash, mss, mp4, audio, subtitles, stills, metadata; several with commas'],
  ['--chapters id3', 'of MP4 and audio files: from titles in timed ID3; or scte35 (default: none)'],
  ['--cut HOW', 'segment, or frame: files begin and end at the pictures asked for'],
  ['--encryption HOW', 'of encrypted endpoints: as-served (default), or none: all of it in the clear'],
  ['--watch, --text', 'show the job until it ends; as text even without a terminal'],
] as const

const SCHEDULE_FLAGS = [
  ['--id ID, --endpoint ID', 'its id, and the origin endpoint'],
  ['--every HOW', '15m, 1h, 1d, or days of the week: mon,wed'],
  ['--at TIME, --zone ZONE', 'of days: a local time such as 20:15, and its time zone (default 00:00 and UTC)'],
  ['--length LENGTH', 'of each window, such as 1h30m (default: until the next begins)'],
  ['--before LENGTH, --after LENGTH', 'by which each job begins before its window, and ends after it'],
  ['--start TIME, --end TIME', 'no window begins before, or after (default: from now on, without an end)'],
  ['--to BUCKET/PATTERN', 'such as clips/{channel}/{start:yyyy/MM/dd}/{id}/index.m3u8'],
  ['--role, --gaps, --early-end, …', 'as of jobs: also --report, --make, --chapters, --cut and --encryption'],
] as const

const RULE_FLAGS = [
  ['--id ID, --endpoint ID', 'its id, and the origin endpoint'],
  ['--on EVENTS', 'program, chapter, break, splice-insert, provider-advertisement, …, or types such as 0x40'],
  ['--upid PATTERN', 'only of UPIDs such as NEWS*, where * stands for any characters'],
  ['--min LENGTH, --max LENGTH', 'only of events that last so long, such as 10m'],
  ['--to BUCKET/PATTERN', 'for jobs, such as clips/{channel}/{start:yyyy/MM/dd}/{upid}-{id}/index.m3u8'],
  ['--clip, --expires-after LENGTH', 'instead: for clips, and how long they last'],
  ['--role, --gaps, --early-end, …', 'as of jobs: also --report, --make, --chapters, --cut and --encryption'],
] as const

const CLIP_FLAGS = [
  ['--channel ID, or --endpoint ID', 'the channel, or one of its origin endpoints'],
  ['--start TIME, --end TIME', 'as of jobs'],
  ['--cut HOW', 'segment (default), or frame'],
  ['--expires TIME', 'when it ends, such as +30d, or never: when it is deleted (default)'],
  ['--id ID', 'its id (default: made)'],
] as const

const BACKUP_FLAGS = [
  ['--keep N', 'the snapshots that stay, with the new one (default 7)'],
  ['--buckets', 'also the buckets that are in the data folder'],
  ['--snapshot NAME', 'to restore another one than the newest: the name of a folder in DIR/snapshots'],
] as const

const FEED_FLAGS = [
  ['--create', 'make the channel, and an HLS endpoint with a startover window, if they are missing'],
  ['--past LENGTH', 'feed what was shown since then at once, such as 10m, at most 23h; then end'],
  ['--live, --seconds N', 'go on live, or for N seconds of the stream (default without --past: until interrupted)'],
  ['--speed N', 'N seconds of the stream in a second: its dates then run ahead of the clock'],
  ['--start TIME', 'its first date, within 23 hours of now (default: now)'],
  ['--input 1|2|both', 'the ingest endpoint (default 1)'],
  ['--renditions 1|2', '640x360, or also 320x180 (default 1)'],
  ['--language LANGUAGE', 'a second sound track, such as fr'],
  ['--subtitles', 'WebVTT that tells the date'],
  ['--ads LENGTH', 'SCTE-35 breaks of an even number of seconds, such as 30s, with as long between them'],
  ['--id3', 'timed ID3 with the date, every two seconds'],
] as const

const CONNECTION_FLAGS = [
  ['--url URL', 'the server (WINDROW_ENDPOINT_URL; default http://127.0.0.1:8080)'],
  ['--region REGION', 'its region (default us-east-1)'],
  ['--data DIR', 'its data folder, which holds its keys (default ./windrow-data)'],
] as const

/** The text that `windrow help` prints. */
export function helpText(): string {
  const flags = settingList.filter(([, setting]) => !setting.secret)
  const secrets = settingList.filter(([, setting]) => setting.secret)
  return [
    'Windrow is a live video origin: it receives HLS from encoders, serves it to players, and harvests windows of it',
    'to buckets, through the AWS Elemental MediaPackage v1 API.',
    '',
    'Commands:',
    ...COMMANDS.map(row),
    '',
    'JOB, a harvest job (without a terminal, the output is lines of JSON):',
    ...HARVEST_FLAGS.map(row),
    '',
    'SCHEDULE, a harvest schedule:',
    ...SCHEDULE_FLAGS.map(row),
    '',
    'RULE, a harvest rule:',
    ...RULE_FLAGS.map(row),
    '',
    'CLIP, a clip:',
    ...CLIP_FLAGS.map(row),
    '',
    'Backups:',
    ...BACKUP_FLAGS.map(row),
    '',
    'FEED, how a test stream is fed (without a terminal, the output is lines of JSON):',
    ...FEED_FLAGS.map(row),
    '',
    'The server that the harvest, schedule, rule, clip, backup and feed commands talk to:',
    ...CONNECTION_FLAGS.map(row),
    '',
    'TO, where the copy is to be (the archive that is copied is that of the settings below):',
    ...copySettingList.flatMap(([, setting]) => settingRows(setting)),
    '',
    'Settings (each also a WINDROW_… environment variable, and a key of the --config file):',
    ...flags.flatMap(([, setting]) => settingRows(setting)),
    '',
    'Secrets (environment variables, or keys of the --config file):',
    ...secrets.flatMap(([, setting]) => settingRows(setting)),
    '',
  ].join('\n')
}

function settingRows(setting: Setting<unknown>): readonly string[] {
  const name = setting.secret ? environmentName(setting) : `--${setting.name} ${setting.kind.shape}`
  return [`  ${name}`, `      ${setting.says} (${whenNotSet(setting)})`]
}

const row = ([name, says]: readonly [string, string]) => `  ${name.padEnd(37)} ${says}`

function whenNotSet(setting: Setting<unknown>): string {
  return 'default' in setting ? `default ${setting.default}` : `not set: ${setting.otherwise}`
}
