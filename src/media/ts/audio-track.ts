import type { FrameSyntax } from '../audio/sampler.ts'
import { audioTrack, cutSamples, type TimeMark } from '../audio/track.ts'
import type { Track } from '../sample.ts'
import type { EsBuffer } from './es-buffer.ts'

/** The samples of an AAC stream, in place. Undefined when there is none. */
export function aacTrack(es: EsBuffer, unwrap: (time: number) => number): Track | undefined {
  return trackOf('aac', es, unwrap)
}

/** The samples of an AC-3 or E-AC-3 stream, in place. Undefined when there is none. */
export function ac3Track(es: EsBuffer, unwrap: (time: number) => number): Track | undefined {
  return trackOf('ac3', es, unwrap)
}

function trackOf(syntax: FrameSyntax, es: EsBuffer, unwrap: (time: number) => number): Track | undefined {
  const { from, end, marks } = joinPayloads(es, unwrap)
  const losses = { dropped: 0, lost: 0 }
  const samples = cutSamples(syntax, es.bytes, from, end, marks, losses)
  es.dropped += losses.dropped
  es.continuityErrors += losses.lost
  return samples && audioTrack(es.stream.pid, samples)
}

/** Moves the payloads together, and remembers where each PTS stood. */
function joinPayloads(es: EsBuffer, unwrap: (time: number) => number) {
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
