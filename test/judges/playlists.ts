/** A viewer that looks at a live presentation as long as it lasts, and keeps everything it is given. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import hlsParser, { type types } from 'hls-parser'
import { eventually } from './processes.ts'

hlsParser.setOptions({ strictMode: true })

export type SeenSegment = {
  readonly number: number
  readonly url: string
  /** Seconds, of EXTINF. */
  readonly duration: number
  readonly discontinuitySequence: number
  readonly date?: Date
  /** Absent for a gap. */
  readonly bytes?: Buffer
  /** From when it was asked for to when it was there, by `performance.now()`; absent for a gap. */
  readonly fetched?: { readonly from: number; readonly to: number }
}

export type SeenRendition = {
  readonly kind: 'variant' | 'audio'
  readonly url: string
  readonly segments: readonly SeenSegment[]
}

type Watched = {
  readonly kind: 'variant' | 'audio'
  readonly url: string
  readonly segments: Map<number, SeenSegment>
  ended: boolean
  sequence: number
  /** EXT-X-TARGETDURATION, in seconds. */
  target: number
}

/** Between two looks; a client may look again after half a target duration. */
const LONGEST_PAUSE_MS = 1000

/**
 * Follows every rendition until all have ended, or `signal` says so and they were looked at once more; throws when the
 * presentation breaks a promise: numbers are consecutive, never go back, never name something else, and are the same in
 * all renditions.
 */
export async function watchLive(parentUrl: string, signal?: AbortSignal): Promise<SeenRendition[]> {
  const renditions = await eventually(`a parent playlist at ${parentUrl}`, () => openParent(parentUrl))
  for (let isLast = false; !isLast && !renditions.every(({ ended }) => ended); ) {
    isLast = signal?.aborted === true
    await Promise.all(renditions.filter((rendition) => !rendition.ended).map(look))
    const pause = Math.min(...renditions.map(({ target }) => 500 * target), LONGEST_PAUSE_MS)
    await sleep(pause, undefined, signal ? { signal } : {}).catch(() => {})
  }
  const ended = renditions.every((rendition) => rendition.ended)
  // Looks at a running presentation are moments apart: only what all of them saw can be compared.
  const shortest = Math.min(...renditions.map(({ segments }) => [...segments.keys()].at(-1) ?? -1))
  const last = ended ? Number.POSITIVE_INFINITY : shortest
  const seen = renditions.map(({ kind, url, segments }) => {
    return { kind, url, segments: [...segments.values()].filter(({ number }) => number <= last) }
  })
  expectAgreement(seen)
  await Promise.all(seen.map(fetchAgain))
  return seen
}

async function openParent(url: string): Promise<Watched[] | undefined> {
  const response = await fetch(url)
  const text = await response.text()
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`${url} was answered ${response.status}`)
  return renditionsOf(text, url).map((each) => ({
    ...each,
    segments: new Map(),
    ended: false,
    sequence: -1,
    target: 1,
  }))
}

/** URLs of the media playlists a parent playlist names, each once. */
export function renditionsOf(text: string, url: string): { kind: 'variant' | 'audio'; url: string }[] {
  const parent = hlsParser.parse(text)
  if (!parent.isMasterPlaylist) throw new Error(`${url} is no parent playlist`)
  const audio = parent.variants.flatMap((variant) => variant.audio.flatMap(({ uri }) => uri ?? []))
  const named = [
    ...parent.variants.map(({ uri }) => ({ kind: 'variant' as const, uri })),
    ...[...new Set(audio)].map((uri) => ({ kind: 'audio' as const, uri })),
  ]
  return named.map(({ kind, uri }) => ({ kind, url: `${new URL(uri, url)}` }))
}

