/** Holds what a player was given against what the encoder kept. */
import { type KeptRendition, keptTracks } from './encoder.ts'
import { assertSamePackets, type Track, tracksOfSegments } from './packets.ts'
import type { SeenRendition } from './playlists.ts'

export type Span = { readonly from: number; readonly to: number }

/**
 * Throws unless the renditions carry every packet of the encoder's segments from `from` up to and without `to`, and
 * nothing else: each video track of the encoder once, each audio track at least once. Gives the packets compared.
 */
export async function assertCarries(
  seen: readonly SeenRendition[],
  kept: readonly KeptRendition[],
  what: string,
  span?: Span,
): Promise<number> {
  const given = await Promise.all(
    seen.map(({ segments }) => tracksOfSegments(segments.flatMap(({ bytes }) => bytes ?? []))),
  )
  return assertTracksCarry(given.flat(), kept, what, span)
}

export async function assertTracksCarry(
  given: readonly Track[],
  kept: readonly KeptRendition[],
  what: string,
  span?: Span,
): Promise<number> {
  const expected = (await Promise.all(kept.map((rendition) => keptTracks(rendition, span?.from, span?.to)))).flat()
  let compared = 0
  for (const track of expected) {
    const candidates = given.filter(({ kind }) => kind === track.kind)
    const twin = closest(candidates, track)
    assertSamePackets(twin, track, what)
    compared += track.packets.length
  }
  for (const track of given) {
    const origin = closest(
      expected.filter(({ kind }) => kind === track.kind),
      track,
    )
    if (!origin) throw new Error(`${what}: a ${track.kind} track came out that never went in`)
    assertSamePackets(track, origin, what)
  }
  const videos = (tracks: readonly Track[]) => tracks.filter(({ kind }) => kind === 'video').length
  if (videos(given) !== videos(expected)) {
    throw new Error(`${what}: ${videos(expected)} video tracks went in, ${videos(given)} came out`)
  }
  return compared
}

/** The track that shares the most payloads with another. */
function closest(tracks: readonly Track[], other: Track): Track | undefined {
  const hashes = new Set(other.packets.map(({ hash }) => hash))
  const shared = (track: Track) => track.packets.filter(({ hash }) => hashes.has(hash)).length
  return tracks.toSorted((a, b) => shared(b) - shared(a))[0]
}
