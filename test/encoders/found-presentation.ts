/** What the manifests of an output list, in their order, with the access units of each segment. */
import { DOMParser } from '@xmldom/xmldom'
import hlsParser from 'hls-parser'
import { headerIn, type TimedUnit, unitsOfFragment, unitsOfSource } from './found-media.ts'

export type FoundSegment = {
  readonly name: string
  readonly units: readonly TimedUnit[]
  /** Ticks, as listed. */
  readonly duration: number
  /** Ticks, where it is listed. */
  readonly start?: number
  /** EXT-X-GAP. */
  readonly isGap?: boolean
  /** A discontinuity, or another Period. */
  readonly breaks: boolean
}

export type FoundTrack = {
  readonly name: string
  readonly segments: readonly FoundSegment[]
  readonly targetDuration?: number
}

type Element = NonNullable<ReturnType<DOMParser['parseFromString']>['documentElement']>

/** A file of an output by its path from the parent manifest. */
export type Fetch = (path: string) => Promise<Buffer>

const TICKS = 90_000
const SMOOTH_TIMESCALE = 10_000_000

/** HLS of transport streams or CMAF. */
export async function foundHls(fetch: Fetch, parent: string): Promise<FoundTrack[]> {
  const text = (await fetch(parent)).toString()
  const { variants } = hlsParser.parse(text) as hlsParser.types.MasterPlaylist
  const uris = variants.flatMap(({ uri, audio }) => [uri, ...audio.flatMap((rendition) => rendition.uri ?? [])])
  return inTurn([...new Set(uris)], (uri) => foundPlaylist(fetch, below(parent, uri)))
}

async function foundPlaylist(fetch: Fetch, name: string): Promise<FoundTrack> {
  const { segments, targetDuration } = hlsParser.parse((await fetch(name)).toString()) as hlsParser.types.MediaPlaylist
  let map: string | undefined
  const found = await inTurn(
    segments,
    async ({ uri, map: own, duration, discontinuity, gap }): Promise<FoundSegment> => {
      map = own?.uri ?? map
      const segment = gap ? Buffer.alloc(0) : await fetch(below(name, uri))
      const units = gap
        ? []
        : map
          ? unitsOfFragment(segment, headerIn(await fetch(below(name, map))))
          : unitsOfSource(segment)
      return { name: uri, units, duration: duration * TICKS, isGap: gap === true, breaks: discontinuity === true }
    },
  )
  return { name, segments: found, targetDuration }
}

/** DASH with numbers and timelines. */
export async function foundDash(fetch: Fetch, parent: string): Promise<FoundTrack[]> {
  const tracks = new Map<string, FoundSegment[]>()
  for (const [p, period] of elements(await document(fetch, parent), 'Period').entries()) {
    for (const set of elements(period, 'AdaptationSet')) {
      for (const representation of elements(set, 'Representation')) {
        const [template] = [...elements(representation, 'SegmentTemplate'), ...elements(set, 'SegmentTemplate')]
        const id = representation.getAttribute('id') || ''
        // Representations of one kind, in their order, go on from Period to Period.
        const name = `${set.getAttribute('mimeType') || representation.getAttribute('mimeType')} ${id}`
        const segments = await foundTemplate(fetch, template!, id)
        const before = tracks.get(name) ?? []
        tracks.set(name, [...before, ...segments.map((segment, i) => ({ ...segment, breaks: p > 0 && i === 0 }))])
      }
    }
  }
  return [...tracks].map(([name, segments]) => ({ name, segments }))
}

async function foundTemplate(fetch: Fetch, template: Element, id: string): Promise<FoundSegment[]> {
  const value = (name: string) => Number(template.getAttribute(name) || 0)
  const file = (name: string, number = 0) => {
    return (template.getAttribute(name) || '').replace('$RepresentationID$', id).replace('$Number$', `${number}`)
  }
  const header = headerIn(await fetch(file('initialization')))
  const timescale = value('timescale')
  const inTicks = (time: number) => (time / timescale) * TICKS
  return inTurn(chunksOf(elements(template, 'S')), async ({ time, duration }, i) => {
    const name = file('media', value('startNumber') + i)
    const units = unitsOfFragment(await fetch(name), header)
    return { name, units, start: inTicks(time), duration: inTicks(duration), breaks: false }
  })
}

export async function foundSmooth(fetch: Fetch, parent: string): Promise<FoundTrack[]> {
  const indexes = elements(await document(fetch, parent), 'StreamIndex')
  const tracks = await inTurn(indexes, (index) => {
    const chunks = chunksOf(elements(index, 'c'))
    return inTurn(elements(index, 'QualityLevel'), async (level): Promise<FoundTrack> => {
      const bitrate = level.getAttribute('Bitrate') || ''
      const [url, type] = [index.getAttribute('Url') || '', index.getAttribute('Type') || '']
      const header = { kind: type === 'video' ? 'video' : 'audio', timescale: SMOOTH_TIMESCALE } as const
      const inTicks = (time: number) => (time / SMOOTH_TIMESCALE) * TICKS
      const segments = await inTurn(chunks, async ({ time, duration }): Promise<FoundSegment> => {
        const name = url.replace('{bitrate}', bitrate).replace('{start time}', `${time}`)
        const units = unitsOfFragment(await fetch(below(parent, name)), header, time)
        return { name, units, start: inTicks(time), duration: inTicks(duration), breaks: false }
      })
      return { name: `${type} ${bitrate}`, segments }
    })
  })
  return tracks.flat()
}

/** S of a SegmentTimeline, or c of a StreamIndex: without a time it follows the one before; one may be several. */
function chunksOf(listed: readonly Element[]): { readonly time: number; readonly duration: number }[] {
  let next = 0
  return listed.flatMap((element) => {
    const repeats =
      element.localName === 'S' ? Number(element.getAttribute('r') || 0) + 1 : Number(element.getAttribute('r') || 1)
    next = Number(element.getAttribute('t') || next)
    const duration = Number(element.getAttribute('d'))
    return Array.from({ length: repeats }, () => {
      const time = next
      next += duration
      return { time, duration }
    })
  })
}

async function document(fetch: Fetch, name: string): Promise<Element> {
  const { documentElement } = new DOMParser().parseFromString((await fetch(name)).toString(), 'text/xml')
  if (!documentElement) throw new Error(`${name} is empty`)
  return documentElement
}

function elements(parent: Element, name: string): Element[] {
  const list = parent.getElementsByTagName(name)
  return Array.from({ length: list.length }, (_, i) => list[i] as Element)
}

function below(manifest: string, uri: string): string {
  return new URL(uri, `http://origin/${manifest}`).pathname.slice(1)
}

/** One after the other, so that a life is lived the same way each time. */
async function inTurn<T, U>(all: readonly T[], take: (one: T, i: number) => Promise<U>): Promise<U[]> {
  const taken: U[] = []
  for (const [i, one] of all.entries()) taken.push(await take(one, i))
  return taken
}
