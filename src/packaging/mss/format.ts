import type { Absence } from '../../archive/reader.ts'
import type { SegmentSummary } from '../../model/output-segment.ts'
import {
  type Asset,
  type AssetOptions,
  type AssetSegment,
  NEIGHBOURS,
  type OutputFormat,
  type SegmentBatch,
  type SegmentBody,
  type SegmentLookup,
  type TextBody,
} from '../output-format.ts'
import { assetPresentation, type Presentation, presentationOf } from '../presentation.ts'
import { cuesBeforeIn } from '../segments/text-segment.ts'
import { splitTimes } from '../time-shift.ts'
import { windowParts } from '../window-parts.ts'
import { fragmentBody, type MadeWith } from './fragment.ts'
import { findFragment } from './lookup.ts'
import {
  chunksOf,
  type ListedMssStream,
  LOOK_AHEAD,
  listedMssStreams,
  type MssPresentation,
  mssManifest,
} from './manifest.ts'
import { fragmentName, type MssName, parseMssName } from './names.ts'
import { mssSettings } from './settings.ts'

const MANIFEST_TYPE = 'text/xml'

/** Smooth Streaming, MS-SSTR. */
export const mss: OutputFormat = {
  resolve(endpoint, path) {
    const settings = mssSettings(endpoint)
    const { times, rest } = splitTimes(path)
    const name = parseMssName(settings.name, rest)
    if (!name || (name.kind !== 'manifest' && times.depth > 0)) return undefined
    if (name.kind === 'manifest') {
      return {
        kind: 'manifest',
        isParent: true,
        times,
        takesTimes: false,
        // Fragments held back at the live edge must not shorten the window.
        windowSeconds: settings.windowSeconds + LOOK_AHEAD * settings.segment.durationSeconds,
        write: (window, style) => manifest(mssPresentation(presentationOf(endpoint, window, style, times))),
      }
    }
    return { kind: 'segment', body: (index, media, keys) => bodyOf(name, index, { endpoint, media, keys }) }
  },

  /**
   * The manifest, and fragments under the same paths below its folder as when live, so that a file server can serve
   * it.
   */
  asset(endpoint, window, { segments }: AssetOptions = {}): Asset | undefined {
    const folder = segments === undefined ? '' : `${segments}/`
    const toFragments = segments === undefined ? '' : `${encodeURIComponent(segments)}/`
    const presentation = { ...mssPresentation(assetPresentation(endpoint, window)), toFragments }
    const streams = listedMssStreams(presentation)
    if (streams === undefined || streams === 'nothing left') return undefined
    // The chunks of a long window are not worth keeping until they are written.
    const shown = streams.map(({ name, levels }) => ({ name, levels }))
    const part = windowParts(presentation.window)
    return {
      headers: [],
      segmentsOf(batch) {
        const known = { ...presentation, window: part([...batch.segments, ...batch.after]) }
        const fragments = shown.flatMap((stream) => assetFragments(known, stream, batch))
        return fragments.map((fragment) => ({ ...fragment, name: folder + fragment.name }))
      },
      manifests: [],
      parent: () => manifest(presentation) as TextBody,
    }
  },
}

function manifest(presentation: MssPresentation): TextBody | 'nothing left' | undefined {
  const streams = listedMssStreams(presentation)
  return streams === undefined || streams === 'nothing left' ? streams : manifestBody(presentation, streams)
}

function manifestBody(presentation: MssPresentation, streams: readonly ListedMssStream[]): TextBody {
  const { text, newest } = mssManifest(presentation, streams)
  const isHeldBack = streams.some((stream) => stream.isHeldBack)
  return { contentType: MANIFEST_TYPE, text, lastSequence: newest, ...(isHeldBack && { isHeldBack }) }
}

async function bodyOf(
  name: Exclude<MssName, { kind: 'manifest' }>,
  index: SegmentLookup,
  made: MadeWith,
): Promise<SegmentBody | Absence> {
  const { endpoint } = made
  const fragment = await findFragment(endpoint, mssSettings(endpoint), name, index)
  if (typeof fragment === 'string') return fragment
  const body = await fragmentBody(fragment, made)
  if (!body) return 'no such'
  return name.kind === 'fragment info' ? withoutMedia(body) : body
}

/**
 * The fragment's boxes without its media, MS-SSTR §2.2.3, which paused players request to learn how the presentation
 * continues.
 */
function withoutMedia(body: SegmentBody): SegmentBody {
  if (body.kind !== 'bytes') return body
  const [first = new Uint8Array()] = body.parts
  const moof = first.subarray(0, first.length - MDAT_HEADER)
  return { ...body, parts: [moof], size: moof.length }
}

const MDAT_HEADER = 8

/** The fragments of a batch; the presentation's window is the batch's segments and those after them. */
function assetFragments(
  presentation: MssPresentation,
  { name, levels }: Pick<ListedMssStream, 'name' | 'levels'>,
  batch: SegmentBatch<SegmentSummary>,
): readonly AssetSegment[] {
  const { endpoint, event, window } = presentation
  const known = window.segments
  const places = new Map(known.map((segment, place) => [segment, place]))
  const chunks = chunksOf(presentation, name, levels).map((chunk) => {
    return { ...chunk, place: places.get(chunk.segment)! }
  })
  const own = chunks.filter(({ place }) => place < batch.segments.length)
  return levels.flatMap(({ bitrate }, level) =>
    own.map(({ interval, tracks, place }, i): AssetSegment => {
      const track = tracks[level]!
      // Looks no further than any batch does, so that the bytes do not depend on where this one ends.
      const near = chunks.slice(i + 1, i + 1 + LOOK_AHEAD).filter((next) => next.place <= place + NEIGHBOURS)
      const following = near.map((next) => next.interval)
      const looksTo = near.length < LOOK_AHEAD ? place + NEIGHBOURS : near.at(-1)!.place
      return {
        name: fragmentName(event, name, bitrate, interval.time),
        track: `${name.kind}_${name.kind === 'video' ? bitrate : name.n}`,
        source: { place, stream: track.stream.index },
        isOpen: following.length < LOOK_AHEAD && known.length - 1 - place < NEIGHBOURS,
        announces: { after: known[place]!.number, last: known[looksTo]?.number ?? Number.POSITIVE_INFINITY },
        body(whole, media, keys) {
          const earlier = track.kind === 'text' ? cuesBeforeIn(whole, place, track.stream) : []
          const fragment = { track, segment: whole.segments[place]!, interval, following, earlier }
          return fragmentBody(fragment, { endpoint, media, keys })
        },
      }
    }),
  )
}

function mssPresentation(presentation: Presentation): MssPresentation {
  const { endpoint, window, references, style } = presentation
  const settings = mssSettings(endpoint)
  const isPlayed = style.kind === 'live'
  const { toSegments } = references
  return {
    ...presentation,
    settings,
    window: isPlayed ? window : { ...window, ended: true },
    // A changed endpoint gets other paths, since caches may hold the earlier content.
    event: isPlayed ? Math.floor(endpoint.modifiedAt / 1000) : 1,
    // Leads out of the manifest's own folder and into that of the live one.
    toFragments: toSegments === '' ? '' : `../${toSegments}${encodeURIComponent(settings.name)}.ism/`,
    isShifted: isPlayed && style.shift !== undefined,
  }
}
