import type { Log } from '../log.ts'

/** Over the bound, readers are cut off until this part of it is free, as finding the slowest costs a search of all. */
const FREED_PART = 1 / 16

/** Memory that is kept for responses, such as an ArrayBuffer; counted once, however many responses hold it. */
export type HeldMemory = { readonly byteLength: number }

/** The part of an HTTP response that is used here. */
type HeldResponse = {
  readonly closed: boolean
  readonly destroyed: boolean
  readonly writableLength: number
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

type Reader = {
  memory: readonly HeldMemory[]
  /** The count of steps of all readers when this one last made one. */
  progressAt: number
  /** Seconds since then. */
  stalledSeconds: number
}

export type OutgoingBytesOptions = {
  readonly mostBytes: number
  /** Time without progress after which a reader is cut off. */
  readonly stallSeconds: number
  readonly log: Log
}

/**
 * Bounds the memory that responses hold until their clients have read them. Beyond the bound, the connections are cut
 * that hold most for longest without progress, and at any time those without progress for `stallSeconds`. `tick`
 * is called once a second.
 */
export class OutgoingBytes {
  private readonly options: OutgoingBytesOptions
  private readonly readers = new Map<HeldResponse, Reader>()
  private readonly holders = new Map<HeldMemory, number>()
  private readonly cut = { overBound: 0, stalled: 0 }
  /** Readers cut off since the start. */
  readonly totalCut = { overBound: 0, stalled: 0 }
  private held = 0
  private steps = 0

  constructor(options: OutgoingBytesOptions) {
    this.options = options
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.held
  }

  /** Counts this memory, in place of what the response held before, until the response closes. */
  hold(response: HeldResponse, memory: readonly HeldMemory[]): void {
    if (response.closed || response.destroyed) return
    let reader = this.readers.get(response)
    if (!reader) {
      reader = { memory: [], progressAt: 0, stalledSeconds: 0 }
      this.readers.set(response, reader)
      response.once('close', () => this.release(response))
    }
    for (const each of memory) this.retain(each)
    for (const each of reader.memory) this.drop(each)
    reader.memory = memory
    this.note(reader)
    if (this.held > this.options.mostBytes) this.cutSlowest(reader)
  }

  /** Counts what is left of a response after its handler, unless the handler did so itself. */
  holdRest(response: HeldResponse): void {
    const byteLength = response.writableLength
    if (byteLength > 0 && !this.readers.has(response)) this.hold(response, [{ byteLength }])
  }

  /** Notes that the client has read something. */
  progress(response: HeldResponse): void {
    const reader = this.readers.get(response)
    if (reader) this.note(reader)
  }

  /** Lets a second pass: cuts off readers that have stalled, and logs how many were cut off since the last. */
  tick(): void {
    const { stallSeconds, log } = this.options
    for (const [response, reader] of this.readers) {
      if (++reader.stalledSeconds < stallSeconds) continue
      this.cutOff(response, 'stalled')
    }
    if (this.cut.overBound + this.cut.stalled === 0) return
    log.warn({ event: 'slow-clients-cut', ...this.cut, bytes: this.held }, 'clients that read too slowly were cut off')
    this.cut.overBound = 0
    this.cut.stalled = 0
  }

  private note(reader: Reader): void {
    reader.progressAt = ++this.steps
    reader.stalledSeconds = 0
  }

  private cutSlowest(newest: Reader): void {
    const goal = this.options.mostBytes * (1 - FREED_PART)
    const slowest = [...this.readers]
      .map(([response, reader]) => ({
        response,
        reader,
        weight: this.share(reader) * (this.steps - reader.progressAt),
      }))
      .sort((a, b) => b.weight - a.weight)
    for (const { response, reader } of slowest) {
      if (this.held <= goal) break
      if (reader === newest) continue
      this.cutOff(response, 'overBound')
    }
  }

  /** The bytes of a reader; memory that several hold is divided among them. */
  private share({ memory }: Reader): number {
    return memory.reduce((sum, each) => sum + each.byteLength / (this.holders.get(each) ?? 1), 0)
  }

  private cutOff(response: HeldResponse, reason: 'overBound' | 'stalled'): void {
    this.cut[reason]++
    this.totalCut[reason]++
    this.release(response)
    response.destroy()
  }

  private release(response: HeldResponse): void {
    const reader = this.readers.get(response)
    if (!reader) return
    this.readers.delete(response)
    for (const each of reader.memory) this.drop(each)
  }

  private retain(memory: HeldMemory): void {
    const count = this.holders.get(memory) ?? 0
    if (count === 0) this.held += memory.byteLength
    this.holders.set(memory, count + 1)
  }

  private drop(memory: HeldMemory): void {
    const count = this.holders.get(memory) ?? 0
    if (count > 1) {
      this.holders.set(memory, count - 1)
      return
    }
    this.holders.delete(memory)
    this.held -= memory.byteLength
  }
}
