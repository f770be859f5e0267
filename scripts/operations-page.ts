import { LOG_EVENTS } from '../src/log.ts'
import { PLAYBACK_ERRORS } from '../src/origin/playback-error.ts'

/** The text of docs/operations.md. */
export function operationsPage(): string {
  const events = Object.entries(LOG_EVENTS).map(([event, meaning]) => `| \`${event}\` | ${meaning} |`)
  const errors = Object.values(PLAYBACK_ERRORS).map(({ status, sentence }) => `| ${status} | ${sentence} |`)
  return `# Operations

<!-- Written by \`npm run docs\` from src/log.ts and src/origin/playback-error.ts. -->

## The log

Windrow writes one line for each event to standard error: a JSON object with \`log-format: json\`, otherwise a sentence with
fields. The field \`event\` names the event; these names are stable, while sentences (\`msg\`) may change. The field \`error\`
holds the error that was thrown. Secrets are never written.

| event | meaning |
| --- | --- |
${events.join('\n')}

## Errors of playback

When playback gives no media, the response is one sentence of plain text, which caches may keep for a second.

| status | sentence |
| --- | --- |
${errors.join('\n')}
`
}
