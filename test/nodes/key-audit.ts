/** What nodes answer of an encrypted endpoint, over a whole run: which key each segment has, and its bytes. */
import { setTimeout as sleep } from 'node:timers/promises'
import hlsParser from 'hls-parser'
import { renditionsOf, sha256 } from '../judges/playlists.ts'

const PATIENCE_MS = 40_000
const PAUSE_MS = 300

export type AuditedNode = { readonly url: string; readonly alive: boolean }

type SeenSegment = {
  readonly path: string
  readonly period: number
  readonly kid: string
  readonly digest: string
  readonly bytes: Buffer
  /** Path of the header; absent in MPEG-TS. */
  readonly map: string | undefined
}

/** Asks nodes for one endpoint in HLS again and again, and notes what contradicts what any of them has answered. */
export class KeyAudit {
  /** By number, of the first rendition. */
  readonly segments = new Map<number, SeenSegment>()
  /** Of headers, by path. */
  readonly headers = new Map<string, Buffer>()
  /** By key period. */
  readonly kids = new Map<number, string>()
  readonly violations = new Set<string>()
  /** What nodes answered instead of media or manifests while they were up, and how often. */
  readonly refusals = new Map<string, number>()
  /** The slowest answer, in milliseconds. */
  slowest = 0
  private readonly nodes: readonly AuditedNode[]
  private readonly path: string
  private readonly intervalMs: number
  /** By node, the paths that it has answered. */
  private readonly answered = new Map<string, Set<string>>()
  private over = false
  private running: readonly Promise<void>[] = []

  /** `path` is that of the parent manifest. */
  constructor(nodes: readonly AuditedNode[], path: string, intervalMs: number) {
    this.nodes = nodes
    this.path = path
    this.intervalMs = intervalMs
  }

  start(): void {
    this.over = false
    this.running = this.nodes.map(async (node) => {
      while (!this.over) {
        await this.look(node)
        await sleep(PAUSE_MS)
      }
    })
  }

  async stop(): Promise<void> {
    this.over = true
    await Promise.all(this.running)
  }

  /** Looks at all that a node lists. Resolves to its media playlist; undefined when it gave none. */
  async look(node: AuditedNode, query = ''): Promise<string | undefined> {
    const url = `${node.url}${this.path}${query}`
    const parent = await this.get(node, url)
    if (!parent) return undefined
    const [rendition] = renditionsOf(parent.toString(), url)
    const playlist = rendition && (await this.get(node, rendition.url))?.toString()
    if (playlist === undefined) return undefined
    const read = hlsParser.parse(playlist)
    if (read.isMasterPlaylist) throw new Error(`${rendition!.url} is no media playlist`)
    for (const { uri, mediaSequenceNumber: number, key, map, programDateTime } of read.segments) {
      const period = this.intervalMs === 0 ? 0 : Math.floor(programDateTime!.getTime() / this.intervalMs)
      const kid = /[0-9a-f-]{36}$/.exec(key?.uri ?? '')?.[0]
      if (kid === undefined) this.violations.add(`${uri} is listed by ${node.url} without a key`)
      else
        await this.note(
          node,
          number,
          { path: pathOf(uri, rendition!.url), period, kid },
          map && pathOf(map.uri, rendition!.url),
        )
    }
    return playlist
  }

  private async note(
    node: AuditedNode,
    number: number,
    { path, period, kid }: Pick<SeenSegment, 'path' | 'period' | 'kid'>,
    map: string | undefined,
  ): Promise<void> {
    const known = this.kids.get(period) ?? kid
    this.kids.set(period, known)
    if (known !== kid) this.violations.add(`key period ${period} had the key ${known}, and has ${kid} at ${node.url}`)
    if (map !== undefined) await this.noteHeader(node, map)
    if (this.has(node, path)) return
    const bytes = await this.get(node, `${node.url}${path}`)
    if (!bytes) return
    this.answeredBy(node).add(path)
    const seen = { path, period, kid, digest: sha256(bytes), bytes, map }
    const first = this.segments.get(number) ?? seen
    this.segments.set(number, first)
    if (first.digest !== seen.digest) this.violations.add(`${path} has other bytes at ${node.url}`)
    if (first.kid !== kid) this.violations.add(`${path} has another key at ${node.url}`)
  }

  private async noteHeader(node: AuditedNode, path: string): Promise<void> {
    if (this.has(node, path)) return
    const bytes = await this.get(node, `${node.url}${path}`)
    if (!bytes) return
    this.answeredBy(node).add(path)
    const first = this.headers.get(path) ?? bytes
    this.headers.set(path, first)
    if (!first.equals(bytes)) this.violations.add(`${path} has other bytes at ${node.url}`)
  }

  /** Forgets what a node has answered, so that it is asked for everything again. */
  askAgain(): void {
    this.answered.clear()
  }

  private has(node: AuditedNode, path: string): boolean {
    return this.answeredBy(node).has(path)
  }

  private answeredBy({ url }: AuditedNode): Set<string> {
    const paths = this.answered.get(url) ?? new Set()
    this.answered.set(url, paths)
    return paths
  }

  private async get(node: AuditedNode, url: string): Promise<Buffer | undefined> {
    const began = performance.now()
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const response = await fetch(url, { signal }).catch(() => undefined)
    const bytes = await response?.arrayBuffer().catch(() => undefined)
    if (response?.ok && bytes) {
      this.slowest = Math.max(this.slowest, performance.now() - began)
      return Buffer.from(bytes)
    }
    // One that was killed meanwhile answers nothing.
    if (response || (node.alive && performance.now() - began > PATIENCE_MS)) {
      const answer = response ? `${response.status} ${bytes ? Buffer.from(bytes).toString().trim() : ''}` : 'no answer'
      this.refusals.set(answer, (this.refusals.get(answer) ?? 0) + 1)
    }
    return undefined
  }
}

const pathOf = (uri: string, base: string) => new URL(uri, base).pathname
