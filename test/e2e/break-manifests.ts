/** What parsers find of ad breaks in the manifests of a live channel, until it is over. */
import hlsParser, { type types } from 'hls-parser'
import { parse as parseMpd } from 'mpd-parser'
import { fetchBytes, servedPlaylists } from '../judges/playlists.ts'
import {
  type Break,
  differences,
  type Expected,
  type ListedPeriod,
  periodFaults,
  type Region,
  rangeTags,
} from './told-breaks.ts'

export const HLS_OUTPUTS = ['hls', 'cmaf']
export const DASH_OUTPUTS = { number: 'NUMBER_WITH_TIMELINE', time: 'TIME_WITH_TIMELINE' } as const

/** What is expected, and when the programme began on the clock of an output's events. */
export type Shown = {
  readonly ranges: readonly Expected[]
  readonly regions: readonly Expected[]
  readonly breaks: readonly Break[]
  /** When a playlist first had the end of a date range, by its ID. */
  readonly endsListedAt: ReadonlyMap<string, number>
  since(output: string): number
}

export const moved = (events: readonly Region[], since: number): Region[] =>
  events.map(({ id, start, end }) => ({ id, start: start - since, end: end - since }))

/** What all manifests have said until now. */
export class Manifests {
  private readonly urls: ReadonlyMap<string, string>
  /** Lines of EXT-X-DATERANGE in the media playlists, by their URLs. */
  private readonly ranges = new Map<string, Set<string>>()
  readonly endsListedAt = new Map<string, number>()
  private readonly regions = new Map<string, Region[]>()
  private readonly periods = new Map<string, ListedPeriod[]>()
  private readonly faults: string[] = []
  /** availabilityStartTime in milliseconds since 1970. */
  private readonly availability = new Map<string, number>()

  constructor(urls: ReadonlyMap<string, string>) {
    this.urls = urls
  }

  epochOf(output: string): number {
    return this.availability.get(output) ?? 0
  }

  async look(): Promise<void> {
    for (const output of HLS_OUTPUTS) {
      for (const { url, text } of await servedPlaylists(this.urls.get(output)!)) {
        const { segments } = hlsParser.parse(text) as types.MediaPlaylist
        if (segments.length === 0) this.faults.push(`${url} lists nothing`)
        const own = this.ranges.get(url) ?? new Set()
        this.ranges.set(url, own)
        for (const [line] of text.matchAll(/^#EXT-X-DATERANGE:.*$/gm)) own.add(line)
        for (const [, id] of text.matchAll(/^#EXT-X-DATERANGE:ID="(.*?)".*END-DATE/gm)) {
          if (!this.endsListedAt.has(id!)) this.endsListedAt.set(id!, Date.now())
        }
      }
    }
    for (const output of Object.keys(DASH_OUTPUTS)) await this.lookAtMpd(output)
  }

  private async lookAtMpd(output: string): Promise<void> {
    const url = this.urls.get(output)!
    const text = (await fetchBytes(url)).toString()
    this.availability.set(output, Date.parse(/availabilityStartTime="(.*?)"/.exec(text)![1]!))
    const { eventStream = [] } = parseMpd(text, { manifestUri: url })
    const known = this.regions.get(output) ?? []
    const isKnown = (id: string, start: number, end: number) =>
      known.some((each) => each.id === `${id}` && Object.is(each.start, start) && Object.is(each.end, end))
    const told = eventStream.filter(({ id, start, end }) => !isKnown(id, start, end))
    this.regions.set(output, [...known, ...told.map(({ id, start, end }) => ({ id: `${id}`, start, end }))])
    const listed = [...text.matchAll(/<Period id="(\d+)" start="PT([\d.]+)S"(?: duration="PT([\d.]+)S")?/g)]
    const periods = listed.map(([, id, start, duration]) => {
      return { id: id!, start: Number(start), duration: duration === undefined ? undefined : Number(duration) }
    })
    this.periods.set(output, [...(this.periods.get(output) ?? []), ...periods])
    const open = periods.filter(({ duration }) => duration === undefined)
    if (open.length !== 1 || open[0] !== periods.at(-1)) {
      this.faults.push(`${output} has ${open.length} Periods without a duration at ${new Date().toISOString()}`)
    }
  }

  faultsIn({ ranges, regions, breaks, since }: Shown): string[] {
    const faults = [...this.faults]
    const said = [...this.ranges.values()].map((lines) => [...lines].sort().join('\n'))
    if (new Set(said).size > this.urls.size - 2) faults.push('playlists have different date ranges')
    for (const [url, lines] of this.ranges) {
      const { told, faults: own } = rangeTags(lines, 1000 * since('hls'))
      faults.push(...own.map((fault) => `${url}: ${fault}`), ...differences(url, told, ranges))
    }
    for (const [output, told] of this.regions) {
      faults.push(...differences(`mpd-parser with ${output}`, moved(told, since(output)), regions))
    }
    for (const [output, periods] of this.periods) {
      const own = periods.map((period) => ({ ...period, start: period.start - since(output) }))
      faults.push(...periodFaults(own, breaks).map((fault) => `${output}: ${fault}`))
    }
    return faults
  }
}
