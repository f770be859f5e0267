import type { OutgoingHttpHeaders } from 'node:http'

/** Thrown for a request the ingest refuses; the message reaches the encoder's log. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: OutgoingHttpHeaders

  constructor(status: number, message: string, headers: OutgoingHttpHeaders = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}
