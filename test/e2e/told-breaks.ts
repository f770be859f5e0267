/** What players and parsers tell of ad breaks, held against what tshark reads of their messages. */
import type { SpliceEvent } from '../judges/playback.ts'
import type { ToldEvent } from './break-script.ts'

/** In seconds; times in manifests are in milliseconds. */
const EXACT = 0.0015
const PROGRAMME_START = 0x10
/** Players look at playlists every two seconds; half a minute later, tags begin to leave these. */
const SOON_MS = 20_000

/** Breaks that overlap, as one: with the event that began first, on whole source segments of a second. */
export type Break = { readonly first: ToldEvent; readonly start: number; readonly end: number }

/** A marker stands before the first source segment that begins at or after the time of the message. */
const snapped = (seconds: number) => Math.ceil(seconds - EXACT)

export function breaksOf(events: readonly ToldEvent[]): Break[] {
  const breaks: Break[] = []
  for (const event of events.filter(({ typeId }) => typeId !== PROGRAMME_START)) {
    const [start, end] = [snapped(event.start), snapped(event.end ?? Infinity)]
    const before = breaks.at(-1)
    if (before && start < before.end) breaks[breaks.length - 1] = { ...before, end: Math.max(before.end, end) }
    else breaks.push({ first: event, start, end })
  }
  return breaks
}

/** An event as somebody tells of it, in seconds of the programme. */
export type Region = Omit<SpliceEvent, 'scheme' | 'at'>

/** An event, the end that must be told of if there is one, and others that may be told before. */
export type Expected = {
  readonly id: string
  readonly start: number
  readonly end?: number
  readonly before: readonly number[]
}

/** Of HLS: every event, with its exact times. */
export function rangesOf(events: readonly ToldEvent[]): Expected[] {
  return events.map(({ id, start, end, plannedEnd = Infinity }) => {
    return { id: `${id}`, start, ...(end !== undefined && { end }), before: [plannedEnd, Infinity] }
  })
}

/**
 * Of DASH: every break, with its planned duration. What is not planned, players take for nothing, for endless, or for
 * what is left of the Period.
 */
export function regionsOf(breaks: readonly Break[]): Expected[] {
  return breaks.map(({ first: { id, plannedEnd }, start, end }) => {
    if (plannedEnd === undefined) return { id: `${id}`, start, before: [start, end, Infinity, Number.NaN] }
    return { id: `${id}`, start, end: plannedEnd, before: [Math.min(plannedEnd, end)] }
  })
}

const isNear = (a: number, b: number) => Object.is(a, b) || Math.abs(a - b) <= EXACT

/** Each event of which otherwise is told than is expected, as a sentence. */
export function differences(who: string, found: readonly Region[], expected: readonly Expected[]): string[] {
  const ids = new Set([...found, ...expected].map(({ id }) => id))
  return [...ids].flatMap((id) => {
    const told = found.filter((each) => each.id === id)
    const wanted = expected.find((each) => each.id === id)
    const inWords = told.map(({ start, end }) => `${start} to ${end}`).join(', ')
    if (!wanted) return [`${who} tells of an event ${id} that there is not: ${inWords}`]
    const { start, end, before } = wanted
    const ends = end === undefined ? before : [end, ...before]
    const isTold = told.some((each) => end === undefined || isNear(each.end, end))
    const isRight = told.every((each) => isNear(each.start, start) && ends.some((one) => isNear(one, each.end)))
    return isTold && isRight ? [] : [`${who} tells of event ${id}, ${start} to ${ends.join(' or ')}: ${inWords}`]
  })
}

/** Ends of events that a player has told of much later than a playlist did, as sentences. Times in milliseconds. */
export function lateEnds(
  who: string,
  told: readonly (Region & { readonly at: number })[],
  expected: readonly Expected[],
  listedAt: ReadonlyMap<string, number>,
): string[] {
  return expected.flatMap(({ id, end }) => {
    const listed = listedAt.get(id)
    const all = told.filter((each) => each.id === id && end !== undefined && isNear(each.end, end))
    const late = Math.min(...all.map(({ at }) => at)) - (listed ?? Infinity)
    const isLate = all.length > 0 && late > SOON_MS
    return isLate ? [`${who} tells of the end of event ${id} ${late / 1000} s after a playlist does`] : []
  })
}

/** What all tags of a playlist say of date ranges: attributes of one ID never differ, RFC 8216 §4.3.2.7. */
export function rangeTags(lines: Iterable<string>, firstDate: number): { told: Region[]; faults: string[] } {
  const known = new Map<string, Map<string, string>>()
  const faults: string[] = []
  const told = [...lines].map((line) => {
    const listed = [...line.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)]
    const tag = new Map(listed.map(([, name, quoted, bare]) => [name!, quoted ?? bare!]))
    const id = tag.get('ID')!
    const own = known.get(id) ?? new Map<string, string>()
    known.set(id, own)
    for (const [name, value] of tag) {
      const before = own.get(name)
      if (before !== undefined && before !== value) faults.push(`${name} of ${id} is ${before}, and ${value}`)
      own.set(name, value)
    }
    const seconds = (name: string) => (Date.parse(tag.get(name)!) - firstDate) / 1000
    const [start, planned] = [seconds('START-DATE'), tag.get('PLANNED-DURATION')]
    const plannedEnd = planned === undefined ? Infinity : start + Number(planned)
    return { id, start, end: tag.has('END-DATE') ? seconds('END-DATE') : plannedEnd }
  })
  return { told, faults }
}

/** A Period as an MPD says it, in seconds of the programme. */
export type ListedPeriod = { readonly id: string; readonly start: number; readonly duration: number | undefined }

/**
 * Of all that MPDs have said: a Period never changes, but that it ends; Periods begin where the programme and breaks
 * do, and behind breaks.
 */
export function periodFaults(listed: readonly ListedPeriod[], breaks: readonly Break[]): string[] {
  const periods = Map.groupBy(listed, ({ id }) => id)
  const faults = [...periods].flatMap(([id, said]) => {
    const durations = new Set(said.flatMap(({ duration }) => duration ?? []))
    const isSteady = new Set(said.map(({ start }) => start)).size === 1 && durations.size <= 1
    return isSteady ? [] : [`Period ${id} changes: ${JSON.stringify(said)}`]
  })
  const round = (seconds: number) => Math.round(seconds * 1000) / 1000
  const starts = new Set(listed.map(({ start }) => round(start)))
  const expected = new Set([0, ...breaks.flatMap(({ start, end }) => [start, end])])
  for (const start of new Set([...starts, ...expected])) {
    if (!expected.has(start)) faults.push(`a Period begins at ${start}`)
    if (!starts.has(start)) faults.push(`no Period begins at ${start}`)
  }
  return faults
}
