import { equalBytes, MalformedMedia } from '../bytes.ts'

/**
 * Outcome of adding a parameter set: new with its id, in place of a different or forgotten set with that id, already
 * known, or unreadable.
 */
export type SetOutcome = 'added' | 'replaced' | 'known' | 'malformed'

/** Bytes: several times as many as a parameter set has with every scaling list and extension. */
const MOST_SET_SIZE = 16 * 1024

/** The parameter sets of one kind that are in force, by id. */
export class ParameterSets<T extends { readonly id: number }> {
  private readonly sets = new Map<number, { readonly nal: Uint8Array; readonly value: T }>()
  private readonly ids = new Set<number>()
  private readonly read: (nal: Uint8Array) => T

  constructor(read: (nal: Uint8Array) => T) {
    this.read = read
  }

  /** Adds a copy of a parameter set. */
  add(nal: Uint8Array): SetOutcome {
    if (nal.length > MOST_SET_SIZE) return 'malformed'
    try {
      const value = this.read(nal)
      // Equal sets have equal ids: comparing with all others would take their number times as long.
      const known = this.sets.get(value.id)
      if (known !== undefined && equalBytes(known.nal, nal)) return 'known'
      const outcome = this.ids.has(value.id) ? 'replaced' : 'added'
      this.ids.add(value.id)
      this.sets.set(value.id, { nal: new Uint8Array(nal), value })
      return outcome
    } catch (error) {
      if (error instanceof MalformedMedia) return 'malformed'
      throw error
    }
  }

  get(id: number): T | undefined {
    return this.sets.get(id)?.value
  }

  /** The NAL units in the order of their ids. */
  get nals(): readonly Uint8Array[] {
    return [...this.sets].sort(([a], [b]) => a - b).map(([, { nal }]) => nal)
  }

  /**
   * Forgets the sets that refer to a changed set of another kind.
   * @returns their ids
   */
  forget(refersToIt: (value: T) => boolean): number[] {
    const ids = [...this.sets].filter(([, { value }]) => refersToIt(value)).map(([id]) => id)
    for (const id of ids) this.sets.delete(id)
    return ids
  }
}
