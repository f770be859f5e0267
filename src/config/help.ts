import { environmentName, type Setting, settingList } from './settings.ts'

const COMMANDS = [
  ['windrow serve [--setting value …]', 'run the server'],
  ['windrow help', 'show this'],
  ['windrow version', 'show the version'],
] as const

/** What `windrow help` prints. */
export function helpText(): string {
  const flags = settingList.filter(([, setting]) => !setting.secret)
  const secrets = settingList.filter(([, setting]) => setting.secret)
  return [
    'Windrow is a live video origin: it takes HLS from encoders, serves it to players, and harvests windows of it',
    'into buckets, all under the AWS Elemental MediaPackage v1 API.',
    '',
    'Commands:',
    ...COMMANDS.map(([command, says]) => `  ${command.padEnd(34)} ${says}`),
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

function whenNotSet(setting: Setting<unknown>): string {
  return 'default' in setting ? `default ${setting.default}` : `not set: ${setting.otherwise}`
}
