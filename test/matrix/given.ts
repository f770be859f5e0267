import { samplesOfEach, type Wrapping } from '../judges/samples.ts'
import type { GivenTrack } from './compare.ts'
import type { Viewed } from './viewed.ts'

/** Reads everything a viewer was given, text and packed audio apart; what was made into MP4 is decoded as well. */
export async function readTracks({ streams }: Viewed, wrapping: Wrapping): Promise<GivenTrack[]> {
  const media = streams.filter(({ kind, runs }) => {
    return kind !== 'text' && (wrapping !== 'mpegts' || runs[0]?.segments[0]?.[0] === 0x47)
  })
  const readings = media.flatMap(({ runs }) =>
    runs.map(({ header, segments }) => {
      return { input: [...(header ? [header] : []), ...segments], wrapping, decode: wrapping === 'mp4' }
    }),
  )
  const all = await samplesOfEach(readings)
  return media.flatMap(({ name, runs }): GivenTrack[] => {
    const read = all.splice(0, runs.length)
    return read[0]!.map(({ kind, codec }, index) => ({ name, kind, codec, runs: read.map((run) => run[index]!) }))
  })
}
