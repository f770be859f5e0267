import { settledWithin } from '../concurrency/settled-within.ts'
import type { Metrics } from '../metrics.ts'
import type { Channel } from '../model/channel.ts'
import { ownKindOf } from '../model/harvest-job.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { allOf } from '../stores/pages.ts'
import type { ResourceChange, Resources } from '../stores/resources.ts'

/** How long a scrape waits for what has changed. */
const WAIT_MS = 250
/** How long after something was deleted a request for it may still end, and count. */
const LINGERING_MS = 600_000
/** Changes that are remembered while nobody reads metrics. */
const MOST_CHANGED = 1000

export type NamedResourcesDeps = {
  readonly resources: Pick<
    Resources,
    'channelByGuid' | 'listChannels' | 'listOriginEndpoints' | 'onChange' | 'originEndpointByGuid'
  >
  readonly metrics: Metrics
  /** Milliseconds by a clock that only passes. */
  readonly stopwatch: () => number
  /** Called when so much has changed that it is time to refresh, also where nobody reads metrics. */
  readonly overdue: () => void
}

/** Nouns of one kind by GUID, as they are stored. */
type Nouns<T> = {
  readonly label: 'channel' | 'origin_endpoint'
  readonly list: () => AsyncGenerator<T>
  readonly look: (guid: string) => Promise<T | undefined>
  readonly byGuid: Map<string, T>
  /** GUIDs of those that have changed since. */
  readonly changed: Set<string>
  /** When those were deleted that lately were, by id. */
  readonly deletedAt: Map<string, number>
  /** Ids that series had when these were swept last, and none of the nouns. */
  strangers: ReadonlySet<string>
  readonly inform: (noun: T) => void
}

/**
 * The channels and origin endpoints that metrics name, as they are stored when metrics are read. Series of those that
 * are deleted are removed.
 */
export class NamedResources {
  private readonly deps: NamedResourcesDeps
  private readonly ofChannels: Nouns<Channel>
  private readonly ofEndpoints: Nouns<OriginEndpoint>
  /** How often series have been removed: whoever has kept one since then changes nothing by it. */
  removals = 0
  private isListed = false
  private sweptAt: number
  private refreshing: Promise<void> | undefined
  /** Stops listening for changes. */
  readonly close: () => void

  constructor(deps: NamedResourcesDeps) {
    const { resources, metrics } = deps
    this.deps = deps
    this.sweptAt = deps.stopwatch()
    this.ofChannels = {
      label: 'channel',
      list: () => allOf((page) => resources.listChannels(page)),
      look: (guid) => resources.channelByGuid(guid),
      inform: ({ id, guid }) => metrics.gauge('windrow_channel_info', { channel: id, guid }).set(1),
      ...nothing<Channel>(),
    }
    this.ofEndpoints = {
      label: 'origin_endpoint',
      list: () => allOf((page) => resources.listOriginEndpoints(page)),
      look: (guid) => resources.originEndpointByGuid(guid),
      inform(endpoint) {
        const labels = { origin_endpoint: endpoint.id, channel: endpoint.channelId, guid: endpoint.guid }
        metrics.gauge('windrow_origin_endpoint_info', { ...labels, package: ownKindOf(endpoint).toLowerCase() }).set(1)
      },
      ...nothing<OriginEndpoint>(),
    }
    this.close = resources.onChange((change) => this.heard(change))
  }

  get channels(): Iterable<Channel> {
    return this.ofChannels.byGuid.values()
  }

  get endpoints(): Iterable<OriginEndpoint> {
    return this.ofEndpoints.byGuid.values()
  }

  /** The channel with a GUID, as far as it is known without the store. */
  channel(guid: string): Channel | undefined {
    return this.ofChannels.byGuid.get(guid)
  }

  /** The endpoint with a GUID, as far as it is known without the store. */
  endpoint(guid: string): OriginEndpoint | undefined {
    return this.ofEndpoints.byGuid.get(guid)
  }

  /** The same, looked up where it is not known. Undefined also while the store does not answer. */
  async findChannel(guid: string): Promise<Channel | undefined> {
    const { ofChannels } = this
    const known = this.channel(guid)
    if (known) return known
    const found = await ofChannels.look(guid).catch(() => undefined)
    if (found && !this.channel(guid)) {
      // Otherwise each of its steps would ask for it while nobody reads metrics. It may have been deleted meanwhile.
      ofChannels.changed.add(guid)
      this.know(ofChannels, found)
    }
    return found
  }

