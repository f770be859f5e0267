import type { ListedStream } from '../listed-playlist.ts'
import type { StreamRole } from '../stream-role.ts'

/** The streams of an input that have an index, which names them in outputs. */
export type IdentifiedStreams = {
  /** The streams of its newest parent playlist. */
  readonly streams?: readonly ListedStream[]
  /** The index of each stream it has had, by `keyOf`, oldest first. */
  readonly streamIndexes?: Readonly<Record<string, number>>
}

/** Streams that are remembered after parent playlists stopped naming them. */
const MOST_REMEMBERED = 64

/**
 * Gives the streams of a parent playlist the indexes they have had: a stream is who it is by its own playlist, kind and
 * language, in whatever order the parent lists it, and on both inputs of a channel. An encoder that names its playlists
 * anew goes on with the streams of the same attributes; where none of a kind is left, with those of the same resolution
 * or language, or else with all in their order. Other streams get indexes nothing had.
 */
export function identifyStreams(
  listed: readonly ListedStream[],
  own: IdentifiedStreams,
  peer: IdentifiedStreams = {},
): Required<IdentifiedStreams> {
  const [ownIndexes, peerIndexes] = [indexesOf(own), indexesOf(peer)]
  const found = new Map<ListedStream, number>()
  const give = (stream: ListedStream, index: number | undefined) => {
    if (index !== undefined && !found.has(stream) && ![...found.values()].includes(index)) found.set(stream, index)
  }
  for (const known of [ownIndexes, peerIndexes]) for (const stream of listed) give(stream, known[keyOf(stream)])
  const gone = (own.streams ?? peer.streams ?? []).filter(({ index }) => ![...found.values()].includes(index))
  const isFree = ({ index }: ListedStream) => ![...found.values()].includes(index)
  for (const stream of listed) {
    if (!found.has(stream)) give(stream, gone.find((one) => isFree(one) && isAlike(one.role, stream.role))?.index)
  }
  for (const kind of ['variant', 'audio', 'subtitles', 'images']) {
    const ofKind = listed.filter(({ role }) => role.kind === kind)
    if (ofKind.some((stream) => found.has(stream))) continue
    const places = gone.filter(({ role }) => role.kind === kind)
    for (const stream of ofKind) give(stream, places.find((one) => isFree(one) && isLike(one.role, stream.role))?.index)
    if (ofKind.some((stream) => found.has(stream))) continue
    for (const [i, stream] of ofKind.entries()) give(stream, places[i]?.index)
  }
  let last = Math.max(0, ...Object.values(ownIndexes), ...Object.values(peerIndexes))
  for (const stream of listed) if (!found.has(stream)) found.set(stream, ++last)
  const streams = listed.map((stream) => ({ ...stream, index: found.get(stream)! }))
  return { streams, streamIndexes: remembered(ownIndexes, streams) }
}

/** The indexes of streams, also of those that earlier versions saved without. */
function indexesOf({ streams = [], streamIndexes }: IdentifiedStreams): Readonly<Record<string, number>> {
  return streamIndexes ?? Object.fromEntries(streams.map((stream) => [keyOf(stream), stream.index]))
}

/** Those that are named now last; an index that has gone over to another stream is that one's. */
function remembered(
  before: Readonly<Record<string, number>>,
  streams: readonly ListedStream[],
): Readonly<Record<string, number>> {
  const now = streams.map((stream) => [keyOf(stream), stream.index] as const)
  const isOver = ([key, index]: readonly [string, number]) => now.some(([k, i]) => k === key || i === index)
  const past = Object.entries(before).filter((entry) => !isOver(entry))
  return Object.fromEntries([...past.slice(-MOST_REMEMBERED), ...now])
}

/** Two streams with one key are one stream. */
function keyOf({ playlist, role }: ListedStream): string {
  return 'bandwidth' in role ? `${role.kind} ${playlist}` : `${role.kind} ${playlist} ${role.language ?? ''}`
}

/** True when a stream may be another one under a new name. */
function isAlike(a: StreamRole, b: StreamRole): boolean {
  if ('bandwidth' in a || 'bandwidth' in b) {
    return a.kind === b.kind && attributesOf(a) !== '' && attributesOf(a) === attributesOf(b)
  }
  return a.kind === b.kind && a.language === b.language && a.name === b.name
}

/** True when two streams of a kind have the same resolution, or the same language. */
function isLike(a: StreamRole, b: StreamRole): boolean {
  if ('bandwidth' in a || 'bandwidth' in b) return resolutionOf(a) !== '' && resolutionOf(a) === resolutionOf(b)
  return a.language !== undefined && a.language === b.language
}

/** What tells variants apart, and streams of images: resolution and bandwidth. */
function attributesOf(role: StreamRole): string {
  return 'bandwidth' in role && role.bandwidth > 0 ? `${resolutionOf(role)} ${role.bandwidth}` : ''
}

function resolutionOf(role: StreamRole): string {
  return 'bandwidth' in role && role.resolution ? `${role.resolution.width}x${role.resolution.height}` : ''
}
