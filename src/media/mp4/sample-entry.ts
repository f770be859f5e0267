import { type ByteWriter, MalformedMedia } from '../bytes.ts'
import type { AudioDescription, VideoDescription } from '../track.ts'
import { type AudioEntry, readAudioEntry, writeAudioEntry } from './audio-entry.ts'
import type { Box } from './box.ts'
import { type ChapterEntry, writeChapterEntry } from './chapter-text.ts'
import { readTextEntry, type TextSampleEntry, writeTextEntry } from './text-entry.ts'
import { type TimedTextEntry, writeTimedTextEntry } from './timed-text.ts'
import type { TrackEncryption } from './track-encryption.ts'
import { readVideoEntry, type VideoEntry, writeVideoEntry } from './video-entry.ts'

/** The description of a track's samples that a decoder needs before the first of them, ISO/IEC 14496-12 §8.5.2. */
export type SampleEntry =
  | (VideoDescription & Pick<VideoEntry, 'hasSetsInSamples'>)
  | AudioDescription
  | TextSampleEntry
  | TimedTextEntry
  | ChapterEntry

/** Writes a sample entry; of pictures and sound as `encv` and `enca` where their samples are encrypted. */
export function writeSampleEntry(writer: ByteWriter, entry: SampleEntry, encryption?: TrackEncryption): void {
  if (entry.kind === 'video') writeVideoEntry(writer, entry, encryption)
  else if (entry.kind === 'audio') writeAudioEntry(writer, entry, encryption)
  else if (entry.kind === 'text') writeTextEntry(writer, entry)
  else if (entry.kind === 'timed text') writeTimedTextEntry(writer)
  else writeChapterEntry(writer)
}

/** Reads back the facts that a sample entry holds. */
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
