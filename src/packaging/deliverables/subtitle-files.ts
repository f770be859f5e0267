import { TICKS_PER_SECOND, type Ticks } from '../../media/time.ts'
import type { Cue } from '../../media/webvtt/document.ts'
import { cueIdentity, cueTimes } from '../../media/webvtt/timeline.ts'
import { writeCue, writeDefinitions } from '../../media/webvtt/writer.ts'
import { endingOf, type NamedDeliverable, stemOf } from '../../model/deliverable.ts'
import type { AssetWholeFile, SegmentBatches, WholeFileBody, WholeFileSource } from '../output-format.ts'
import { MovieClock } from '../progressive/movie-clock.ts'
import { cuesBeforeIn, documentsOf } from '../segments/text-segment.ts'
import type { SingleText } from '../tracks/track-set.ts'
import type { AssetOrder } from './asset-format.ts'
import { presentTracks } from './present-tracks.ts'
import { type ShownSpan, type ShownSpans, shownSpans } from './shown-span.ts'
import { spooledText } from './spooled-text.ts'

/** A cue that encoders repeat is repeated while it is shown, and for so long after it. */
const REPEATED_WITHIN = 60 * TICKS_PER_SECOND
/** The most characters of regions and styles of a file; further ones are left out. */
const MOST_DEFINITIONS = 64 * 1024

/** One WebVTT file for each text track of a window, with times from the window's beginning. */
export function subtitleFiles(
  { endpoint, window, options }: Pick<AssetOrder, 'endpoint' | 'window' | 'options'>,
  { file }: Pick<NamedDeliverable, 'file'>,
): readonly AssetWholeFile[] {
  const tracksOf = presentTracks({ endpoint, window })
  const spans = shownSpans({ window, options })
  const tracks = new Map<number, Map<number, SingleText>>()
  for (const era of window.eras) {
    for (const track of tracksOf(era).text) {
      const inEra = tracks.get(track.n) ?? new Map()
      tracks.set(track.n, inEra.set(era.id, track))
    }
  }
  const languages = [...tracks.values()].map((inEra) => languageOf(inEra))
  return [...tracks].map(([n, inEra], i): AssetWholeFile => {
    const language = languages[i]
    const isAlone = languages.filter((each) => each === language).length === 1
    const label = language !== undefined && isAlone ? language : String(n)
    const name = tracks.size === 1 ? file : `${stemOf('SUBTITLES', file)}_${label}${endingOf('SUBTITLES')}`
    return { name, track: name, body: (batches, source) => subtitles(inEra, spans, batches, source) }
  })
}

/** A tag of RFC 5646 that can be part of a file name. */
function languageOf(inEra: ReadonlyMap<number, SingleText>): string | undefined {
  return [...inEra.values()].flatMap(({ language }) => (/^[\w-]{1,35}$/.test(language ?? '') ? language : undefined))[0]
}

function subtitles(
  inEra: ReadonlyMap<number, SingleText>,
  spans: ShownSpans,
  batches: SegmentBatches,
  { media, openSpool }: WholeFileSource,
): Promise<WholeFileBody> {
  const definitions = new Definitions()
  return spooledText(openSpool, {
    contentType: 'text/vtt',
    pieces: blocksOf(inEra, { spans, definitions }, batches, media),
    head: () => ['WEBVTT\n', ...definitions.blocks()].join(''),
  })
}

/** The cues of each segment; its regions and styles are added to `definitions`. */
async function* blocksOf(
  inEra: ReadonlyMap<number, SingleText>,
  { spans, definitions }: { readonly spans: ShownSpans; readonly definitions: Definitions },
  batches: SegmentBatches,
  media: WholeFileSource['media'],
): AsyncGenerator<string> {
  const seen = new SeenCues()
  for await (const { segment, at, earlier } of placed(batches, inEra)) {
    const { stream } = inEra.get(segment.era)!
    const documents = await documentsOf(stream, segment, earlier, media)
    const span = spans.spanOf(segment)
    const cues = documents.flatMap((document) => {
      definitions.add(document)
      return document.cues.flatMap((cue) => placedCue(cue, cueTimes(document.map, cue, segment.start), at, span) ?? [])
    })
    const fresh = cues.filter((cue) => seen.isNew(cue)).toSorted((a, b) => a.start - b.start)
    yield fresh.map((cue) => `\n${writeCue(cue)}\n`).join('')
  }
}

/** Segments with a text track, and where their eras lie on the file's clock. */
async function* placed(batches: SegmentBatches, inEra: ReadonlyMap<number, SingleText>) {
  const clock = new MovieClock()
  let isFirst = true
  for await (const batch of batches()) {
    for (const [i, segment] of batch.segments.entries()) {
      clock.enter(segment)
      const track = inEra.get(segment.era)
      // What was there before the window's beginning may still be shown.
      const earlier = isFirst && track ? cuesBeforeIn(batch, i, track.stream) : []
      isFirst = false
      if (track) yield { segment, at: clock.shiftIn(TICKS_PER_SECOND), earlier }
    }
  }
}

function placedCue(
  cue: Cue,
  { start, end }: { readonly start: Ticks; readonly end: Ticks },
  shift: number,
  { from, to, at }: ShownSpan,
): Cue | undefined {
  const shown = { start: Math.max(start + shift, from), end: Math.min(end + shift, to) }
  const placed = { ...cue, start: shown.start - from + at, end: shown.end - from + at }
  return placed.start < placed.end ? placed : undefined
}

/** Recognises cues that encoders repeat in several segments. */
class SeenCues {
  private readonly seen = new Map<string, number>()

  isNew(cue: Cue): boolean {
    const identity = cueIdentity(cue)
    const isNew = !this.seen.has(identity)
    if (isNew) this.seen.set(identity, cue.end)
    for (const [old, end] of this.seen) if (end < cue.start - REPEATED_WITHIN) this.seen.delete(old)
    return isNew
  }
}

/** Regions and styles, each once. */
class Definitions {
  private readonly regions = new Set<string>()
  private readonly styles = new Set<string>()
  private left = MOST_DEFINITIONS

  add({ regions, styles }: { readonly regions: readonly string[]; readonly styles: readonly string[] }): void {
    for (const region of regions) this.take(this.regions, region)
    for (const style of styles) this.take(this.styles, style)
  }

  blocks(): readonly string[] {
    return writeDefinitions({ regions: [...this.regions], styles: [...this.styles] }).map((block) => `\n${block}\n`)
  }

  private take(into: Set<string>, text: string): void {
    if (into.has(text) || text.length > this.left) return
    this.left -= text.length
    into.add(text)
  }
}
