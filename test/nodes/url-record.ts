/** What each URL was answered with, over a whole run: the same bytes whenever, and on whichever node. */
import { posix } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'mpd-parser'
import { fetchMediaPlaylist, renditionsOf, sha256 } from '../judges/playlists.ts'
import { firstPts } from './put-record.ts'

/** Requests of one look that are under way at a time. */
const AT_ONCE = 6
const PAUSE_MS = 1500

export type Node = { readonly url: string }

type Known = {
  readonly digest: string
  readonly pts: number | undefined
}

type StreamShown = { readonly digests: Set<string>; readonly times: Set<number> }

/** Of the first and of later answers to one path. */
export class UrlRecord {
  /** By path. */
  private readonly known = new Map<string, Known>()
  /** By path, the nodes that have answered with those bytes. */
  private readonly shownBy = new Map<string, Set<string>>()
  readonly violations = new Set<string>()
  /** Of segments that a manifest listed, and a node did not have yet. */
  readonly late = new Map<string, number>()

  /** Notes the bytes of a path, from wherever they came. */
  note(path: string, bytes: Buffer, by: string): void {
    const digest = sha256(bytes)
    const known = this.known.get(path)
    if (known && known.digest !== digest) {
      this.violations.add(`${path} had ${known.digest}, and has ${digest} at ${by}`)
    } else if (!known) {
      this.known.set(path, { digest, pts: path.endsWith('.ts') ? firstPts(bytes) : undefined })
    }
    const nodes = this.shownBy.get(path) ?? new Set()
    this.shownBy.set(path, nodes.add(by))
  }

  /** The digest of a path; undefined while nobody has been given it. */
  digestOf(path: string): string | undefined {
    return this.known.get(path)?.digest
  }

  isShownBy(path: string, node: string): boolean {
    return this.shownBy.get(path)?.has(node) ?? false
  }

  get size(): number {
    return this.known.size
  }

  get paths(): readonly string[] {
    return [...this.known.keys()]
  }

  /** All digests of paths below a folder; and by the number of the stream, with the PTS of their first pictures. */
  below(folder: string): { readonly digests: ReadonlySet<string>; readonly streams: ReadonlyMap<string, StreamShown> } {
    const digests = new Set<string>()
    const streams = new Map<string, StreamShown>()
    for (const [path, { digest, pts }] of this.known) {
      if (!path.startsWith(folder)) continue
      digests.add(digest)
      const stream = /_(\d+)_\d+\.ts$/.exec(path)?.[1]
      if (stream === undefined || pts === undefined) continue
      const shown = streams.get(stream) ?? { digests: new Set(), times: new Set() }
      streams.set(stream, shown)
      shown.digests.add(digest)
      shown.times.add(pts)
    }
    return { digests, streams }
  }
}

/** Looks at every manifest of every node again and again, and at all that they list. */
export class Auditor {
  private readonly nodes: readonly Node[]
  private readonly manifests: readonly string[]
  private readonly record: UrlRecord
  private readonly sequences = new Map<string, number>()
  private over = false
  private running: Promise<void> | undefined
  /** Looks, and requests that were answered with something else than media. */
  looks = 0
  readonly refusals = new Map<string, number>()

  /** `manifests` are paths. */
  constructor(nodes: readonly Node[], manifests: readonly string[], record: UrlRecord) {
    this.nodes = nodes
    this.manifests = manifests
    this.record = record
  }

  start(): void {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.over = true
    await this.running
  }

  private async run(): Promise<void> {
    while (!this.over) {
      await Promise.all(this.nodes.map((node) => this.look(node)))
      await sleep(PAUSE_MS)
    }
  }

  /** Asks one node for all that it lists, and for what others have listed. */
  private async look(node: Node): Promise<void> {
    for (const manifest of this.manifests) {
      const listed = await this.listedAt(node, manifest).catch(() => [])
      this.looks++
      const wanted = listed.filter((path) => !this.record.isShownBy(path, node.url))
      for (let at = 0; at < wanted.length; at += AT_ONCE) {
        await Promise.all(wanted.slice(at, at + AT_ONCE).map((path) => this.fetch(node, path)))
      }
      // What one node lists, every node has.
      const others = this.nodes.filter(({ url }) => url !== node.url)
      for (const path of wanted) {
        for (const other of others) {
          if (!this.record.isShownBy(path, other.url)) await this.fetch(other, path)
        }
      }
    }
  }

  /** The reason why a node does not have a path; undefined when it has. */
  async fetch(node: Node, path: string): Promise<string | undefined> {
    const signal = AbortSignal.timeout(20_000)
    const response = await fetch(`${node.url}${path}`, { signal }).catch(() => undefined)
    const bytes = await response?.arrayBuffer().catch(() => undefined)
    if (response?.ok && bytes) {
      this.record.note(path, Buffer.from(bytes), node.url)
      return undefined
    }
    const code = response && bytes ? `${response.status} ${Buffer.from(bytes)}` : 'no answer'
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    if (response?.status === 404) this.record.late.set(path, (this.record.late.get(path) ?? 0) + 1)
    return code
  }

  /** The paths of the segments of an HLS manifest with a window, at one node. */
  async pathsWithin(node: Node, manifest: string, start: number, end: number): Promise<readonly string[]> {
    const seconds = (ms: number) => Math.floor(ms / 1000)
    return this.listedAt(node, `${manifest}?start=${seconds(start)}&end=${seconds(end)}`)
  }

  private async listedAt(node: Node, manifest: string): Promise<readonly string[]> {
    const url = `${node.url}${manifest}`
    const signal = AbortSignal.timeout(10_000)
    const response = await fetch(url, { signal })
    const text = await response.text()
    if (!response.ok) return []
    if (posix.extname(new URL(url).pathname) === '.mpd') return dashPaths(text, url)
    const paths: string[] = []
    for (const rendition of renditionsOf(text, url)) {
      const { segments, mediaSequenceBase = 0, targetDuration } = await fetchMediaPlaylist(rendition.url)
      const last = mediaSequenceBase + segments.length
      if (!url.includes('?')) this.noteSequence(`${node.url} ${new URL(rendition.url).pathname}`, last)
      for (const { uri, duration, map, gap } of segments) {
        if (gap) continue
        if (Math.round(duration) > targetDuration) this.record.violations.add(`${rendition.url}: ${duration} s`)
        paths.push(new URL(uri, rendition.url).pathname)
        if (map) paths.push(new URL(map.uri, rendition.url).pathname)
      }
    }
    return paths
  }

  /** What a node lists does not go back. */
  private noteSequence(place: string, last: number): void {
    const known = this.sequences.get(place) ?? 0
    if (last < known) this.record.violations.add(`${place} listed up to ${known - 1}, and then up to ${last - 1}`)
    this.sequences.set(place, Math.max(known, last))
  }
}

function dashPaths(text: string, url: string): readonly string[] {
  const { playlists, mediaGroups } = parse(text, { manifestUri: url, eventHandler: () => {} })
  const audio = Object.values(mediaGroups.AUDIO).flatMap((group) => Object.values(group))
  const all = [...playlists, ...audio.flatMap((group) => group.playlists)]
  const segments = all.flatMap((playlist) => playlist.segments)
  const urls = segments.flatMap(({ resolvedUri, map }) => [resolvedUri, map.resolvedUri])
  return [...new Set(urls)].map((each) => new URL(each).pathname)
}
