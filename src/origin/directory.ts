import { LruCache } from '../cache/lru-cache.ts'
import type { Clock } from '../clock.ts'
import { SingleFlight } from '../concurrency/single-flight.ts'
import type { Clip } from '../model/clip.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { ResourceChange, Resources } from '../stores/resources.ts'

const MOST_ENDPOINTS = 10_000
/** A clip has copies of its endpoints. Memory: a few kilobytes each. */
const MOST_CLIPS = 2000
/** Names without a noun that are remembered. */
const MOST_ABSENT = 10_000
/** Time for which a name without a noun is not looked up again. */
const ABSENT_MS = 1000

type Nouns<T> = {
  readonly most: number
  readonly look: (name: string) => Promise<T | undefined>
  /** The name of the noun that a change is about; undefined where it is about none of these. */
  readonly changed: (change: ResourceChange) => string | undefined
}

/** Finds nouns of one kind in memory, by name; the next request after a change sees the change. */
export class Directory<T extends object> {
  private readonly nouns: Nouns<T>
  private readonly clock: Clock
  private readonly known: LruCache<T>
  private readonly absentUntil = new LruCache<number>(MOST_ABSENT)
  private readonly finding = new SingleFlight<T | undefined>()
  /** Stops listening for changes. */
  readonly close: () => void

  constructor(nouns: Nouns<T>, { onChange }: Pick<Resources, 'onChange'>, clock: Clock) {
    this.nouns = nouns
    this.clock = clock
    this.known = new LruCache(nouns.most)
    this.close = onChange((change) => {
      if (change.kind === 'everything') {
        this.known.clear()
        this.absentUntil.clear()
        this.finding.forgetAll()
        return
      }
      const name = nouns.changed(change)
      if (name === undefined) return
      this.known.delete(name)
      this.absentUntil.delete(name)
      this.finding.forget(name)
    })
  }

  async find(name: string): Promise<T | undefined> {
    const known = this.known.get(name)
    if (known) return known
    const absentUntil = this.absentUntil.get(name)
    if (absentUntil !== undefined && this.clock() < absentUntil) return undefined
    return this.finding.run(name, async (isCurrent) => {
      const noun = await this.nouns.look(name)
      // A result overtaken by a change goes to those who asked before the change, and is not kept.
      if (!isCurrent()) return noun
      if (noun) this.known.put(name, noun, 1)
      else this.absentUntil.put(name, this.clock() + ABSENT_MS, 1)
      return noun
    })
  }
}

/** Origin endpoints by GUID. */
export function endpointDirectory(
  resources: Pick<Resources, 'originEndpointByGuid' | 'onChange'>,
  clock: Clock,
): Directory<OriginEndpoint> {
  const nouns: Nouns<OriginEndpoint> = {
    most: MOST_ENDPOINTS,
    look: (guid) => resources.originEndpointByGuid(guid),
    changed: (change) => (change.kind === 'originEndpoint' ? change.guid : undefined),
  }
  return new Directory(nouns, { onChange: (listener) => resources.onChange(listener) }, clock)
}

/** Clips by id. */
export function clipDirectory(resources: Pick<Resources, 'clipById' | 'onChange'>, clock: Clock): Directory<Clip> {
  const nouns: Nouns<Clip> = {
    most: MOST_CLIPS,
    look: (id) => resources.clipById(id),
    changed: (change) => (change.kind === 'clip' ? change.id : undefined),
  }
  return new Directory(nouns, { onChange: (listener) => resources.onChange(listener) }, clock)
}
