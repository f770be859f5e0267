import type { UtcMs } from '../media/time.ts'
import type { LineWriter } from './line-writer.ts'

/**
 * A line of an access log. It is not written before that is asked for: to write many in turn takes less than to write
 * each between requests.
 */
export type AccessLine = {
  /** When the request was received. */
  readonly at: UtcMs
  /** About the bytes that it takes, as values or written. */
  readonly size: number
  /** Writes a JSON object, and its line feed. Where it throws, the line is dropped. */
  writeTo(writer: LineWriter): void
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
