import type { Counters } from '../fixtures/transport-stream.ts'
import type { AccessUnit } from './access-unit.ts'
import { DIALECTS, type EncoderScript, NAMES, type Part } from './encoder-script.ts'
import {
  cutStream,
  type EncoderStream,
  type PartPlace,
  streamsOf,
  type UnitsOfSegment,
  unitsOf,
} from './encoder-streams.ts'
import { packedSound, transportStream } from './segment-multiplexer.ts'
import type { SourceUnits } from './source-units.ts'

/** A body that the encoder puts, so long after it began. */
export type Put = { readonly atMs: number; readonly path: string; readonly body: Buffer }

export type EncoderLife = {
  readonly streams: readonly EncoderStream[]
  /** In the order of their times. */
  readonly puts: readonly Put[]
  /** Every access unit put, by track, in order. */
  readonly units: ReadonlyMap<number, readonly AccessUnit[]>
  readonly endsMs: number
}

const TICKS = 90_000
const WRAP = 2 ** 33
/** A playlist comes so long before or after its newest segment. */
const APART_MS = 40

type Entry = { readonly uri: string; readonly told: string; readonly tags: readonly string[] }
type Playlist = { entries: Entry[]; first: number; counters: Counters; lastPutMs: number; folder: string }

/** All that an encoder does. `beganAt` is when, by its own clock. */
export function liveThrough(script: EncoderScript, source: SourceUnits, beganAt: number): EncoderLife {
  const streams = streamsOf(script)
  const places = placesOf(script)
  const parts = places.map((place) => {
    const tracks = unitsOf(script, streams, place, source)
    return { place, tracks, segments: streams.map((stream) => cutStream(stream, tracks, place)) }
  })
  const target = Math.ceil(
    Math.max(...parts.flatMap(({ segments }) => segments.flat().map((one) => longest(script, one)))),
  )
  const writing: Writing = { script, target, beganAt, puts: [] }
  const playlists = streams.map(() => emptyPlaylist())
  for (const [p, { place, segments }] of parts.entries()) {
    writing.puts.push({ atMs: place.wallMs, path: 'channel.m3u8', body: parentPlaylist(streams, script) })
    for (const [i, stream] of streams.entries()) {
      const playlist = playlists[i]!
      if (p > 0) restart(playlist, script.parts[p]!, p)
      const isLast = p === parts.length - 1
      for (const [n, segment] of segments[i]!.entries()) {
        const isMarked = n === 0 && p > 0 && script.parts[p]!.restart.isMarked && playlist.entries.length > 0
        put(writing, stream, playlist, {
          ...segment,
          n,
          place,
          isMarked,
          isEnd: isLast && n === segments[i]!.length - 1,
        })
      }
    }
  }
  const units = new Map<number, AccessUnit[]>()
  for (const { tracks } of parts)
    for (const [track, each] of tracks) units.set(track, [...(units.get(track) ?? []), ...each])
  const puts = writing.puts.toSorted((a, b) => a.atMs - b.atMs)
  return { streams, puts, units, endsMs: puts.at(-1)!.atMs }
}

type PlacedPart = PartPlace & { readonly wallMs: number }

function placesOf({ parts, base }: EncoderScript): PlacedPart[] {
  const places: PlacedPart[] = []
  for (const [part, { seconds, restart }] of parts.entries()) {
    const before = places.at(-1)
    const wallMs = before ? before.wallMs + before.seconds * 1000 + restart.pauseMs : 0
    places.push({ part, seconds, wallMs, base: before ? baseAfter(before, wallMs, restart.timestamps) : base })
  }
  return places
}

function baseAfter(before: PlacedPart, wallMs: number, timestamps: Part['restart']['timestamps']): number {
  if (timestamps === 'from zero') return 0
  const passed = timestamps === 'later' ? 3600 * TICKS : (wallMs - before.wallMs) * 90
  return (before.base + passed) % WRAP
}

function emptyPlaylist(): Playlist {
  return { entries: [], first: 0, counters: new Map(), lastPutMs: 0, folder: 's' }
}

function restart(playlist: Playlist, { restart: { names } }: Part, part: number): void {
  playlist.counters = new Map()
  if (names === 'go on') return
  Object.assign(playlist, { entries: [], first: 0 })
  if (names === 'other') playlist.folder = `r${part}-`
}

type Writing = {
  readonly script: EncoderScript
  readonly target: number
  readonly beganAt: number
  readonly puts: Put[]
}

type PlacedSegment = UnitsOfSegment & {
  /** In its part. */
  readonly n: number
  readonly place: PlacedPart
  readonly isMarked: boolean
  readonly isEnd: boolean
}

