import { id3TagSize, MOST_TAGS } from '../id3.ts'
import type { Id3Event } from '../sample.ts'
import { StepMeter, type Steps } from '../steps.ts'
import type { EsBuffer } from './es-buffer.ts'
import { joinPayloads } from './joined-payloads.ts'

/**
 * The ID3 tags of a stream of timed metadata. Tags cut off or without a time, and those beyond `MOST_TAGS`, are left
 * out and counted.
 */
export function* id3Events(es: EsBuffer, unwrap: (time: number) => number): Steps<Id3Event[]> {
  const { from, end, marks } = yield* joinPayloads(es, unwrap)
  const meter = new StepMeter()
  const events: Id3Event[] = []
  let next = 0
  for (let at = from; at < end; ) {
    if (meter.ends()) yield
    while (next < marks.length && marks[next]!.position <= at) next++
    const size = id3TagSize(es.bytes, at, end)
    const behind = marks[next]?.position ?? end
    // A tag may continue in the next PES packet, which then has no PTS; one with a PTS begins with a tag of its own.
    if (size === 0 || at + size > behind || next === 0 || events.length === MOST_TAGS) {
      es.dropped++
      at = size === 0 || at + size > behind ? behind : at + size
      continue
    }
    events.push({
      pid: es.stream.pid,
      pts: marks[next - 1]!.pts,
      tag: new Uint8Array(es.bytes.subarray(at, at + size)),
    })
    at += size
  }
  return events
}
