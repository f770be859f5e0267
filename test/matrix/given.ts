import { sha256 } from '../judges/playlists.ts'
import { samplesOfEach, type Wrapping } from '../judges/samples.ts'
import type { GivenTrack } from './compare.ts'
import { bytesOf, type Viewed, type ViewedStream } from './viewed.ts'

/** What a viewer was given at an output. */
export type Given = { readonly viewed: Viewed; readonly wrapping: Wrapping }

/**
 * Reads everything that viewers were given, text and packed audio apart, all with one ffmpeg; what was made into MP4 is
 * decoded as well. Gives the tracks at each output.
 */
export async function readTracks(given: readonly Given[]): Promise<GivenTrack[][]> {
  const media = given.map(mediaOf)
  // What two outputs give alike is read once.
  const readings = new Map<string, Parameters<typeof samplesOfEach>[0][number]>()
  const placesOf = given.map(({ wrapping }, at) =>
    media[at]!.map(({ runs }) =>
      runs.map((each) => {
        const place = `${wrapping} ${sha256(bytesOf(each))}`
        const input = [...(each.header ? [each.header] : []), ...each.segments]
        readings.set(place, { input, wrapping, decode: wrapping === 'mp4' })
        return place
      }),
    ),
  )
  const all = await samplesOfEach([...readings.values()])
  const found = new Map([...readings.keys()].map((place, index) => [place, all[index]!]))
  return media.map((streams, at) =>
    streams.flatMap(({ name }, stream): GivenTrack[] => {
      const read = placesOf[at]![stream]!.map((place) => found.get(place)!)
      return read[0]!.map(({ kind, codec }, index) => ({ name, kind, codec, runs: read.map((run) => run[index]!) }))
    }),
  )
}

function mediaOf({ viewed, wrapping }: Given): ViewedStream[] {
  return viewed.streams.filter(({ kind, runs }) => {
    return kind !== 'text' && (wrapping !== 'mpegts' || runs[0]?.segments[0]?.[0] === 0x47)
  })
}
