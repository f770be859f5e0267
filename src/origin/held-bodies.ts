import type { SegmentBody } from '../packaging/output-format.ts'

/** Enough for hundreds of segments of megabytes on their way at once. */
const MOST_BYTES = 1024 * 1024 * 1024

/** As far as it is of interest here. */
type Answer = { once(event: 'close', listener: () => void): unknown; destroy(): unknown }

/**
 * Made segments that answers hold until the last byte has left. Clients that read slowly hold them long: past a bound in
 * bytes those are cut whose segment has been held longest. Many may hold one segment; it counts once.
 */
export class HeldBodies {
  readonly #mostBytes: number
  /** Held first, first. */
  readonly #answers = new Map<SegmentBody, Set<Answer>>()
  #bytes = 0

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes
  }

  hold(body: SegmentBody, answer: Answer): void {
    const answers = this.#answers.get(body) ?? new Set()
    if (answers.size === 0) {
      this.#answers.set(body, answers)
      this.#bytes += body.size
    }
    answers.add(answer)
    answer.once('close', () => this.#release(body, answer))
    for (const [oldest, holders] of this.#answers) {
      if (this.#bytes <= this.#mostBytes || oldest === body) break
      for (const holder of holders) {
        holder.destroy()
        this.#release(oldest, holder)
      }
    }
  }

  #release(body: SegmentBody, answer: Answer): void {
    const answers = this.#answers.get(body)
    if (!answers?.delete(answer) || answers.size > 0) return
    this.#answers.delete(body)
    this.#bytes -= body.size
  }
}
