import type { Steps } from '../../media/steps.ts'
import { EntryMaker, pathFrom, type TrackListing, UnreadableListing } from './listing.ts'
import { type Attributes, eachElement, TimedChunks, wholeNumber } from './xml-elements.ts'

/** Units per second where a manifest states none, MS-SSTR §2.2.2.1. */
const TIMESCALE = 10_000_000

type StreamIndex = { readonly attributes: Attributes; readonly bitrates: string[]; readonly chunks: TimedChunks }

/** What a manifest of Smooth Streaming lists: each StreamIndex in each of its bit rates. Throws UnreadableListing. */
export function* readSmooth(text: string, path: string): Steps<readonly TrackListing[]> {
  const maker = new EntryMaker()
  const indexes: StreamIndex[] = []
  let root: Attributes = {}
  let open: StreamIndex = { attributes: {}, bitrates: [], chunks: new TimedChunks() }
  yield* eachElement(text, {
    begins(name, attributes) {
      if (name === 'SmoothStreamingMedia') root = attributes
      else if (name === 'StreamIndex') open = { attributes, bitrates: [], chunks: new TimedChunks() }
      else if (name === 'QualityLevel') open.bitrates.push(attributes['Bitrate'] ?? '')
      else if (name === 'c') open.chunks.add(attributes, wholeNumber(attributes, 'r', 1), maker)
    },
    ends(name) {
      if (name === 'StreamIndex') indexes.push(open)
    },
  })
  for (const { chunks, bitrates } of indexes) maker.count(chunks.length * bitrates.length)
  const listings: TrackListing[] = []
  const isOver = root['IsLive']?.toUpperCase() !== 'TRUE'
  for (const { attributes, bitrates, chunks } of indexes) {
    const { Url: url = '', Type: type = '', Name: name = type } = attributes
    const timescale = wholeNumber(attributes, 'TimeScale', wholeNumber(root, 'TimeScale', TIMESCALE))
    const kind = type === 'video' || type === 'audio' ? type : 'other'
    for (const bitrate of bitrates) {
      const entries = yield* maker.entries(chunks, ({ time, duration }) => {
        const reference = url.replace('{bitrate}', () => bitrate).replace('{start time}', String(time))
        const [startMs, ms] = [time, duration].map((value) => (value * 1000) / timescale) as [number, number]
        return { sequence: time, startMs, ms, path: pathFrom(path, reference) }
      })
      listings.push({ name: `${name}/${bitrate}`, path, kind, entries, isOver })
    }
  }
  if (listings.length === 0) throw new UnreadableListing('has no stream')
  return listings
}
