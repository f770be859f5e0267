import { type ByteWriter, MalformedMedia } from '../bytes.ts'
import type { AudioDescription, VideoDescription } from '../track.ts'
import { type AudioEntry, readAudioEntry, writeAudioEntry } from './audio-entry.ts'
import type { Box } from './box.ts'
import { readTextEntry, type TextSampleEntry, writeTextEntry } from './text-entry.ts'
import { readVideoEntry, type VideoEntry, writeVideoEntry } from './video-entry.ts'

/** What a decoder must know before the first sample, ISO/IEC 14496-12 §8.5.2. */
export type SampleEntry = VideoDescription | AudioDescription | TextSampleEntry

export function writeSampleEntry(writer: ByteWriter, entry: SampleEntry): void {
  if (entry.kind === 'video') writeVideoEntry(writer, entry)
  else if (entry.kind === 'audio') writeAudioEntry(writer, entry)
  else writeTextEntry(writer, entry)
}

/** What of a sample entry can be read back. */
export function readSampleEntry(box: Box): VideoEntry | AudioEntry | TextSampleEntry {
  switch (box.type) {
    case 'avc1':
    case 'hvc1':
      return readVideoEntry(box)
    case 'mp4a':
    case 'ac-3':
    case 'ec-3':
      return readAudioEntry(box)
    case 'stpp':
      return readTextEntry(box)
    default:
      throw new MalformedMedia(`sample entry ${box.type}`, box.start)
  }
}
