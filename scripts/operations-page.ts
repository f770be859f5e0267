import { LOG_EVENTS } from '../src/log.ts'
import { PLAYBACK_ERRORS } from '../src/origin/playback-error.ts'

/** The text of docs/operations.md. */
export function operationsPage(): string {
  const events = Object.entries(LOG_EVENTS).map(([event, meaning]) => `| \`${event}\` | ${meaning} |`)
  const errors = Object.values(PLAYBACK_ERRORS).map(({ status, sentence }) => `| ${status} | ${sentence} |`)
  return `# Operations

<!-- Written by \`npm run docs\` from src/log.ts and src/origin/playback-error.ts. -->

## The log

Windrow writes one line for each thing that happens, to standard error: an object of JSON with \`log-format: json\`, a
sentence with fields otherwise. The field \`event\` names what happened; names stay as they are, sentences (\`msg\`) may be
worded better. What was thrown is the field \`error\`. Secrets are never written.

| event | what happened |
| --- | --- |
${events.join('\n')}

## Answers of playback

Where playback gives no media, its answer is one sentence as plain text, and caches may keep it for a second.

| status | sentence |
| --- | --- |
${errors.join('\n')}
`
}