export async function fetchMediaPlaylist(url: string): Promise<types.MediaPlaylist> {
  const response = await fetch(url)
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${text}`)
  const playlist = hlsParser.parse(text)
  if (playlist.isMasterPlaylist) throw new Error(`${url} is no media playlist`)
  return playlist
}

/** The segments that the first rendition lists; none before there is a parent playlist. */
export async function firstRendition(parentUrl: string): Promise<types.MediaPlaylist['segments']> {
  const response = await fetch(parentUrl)
  const parent = await response.text()
  return response.ok ? (await fetchMediaPlaylist(renditionsOf(parent, parentUrl)[0]!.url)).segments : []
}

export async function fetchBytes(url: string): Promise<Buffer> {
  const response = await fetch(url)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!response.ok) throw new Error(`${url} was answered ${response.status}`)
  return bytes
}

async function fetchTimed(url: string): Promise<Required<Pick<SeenSegment, 'bytes' | 'fetched'>>> {
  const from = performance.now()
  const bytes = await fetchBytes(url)
  return { bytes, fetched: { from, to: performance.now() } }
}

async function look(watched: Watched): Promise<void> {
  const { url, segments } = watched
  const playlist = await fetchMediaPlaylist(url)
  const first = playlist.mediaSequenceBase ?? 0
  if (first < watched.sequence)
    throw new Error(`${url}: EXT-X-MEDIA-SEQUENCE went back from ${watched.sequence} to ${first}`)
  watched.sequence = first
  watched.target = playlist.targetDuration
  const last = [...segments.keys()].at(-1)
  if (last !== undefined) {
    if (first > last + 1) throw new Error(`${url}: numbers ${last + 1} to ${first - 1} came and went unseen`)
    if (first + playlist.segments.length - 1 < last) throw new Error(`${url}: number ${last} is no longer listed`)
  }
  for (const segment of playlist.segments) {
    const number = segment.mediaSequenceNumber
    const seen: SeenSegment = {
      number,
      url: `${new URL(segment.uri, url)}`,
      duration: segment.duration,
      discontinuitySequence: segment.discontinuitySequence,
      ...(segment.programDateTime && { date: segment.programDateTime }),
    }
    if (Math.round(segment.duration) > playlist.targetDuration) {
      throw new Error(`${url}: number ${number} lasts ${segment.duration} s, the target is ${playlist.targetDuration}`)
    }
    const known = segments.get(number)
    if (known) expectSame(known, seen)
    else segments.set(number, segment.gap ? seen : { ...seen, ...(await fetchTimed(seen.url)) })
  }
  watched.ended = playlist.endlist
}

function expectSame(known: SeenSegment, seen: SeenSegment): void {
  for (const field of ['url', 'duration', 'discontinuitySequence'] as const) {
    if (known[field] !== seen[field]) {
      throw new Error(`number ${seen.number} of ${seen.url}: ${field} was ${known[field]}, now it is ${seen[field]}`)
    }
  }
}

function expectAgreement([first, ...others]: readonly SeenRendition[]): void {
  if (!first) throw new Error('a parent playlist without renditions')
  const line = ({ number, duration, discontinuitySequence, date }: SeenSegment) =>
    `${number} (${duration} s, discontinuity sequence ${discontinuitySequence}, ${date?.toISOString() ?? 'no date'})`
  const expected = first.segments.map(line)
  for (const { url, segments } of others) {
    const lines = segments.map(line)
    const at = expected.findIndex((each, index) => each !== lines[index])
    if (at >= 0 || lines.length !== expected.length) {
      const where = at >= 0 ? at : expected.length
      throw new Error(`${first.url} lists ${expected[where]}, where ${url} lists ${lines[where]}`)
    }
  }
}

/** The same URL must give the same bytes as long as it gives any. */
async function fetchAgain({ segments }: SeenRendition): Promise<void> {
  for (const { url, bytes } of segments) {
    if (!bytes) continue
    const again = await fetchBytes(url)
    if (!again.equals(bytes)) throw new Error(`${url} held ${sha256(bytes)}, now it holds ${sha256(again)}`)
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A media playlist as it is served. */
export type ServedPlaylist = { readonly url: string; readonly text: string }

/** All media playlists that a multivariant playlist names, in its order. */
export async function servedPlaylists(parentUrl: string): Promise<ServedPlaylist[]> {
  const named = renditionsOf((await fetchBytes(parentUrl)).toString(), parentUrl)
  return Promise.all(named.map(async ({ url }) => ({ url, text: (await fetchBytes(url)).toString() })))
}
