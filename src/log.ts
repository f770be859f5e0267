/** Everything that is logged, by event name, with the reason for each. Names are stable; sentences may change. */
export const LOG_EVENTS = {
  'access-log-dropped':
    'Lines of access logs could not be written and were dropped, as many as the fields say: the disk is full, or what ' +
    'reads them is too slow or refuses them.',
  'access-log-not-delivered': 'CloudWatch Logs did not take lines of access logs; it is tried again.',
  'access-key-short':
    'The access key id or its secret has less than 16 characters, and the API listens where others can reach it.',
  'api-change': 'An operation of the API changed a resource.',
  'api-refusal': 'An API request was refused.',
  'api-request-failed': 'An API request failed because of an error of the server.',
  'archive-nearly-full':
    'A channel, or the archive, holds 90 % of what `max-channel-archive-bytes` or `max-archive-bytes` allows.',
  'background-work-failed': 'Periodic work (retention, delivery of events, taking up jobs) failed; it is retried.',
  'cache-folder-failed': 'The folder of the object cache cannot be used; objects come from their store until it can.',
  'channel-tick-failed': 'The periodic update of a channel failed; it is retried.',
  'clock-believed': 'A step of the date has lasted for the grace period: it is the date from now on.',
  'clock-returned': 'The date, which had stepped, is again what was expected.',
  'clock-stepped':
    'The date of the machine stepped, or differs from when the server ran last. What follows is in Operations.',
  'connections-dropped':
    'There are too many connections: unused ones were closed, and new ones refused, as many as the fields say.',
  'console-not-served':
    'The files of the console are not there, or cannot be read; everything else is served. In a clone of Windrow, ' +
    '`npm run build` makes them.',
  'content-key-changed':
    'A key provider gave another key under the KID of one that is on record; the first stays in use.',
  'content-keys-received':
    'A key provider gave the content keys of a key period; the fields say which, and what server it is.',
  'content-keys-refused': 'A key provider gave no content keys for a key period; it is asked again.',
  'content-keys-reused': 'A key period has the content keys of an earlier one, since the provider gave none for it.',
  'content-keys-unreadable':
    'The content keys of an endpoint cannot be read: `key-encryption-key` is another than before, or rows are damaged.',
  'content-keys-without-iv':
    'A key provider gave keys for FairPlay and no IV, which its players take from licences alone: set one.',
  'database-changes-lost': 'The connection that receives changes from PostgreSQL was lost; it is being reopened.',
  'database-changes-restored': 'The connection that receives changes from PostgreSQL was restored.',
  'database-connection-lost': 'An idle connection to PostgreSQL was closed.',
  'database-without-fsync': 'PostgreSQL has fsync switched off: a power cut can lose what it acknowledged.',
  'event-given-up': 'A sink did not accept an event for so long that it was skipped.',
  'event-not-delivered': 'A sink did not accept an event; delivery is retried.',
  'harvest-bucket-refused': 'The bucket of a harvest job refused a request.',
  'harvest-checkpoint-failed': 'The progress of a harvest job could not be recorded; it is retried.',
  'harvest-copies-refused':
    'The server refuses to copy objects of the archive for a harvest job; they are read and sent instead.',
  'harvest-claim-failed': 'Harvest jobs could not be claimed; it is retried.',
  'harvest-end-not-recorded': 'The outcome of a harvest job could not be recorded; it is retried.',
  'harvest-media-lost':
    'Source objects of a harvest job are missing, unreadable, damaged or no media; the other input replaces them, or the ' +
    'gap policy applies.',
  'harvest-job-cancelled': 'A harvest job was cancelled.',
  'harvest-job-error': 'A harvest job had an unexpected error.',
  'harvest-job-failed': 'A harvest job failed.',
  'harvest-job-release-failed':
    'A harvest job could not be released when the process stopped; it waits for its lease to expire.',
  'harvest-job-retried': 'An attempt at a harvest job failed; another follows.',
  'harvest-job-set-aside': 'The process is stopping; another one, or the next, continues a harvest job.',
  'harvest-job-succeeded': 'A harvest job succeeded.',
  'harvest-job-taken-over': 'Another worker took over a harvest job of this one.',
  'harvest-rule-failed':
    'What a harvest rule makes of an event could not be made because of an error; it is tried again.',
  'harvest-rule-missed': 'Nothing could be made of events that a harvest rule is for; its history says why.',
  'harvest-schedule-failed': 'A job of a harvest schedule could not be made because of an error; it is tried again.',
  'harvest-schedule-missed': 'No harvest job could be made for windows of a schedule; its history says why.',
  'ingest-credentials-wrong': 'An encoder used wrong credentials.',
  'ingest-refused': 'A request from an encoder was refused.',
  'ingest-storage-failed': 'A body from an encoder could not be stored.',
  'input-audio-only': 'An input has audio but no video: it is archived, but not shown.',
  'input-habit': 'An encoder has a habit that is corrected or left out; logged once for each input and habit.',
  'input-switched': 'An output timeline switched to the other input.',
  'key-encryption-key-missing':
    'An encrypted origin endpoint gets no content keys, since this node has no `key-encryption-key` to seal them with.',
  'key-server-answer': 'The built-in key server gave keys for a request of SPEKE.',
  'key-server-open':
    'The built-in key server is on, and gives every content key to whoever asks: it is for trying out.',
  'key-server-refusal':
    'The built-in key server refused a request. Similar refusals are counted and logged once a second.',
  'listener-failed': 'A listener failed.',
  'max-connections-reduced': 'The process may not open enough files for as many connections as `max-connections` says.',
  'metrics-not-served': 'Metrics are not served: their default port is in use, and `metrics-listen` is not set.',
  'object-lost': 'A source object is missing, unreadable or damaged, and the other input does not have the same bytes.',
  'object-repair-failed': 'A lost source object could not be written anew; the next scrub tries again.',
  'object-repaired': 'A lost source object was written anew with the same bytes from the other input.',
  'orphans-removed': 'Objects, or uploads in parts, that a crash had left without a row were deleted.',
  'output-timeline-fill-failed': 'An output timeline could not be filled with the content sealed before it was opened.',
  'playback-refused': 'A request from a player got no media.',
  'playlist-refused': 'A playlist from an encoder was refused.',
  reloading: 'The process received SIGHUP: it opens its logs anew, and reads certificates and secrets anew.',
  'request-aborted': 'A client disconnected in the middle of a request.',
  'request-failed': 'A request failed because of an error of the server.',
  'retention-failed': 'Old content of an input could not be deleted; it is retried.',
  'scrub-finished': 'Every source object has been read once and compared with the index.',
  'secret-changed': 'A secret for CDN authorization has other values than before.',
  'secret-unavailable':
    'A secret for CDN authorization cannot be looked up; values that are known stand for an hour, and then its endpoints ' +
    'refuse all requests.',
  'secret-unusable':
    'A version of a secret for CDN authorization is not what it should be: one pair `MediaPackageCDNIdentifier` of 8 to 128 ' +
    'characters.',
  'secrets-file-unreadable': 'The file of secrets cannot be read or understood; what it last said stands for an hour.',
  'segment-lost': 'A requested segment is lost: a source object is missing, unreadable, damaged or no media.',
  'segment-malformed': 'A stored segment cannot be demuxed; what would be made of it is not served.',
  'segment-unusable': 'A segment from an encoder was stored, but cannot be shown.',
  'self-check-finding':
    'The server saw that an endpoint does not play as it should: what it saw, and what should be there. See Self-check.',
  'service-event': 'An event, as delivered to the sink `log`; the field `envelope` has the form of EventBridge.',
  'slow-clients-cut':
    'Clients read their responses too slowly and were cut off: without progress, or because `send-memory` was used up.',
  'slots-dropped': 'Slots were not shown because their era is unknown.',
  'source-gap': 'A stream of an input lacks segments.',
  stopping: 'The process was told to stop; it finishes the work in flight.',
  'store-unavailable': 'A store could not serve a request, which was answered 503.',
  'streams-not-encryptable':
    'Streams are not shown because they cannot be encrypted as their endpoint wants it: with SAMPLE-AES, HEVC and codecs that are not known.',
  'tls-certificate-expires': 'A certificate expires within two weeks, or has expired; logged once a day.',
  'tls-certificate-loaded': 'A certificate was replaced by what its files have now.',
  'tls-certificate-refused':
    'The files of a certificate have changed, but cannot be used, for the reason that the field tells; the one before stays ' +
    'in use. Logged once a minute.',
  'tls-handshake-failed':
    'Clients did not get to the end of a TLS handshake. They are counted, and logged once a second.',
  'tls-name-mismatch': 'No certificate is for the host of `public-url`, which clients are given.',
  'unexpected-error': 'The process stops because of an unexpected error.',
} as const

export type LogEvent = keyof typeof LOG_EVENTS

export type LogFields = { readonly event: LogEvent; readonly [field: string]: unknown }

/**
 * The logger that every room may use, implemented by pino. Fields come first, then a sentence. The field `error`
 * holds the error that was thrown. Secrets are never fields.
 */
export type Log = {
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}
