import type { UtcMs } from '../media/time.ts'
import { LineWriter } from './line-writer.ts'
import type { AccessLine } from './sink.ts'

/** An event of CloudWatch Logs; its timestamp is in milliseconds since 1970. */
export type CloudWatchEvent = { readonly timestamp: number; readonly message: string }

/** Limits of PutLogEvents. */
const MOST_EVENTS = 10_000
const MOST_BYTES = 1_048_576
/** Counted for each event, beside the bytes of its message in UTF-8. */
const EVENT_OVERHEAD = 26
const LONGEST_BATCH_MS = 24 * 3_600_000
const OLDEST_MS = 14 * 24 * 3_600_000
const FARTHEST_AHEAD_MS = 2 * 3_600_000

/**
 * Lines as events in batches that PutLogEvents takes, in the order of their times; `outside` is the number of those too
 * old or too far ahead.
 */
export function logEventBatches(
  lines: readonly AccessLine[],
  now: UtcMs,
): { readonly batches: readonly (readonly CloudWatchEvent[])[]; readonly outside: number } {
  const taken = lines
    .filter(({ at }) => at > now - OLDEST_MS && at < now + FARTHEST_AHEAD_MS)
    .toSorted((a, b) => a.at - b.at)
  const writer = new LineWriter()
  const decoder = new TextDecoder()
  const batches: CloudWatchEvent[][] = []
  let batch: CloudWatchEvent[] = []
  let bytes = 0
  for (const line of taken) {
    const { at } = line
    writer.clear()
    line.writeTo(writer)
    const message = decoder.decode(writer.bytes).trimEnd()
    const size = Buffer.byteLength(message) + EVENT_OVERHEAD
    const begin = batch[0]?.timestamp ?? at
    if (batch.length === MOST_EVENTS || bytes + size > MOST_BYTES || at - begin >= LONGEST_BATCH_MS) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push({ timestamp: at, message })
    bytes += size
  }
  if (batch.length > 0) batches.push(batch)
  return { batches, outside: lines.length - taken.length }
}
