import type { SegmentBody } from '../packaging/output-format.ts'

/** Room for hundreds of segments of several megabytes. */
const MOST_BYTES = 1024 * 1024 * 1024

/** The part of an HTTP response that is used here. */
type Response = { once(event: 'close', listener: () => void): unknown; destroy(): unknown }

/**
 * Bounds the bytes of made segments that responses hold until their last byte has left. Slow clients hold them for
 * long: beyond the bound, the responses whose segment has been in flight longest are destroyed. A segment sent by
 * several responses counts once.
 */
export class InFlightBytes {
  private readonly mostBytes: number
  /** Responses by segment, longest in flight first. */
  private readonly responses = new Map<SegmentBody, Set<Response>>()
  private bytes = 0

  constructor(mostBytes = MOST_BYTES) {
    this.mostBytes = mostBytes
  }

  /** Counts a body until the response that sends it closes. */
  add(body: SegmentBody, response: Response): void {
    const responses = this.responses.get(body) ?? new Set()
    if (responses.size === 0) {
      this.responses.set(body, responses)
      this.bytes += body.size
    }
    responses.add(response)
    response.once('close', () => this.release(body, response))
    for (const [oldest, senders] of this.responses) {
      if (this.bytes <= this.mostBytes || oldest === body) break
      for (const sender of senders) {
        sender.destroy()
        this.release(oldest, sender)
      }
    }
  }

  private release(body: SegmentBody, response: Response): void {
    const responses = this.responses.get(body)
    if (!responses?.delete(response) || responses.size > 0) return
    this.responses.delete(body)
    this.bytes -= body.size
  }
}
