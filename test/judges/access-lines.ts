import { LineWriter } from '../../src/access-log/line-writer.ts'
import type { AccessLine } from '../../src/access-log/sink.ts'
import { type UtcMs, utcMs } from '../../src/media/time.ts'

/** A line of an access log with a given text, which counts as so many bytes. */
export function lineOf(text: string, at: UtcMs = utcMs(0), size = Buffer.byteLength(text)): AccessLine {
  return { at, size, writeTo: (writer) => writer.text(text) }
}

/** The text of a line. */
export function textOf(line: AccessLine): string {
  const writer = new LineWriter()
  line.writeTo(writer)
  return Buffer.from(writer.bytes).toString()
}
