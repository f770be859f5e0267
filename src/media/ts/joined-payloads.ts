import type { TimeMark } from '../audio/sampler.ts'
import type { FrameRange } from '../audio/track.ts'
import type { EsBuffer } from './es-buffer.ts'

/** Joins the payloads of a stream's PES packets in place, and records the position of each PTS. */
export function joinPayloads(es: EsBuffer, unwrap: (time: number) => number): FrameRange {
  const marks: TimeMark[] = []
  let from = -1
  let end = 0
  es.forEachPes((header, payload, payloadEnd) => {
    if (from < 0) {
      from = payload
      end = payload
    }
    if (header.pts >= 0) marks.push({ position: end, pts: unwrap(header.pts) })
    es.bytes.copyWithin(end, payload, payloadEnd)
    end += payloadEnd - payload
  })
  return { from: Math.max(from, 0), end, marks }
}