  /** Brings all up to date, as far as the store answers soon, and removes the series of what was deleted. */
  async refresh(): Promise<void> {
    this.refreshing ??= this.read().finally(() => {
      this.refreshing = undefined
    })
    await settledWithin(
      WAIT_MS,
      this.refreshing.then(() => true),
    ).catch(() => {})
    this.removeDeleted(this.ofChannels)
    this.removeDeleted(this.ofEndpoints)
    this.sweep()
  }

  private heard(change: ResourceChange): void {
    if (change.kind === 'everything') this.isListed = false
    if (change.kind === 'channel') this.ofChannels.changed.add(change.guid)
    if (change.kind === 'originEndpoint') this.ofEndpoints.changed.add(change.guid)
    if (this.changes >= MOST_CHANGED && !this.refreshing) this.deps.overdue()
  }

  private get changes(): number {
    return this.ofChannels.changed.size + this.ofEndpoints.changed.size
  }

  private async read(): Promise<void> {
    if (!this.isListed) {
      // What changes meanwhile is read again.
      this.isListed = true
      try {
        await this.listed(this.ofChannels)
        await this.listed(this.ofEndpoints)
      } catch (error) {
        this.isListed = false
        throw error
      }
    }
    await this.followed(this.ofChannels)
    await this.followed(this.ofEndpoints)
  }

  private async listed<T extends Channel | OriginEndpoint>(nouns: Nouns<T>): Promise<void> {
    nouns.changed.clear()
    const gone = new Set(nouns.byGuid.keys())
    for await (const noun of nouns.list()) {
      gone.delete(noun.guid)
      this.know(nouns, noun)
    }
    for (const guid of gone) this.forget(nouns, guid)
  }

  private async followed<T extends Channel | OriginEndpoint>(nouns: Nouns<T>): Promise<void> {
    for (const guid of nouns.changed) {
      nouns.changed.delete(guid)
      const noun = await nouns.look(guid).catch((error: unknown) => {
        nouns.changed.add(guid)
        throw error
      })
      if (noun) this.know(nouns, noun)
      else this.forget(nouns, guid)
    }
  }

  private know<T extends Channel | OriginEndpoint>(nouns: Nouns<T>, noun: T): void {
    nouns.byGuid.set(noun.guid, noun)
    // Otherwise it would go on with what was measured of the one that had its id before.
    if (nouns.deletedAt.delete(noun.id)) this.remove(nouns.label, [noun.id])
    nouns.inform(noun)
  }

  private forget<T extends Channel | OriginEndpoint>(nouns: Nouns<T>, guid: string): void {
    const noun = nouns.byGuid.get(guid)
    if (!noun) return
    nouns.byGuid.delete(guid)
    this.remove('guid', [guid])
    // Another may have its id by now.
    const taken = [...nouns.byGuid.values()].find(({ id }) => id === noun.id)
    if (!taken) nouns.deletedAt.set(noun.id, this.deps.stopwatch())
    else {
      this.remove(nouns.label, [noun.id])
      nouns.inform(taken)
    }
  }

  private remove(label: string, values: Iterable<string>): void {
    this.removals++
    this.deps.metrics.remove(label, new Set(values))
  }

  private removeDeleted<T>({ label, deletedAt }: Nouns<T>): void {
    if (deletedAt.size === 0) return
    this.remove(label, deletedAt.keys())
    const now = this.deps.stopwatch()
    for (const [id, at] of deletedAt) if (now - at > LINGERING_MS) deletedAt.delete(id)
  }

  /** Removes the series of what was made and deleted between two readings, so that its deletion was never seen. */
  private sweep(): void {
    const { metrics, stopwatch } = this.deps
    const now = stopwatch()
    if (now - this.sweptAt < LINGERING_MS || !this.isListed || this.changes > 0) return
    this.sweptAt = now
    for (const nouns of [this.ofChannels, this.ofEndpoints]) {
      const ids = new Set([...nouns.byGuid.values()].map(({ id }) => id))
      // Of what is new, series may be there before it is known here.
      const strangers = [...metrics.valuesOf(nouns.label)].filter((id) => !ids.has(id))
      this.remove(
        nouns.label,
        strangers.filter((id) => nouns.strangers.has(id)),
      )
      nouns.strangers = new Set(strangers)
    }
  }
}

function nothing<T>(): Pick<Nouns<T>, 'byGuid' | 'changed' | 'deletedAt' | 'strangers'> {
  return { byGuid: new Map(), changed: new Set(), deletedAt: new Map(), strangers: new Set() }
}
