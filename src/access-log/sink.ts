import type { UtcMs } from '../media/time.ts'

/** A line of an access log: a JSON object, and its line feed, in UTF-8. */
export type AccessLine = {
  /** When the request was received. */
  readonly at: UtcMs
  readonly bytes: Buffer
}

/** Where access logs are written. */
export type AccessLogSink = {
  /** Takes a line of a log group. Nothing waits for it; what cannot be written is dropped, and counted. */
  write(group: string, line: AccessLine): void
  /** Writes what is pending, and opens files anew. */
  reopen(): Promise<void>
  /** Writes what is pending. */
  close(): Promise<void>
}
