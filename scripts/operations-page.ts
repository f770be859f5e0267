import { LOG_EVENTS } from '../src/log.ts'

/** The text of docs/operations.md. */
export function operationsPage(): string {
  const rows = Object.entries(LOG_EVENTS).map(([event, meaning]) => `| \`${event}\` | ${meaning} |`)
  return `# Operations

<!-- Written by \`npm run docs\` from src/log.ts. -->

## The log

Windrow writes one line for each thing that happens, to standard error: an object of JSON with \`log-format: json\`, a
sentence with fields otherwise. The field \`event\` names what happened; names stay as they are, sentences (\`msg\`) may be
worded better. What was thrown is the field \`error\`. Secrets are never written.

| event | what happened |
| --- | --- |
${rows.join('\n')}
`
}
