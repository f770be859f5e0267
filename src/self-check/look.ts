import type { Turns } from '../concurrency/turns.ts'
import type { Steps } from '../media/steps.ts'
import type { Manifest } from '../model/manifest.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Viewer } from '../origin/viewer.ts'
import type { Finding } from './invariants.ts'
import {
  availabilityFindings,
  changeFindings,
  numberFindings,
  periodFindings,
  playlistFindings,
  timelineFindings,
} from './listed-checks.ts'
import {
  type NamedPlaylist,
  type PlaylistListing,
  readMediaPlaylist,
  readMultivariant,
} from './listings/hls-listing.ts'
import { type TrackListing, UnreadableListing } from './listings/listing.ts'
import { type ListedPeriod, readMpd } from './listings/mpd-listing.ts'
import { readSmooth } from './listings/smooth-listing.ts'
import type { EndpointMemory } from './memory.ts'
import { segmentFindings } from './segment-checks.ts'

/** Playlists of one multivariant playlist that are read. */
const MOST_PLAYLISTS = 20
/** The live edge stands still after as many target durations, and as many seconds. */
const STILL_TARGETS = 5
const STILL_MS = 30_000
/** In Smooth manifests and MPDs, which state no target duration. Seconds. */
const LONG_SEGMENT = 10

export type LookDeps = {
  readonly viewer: Viewer
  readonly turns: Turns
  /** The server's date. */
  readonly date: () => number
  readonly steady: () => number
  /** Since when an encoder has been sending segments of a channel, by the steady clock; undefined where none does. */
  readonly sendingSince: (channelGuid: string) => number | undefined
}

/** What was found; 'nothing' where an endpoint has nothing to show, 'failed' where that was not to be learnt. */
export type Looked = readonly Finding[] | 'nothing' | 'failed'

/** Refusals that say nothing of what is played. */
const BUSY = ['StoreUnavailable', 'ManifestsBusy']

/** Looks at an endpoint once, as a player would, and compares what it sees with what was seen in the last look. */
export async function look(endpoint: OriginEndpoint, memory: EndpointMemory, deps: LookDeps): Promise<Looked> {
  const seen = new Seen(endpoint, memory, deps)
  for (const manifest of endpoint.packaging.manifests) {
    const outcome = await seen.read(manifest)
    if (typeof outcome === 'string') return outcome
  }
  return seen.findings()
}

/** What is seen in one look. */
class Seen {
  private readonly endpoint: OriginEndpoint
  private readonly memory: EndpointMemory
  private readonly deps: LookDeps
  private readonly found: Finding[] = []
  private readonly listings: TrackListing[] = []
  private periods: readonly ListedPeriod[] = []

  constructor(endpoint: OriginEndpoint, memory: EndpointMemory, deps: LookDeps) {
    this.endpoint = endpoint
    this.memory = memory
    this.deps = deps
  }

  /** Reads a manifest, and those that it names. */
  async read(manifest: Manifest): Promise<'nothing' | 'failed' | undefined> {
    const path = pathOf(manifest)
    const sight = await this.see(path)
    if (sight.kind !== 'manifest') {
      return sight.kind === 'nothing' && BUSY.includes(sight.error) ? 'failed' : 'nothing'
    }
    const { text } = sight
    if (manifest.type === 'HLS') await this.readHls(text, path)
    else if (manifest.type === 'DASH') await this.readDash(text, path)
    else await this.readMss(text, path)
    return undefined
  }

  /** Everything that was found, after segments were fetched. */
  async findings(): Promise<readonly Finding[]> {
    const { listings, memory, endpoint, deps, found } = this
    for (const listing of listings) found.push(...changeFindings(listing, memory.listings.get(listing.name)))
    found.push(...this.edgeFindings())
    const asked = { viewer: deps.viewer, endpoint, memory }
    found.push(...(await segmentFindings(listings, asked)))
    memory.remember(listings, this.periods)
    return found
  }

  private see(path: string) {
    return this.deps.viewer.see(this.endpoint, path)
  }

