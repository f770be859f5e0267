import type { TimeMark } from '../audio/sampler.ts'
import type { FrameRange } from '../audio/track.ts'
import { StepMeter, type Steps } from '../steps.ts'
import type { EsBuffer } from './es-buffer.ts'

/** Joins the payloads of a stream's PES packets in place, and records the position of each PTS. */
export function* joinPayloads(es: EsBuffer, unwrap: (time: number) => number): Steps<FrameRange> {
  const meter = new StepMeter()
  const marks: TimeMark[] = []
  let from = -1
  let end = 0
  for (const { header, from: payload, end: payloadEnd } of es.pesPackets()) {
    if (from < 0) {
      from = payload
      end = payload
    }
    if (header.pts >= 0) marks.push({ position: end, pts: unwrap(header.pts) })
    es.bytes.copyWithin(end, payload, payloadEnd)
    end += payloadEnd - payload
    if (meter.ends(payloadEnd - payload)) yield
  }
  return { from: Math.max(from, 0), end, marks }
}
