import { AttributeList } from './hls/attribute-list.ts'
import { DEFAULT_PLAYLIST_LIMITS, playlistLines, playlistReading } from './hls/playlist-lines.ts'
import { type XmlTag, xmlTags } from './xml-tags.ts'

/** More than a day of segments of a second, in thirty tracks. */
const MOST_NAMES = 3_000_000

/** Thrown for a manifest that refers to too much, or to nothing. */
export class UnreadableManifest extends Error {
  override readonly name = 'UnreadableManifest'
}

/**
 * A day in segments of a second has 86,400, with four lines each, and names of any length. A line may have what a
 * player gives to a DRM system.
 */
const LIMITS = { ...DEFAULT_PLAYLIST_LIMITS, textLength: 256 << 20, lineLength: 256 << 10, lines: MOST_NAMES }
/** Tags that name a file by their attribute URI; those of keys name what is no file of the asset. */
const NAMING_TAGS = ['EXT-X-MAP', 'EXT-X-MEDIA', 'EXT-X-I-FRAME-STREAM-INF', 'EXT-X-IMAGE-STREAM-INF']

/**
 * The files that an HLS playlist of either kind refers to, as written there, gaps left out; and whether it says
 * that it ends, as a media playlist may. Throws MalformedPlaylist and UnreadableManifest.
 */
export function hlsReferences(text: string): {
  readonly references: ReadonlySet<string>
  readonly kind: 'media' | 'multivariant'
  readonly ended: boolean
} {
  const reading = playlistReading(LIMITS)
  const references = new Set<string>()
  const tags = new Set<string>()
  let isGap = false
  for (const line of playlistLines(text, reading)) {
    if (!line) continue
    const { tag, value } = line
    if (tag === undefined) {
      if (!isGap) addTo(references, value)
      isGap = false
      continue
    }
    tags.add(tag)
    if (tag === 'EXT-X-GAP') isGap = true
    if (!NAMING_TAGS.includes(tag)) continue
    const uri = new AttributeList(value, line, reading.habits).quotedString('URI', LIMITS.lineLength)
    if (uri !== undefined) addTo(references, uri)
  }
  const isMedia = tags.has('EXTINF') || tags.has('EXT-X-TARGETDURATION')
  return { references, kind: isMedia ? 'media' : 'multivariant', ended: tags.has('EXT-X-ENDLIST') }
}

type Run = { readonly time: number; readonly duration: number; readonly count: number }

/**
 * The files that an MPD refers to by segment templates, as they are written there. Where a template has no timeline,
 * only the first of its segments is among them: how many there are is not stated. Throws UnreadableManifest.
 */
export function dashReferences(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  let shared: Template | undefined
  let own: Template | undefined
  let representation: string | undefined
  let open: Template | undefined
  for (const { name, isEnd, attributes } of xmlTags(text)) {
    if (name === 'AdaptationSet' && !isEnd) shared = undefined
    if (name === 'SegmentTemplate') {
      if (isEnd) open = undefined
      else {
        open = new Template(attributes)
        if (representation === undefined) shared = open
        else own = open
      }
    }
    if (name === 'S' && !isEnd) open?.runs.add(attributes, 1)
    if (name === 'Representation' && !isEnd) {
      representation = attributes.get('id') ?? ''
      own = undefined
    } else if (name === 'Representation' && representation !== undefined) {
      ;(own ?? shared)?.addNames(representation, names)
      representation = undefined
    }
  }
  return notNone(names)
}

/** The fragments that a manifest of Smooth Streaming refers to, as it names them. Throws UnreadableManifest. */
export function smoothReferences(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  let url = ''
  let bitrates: string[] = []
  let runs = new Runs()
  for (const { name, isEnd, attributes } of xmlTags(text)) {
    if (name === 'StreamIndex' && !isEnd) {
      url = attributes.get('Url') ?? ''
      bitrates = []
      runs = new Runs()
    }
    if (name === 'QualityLevel' && !isEnd) bitrates.push(attributes.get('Bitrate') ?? '')
    if (name === 'c' && !isEnd) runs.add(attributes, 0)
    if (name !== 'StreamIndex' || !isEnd) continue
    for (const time of runs.times()) {
      for (const bitrate of bitrates) {
        addTo(names, url.replace('{bitrate}', bitrate).replace('{start time}', String(time)))
      }
    }
  }
  return notNone(names)
}

class Template {
  readonly runs = new Runs()
  private readonly attributes: XmlTag['attributes']

  constructor(attributes: XmlTag['attributes']) {
    this.attributes = attributes
  }

  addNames(representation: string, names: Set<string>): void {
    const { attributes } = this
    const [media, initialization] = ['media', 'initialization'].map((name) =>
      attributes.get(name)?.replaceAll('$RepresentationID$', representation),
    )
    if (initialization !== undefined) addTo(names, initialization)
    if (media === undefined) return
    const first = Number(attributes.get('startNumber') ?? 1)
    const times = this.runs.isEmpty ? [0] : this.runs.times()
    let number = first
    for (const time of times) {
      addTo(names, media.replaceAll('$Time$', String(time)).replaceAll('$Number$', String(number++)))
    }
  }
}

/** Runs of segments or chunks of equal length, each at the end of the one before where it has no time of its own. */
class Runs {
  private readonly runs: Run[] = []
  private end = 0

  get isEmpty(): boolean {
    return this.runs.length === 0
  }

  /** `r` counts the segments of a run after its `beyond` first ones. */
  add(attributes: XmlTag['attributes'], beyond: 0 | 1): void {
    const time = Number(attributes.get('t') ?? this.end)
    const duration = Number(attributes.get('d') ?? 0)
    const count = attributes.has('r') ? Number(attributes.get('r')) + beyond : 1
    if (![time, duration, count].every(Number.isSafeInteger) || count < 1 || count > MOST_NAMES) {
      throw new UnreadableManifest('a run of segments has no length')
    }
    this.runs.push({ time, duration, count })
    this.end = time + count * duration
  }

  *times(): Generator<number> {
    for (const { time, duration, count } of this.runs) for (let i = 0; i < count; i++) yield time + i * duration
  }
}

function addTo(names: Set<string>, name: string): void {
  if (names.size >= MOST_NAMES) throw new UnreadableManifest('it refers to too many files')
  names.add(name)
}

function notNone(names: ReadonlySet<string>): ReadonlySet<string> {
  if (names.size === 0) throw new UnreadableManifest('it refers to nothing')
  return names
}
