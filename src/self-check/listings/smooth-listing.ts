import type { Steps } from '../../media/steps.ts'
import { UnreadableListing } from './listing.ts'
import { TimedEntries, type TimedListing, TimedRuns } from './timed-entries.ts'
import { type Attributes, eachElement, wholeNumber } from './xml-elements.ts'

/** Units per second where a manifest states none, MS-SSTR §2.2.2.1. */
const TIMESCALE = 10_000_000

type StreamIndex = { readonly attributes: Attributes; readonly bitrates: string[]; readonly runs: TimedRuns }

/** What a manifest of Smooth Streaming lists: each StreamIndex in each of its bit rates. Throws UnreadableListing. */
export function* readSmooth(text: string, path: string): Steps<readonly TimedListing[]> {
  const indexes: StreamIndex[] = []
  let root: Attributes = {}
  let open: StreamIndex = { attributes: {}, bitrates: [], runs: new TimedRuns() }
  yield* eachElement(text, {
    begins(name, attributes) {
      if (name === 'SmoothStreamingMedia') root = attributes
      else if (name === 'StreamIndex') open = { attributes, bitrates: [], runs: new TimedRuns() }
      else if (name === 'QualityLevel') open.bitrates.push(attributes['Bitrate'] ?? '')
      else if (name === 'c') open.runs.add(attributes, wholeNumber(attributes, 'r', 1))
    },
    ends(name) {
      if (name === 'StreamIndex') indexes.push(open)
    },
  })
  const listings: TimedListing[] = []
  const isOver = root['IsLive']?.toUpperCase() !== 'TRUE'
  for (const { attributes, bitrates, runs } of indexes) {
    const { Url: url = '', Type: type = '', Name: name = type } = attributes
    const timescale = wholeNumber(attributes, 'TimeScale', wholeNumber(root, 'TimeScale', TIMESCALE))
    const kind = type === 'video' || type === 'audio' ? type : 'other'
    for (const bitrate of bitrates) {
      const reference = (_: number, time: number) =>
        url.replace('{bitrate}', () => bitrate).replace('{start time}', String(time))
      const entries = new TimedEntries(runs, timescale, path, reference)
      listings.push({ name: `${name}/${bitrate}`, path, kind, entries, isOver })
    }
  }
  if (listings.length === 0) throw new UnreadableListing('has no stream')
  return listings
}
