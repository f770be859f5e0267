import type { Era } from '../model/output-segment.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import type { ChannelInputs } from './channel-inputs.ts'

/** The eras of a channel in memory: those that may still get slots, and closed ones while they are used. */
export class KnownEras {
  private readonly inputs: Pick<ChannelInputs, 'openEra' | 'readEras'>
  private closed = new Map<number, Era>()

  constructor(inputs: Pick<ChannelInputs, 'openEra' | 'readEras'>) {
    this.inputs = inputs
  }

  /** The era with this id, if it is in memory. */
  of(id: number): Era | undefined {
    return this.inputs.openEra(id) ?? this.closed.get(id)
  }

  /** The eras with these ids, in this order, as far as they exist; reads those that are not in memory. */
  async byId(ids: readonly number[]): Promise<readonly Era[]> {
    const known = ids.flatMap((id) => this.of(id) ?? [])
    const missing = ids.filter((id) => !this.of(id))
    const read = missing.length > 0 ? await this.inputs.readEras(missing) : []
    for (const era of read) if (!this.closed.has(era.id)) this.closed.set(era.id, era)
    // Some of `known` may have been forgotten while the others were read.
    const found = new Map([...known, ...read].map((era) => [era.id, era]))
    return ids.flatMap((id) => this.of(id) ?? found.get(id) ?? [])
  }

  /** Reads the eras with these ids in place of all that were known. */
  async reload(ids: readonly number[], index?: SegmentIndex): Promise<void> {
    const read = await this.inputs.readEras(ids, index)
    this.closed = new Map(read.map((era) => [era.id, era]))
  }

  /** Adds eras, or replaces what was known of them. */
  add(eras: readonly Era[]): void {
    for (const era of eras) this.closed.set(era.id, era)
  }

  /** Forgets all closed eras but these; they are read again when they are asked for. */
  keepOnly(used: ReadonlySet<number>): void {
    for (const id of this.closed.keys()) if (!used.has(id)) this.closed.delete(id)
  }
}
