import { copySettingList } from './copy-settings.ts'
import type { Setting } from './setting.ts'
import { environmentName, settingList } from './settings.ts'

/** The text of docs/configuration.md. */
export function configurationReference(): string {
  return `# Configuration

<!-- Written by \`npm run docs\` from src/config/. -->

Every setting can be given in three ways. The first of these that is present applies:

1. a flag: \`windrow serve --listen 127.0.0.1:9000\`
2. an environment variable: \`WINDROW_LISTEN=127.0.0.1:9000\` (an empty one counts as absent)
3. a key of a YAML file: \`listen: 127.0.0.1:9000\`, in the file that \`--config\` or \`WINDROW_CONFIG\` names

An unknown flag or key, or an invalid value, ends Windrow at once with exit code 2 and one line that says where it was
found. Secrets have no flag, and are never logged. Relative paths start at the working directory.

A \`SIZE\` is a number with a unit of B, kB, MB, GB, KiB, MiB, GiB or TiB; a \`DURATION\` is a number with ms, s, m, h or d.
Lists are separated by commas; in the file, they can be YAML lists. The file has at most 1000 lines.

| setting | value | when not set | environment variable | |
| --- | --- | --- | --- | --- |
${settingList.map(([, setting]) => row(setting)).join('\n')}

\`windrow archive copy\` has all of these, which say where the archive is that is copied, and some of its own:

| setting | value | when not set | environment variable | |
| --- | --- | --- | --- | --- |
${copySettingList.map(([, setting]) => row(setting)).join('\n')}
`
}

function row(setting: Setting<unknown>): string {
  const otherwise = 'default' in setting ? `\`${setting.default}\`` : setting.otherwise
  const remarks = [setting.says]
  if (setting.secret) remarks.push('Secret: no flag.')
  if (setting.notInFile) remarks.push('Not in the file.')
  const shape = `\`${setting.kind.shape.replaceAll('|', '\\|')}\``
  return `| \`${setting.name}\` | ${shape} | ${otherwise} | \`${environmentName(setting)}\` | ${remarks.join(' ')} |`
}
