import { environmentName, type Setting, settingList } from './settings.ts'

const COMMANDS = [
  ['windrow serve [--setting value …]', 'run the server'],
  ['windrow harvest create JOB [--watch]', 'make a harvest job'],
  ['windrow harvest preflight JOB', 'what would become of it'],
  ['windrow harvest watch ID', 'show it until its end'],
  ['windrow harvest list [--channel ID]', 'all jobs; also --status'],
  ['windrow harvest cancel ID', 'end it'],
  ['windrow harvest clean ID', 'remove what a failed job left'],
  ['windrow help', 'show this'],
  ['windrow version', 'show the version'],
] as const

const HARVEST_FLAGS = [
  ['--endpoint ID', 'the origin endpoint'],
  ['--start TIME, --end TIME', 'ISO 8601, seconds since 1970, now, or a distance from now: -10m, +1h30m'],
  ['--to BUCKET/PATH', 'where the parent manifest goes, such as clips/goal/index.m3u8'],
  ['--id ID', 'a name for the job (not set: made of the endpoint and the time)'],
  ['--role ARN', 'the role to write as, where buckets are on S3'],
  ['--gaps POLICY', 'discontinuity (default), clamp or fail, where media is missing'],
  ['--early-end POLICY', 'clamp (default) or fail, where the encoder stopped before the end'],
  ['--report', 'put a harvest.json beside the asset'],
  ['--watch, --text', 'show it until its end, on a terminal or not as for people'],
] as const

const CONNECTION_FLAGS = [
  ['--url URL', 'the server (WINDROW_ENDPOINT_URL; default http://127.0.0.1:8080)'],
  ['--region REGION', 'its region (default us-east-1)'],
  ['--data DIR', 'its data folder, where its keys are (default ./windrow-data)'],
] as const

/** The text that `windrow help` prints. */
export function helpText(): string {
  const flags = settingList.filter(([, setting]) => !setting.secret)
  const secrets = settingList.filter(([, setting]) => setting.secret)
  return [
    'Windrow is a live video origin: it takes HLS from encoders, serves it to players, and harvests windows of it',
    'into buckets, all under the AWS Elemental MediaPackage v1 API.',
    '',
    'Commands:',
    ...COMMANDS.map(row),
    '',
    'A harvest job (JOB above; lines of JSON come out where there is no terminal):',
    ...HARVEST_FLAGS.map(row),
    '',
    'Where the harvest commands find a server:',
    ...CONNECTION_FLAGS.map(row),
    '',
    'Settings (each also a WINDROW_… environment variable, and a key of the --config file):',
    ...flags.flatMap(([, setting]) => [
      `  --${setting.name} ${setting.kind.shape}`,
      `      ${setting.says} (${whenNotSet(setting)})`,
    ]),
    '',
    'Secrets (environment variables, or keys of the --config file):',
    ...secrets.flatMap(([, setting]) => [
      `  ${environmentName(setting)}`,
      `      ${setting.says} (${whenNotSet(setting)})`,
    ]),
    '',
  ].join('\n')
}

const row = ([name, says]: readonly [string, string]) => `  ${name.padEnd(37)} ${says}`

function whenNotSet(setting: Setting<unknown>): string {
  return 'default' in setting ? `default ${setting.default}` : `not set: ${setting.otherwise}`
}
