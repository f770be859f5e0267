import type { UtcMs } from '../media/time.ts'
import type { WrittenLines } from './line-batch.ts'

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
  { bytes, times, ends }: WrittenLines,
  now: UtcMs,
): { readonly batches: readonly (readonly CloudWatchEvent[])[]; readonly outside: number } {
  const taken = times
    .map((timestamp, line) => ({ timestamp, begin: ends[line - 1] ?? 0, end: ends[line] ?? 0 }))
    .filter(({ timestamp }) => timestamp > now - OLDEST_MS && timestamp < now + FARTHEST_AHEAD_MS)
    .toSorted((a, b) => a.timestamp - b.timestamp)
  const decoder = new TextDecoder()
  const batches: CloudWatchEvent[][] = []
  let batch: CloudWatchEvent[] = []
  let size = 0
  for (const { timestamp, begin, end } of taken) {
    // Without its line feed.
    const message = decoder.decode(bytes.subarray(begin, end - 1))
    const ofEvent = end - 1 - begin + EVENT_OVERHEAD
    const first = batch[0]?.timestamp ?? timestamp
    if (batch.length === MOST_EVENTS || size + ofEvent > MOST_BYTES || timestamp - first >= LONGEST_BATCH_MS) {
      batches.push(batch)
      batch = []
      size = 0
    }
    batch.push({ timestamp, message })
    size += ofEvent
  }
  if (batch.length > 0) batches.push(batch)
  return { batches, outside: times.length - taken.length }
}