function put(writing: Writing, stream: EncoderStream, playlist: Playlist, segment: PlacedSegment): void {
  const { script, beganAt, puts } = writing
  const { place, n, from, until, isMarked, isEnd } = segment
  const sequence = playlist.first + playlist.entries.length
  const isPacked = stream.kind === 'audio' && script.sound.container === 'packed-audio'
  const {
    path,
    uri,
    beside = uri,
  } = namesOf(script, `${stream.name}-${playlist.folder}${sequence}.${isPacked ? 'aac' : 'ts'}`)
  const late = script.lateMs[n % script.lateMs.length]!
  const atMs = Math.max(playlist.lastPutMs, Math.round(place.wallMs + (until * 1000) / TICKS) + late)
  playlist.lastPutMs = atMs
  const date = new Date(beganAt + place.wallMs + Math.round((from * 1000) / TICKS)).toISOString()
  const tags = [
    ...(isMarked ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(script.isDated ? [`#EXT-X-PROGRAM-DATE-TIME:${date}`] : []),
  ]
  playlist.entries.push({ uri: beside, told: toldOf(script, segment), tags })
  const { framesInPes } = script.sound
  const body = isPacked
    ? packedSound(segment.sound!)
    : transportStream(segment, { tables: script.tables, framesInPes, counters: playlist.counters })
  puts.push({ atMs, path, body })
  const listedMs = atMs + (script.listsFirst ? -APART_MS : APART_MS)
  puts.push({
    atMs: listedMs,
    path: namesOf(script, `channel-${stream.name}.m3u8`).path,
    body: mediaPlaylist(writing, playlist, isEnd),
  })
}

function namesOf({ names }: EncoderScript, name: string): { path: string; uri: string; beside?: string } {
  return NAMES[names](name)
}

const secondsOf = ({ from, until }: UnitsOfSegment) => (until - from) / TICKS

/** Seconds, told or true. */
function longest(script: EncoderScript, segment: UnitsOfSegment): number {
  return Math.max(secondsOf(segment), Number(toldOf(script, segment)))
}

function toldOf({ told }: EncoderScript, segment: UnitsOfSegment): string {
  const seconds = secondsOf(segment)
  if (told === 'exactly') return seconds.toFixed(6)
  if (told === 'rounded') return `${Math.round(seconds)}`
  return (seconds * (told === 'to the millisecond' ? 1 : told)).toFixed(3)
}

function mediaPlaylist({ script, target }: Writing, { entries, first }: Playlist, isEnd: boolean): Buffer {
  const from = script.listed === 0 ? 0 : Math.max(0, entries.length - script.listed)
  const gone = entries.slice(0, from).filter(({ tags }) => tags.includes('#EXT-X-DISCONTINUITY')).length
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-MEDIA-SEQUENCE:${first + from}`,
    ...(gone > 0 ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${gone}`] : []),
    ...entries.slice(from).flatMap(({ uri, told, tags }) => [...tags, `#EXTINF:${told},`, uri]),
    ...(isEnd ? ['#EXT-X-ENDLIST'] : []),
  ]
  return Buffer.from(DIALECTS[script.dialect](`${lines.join('\n')}\n`))
}

const LANGUAGES = { de: 'Deutsch', en: 'English' }

function parentPlaylist(streams: readonly EncoderStream[], script: EncoderScript): Buffer {
  const uriOf = (name: string) => namesOf(script, `channel-${name}.m3u8`).uri
  const renditions = streams.flatMap(({ name, language }) => {
    if (!language) return []
    const attributes = `GROUP-ID="sound",NAME="${LANGUAGES[language]}",LANGUAGE="${language}"`
    return [`#EXT-X-MEDIA:TYPE=AUDIO,${attributes},AUTOSELECT=YES,URI="${uriOf(name)}"`]
  })
  if (script.sound.place === 'muxed main') {
    renditions.unshift(
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Original",LANGUAGE="fr",DEFAULT=YES,AUTOSELECT=YES',
    )
  }
  const variants = streams.flatMap(({ kind, name, size }, i) => {
    if (kind !== 'variant') return []
    const told = `BANDWIDTH=${(i + 1) * 400_000},CODECS="avc1.42c00a,mp4a.40.2",RESOLUTION=${size}`
    return [`#EXT-X-STREAM-INF:${told}${renditions.length > 0 ? ',AUDIO="sound"' : ''}`, uriOf(name)]
  })
  return Buffer.from(
    DIALECTS[script.dialect](`${['#EXTM3U', '#EXT-X-VERSION:4', ...renditions, ...variants].join('\n')}\n`),
  )
}
