import type { SourceStream } from '../../model/output-segment.ts'
import { audioOf } from '../tracks/track-set.ts'

/** File extension of a stream's segments, where they are output in the source's container. */
export function segmentExtension(source: SourceStream): string {
  if (source.container === 'webvtt') return 'vtt'
  if (source.container !== 'packed-audio') return 'ts'
  const [audio] = audioOf(source)
  return audio?.codec === 'ac-3' ? 'ac3' : audio?.codec === 'ec-3' ? 'ec3' : 'aac'
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ts: 'video/mp2t',
  aac: 'audio/aac',
  ac3: 'audio/ac3',
  ec3: 'audio/eac3',
  vtt: 'text/vtt',
}

export function mediaTypeOf(extension: string): string {
  return MEDIA_TYPES[extension] ?? 'application/octet-stream'
}
