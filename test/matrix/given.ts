import { samplesOf, type Wrapping } from '../judges/samples.ts'
import type { GivenTrack } from './compare.ts'
import type { Viewed } from './viewed.ts'

/** Reads and decodes everything a viewer was given, text apart. */
export async function readTracks({ streams }: Viewed, wrapping: Wrapping, decode: boolean): Promise<GivenTrack[]> {
  const tracks: GivenTrack[] = []
  for (const { kind, name, runs } of streams) {
    if (kind === 'text') continue
    const read = []
    for (const { header, segments } of runs) {
      read.push(await samplesOf({ input: [...(header ? [header] : []), ...segments], wrapping, decode }))
    }
    for (const [index, { kind: sort, codec }] of read[0]!.entries()) {
      tracks.push({ name, kind: sort, codec, runs: read.map((run) => run[index]!) })
    }
  }
  return tracks
}
