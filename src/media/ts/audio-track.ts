import type { FrameSyntax } from '../audio/sampler.ts'
import { audioTrack, cutSamples } from '../audio/track.ts'
import type { Track } from '../sample.ts'
import type { Steps } from '../steps.ts'
import type { DemuxOptions } from './demux-options.ts'
import type { EsBuffer } from './es-buffer.ts'
import { joinPayloads } from './joined-payloads.ts'

/** The samples of an AAC, AC-3 or E-AC-3 stream, in place. Undefined when there is none. */
export function* elementaryAudioTrack(
  syntax: FrameSyntax,
  es: EsBuffer,
  unwrap: (time: number) => number,
  { describedAudio }: DemuxOptions,
): Steps<Track | undefined> {
  const losses = { dropped: 0, lost: 0 }
  const frames = yield* joinPayloads(es, unwrap)
  const hasHeader = describedAudio?.has(es.stream.pid) ?? false
  const samples = yield* cutSamples(syntax, { bytes: es.bytes, inPlace: true, hasHeader }, frames, losses)
  es.dropped += losses.dropped
  es.continuityErrors += losses.lost
  return samples && audioTrack(es.stream.pid, samples)
}