  private async readHls(text: string, path: string): Promise<void> {
    const named = await this.listed(path, readMultivariant(text, path))
    const playlists: PlaylistListing[] = []
    for (const playlist of named?.slice(0, MOST_PLAYLISTS) ?? []) {
      const listing = await this.readPlaylist(playlist, { text, path })
      if (!listing) continue
      this.found.push(...playlistFindings(listing))
      if (playlist.isTrickPlay) continue
      playlists.push(listing)
      this.listings.push(listing)
    }
    const [lead] = named ?? []
    const again = lead && playlists.length > 1 ? await this.readPlaylist(lead, { text, path }) : undefined
    this.found.push(...numberFindings(playlists, again))
  }

  private async readPlaylist(
    playlist: NamedPlaylist,
    parent: { readonly text: string; readonly path: string },
  ): Promise<PlaylistListing | undefined> {
    const sight = await this.see(playlist.path)
    if (sight.kind === 'manifest') return this.listed(playlist.path, readMediaPlaylist(sight.text, playlist))
    // What the parent named when it was read may have ended since.
    const again = await this.see(parent.path)
    if (again.kind !== 'manifest' || again.text !== parent.text) return undefined
    if (sight.kind === 'nothing' && BUSY.includes(sight.error)) return undefined
    const seen = sight.kind === 'nothing' ? sight.error : 'a segment'
    this.found.push({ invariant: 'manifest-readable', path: playlist.path, seen, expected: 'a media playlist' })
    return undefined
  }

  private async readDash(text: string, path: string): Promise<void> {
    const mpd = await this.listed(path, readMpd(text, path))
    if (!mpd) return
    this.periods = mpd.periods
    this.found.push(...periodFindings(mpd, path, this.memory))
    const now = this.deps.date()
    for (const listing of mpd.listings) {
      this.found.push(...timelineFindings(listing, false), ...availabilityFindings(listing, now))
      this.listings.push(listing)
    }
  }

  private async readMss(text: string, path: string): Promise<void> {
    for (const listing of (await this.listed(path, readSmooth(text, path))) ?? []) {
      this.found.push(...timelineFindings(listing, true))
      this.listings.push(listing)
    }
  }

  /** What a manifest lists, unless it cannot be read. */
  private async listed<T>(path: string, steps: Steps<T>): Promise<T | undefined> {
    try {
      return await this.deps.turns.run('self-check', steps)
    } catch (error) {
      if (!(error instanceof UnreadableListing)) throw error
      this.found.push({ invariant: 'manifest-readable', path, seen: `it ${error.message}`, expected: 'a manifest' })
      return undefined
    }
  }

  private *edgeFindings(): Generator<Finding> {
    const { memory, endpoint, deps } = this
    const lead = this.listings.findLast(({ kind, entries }) => kind === 'video' && entries.length > 0)
    const newest = lead?.entries.at(-1)
    if (!lead || !newest || lead.isOver) {
      memory.edge = undefined
      return
    }
    const now = deps.steady()
    const text = `${lead.name} ${newest.sequence}`
    const edge = memory.edge?.text === text ? memory.edge : { text, since: now }
    memory.edge = edge
    const { targetDuration = LONG_SEGMENT } = lead
    const limit = Math.max(STILL_MS, STILL_TARGETS * targetDuration * 1000) + endpoint.timeDelaySeconds * 1000
    const sendingSince = deps.sendingSince(endpoint.channelGuid)
    const stillFor = now - edge.since
    if (stillFor <= limit || sendingSince === undefined || now - sendingSince <= limit) return
    yield {
      invariant: 'live-edge-moves',
      path: lead.path,
      seen: `no new segment for ${Math.round(stillFor / 1000)} s, while an encoder sends`,
      expected: `one within ${Math.round(limit / 1000)} s`,
      sequence: newest.sequence,
    }
  }
}

function pathOf(manifest: Manifest): string {
  const name = encodeURIComponent(manifest.name)
  if (manifest.type === 'DASH') return `${name}.mpd`
  if (manifest.type === 'MSS') return `${name}.ism/Manifest`
  const { folder } = manifest
  return `${folder === undefined ? '' : `${encodeURIComponent(folder)}/`}${name}.m3u8`
}
