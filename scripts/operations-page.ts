import { INGEST_ERRORS } from '../src/ingest/ingest-error.ts'
import { LOG_EVENTS } from '../src/log.ts'
import { PLAYBACK_ERRORS } from '../src/origin/playback-error.ts'
import { limitsSection } from './limits-section.ts'
import { metricsSection } from './metrics-section.ts'

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

<!-- Written by \`npm run docs\` from src/log.ts, src/metrics.ts, src/ingest/ingest-error.ts and src/origin/playback-error.ts. -->

## The log

Windrow writes one line for each event to standard error: a JSON object with \`log-format: json\`, otherwise a sentence with
fields. The field \`event\` names the event; these names are stable, while sentences (\`msg\`) may change. The field \`error\`
holds the error that was thrown. Secrets are never written.

| event | meaning |
| --- | --- |
${events.join('\n')}

Errors of the API are listed in [Compatibility](compatibility.md#errors), reasons for which a harvest job fails in
[Harvest jobs](harvesting.md).

${metricsSection()}
## The date of the machine

NTP, an operator or a host may set the date of the machine while the server runs. Windrow compares each reading with a clock that
nobody can set (CLOCK_MONOTONIC).

- **Content ages by that clock alone**, and only while the server runs: nothing is deleted because a date says so, and what was
  received under a wrong date is kept as long as everything else. The time for which the server was stopped does not count, so
  content is kept longer by that. Waits for encoders, time delays, nonces, pauses and limits of rates go by the same clock.
- **A difference of up to 10 seconds** is made up for gradually, by a hundredth of the time that passes: clocks drift.
- **More is a step** (\`clock-stepped\`). The date goes on as before until the step has lasted for \`retention-grace\`, at least ten
  minutes; then it is believed (\`clock-believed\`). Until then no job record, event, deleted channel or released window
  expires. If the date comes back before, nothing has happened (\`clock-returned\`).
- **At start** the date of the machine is taken, unless it is behind what the database has recorded: then the recorded one goes on,
  as after a step. After more than \`retention-grace\` nothing of the API expires for that long; after more than a day
  \`clock-stepped\` says so, in case the date is wrong rather than the server was stopped.
- **Dates of encoders** are believed within a day of the date, or of what the machine shows: after the date of the machine was set
  right, encoders confirm that at once. Without dates of the encoder, segments are dated by the server's date.
- **DASH and Smooth Streaming address segments by a clock that never goes back.** For each new timeline of an encoder it begins at
  the encoder's date, but at most 10 seconds ahead of the server's. A wrong encoder clock moves \`EXT-X-PROGRAM-DATE-TIME\` and
  time shift for as long as it is wrong, and these only by up to 10 seconds.
- **Signatures of the API** are compared with the date that the machine shows.
- **For nodes**, all this is said of the date of the database server, which each reads every five seconds. All have one clock
  by which content ages: of the time for which all were stopped, the first 15 seconds may count.

What remains: a date far ahead that lasts for longer than \`retention-grace\`, or is there when the server starts, is believed.
While it is, old records of jobs and events expire, harvest schedules take windows up to that date for passed and go on after
it (an update, or \`stop\` and \`start\`, takes them back), and where an encoder without dates begins a timeline, DASH and Smooth
Streaming of that channel stay ahead until that date comes; HLS goes on. Set the date right before the server starts
(\`After=time-sync.target\` in systemd).

${HEALTH}
## Stopping a process

SIGTERM, or SIGINT (Ctrl-C), stops a process without anybody's losing a request; a second signal ends it at once.

1. \`/readyz\` answers 503, for as long as \`drain-delay\` says (5 seconds with an archive bucket, otherwise none): a load balancer
   takes the process out. All requests are still served, on new connections too; each response closes its connection
   (\`Connection: close\`). \`/healthz\` stays 200. Harvest jobs, the periodic work of channels and the delivery of events are given
   up in the first moment, and taken over by other processes within a second or two. [Streams of
   changes](monitoring.md#changes-as-they-happen) end then, too.
2. New connections are refused, and idle ones closed; those on which nothing was asked yet have half a second for that. Requests in flight, PUTs and GETs, get \`drain-timeout\` (30 seconds) to
   finish; then they are cut off.
3. The stores are closed, and the process ends with 0.

Give a supervisor's own limit (\`TimeoutStopSec\`, \`terminationGracePeriodSeconds\`, \`stop_grace_period\`) ten seconds more than both
settings together.

${limitsSection()}
## A full archive, a full disk

\`max-archive-bytes\` and \`max-channel-archive-bytes\` limit the bytes of segments that are kept. At 90 % of either the log has
\`archive-nearly-full\`, and the event \`Windrow Archive Notification\` (\`ArchiveNearlyFull\`, with \`usedBytes\` and \`limitBytes\`)
goes to every sink. Beyond it, segments are refused with 507 \`ArchiveFull\` until retention has deleted older ones; playlists are
accepted, so that viewers see a gap rather than an encoder that stopped. What is being received when the limit is reached still
gets in, and what counts is looked up every 10 seconds. On a full disk encoders get 507 \`NoSpace\`, and the API
503: make room, and everything goes on.

## Stored media

Every object is compared with its size and CRC-32 whenever it is read. All stored media is also read
again and again, by one of several nodes, \`scrub-rate\` bytes a second and one pass in \`scrub-interval\` at most; after a restart it goes
on where it was. A lost object gets its bytes back where the other input sent the same (\`object-repaired\`). Otherwise it is
lost (\`object-lost\`): players get 404, live HLS playlists call it a gap from the first such answer on, and harvests replace
it or leave a gap, see [Harvesting](harvesting.md). At 8 MiB a second, a day of 10 Mb/s takes four hours: choose a rate that
reads all you keep in the time in which you want to know.
Files that nginx sends (\`accel\`) are compared before it does so for the first time, and then by their size alone: what rots
later is sent until a scrub finds it, see [nginx that sends files](../deploy/README.md#nginx-that-sends-files).

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

const HEALTH = `## Health

