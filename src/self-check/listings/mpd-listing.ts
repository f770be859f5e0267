import type { Steps } from '../../media/steps.ts'
import { pathFrom, type TrackListing, UnreadableListing } from './listing.ts'
import { TimedEntries, type TimedListing, TimedRuns } from './timed-entries.ts'
import { type Attributes, eachElement, wholeNumber } from './xml-elements.ts'

/** What an MPD lists. */
export type MpdListing = {
  readonly periods: readonly ListedPeriod[]
  /** One for each Representation of each Period. Without a SegmentTimeline it has no entries. */
  readonly listings: readonly TimedListing[]
}

export type ListedPeriod = {
  readonly id: string
  /** UTC in milliseconds: where it begins, by MPD@availabilityStartTime. Absent in a static MPD. */
  readonly startUtc?: number
  /** The names of its Representations. */
  readonly representations: readonly string[]
}

type Template = { readonly attributes: Attributes; readonly runs: TimedRuns }
type Open = { id: string; start: number; representations: string[] }
type Unlisted = {
  readonly about: About
  readonly template: Template
  readonly id: string
  readonly start: number | undefined
}
type About = Pick<TimedListing, 'name' | 'path' | 'kind' | 'isOver'>

/** Reads an MPD with segment templates. Throws UnreadableListing. */
export function* readMpd(text: string, path: string): Steps<MpdListing> {
  const periods: Open[] = []
  const unlisted: Unlisted[] = []
  let mpd: Attributes = {}
  let set: Attributes = {}
  let representation: Attributes | undefined
  let shared: Template | undefined
  let own: Template | undefined
  let open: Template | undefined
  const period = () => periods.at(-1) ?? refuse('has an AdaptationSet outside a Period')

  const addRepresentation = (attributes: Attributes) => {
    const id = attributes['id'] ?? refuse('has a Representation without an id')
    const { id: ofPeriod, start, representations } = period()
    representations.push(id)
    const template = mergedTemplate(shared, own)
    const kind = kindOf(attributes['mimeType'] ?? set['mimeType'] ?? '')
    const isOver = mpd['type'] !== 'dynamic'
    const about = { name: `${ofPeriod}/${id}`, path, kind, isOver }
    unlisted.push({ about, template, id, start: isOver ? undefined : start })
  }

  yield* eachElement(text, {
    begins(name, attributes) {
      if (name === 'MPD') mpd = attributes
      else if (name === 'Period') {
        const start = utc(mpd['availabilityStartTime']) + durationMs(attributes['start'] ?? 'PT0S')
        periods.push({ id: attributes['id'] ?? '', start, representations: [] })
      } else if (name === 'AdaptationSet') [set, shared] = [attributes, undefined]
      else if (name === 'Representation') [representation, own] = [attributes, undefined]
      else if (name === 'SegmentTemplate') {
        open = { attributes, runs: new TimedRuns() }
        if (representation) own = open
        else shared = open
      } else if (name === 'S' && open) open.runs.add(attributes, wholeNumber(attributes, 'r', 0) + 1)
    },
    ends(name) {
      if (name !== 'Representation' || !representation) return
      addRepresentation(representation)
      representation = undefined
    },
  })
  if (periods.length === 0) refuse('has no Period')
  const listings: TimedListing[] = []
  for (const { about, ...more } of unlisted) listings.push({ ...about, ...listed(path, more) })
  const isDynamic = mpd['type'] === 'dynamic'
  return {
    periods: periods.map(({ id, start, representations }) => {
      return { id, ...(isDynamic && { startUtc: start }), representations }
    }),
    listings,
  }
}

function refuse(problem: string): never {
  throw new UnreadableListing(problem)
}

/** A template of a Representation lacks what its AdaptationSet has said, ISO/IEC 23009-1 §5.3.9.1. */
function mergedTemplate(shared: Template | undefined, own: Template | undefined): Template {
  const runs = own && own.runs.length > 0 ? own.runs : (shared?.runs ?? new TimedRuns())
  return { attributes: { ...shared?.attributes, ...own?.attributes }, runs }
}

function listed(
  path: string,
  { template: { attributes, runs }, id, start }: Omit<Unlisted, 'about'>,
): Pick<TimedListing, 'entries' | 'header' | 'endUtc'> {
  const timescale = wholeNumber(attributes, 'timescale', 1)
  const first = wholeNumber(attributes, 'startNumber', 1)
  const reference = (template: string | undefined, number?: number, time?: number) =>
    template
      ?.replaceAll('$RepresentationID$', () => id)
      .replaceAll('$Number$', String(number))
      .replaceAll('$Time$', String(time))
  const { media, initialization } = attributes
  const entries = new TimedEntries(runs, timescale, path, (place, time) => reference(media, first + place, time))
  const ofHeader = reference(initialization)
  const header = ofHeader === undefined ? undefined : pathFrom(path, ofHeader)
  const offset = wholeNumber(attributes, 'presentationTimeOffset', 0)
  return {
    entries,
    ...(header !== undefined && { header }),
    ...(runs.length > 0 && start !== undefined && { endUtc: start + ((runs.end - offset) * 1000) / timescale }),
  }
}

function kindOf(mimeType: string): TrackListing['kind'] {
  if (mimeType.startsWith('video/')) return 'video'
  return mimeType.startsWith('audio/') ? 'audio' : 'other'
}

function utc(text: string | undefined): number {
  const read = text === undefined ? 0 : Date.parse(text)
  return Number.isNaN(read) ? refuse(`has the date "${text?.slice(0, 40)}"`) : read
}

const DURATION = /^P(?:(\d{1,9})D)?T?(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,9})?)S)?$/

/** Reads an xs:duration of days, hours, minutes and seconds, in milliseconds. */
function durationMs(text: string): number {
  const match = DURATION.exec(text)
  if (!match) return refuse(`has the duration "${text.slice(0, 40)}"`)
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
}
