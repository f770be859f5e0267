import type { Clock } from '../clock.ts'
import type { ContentFeed } from '../stores/content-feed.ts'
import type { ChannelContent } from './channel-content.ts'

/** Interval at which this process notes that it runs. When it was late by more than `STOOD_MS`, it stood still. */
const BEAT_MS = 500
const STOOD_MS = 2000

export type LoadedChannelsDeps = {
  /** Makes the content of a channel; `changed` is to be called when what the channel can show has changed. */
  readonly make: (channelGuid: string, changed: () => void) => ChannelContent
  /** What other processes commit; absent where there are none. */
  readonly feed?: ContentFeed | undefined
  /** Called when nothing that was read before can be relied on. */
  readonly distrusted?: () => void
  /** Called with a channel in memory when what it can show has changed, or may have. */
  readonly shown?: (content: ChannelContent) => void
  /** Passes also while this process stands still. */
  readonly clock: Clock
}

/**
 * The channels in memory: those that somebody has asked for lately. Only these are followed, and step with time. What
 * others have committed is told by the feed; a process that stood still may be asked before it hears of it.
 */
export class LoadedChannels {
  private readonly deps: LoadedChannelsDeps
  private readonly byGuid = new Map<string, ChannelContent>()
  /** How often what a channel can show has changed, or may have. */
  private readonly versions = new Map<string, number>()
  private readonly stopListening: (() => void) | undefined
  private readonly beating: NodeJS.Timeout | undefined
  private beatAt: number

  constructor(deps: LoadedChannelsDeps) {
    this.deps = deps
    this.stopListening = deps.feed?.onChange((channelGuid, part) => {
      if (channelGuid === undefined) deps.distrusted?.()
      for (const content of channelGuid === undefined ? this.all() : [this.get(channelGuid)]) {
        if (channelGuid === undefined) content?.distrust(part)
        else content?.changedByOther(part)
        if (content && part === 'shown') this.changed(content.guid)
      }
    })
    this.beatAt = deps.feed ? deps.clock() : 0
    this.beating = deps.feed && setInterval(() => this.beat(), BEAT_MS).unref()
  }

  all(): readonly ChannelContent[] {
    return [...this.byGuid.values()]
  }

  /** The content of a channel if it is in memory. */
  get(channelGuid: string): ChannelContent | undefined {
    return this.byGuid.get(channelGuid)
  }

  /** The content of a channel, which stays in memory as long as it is used. */
  use(channelGuid: string): ChannelContent {
    this.beat()
    const known = this.get(channelGuid)
    if (known) return known
    this.deps.feed?.watch(channelGuid)
    const content = this.make(channelGuid)
    this.byGuid.set(channelGuid, content)
    // Changes of others have not been heard until now.
    this.changed(channelGuid)
    return content
  }

  /**
   * The content of a channel, to be changed; it does not stay in memory for that. It is read anew where others may have
   * changed it: they may need what is not needed here yet.
   */
  toChange(channelGuid: string): ChannelContent {
    const content = this.get(channelGuid) ?? this.make(channelGuid)
    if (this.deps.feed) content.changedByOther('shown')
    return content
  }

  /** A number that grows whenever what a channel can show has changed, or may have. */
  version(channelGuid: string): number {
    return this.versions.get(channelGuid) ?? 0
  }

  /** Takes channels out of memory that are not used. Time passes here for those of which `letsTimePass` is true. */
  unloadIdle(letsTimePass: (channelGuid: string) => boolean): void {
    for (const content of this.all()) {
      if (!content.isIdle(letsTimePass(content.guid))) continue
      this.unload(content.guid)
      // What is shown from here on is not heard of.
      this.changed(content.guid)
    }
  }

  /** Forgets a channel that was deleted. */
  forget(channelGuid: string): void {
    this.unload(channelGuid)
    this.versions.delete(channelGuid)
  }

  /** Resolves when every change begun so far is done. */
  async close(): Promise<void> {
    this.stopListening?.()
    clearInterval(this.beating)
    await Promise.all(this.all().map((content) => content.settled()))
  }

  private beat(): void {
    if (!this.deps.feed) return
    const now = this.deps.clock()
    const stoodStill = now - this.beatAt > STOOD_MS
    this.beatAt = now
    if (!stoodStill) return
    for (const content of this.all()) {
      content.changedByOther('shown')
      this.changed(content.guid)
    }
  }

  private make(channelGuid: string): ChannelContent {
    return this.deps.make(channelGuid, () => this.changed(channelGuid))
  }

  private changed(channelGuid: string): void {
    this.versions.set(channelGuid, this.version(channelGuid) + 1)
    const content = this.get(channelGuid)
    if (content) this.deps.shown?.(content)
  }

  private unload(channelGuid: string): void {
    this.deps.feed?.unwatch(channelGuid)
    this.byGuid.delete(channelGuid)
  }
}
