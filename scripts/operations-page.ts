import { INGEST_ERRORS } from '../src/ingest/ingest-error.ts'
import { LOG_EVENTS } from '../src/log.ts'
import { PLAYBACK_ERRORS } from '../src/origin/playback-error.ts'

/** The text of docs/operations.md. */
export function operationsPage(): string {
  const events = Object.entries(LOG_EVENTS).map(([event, meaning]) => `| \`${event}\` | ${meaning} |`)
  const ingest = Object.entries(INGEST_ERRORS).map(([code, { status, sentence, event }]) => {
    return `| ${status} | \`${code}\` | ${inCell(sentence)} | ${event ? `\`${event}\`` : ''} |`
  })
  const playback = Object.entries(PLAYBACK_ERRORS).map(([code, { status, sentence, maxAge = 1 }]) => {
    return `| ${status} | \`${code}\` | ${inCell(sentence)} | ${maxAge} |`
  })
  return `# Operations

<!-- Written by \`npm run docs\` from src/log.ts, src/ingest/ingest-error.ts and src/origin/playback-error.ts. -->

## The log

Windrow writes one line for each event to standard error: a JSON object with \`log-format: json\`, otherwise a sentence with
fields. The field \`event\` names the event; these names are stable, while sentences (\`msg\`) may change. The field \`error\`
holds the error that was thrown. Secrets are never written.

| event | meaning |
| --- | --- |
${events.join('\n')}

Errors of the API are listed in [Compatibility](compatibility.md#errors), reasons for which a harvest job fails in
[Harvest jobs](harvesting.md).

## Refusals of ingest

A refused encoder receives one sentence of plain text, and a code in the header \`X-Windrow-Error\`. The log has the code too,
in the event named beside it, at most once a second for each channel, or for each address of clients that are not
authenticated. Refusals without an event are part of the normal exchange with encoders.

| status | code | sentence | event |
| --- | --- | --- | --- |
${ingest.join('\n')}

## Errors of playback

When playback gives no media, the response is one sentence of plain text, with a code in the header \`X-Windrow-Error\`.
\`Cache-Control\` lets caches keep it for a second where content may arrive at any moment, and longer where it will not. The
log has the code too, in the event \`playback-refused\`, at most once a second for each endpoint and code.

| status | code | sentence | max-age |
| --- | --- | --- | --- |
${playback.join('\n')}
`
}

/** Escapes a sentence for a cell of a Markdown table. */
const inCell = (sentence: string) => sentence.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('|', '\\|')
