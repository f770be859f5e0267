import { INVARIANTS } from '../src/self-check/invariants.ts'

/** The text of docs/self-check.md. */
export function selfCheckPage(): string {
  const rows = Object.entries(INVARIANTS).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`)
  return `# Self-check

<!-- Written by \`npm run docs\` from src/self-check/invariants.ts. -->

A server that plays (the role \`origin\`) looks at its own origin endpoints as a player would: it fetches manifests,
and some of the segments that they list, by the code that answers players, reads them with readers of their own, and
compares them with what it saw in the last look. Whatever is not as HLS, DASH and these pages promise is reported. A
finding stops nothing, and changes nothing.

## What is checked

| invariant | what holds |
| --- | --- |
${rows.join('\n')}

In one look the newest segment of a video track and of an audio track beside it are fetched, with their headers; in
the next the oldest segment of a track, and one that was fetched before. Tracks take turns. Of an encrypted endpoint
the bytes are compared, but not decrypted: when its tracks begin is not checked. Keys are not requested, nor is what a
manifest refers to at another server. Of an MPD with \`NUMBER_WITH_DURATION\` only Periods and headers are checked,
since it lists no segments. Key frames and images of trick play are read as playlists, and not compared.
\`live-edge-moves\` needs the encoder to send to the same process.

What was seen is in memory: after a start, or when another node takes over, the first look compares nothing. Access
rules do not hold for looks; endpoints whose \`origination\` is \`DENY\` are left out. Looks are no requests: access
logs, \`windrow_egress_*\` and limits do not count them.

## How often

Every endpoint is looked at once in each \`self-check-interval\` (10 seconds; \`none\` switches looks off), one after
the other. A look is followed by a pause of 99 times its length, ten seconds at most, so that looks take about a
hundredth of the time of one core, whatever there is to look at: with many endpoints each is looked at less often, and
on a busy server, where a look waits for its turn, looks are rare. When a round of all endpoints takes longer than half a minute, each endpoint gets two looks in a row, which can be compared. Segments are made for looks in places of their own,
that no player waits for, and are not kept in memory; manifests are those of the cache that players share. An endpoint
that has shown nothing new for ten minutes, while no encoder sends to this process, is looked at once an hour. One of
several nodes looks; another takes over within seconds of its end.

Measured in CPU time, with nobody watching: a look at three renditions of 4.5 Mb/s in all, in segments of six seconds,
takes 9 ms as HLS, 24 as Smooth Streaming, 29 as CMAF and 41 as DASH, nearly all of it for the segments that are made. Thirty
such endpoints have a pair of looks every two to three minutes.

What is remembered takes 32 MiB at most: of each track the newest 64 segments, and of each endpoint the CRC-32 of the
bytes of 16 URLs. What was looked at longest ago is forgotten first.

## What is told

- \`windrow_self_checks_total{channel,origin_endpoint,result}\` counts looks: \`ok\`, \`findings\`, \`nothing\` (to
  show) or \`failed\` (a store did not answer).
- \`windrow_self_check_findings_total{channel,origin_endpoint,invariant}\` counts what was found.
- The log has \`self-check-finding\` once a minute, at most, for each endpoint and invariant.
- The event \`Windrow Self-Check Notification\` (\`SelfCheckFinding\`) goes to every sink, so also to your webhook,
  once in five minutes at most for each endpoint and invariant:

\`\`\`json
{
  "event": "SelfCheckFinding",
  "message": "Origin endpoint was seen not to play as it should",
  "invariant": "segment-unchanged",
  "url": "/out/v1/4f1c…/index_1.m3u8",
  "seen": "4.003 s",
  "expected": "4 s",
  "sequence": 1207
}
\`\`\`

\`seen\` is what is there, \`expected\` what was there before, or should be. \`sequence\` is a media sequence number,
of DASH and Smooth Streaming the time of a segment in the timescale of its track. An alert:
\`increase(windrow_self_check_findings_total[10m]) > 0\`.

## What to do about a finding

\`live-edge-moves\`, \`tracks-begin-together\`, \`dates-continuous\` and \`timeline-contiguous\` may be what the
encoder sends: look for \`input-habit\`, \`segment-unusable\` and \`source-gap\` of the channel in the log.
\`listed-answers\` with \`SegmentLost\` is a lost object, which scrubbing may repair. Everything else is a fault of
Windrow, or of what it is stored in: please report it, with the log line.
`
}
