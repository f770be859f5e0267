/** Everything that is logged, by event name, with the reason for each. Names are stable; sentences may change. */
export const LOG_EVENTS = {
  'api-change': 'An operation of the API has changed something.',
  'api-refusal': 'A request of the API was refused.',
  'api-request-failed': 'A request of the API failed, through no fault of the client.',
  'background-work-failed':
    'Work that is done now and then (retention, delivery, looking for jobs) failed; it is tried again.',
  'channel-tick-failed': 'Time could not pass for a channel; it is tried again.',
  'connections-dropped': 'A listener has too many connections and drops new ones.',
  'database-changes-lost': 'The connection that hears of changes in PostgreSQL is gone; a new one is made.',
  'database-changes-restored': 'The connection that hears of changes in PostgreSQL is there again.',
  'database-connection-lost': 'A connection to PostgreSQL that nobody used was closed.',
  'database-without-fsync': 'PostgreSQL has fsync switched off: a power cut can lose what it acknowledged.',
  'event-given-up': 'A sink did not take an event for so long that it is passed over.',
  'event-not-delivered': 'A sink did not take an event; it is tried again.',
  'harvest-bucket-refused': 'The bucket of a harvest job refused something.',
  'harvest-checkpoint-failed': 'How far a harvest job is could not be recorded; it is tried again.',
  'harvest-claim-failed': 'Harvest jobs could not be taken up; it is tried again.',
  'harvest-end-not-recorded': 'What became of a harvest job could not be recorded; it is tried again.',
  'harvest-job-cancelled': 'A harvest job was cancelled.',
  'harvest-job-error': 'A harvest job met an error nobody expected.',
  'harvest-job-failed': 'A harvest job failed.',
  'harvest-job-release-failed':
    'A harvest job could not be given back when the process stopped; it waits for its lease to end.',
  'harvest-job-retried': 'An attempt of a harvest job failed; there will be another.',
  'harvest-job-set-aside': 'The process stops, and another or the next one goes on with a harvest job.',
  'harvest-job-succeeded': 'A harvest job succeeded.',
  'harvest-job-taken-over': 'Another worker has a harvest job that this one had.',
  'ingest-credentials-wrong': 'An encoder used wrong credentials.',
  'ingest-storage-failed': 'What an encoder sent could not be stored.',
  'input-audio-only': 'An input has sound without pictures: it is archived, and nothing of it is shown.',
  'input-switched': 'An output timeline has switched to the other input.',
  'listener-failed': 'A listener failed.',
  'orphans-removed': 'Objects were removed that a crash had left without a row.',
  'output-timeline-fill-failed': 'An output timeline could not be filled with what was sealed before it was opened.',
  'playlist-refused': 'A playlist of an encoder was refused.',
  'request-aborted': 'A client left in the middle of a request.',
  'request-failed': 'A request failed, through no fault of the client.',
  'retention-failed': 'Old content of an input could not be removed; it is tried again.',
  'segment-gone': 'A segment that was asked for had just been removed.',
  'segment-malformed': 'A stored segment cannot be taken apart: it is served as a gap.',
  'segment-unusable': 'A segment of an encoder is stored, and cannot be shown.',
  'service-event': 'An event of the service, for the sink `log`; the field `envelope` has it as EventBridge would.',
  'slots-dropped': 'Slots are not shown, because their era is not known.',
  'source-gap': 'A stream of an input lacks segments.',
  stopping: 'The process was told to stop: what is in flight is finished.',
  'store-unavailable': 'A store could not answer a request, which was refused with 503.',
  'unexpected-error': 'The process stops because of an error nobody expected.',
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
