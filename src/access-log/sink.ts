import type { UtcMs } from '../media/time.ts'

/**
 * A line of an access log. Its text is not written before it is asked for: to write many in turn takes less than to
 * write each between requests.
 */
export type AccessLine = {
  /** When the request was received. */
  readonly at: UtcMs
  /** About the bytes that it takes, as values or as text. */
  readonly size: number
  /** A JSON object, and its line feed. */
  text(): string
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
