import { LineBatch, type WrittenLines } from '../../src/access-log/line-batch.ts'
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

/** Lines as a sink gets them. */
export function writtenLines(lines: readonly AccessLine[]): WrittenLines {
  const batch = new LineBatch((error) => {
    throw error
  })
  for (const line of lines) batch.add(line)
  const [written] = [...batch.parts(Infinity)]
  return written ?? { bytes: Buffer.alloc(0), times: [], ends: [] }
}
