import type { Steps } from '../../media/steps.ts'
import { MOST_ENTRIES, pathFrom, type TrackListing, UnreadableListing } from './listing.ts'
import { addChunks, eachElement, type TimedChunk, wholeNumber } from './xml-elements.ts'

/** Units per second where a manifest states none, MS-SSTR §2.2.2.1. */
const TIMESCALE = 10_000_000

/** What a manifest of Smooth Streaming lists: each StreamIndex in each of its bit rates. Throws UnreadableListing. */
export function* readSmooth(text: string, path: string): Steps<readonly TrackListing[]> {
  const listings: TrackListing[] = []
  let root: Readonly<Record<string, string>> = {}
  let index: Readonly<Record<string, string>> = {}
  let bitrates: string[] = []
  let chunks: TimedChunk[] = []
  const addListings = () => {
    const { Url: url = '', Type: type = '', Name: name = type } = index
    const timescale = wholeNumber(index, 'TimeScale', wholeNumber(root, 'TimeScale', TIMESCALE))
    const kind = type === 'video' || type === 'audio' ? type : 'other'
    for (const bitrate of bitrates) {
      const entries = chunks.map(({ time, duration }) => {
        const reference = url.replace('{bitrate}', bitrate).replace('{start time}', String(time))
        const [startMs, ms] = [time, duration].map((value) => (value * 1000) / timescale) as [number, number]
        return { sequence: time, startMs, ms, path: pathFrom(path, reference) }
      })
      listings.push({
        name: `${name}/${bitrate}`,
        path,
        kind,
        entries,
        isOver: root['IsLive']?.toUpperCase() !== 'TRUE',
      })
    }
  }
  yield* eachElement(text, {
    begins(name, attributes) {
      if (name === 'SmoothStreamingMedia') root = attributes
      else if (name === 'StreamIndex') [index, bitrates, chunks] = [attributes, [], []]
      else if (name === 'QualityLevel') bitrates.push(attributes['Bitrate'] ?? '')
      else if (name === 'c') addChunks(chunks, attributes, wholeNumber(attributes, 'r', 1), MOST_ENTRIES)
    },
    ends(name) {
      if (name === 'StreamIndex') addListings()
    },
  })
  if (listings.length === 0) throw new UnreadableListing('has no stream')
  return listings
}
