import type { FrameSyntax } from '../audio/sampler.ts'
import { audioTrack, cutSamples } from '../audio/track.ts'
import type { Track } from '../sample.ts'
import type { EsBuffer } from './es-buffer.ts'
import { joinPayloads } from './joined-payloads.ts'

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
  const samples = cutSamples(syntax, { bytes: es.bytes, inPlace: true }, from, end, marks, losses)
  es.dropped += losses.dropped
  es.continuityErrors += losses.lost
  return samples && audioTrack(es.stream.pid, samples)
}
