import { type SampleTrack, samplesOf, type Wrapping } from '../judges/samples.ts'
import type { GivenTrack } from './compare.ts'
import type { Viewed } from './viewed.ts'

/** Reads everything a viewer was given, text and packed audio apart; what was made into MP4 is decoded as well. */
export async function readTracks({ streams }: Viewed, wrapping: Wrapping): Promise<GivenTrack[]> {
  const tracks: GivenTrack[] = []
  for (const { kind, name, runs } of streams) {
    if (kind === 'text' || (wrapping === 'mpegts' && runs[0]?.segments[0]?.[0] !== 0x47)) continue
    const read: SampleTrack[][] = []
    for (const { header, segments } of runs) {
      const input = [...(header ? [header] : []), ...segments]
      read.push(await samplesOf({ input, wrapping, decode: wrapping === 'mp4' }))
    }
    for (const [index, { kind: sort, codec }] of read[0]!.entries()) {
      tracks.push({ name, kind: sort, codec, runs: read.map((run) => run[index]!) })
    }
  }
  return tracks
}