- \`/healthz\` answers 200 when the process answers at all. Restart by it.
- \`/readyz\` answers 200 with \`ok\`, or 503 with a reason in each line: \`the database does not answer\`, \`the archive bucket does not
  answer\` (neither has for 10 seconds), \`the disk of the data folder is full\` (less than 16 MiB are free, or of a small disk a
  sixteenth), \`the process is stopping\`. It says nothing of encoders that are silent: other processes would not have them
  either. Behind the \`ok\` there may be lines about certificates that expire. Balancers send requests by it, if there is somewhere else to go.
- \`windrow health\` asks \`/readyz\` of the server on this machine that its settings describe, or of the one that \`--url\` names; with
  \`--alive\` it asks \`/healthz\`. It ends with 0 or 1, and \`--wait 30s\` lets it wait for a server that starts: for HEALTHCHECK
  of Docker, and ExecStartPost of systemd. Where there is only TLS, it does not compare the name of the own server's certificate.
- \`windrow config check\`, with the flags, environment and file that \`windrow serve\` has, writes all that is in effect without
  secrets, and ends with 0 if it can be used, or with 2 and the reason: a setting that is wrong, a certificate that is not the
  key's, a file of secrets that others can read, a folder that cannot be written. It changes nothing and connects to nothing.
- \`GET /windrow/v1/status\` (\`DescribeStatus\`), signed like all of the API, tells of the process that answers: \`version\`, \`startedAt\`,
  \`uptimeSeconds\`, \`roles\`, \`listeners\`, \`unready\` (the reasons of \`/readyz\`) and \`certificates\` with \`validUntil\`; \`counts\` of what
  has a quota; \`harvestJobsOfLastDay\` by status, up to 1000 of each; and 20 channels, or \`maxResults\` up to 100, with \`nextToken\`: of each input \`state\`, \`lastHeardAt\` and
  \`lastSegment\`, of each origin endpoint \`isEncrypted\`, \`contentKeys\` (the number on record of this key period), \`liveEdge\` (the end of its newest segment, by the dates of the
  encoder) and \`liveEdgeAgeSeconds\`. Alert by metrics rather than by this, which reads all that it tells.
- SIGHUP reads certificates and secrets anew, and opens logs anew; settings are read at the start alone.
`
