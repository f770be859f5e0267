import type { Clock } from '../clock.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Resources } from '../stores/resources.ts'
import { BoundedCache } from './manifests/bounded-cache.ts'

const MOST_ENDPOINTS = 10_000
/** How long a GUID that names nothing is not asked for again. */
const ABSENT_MS = 1000

/** Origin endpoints by GUID, from memory; a change of an endpoint is seen by the next request. */
export class EndpointDirectory {
  readonly #resources: Pick<Resources, 'originEndpointByGuid' | 'onChange'>
  readonly #clock: Clock
  readonly #known = new BoundedCache<Promise<OriginEndpoint | undefined>>(MOST_ENDPOINTS)
  readonly #absentUntil = new BoundedCache<number>(MOST_ENDPOINTS)
  /** Stops listening for changes. */
  readonly close: () => void

  constructor(resources: Pick<Resources, 'originEndpointByGuid' | 'onChange'>, clock: Clock) {
    this.#resources = resources
    this.#clock = clock
    this.close = resources.onChange((change) => {
      if (change.kind === 'everything') {
        this.#known.clear()
        this.#absentUntil.clear()
      }
      if (change.kind !== 'originEndpoint') return
      this.#known.delete(change.guid)
      this.#absentUntil.delete(change.guid)
    })
  }

  async find(guid: string): Promise<OriginEndpoint | undefined> {
    const known = this.#known.get(guid)
    if (known) return known
    const absentUntil = this.#absentUntil.get(guid)
    if (absentUntil !== undefined && this.#clock() < absentUntil) return undefined
    const finding = this.#resources.originEndpointByGuid(guid)
    this.#known.put(guid, finding, 1)
    // An answer overtaken by a change is given to those who asked before it, and not remembered.
    const isCurrent = () => this.#known.get(guid) === finding
    try {
      const endpoint = await finding
      if (!endpoint && isCurrent()) {
        this.#known.delete(guid)
        this.#absentUntil.put(guid, this.#clock() + ABSENT_MS, 1)
      }
      return endpoint
    } catch (error) {
      if (isCurrent()) this.#known.delete(guid)
      throw error
    }
  }
}
