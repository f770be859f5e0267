import { MOST_STREAMS } from '../src/changes/streams.ts'
import { SETTINGS } from '../src/config/settings.ts'
import { DEFAULT_LISTENER_LIMITS } from '../src/http/listener-limits.ts'
import { DEFAULT_INGEST_LIMITS } from '../src/ingest/ingest-limits.ts'

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`)
const kibibytes = (bytes: number): string => `${bytes / 1024} KiB`
const mebibytes = (bytes: number): string => `${bytes / (1024 * 1024)} MiB`
const setting = (name: keyof typeof SETTINGS): string => {
  const declared = SETTINGS[name]
  return `\`${declared.name}\`, ${'default' in declared ? declared.default : declared.otherwise}`
}

/** The section of docs/operations.md on what clients can take of a server. */
export function limitsSection(): string {
  const http = DEFAULT_LISTENER_LIMITS
  const ingest = DEFAULT_INGEST_LIMITS
  const rows = [
    [
      'connections',
      setting('maxConnections'),
      'one that is not in use is closed; when all are in use, players get 503',
    ],
    [
      'connections of one IPv4 address or IPv6 /64',
      setting('maxConnectionsPerAddress'),
      'the same; those of `trusted-proxies` are not counted',
    ],
    [
      'connections for encoders, the API and health checks',
      'a twentieth of all, 16 at least',
      'players never get these',
    ],
    ['a TLS handshake', seconds(http.handshakeMs), 'closed; it counts as a connection from its first byte'],
    ['the headers of a request', `${kibibytes(http.maxHeaderBytes)}, ${seconds(http.headersMs)}`, '431, 408'],
    ['a request with its body', seconds(http.requestMs), '408'],
    ['a client that neither sends nor reads', seconds(http.stallMs), 'closed'],
    ['a connection between requests', seconds(http.keepAliveMs), 'closed'],
    ['requests ahead of their answers on a connection', '16', 'closed'],
    ['a body that nobody uses', mebibytes(http.discardBytes), 'closed'],
    [
      'memory of answers that clients have not read',
      setting('sendMemoryBytes'),
      'those that hold most for longest without progress are cut off',
    ],
    [
      'answers 403 and 404 to players of one address or /64, in a second',
      setting('playbackMissesPerSecond'),
      '429 instead; what is there is answered all the same',
    ],
    [
      'manifests of the past and with filters that wait to be written',
      '64, and two are written; endpoints and clients take turns, long windows come last',
      '503; each is kept for others who ask for it',
    ],
    [
      'MP4 files at a time',
      `${setting('maxMp4Requests')}; of one client ${setting('maxMp4RequestsPerAddress')}`,
      '503; 429',
    ],
    [
      'wrong credentials of encoders from one address, in a second',
      `${ingest.failuresPerSecond}, after ${ingest.failureBurst}`,
      '429; right ones are never refused for it',
    ],
    ['requests of a channel’s encoders in a second', setting('ingestRequestsPerSecond'), '429'],
    [
      'a segment; a playlist',
      `${setting('maxSegmentBytes')}; ${mebibytes(ingest.maxPlaylistBytes)}`,
      '413, before it is read where its length is announced',
    ],
    ['a body of the API', '128 KiB', '413'],
    [
      'streams of changes of a process',
      `${MOST_STREAMS}`,
      '429; who reads nothing of one for half a minute is cut off',
    ],
  ]
  return `## Load and attack

What a client can take of a server, and what happens beyond it:

| what | most | beyond |
| --- | --- | --- |
${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

Channels take turns wherever work is done in steps on the serving loop; threads of their own write manifests of the past, and read
the index. What each part of memory holds at most is in [ARCHITECTURE](../ARCHITECTURE.md#what-memory-holds). Names, windows and
addresses that clients make up are kept in memories of bounded size, the oldest of which go first; none of them is a label
of a metric.

\`npm run soak -- --only mixed-load\` shows it: 40 channels with their viewers, harvests and retention, for half an hour alone and for
half an hour beside clients that hold 1000 connections without reading, 1000 without asking, send bodies that never end, playlists and
segments that are hard to read, and ask for windows and endpoints that nobody has. On two cores, which the load and its clients
had to share, 99 of 100 PUTs took at most 263 ms alone and 269 ms beside them, live playlists 111 and 90 ms; nothing was refused that
is not theirs. Resident memory was 1.09 GiB with a \`memory-cache\` of 64 MiB in the first ten minutes beside them, and the same in the
last ten of the hour. \`npm run soak -- --only fuzz\` sends what no client
would: requests broken in targets, heads, framing and bodies, with right credentials and without, to all listeners, plain and TLS; before
that, every reader of requests, media, manifests, settings, secrets and certificates reads ten million broken ones in all.
`
}
