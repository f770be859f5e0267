import { MOST_RANGES, type Selection } from './selection.ts'
import type { Span } from './span.ts'

/** What of the timeline is in the address of the page, so that a link shows the same. */
export type Address = {
  /** Absent where the whole archive is shown. */
  readonly view?: Span
  /** Where the playhead is; absent at the live edge. */
  readonly playhead?: number
  readonly selection: Selection
  readonly ranges: readonly Span[]
}

/** Reads the query of an address. What is not as `writeAddress` writes it is left out. */
export function readAddress(query: string): Address {
  const given = new URLSearchParams(query)
  const moment = (name: string) => momentOf(given.get(name))
  const view = spanOf(moment('start'), moment('end'))
  const [start, end, playhead] = [moment('in'), moment('out'), moment('at')]
  const isOrdered = start === undefined || end === undefined || start < end
  return {
    ...(view && { view }),
    ...(playhead !== undefined && { playhead }),
    selection: isOrdered ? { ...(start !== undefined && { in: start }), ...(end !== undefined && { out: end }) } : {},
    ranges: rangesOf(given.get('ranges') ?? ''),
  }
}

/** The query of an address. Ranges are written as ISO 8601 writes them: `START/END`. */
export function writeAddress({ view, playhead, selection, ranges }: Address): string {
  const moments = {
    start: view?.start,
    end: view?.end,
    at: playhead,
    in: selection.in,
    out: selection.out,
  }
  const query = Object.entries(moments).flatMap(([name, at]) => (at === undefined ? [] : [`${name}=${iso(at)}`]))
  if (ranges.length > 0) query.push(`ranges=${ranges.map((each) => `${iso(each.start)}/${iso(each.end)}`).join(',')}`)
  return query.join('&')
}

const iso = (moment: number) => new Date(moment).toISOString()

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/

function momentOf(text: string | null): number | undefined {
  const moment = text !== null && MOMENT.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(moment) ? undefined : moment
}

function spanOf(start: number | undefined, end: number | undefined): Span | undefined {
  return start !== undefined && end !== undefined && start < end ? { start, end } : undefined
}

function rangesOf(text: string): readonly Span[] {
  return text.split(',', MOST_RANGES).flatMap((each) => {
    const [start = null, end = null] = each.split('/')
    return spanOf(momentOf(start), momentOf(end)) ?? []
  })
}
