import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Resources } from '../stores/resources.ts'

const MOST_ENDPOINTS = 10_000
/** Time for which a GUID without an endpoint is not looked up again. */
const ABSENT_MS = 1000

/** Finds origin endpoints by GUID in memory; the next request after a change sees the change. */
export class EndpointDirectory {
  private readonly resources: Pick<Resources, 'originEndpointByGuid' | 'onChange'>
  private readonly clock: Clock
  private readonly known = new LruCache<OriginEndpoint>(MOST_ENDPOINTS)
  private readonly absentUntil = new LruCache<number>(MOST_ENDPOINTS)
  private readonly finding = new SingleFlight<OriginEndpoint | undefined>()
  /** Stops listening for changes. */
  readonly close: () => void

  constructor(resources: Pick<Resources, 'originEndpointByGuid' | 'onChange'>, clock: Clock) {
    this.resources = resources
    this.clock = clock
    this.close = resources.onChange((change) => {
      if (change.kind === 'everything') {
        this.known.clear()
        this.absentUntil.clear()
        this.finding.forgetAll()
      }
      if (change.kind !== 'originEndpoint') return
      this.known.delete(change.guid)
      this.absentUntil.delete(change.guid)
      this.finding.forget(change.guid)
    })
  }

  async find(guid: string): Promise<OriginEndpoint | undefined> {
    const known = this.known.get(guid)
    if (known) return known
    const absentUntil = this.absentUntil.get(guid)
    if (absentUntil !== undefined && this.clock() < absentUntil) return undefined
    return this.finding.run(guid, async (isCurrent) => {
      const endpoint = await this.resources.originEndpointByGuid(guid)
      // A result overtaken by a change goes to those who asked before the change, and is not kept.
      if (!isCurrent()) return endpoint
      if (endpoint) this.known.put(guid, endpoint, 1)
      else this.absentUntil.put(guid, this.clock() + ABSENT_MS, 1)
      return endpoint
    })
  }
}
