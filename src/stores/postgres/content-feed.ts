import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import type { ChangedPart, ContentFeed, ContentListener } from '../content-feed.ts'
import { StoreUnavailable } from '../resources.ts'
import { contentNotices, parseContentNotice } from './content-notice.ts'
import { raiseVersions, readVersions, type Versions } from './content-versions.ts'
import type { PostgresDatabase } from './database.ts'
import type { NoticeConnection } from './notice-connection.ts'

const NAME = 'windrow_content'
/**
 * Time for which commits are gathered into one notice, and for which those wait that change inputs alone, which nobody
 * sees: each notice wakes every process. Interval at which versions are read.
 */
const PACE = { gatherMs: 5, inputsMs: 200, pollMs: 1000 }
const RETRY_MS = { first: 100, longest: 5_000 }
/** Channels whose versions one statement reads. */
const MOST_CHANNELS = 2_000

type Deps = { readonly notices: NoticeConnection; readonly db: PostgresDatabase; readonly log: Log }

/**
 * Tells what others commit by notices, which are sent after the commits: PostgreSQL would let only one transaction that
 * sends notices commit at a time. A process may die in between; so the versions of watched channels are read too. They
 * are compared with those known an interval later: until then this process has noted its own commits, and has got the
 * notices of others. Who commits on a version has seen the ones before, so a version of its own is nothing to be told.
 */
export class PostgresContentFeed implements ContentFeed {
  private readonly deps: Deps
  private readonly pace: typeof PACE
  private readonly me = randomUUID()
  private readonly listeners = new Set<ContentListener>()
  private readonly closing = new AbortController()
  /** The versions that have been told, or are of this process, of each watched channel. */
  private readonly watched = new Map<string, Map<string, number>>()
  /** What was read last. */
  private found: (readonly [channelGuid: string, versions: Versions])[] = []
  private readonly unsent = new Map<string, Map<string, number>>()
  private sending: Promise<void> | undefined
  /** True when what is unsent includes something that is shown. */
  private isUrgent = false
  private hurry: () => void = () => {}
  private reading: Promise<void> = Promise.resolve()

  private constructor(deps: Deps, pace: typeof PACE) {
    this.deps = deps
    this.pace = pace
  }

  static async open(deps: Deps, pace = PACE): Promise<PostgresContentFeed> {
    const feed = new PostgresContentFeed(deps, pace)
    await deps.notices.listen({
      name: NAME,
      hear: (payload) => feed.hear(payload),
      missed: () => feed.missed(),
      lost: () => feed.tell(undefined, 'inputs'),
    })
    feed.reading = feed.keepReading()
    return feed
  }

  onChange(listener: ContentListener): () => void {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  watch(channelGuid: string): void {
    if (!this.watched.has(channelGuid)) this.watched.set(channelGuid, new Map())
  }

  unwatch(channelGuid: string): void {
    this.watched.delete(channelGuid)
  }

  /** Notes a commit of this process, which made these versions, and tells the other processes soon. */
  committed(channelGuid: string, versions: Versions): void {
    this.note(channelGuid, versions)
    if (this.addUnsent(channelGuid, versions) === 'shown') {
      this.isUrgent = true
      this.hurry()
    }
    this.sending ??= this.send()
  }

  /** Sends what has not been sent yet, unless the database does not answer. */
  async close(): Promise<void> {
    this.closing.abort()
    await Promise.all([this.sending, this.reading])
  }

  /** What is news of these versions; all of them are of a channel that is not watched. */
  private note(channelGuid: string, versions: Versions): ChangedPart | undefined {
    return raiseVersions(this.watched.get(channelGuid) ?? new Map(), versions)
  }

  private tell(channelGuid: string | undefined, part: ChangedPart): void {
    for (const listener of this.listeners) listener(channelGuid, part)
  }

  private tellNews(channelGuid: string, versions: Versions): void {
    const part = this.note(channelGuid, versions)
    if (part) this.tell(channelGuid, part)
  }

  /** A standby may have taken over that did not have the newest commits: their versions will be made again. */
  private missed(): void {
    this.found = []
    for (const versions of this.watched.values()) versions.clear()
    this.tell(undefined, 'shown')
  }

  private hear(payload: string): void {
    const notice = parseContentNotice(payload)
    if (!notice) this.tell(undefined, 'shown')
    if (!notice || notice.by === this.me) return
    for (const [channelGuid, versions] of notice.changes) this.tellNews(channelGuid, versions)
  }

  private addUnsent(channelGuid: string, versions: Versions): ChangedPart | undefined {
    const unsent = this.unsent.get(channelGuid) ?? new Map<string, number>()
    this.unsent.set(channelGuid, unsent)
    return raiseVersions(unsent, versions)
  }

  private async send(): Promise<void> {
    let pause = RETRY_MS.first
    while (this.unsent.size > 0) {
      await this.gather()
      const changes = new Map(this.unsent)
      this.unsent.clear()
      try {
        await this.deps.notices.send(NAME, contentNotices(this.me, changes))
        pause = RETRY_MS.first
      } catch {
        // The connection logs that it was lost.
        if (this.closing.signal.aborted) break
        for (const [channelGuid, versions] of changes) this.addUnsent(channelGuid, versions)
        await this.sleep(pause)
        pause = Math.min(2 * pause, RETRY_MS.longest)
      }
    }
    this.sending = undefined
  }

  private async gather(): Promise<void> {
    const hurried = new Promise<void>((resolve) => {
      this.hurry = resolve
    })
    if (!this.isUrgent) await Promise.race([hurried, this.sleep(this.pace.inputsMs)])
    await this.sleep(this.pace.gatherMs)
    this.isUrgent = false
  }

  private async keepReading(): Promise<void> {
    let failures = 0
    for (;;) {
      await this.sleep(Math.min(this.pace.pollMs * 2 ** failures, RETRY_MS.longest))
      if (this.closing.signal.aborted) return
      try {
        await this.compareAndRead()
        failures = 0
      } catch (error) {
        const isNews = failures++ === 0 && !(error instanceof StoreUnavailable)
        if (isNews) this.deps.log.error({ event: 'background-work-failed', error }, 'comparing versions failed')
      }
    }
  }

  private async compareAndRead(): Promise<void> {
    for (const [channelGuid, versions] of this.found) {
      if (this.watched.has(channelGuid)) this.tellNews(channelGuid, versions)
    }
    this.found = []
    const channelGuids = [...this.watched.keys()]
    for (let from = 0; from < channelGuids.length; from += MOST_CHANNELS) {
      this.found.push(...(await readVersions(this.deps.db, channelGuids.slice(from, from + MOST_CHANNELS))))
    }
  }

  private async sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.closing.signal, ref: false }).catch(() => {})
  }
}
