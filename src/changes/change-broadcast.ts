import { LruCache } from '../cache/lru-cache.ts'
import type { ContentFeed } from '../stores/content-feed.ts'
import type { ResourceChange, Resources } from '../stores/resources.ts'
import type { Change } from './change.ts'
import { Coalescing } from './coalescing.ts'
import { RecentChanges } from './recent-changes.ts'
import { Silence } from './silence.ts'
import { ChangeStreams } from './streams.ts'

/** Time for which changes are gathered before they are written to streams. */
const GATHER_MS = 20
/** How often pending changes, and channels that may have gone silent, are looked at. */
const LOOK_MS = 100
const MOST_CHANNELS = 10_000

export type ChangeBroadcastDeps = {
  readonly resources: Pick<Resources, 'channelByGuid' | 'onChange'>
  /** What other processes commit to the segment index; absent for a process alone. */
  readonly feed?: Pick<ContentFeed, 'onChange'> | undefined
  /** Tells ids of this process from others: up to 64 digits and lower-case letters. */
  readonly processId: string
  /** Milliseconds by a clock that only passes. */
  readonly stopwatch: () => number
}

/** The changes of everything that the API shows, by any process, and the streams that tell of them. */
export class ChangeBroadcast {
  readonly streams: ChangeStreams
  private readonly deps: ChangeBroadcastDeps
  private readonly recent = new RecentChanges()
  private readonly coalescing = new Coalescing()
  private readonly silence = new Silence()
  /** Ids of channels by GUID, which never get another one. */
  private readonly ids = new LruCache<string>(MOST_CHANNELS)
  private readonly asked = new Set<string>()
  private readonly stopListening: readonly (() => void)[]
  private readonly looking: NodeJS.Timeout
  private flushing: NodeJS.Timeout | undefined

  constructor(deps: ChangeBroadcastDeps) {
    const { resources, feed, processId, stopwatch } = deps
    this.deps = deps
    this.streams = new ChangeStreams({ recent: this.recent, processId, stopwatch })
    this.stopListening = [
      resources.onChange((change) => this.heard(change)),
      ...(feed ? [feed.onChange((guid) => this.contentChanged(guid))] : []),
    ]
    this.looking = setInterval(() => this.look(), LOOK_MS).unref()
  }

  /** Notes that the content of a channel has changed; of any channel where the GUID is undefined. */
  contentChanged(channelGuid: string | undefined): void {
    if (channelGuid === undefined) {
      this.put({ kind: 'everything' })
      return
    }
    const id = this.ids.get(channelGuid)
    if (id === undefined) void this.lookUp(channelGuid)
    else this.contentOf(id)
  }

  /** Ends the streams: the process is about to stop. */
  end(): void {
    this.streams.endAll()
  }

  close(): void {
    for (const stop of this.stopListening) stop()
    clearInterval(this.looking)
    clearTimeout(this.flushing)
    this.end()
  }

  private heard(change: ResourceChange): void {
    if (change.kind === 'everything') this.put(change)
    else {
      if (change.kind === 'channel') this.ids.put(change.guid, change.id, 1)
      this.put({ kind: change.kind, id: change.id })
    }
  }

  private contentOf(id: string): void {
    this.silence.changed(id, this.deps.stopwatch())
    this.put({ kind: 'content', id })
  }

  private async lookUp(channelGuid: string): Promise<void> {
    if (this.asked.has(channelGuid)) return
    this.asked.add(channelGuid)
    // While the store does not answer, nobody could ask for the content either.
    const channel = await this.deps.resources.channelByGuid(channelGuid).catch(() => undefined)
    this.asked.delete(channelGuid)
    if (!channel) return
    this.ids.put(channelGuid, channel.id, 1)
    this.contentOf(channel.id)
  }

  private put(change: Change): void {
    if (this.coalescing.put(change, this.deps.stopwatch())) this.tell(change)
  }

  private look(): void {
    const now = this.deps.stopwatch()
    for (const id of this.silence.due(now)) this.put({ kind: 'content', id })
    for (const change of this.coalescing.due(now)) this.tell(change)
  }

  private tell(change: Change): void {
    this.recent.add(change)
    if (this.streams.size === 0) return
    this.flushing ??= setTimeout(() => {
      this.flushing = undefined
      this.streams.flush()
    }, GATHER_MS).unref()
  }
}
