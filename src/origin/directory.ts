import type { Clock } from '../clock.ts'
import type { Clip } from '../model/clip.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { Lookups } from '../stores/lookups.ts'
import type { ResourceChange, Resources } from '../stores/resources.ts'

const MOST_ENDPOINTS = 10_000
/** A clip has copies of its endpoints. Memory: a few kilobytes each. */
const MOST_CLIPS = 2000
/** Time for which a name without a noun is not looked up again. */
const ABSENT_MS = 1000

type Nouns<T> = {
  readonly most: number
  readonly look: (name: string) => Promise<T | undefined>
  /** The name of the noun that a change is about; undefined where it is about none of these. */
  readonly changed: (change: ResourceChange) => string | undefined
}

/**
 * Finds nouns of one kind in memory, by name; the next request after a change sees the change. Where anything may have
 * changed, those that are known are found as they were until the store answers.
 */
export class Directory<T extends object> {
  private readonly nouns: Nouns<T>
  private readonly lookups: Lookups<T>
  /** Stops listening for changes. */
  readonly close: () => void

  constructor(nouns: Nouns<T>, { onChange }: Pick<Resources, 'onChange'>, clock: Clock) {
    this.nouns = nouns
    this.lookups = new Lookups({ most: nouns.most, absentMs: ABSENT_MS, clock })
    this.close = onChange((change) => {
      if (change.kind === 'everything') return this.lookups.doubt()
      const name = nouns.changed(change)
      if (name !== undefined) this.lookups.forget(name)
    })
  }

  /** What is under a name; undefined where that must be looked up. */
  current(name: string): T | undefined {
    return this.lookups.current(name)
  }

  find(name: string): Promise<T | undefined> {
    return this.lookups.find(name, () => this.nouns.look(name))
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
