import { samplesOfEach, type Wrapping } from '../judges/samples.ts'
import type { GivenTrack } from './compare.ts'
import type { Viewed, ViewedStream } from './viewed.ts'

/** What a viewer was given at an output. */
export type Given = { readonly viewed: Viewed; readonly wrapping: Wrapping }

/**
 * Reads everything that viewers were given, text and packed audio apart, all with one ffmpeg; what was made into MP4 is
 * decoded as well. Gives the tracks at each output.
 */
export async function readTracks(given: readonly Given[]): Promise<GivenTrack[][]> {
  const media = given.map(mediaOf)
  const readings = given.flatMap(({ wrapping }, at) =>
    media[at]!.flatMap(({ runs }) =>
      runs.map(({ header, segments }) => {
        return { input: [...(header ? [header] : []), ...segments], wrapping, decode: wrapping === 'mp4' }
      }),
    ),
  )
  const all = await samplesOfEach(readings)
  return media.map((streams) =>
    streams.flatMap(({ name, runs }): GivenTrack[] => {
      const read = all.splice(0, runs.length)
      return read[0]!.map(({ kind, codec }, index) => ({ name, kind, codec, runs: read.map((run) => run[index]!) }))
    }),
  )
}

function mediaOf({ viewed, wrapping }: Given): ViewedStream[] {
  return viewed.streams.filter(({ kind, runs }) => {
    return kind !== 'text' && (wrapping !== 'mpegts' || runs[0]?.segments[0]?.[0] === 0x47)
  })
}
