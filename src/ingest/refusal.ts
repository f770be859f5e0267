import type { OutgoingHttpHeaders } from 'node:http'
import { BodyTooLong } from '../http/read-body.ts'
import type { LogEvent } from '../log.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import { INGEST_ERRORS, type IngestError, type IngestErrorValues } from './ingest-error.ts'

type Values = Readonly<Record<string, string | number>>
type More = { readonly headers?: OutgoingHttpHeaders; readonly cause?: unknown }

/** Thrown for a request the ingest refuses, by a row of the table of its errors; the message is sent to the encoder. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: IngestError
  readonly values: Values
  readonly headers: OutgoingHttpHeaders

  private constructor(code: IngestError, values: Values, { headers, cause }: More) {
    const sentence = INGEST_ERRORS[code].sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
    super(sentence, cause === undefined ? undefined : { cause })
    this.code = code
    this.values = values
    this.headers = { ...INGEST_ERRORS[code].headers, 'x-windrow-error': code, ...headers }
  }

  /** Makes a refusal. `values` fill the placeholders of the sentence; `cause` is for the log only. */
  static of<Code extends IngestError>(code: Code, values: IngestErrorValues<Code>, more: More = {}): Refusal {
    return new Refusal(code, values, more)
  }

  get status(): number {
    return INGEST_ERRORS[this.code].status
  }

  get event(): LogEvent | undefined {
    return INGEST_ERRORS[this.code].event
  }
}

/** Returns the refusal for an error of a request; undefined when the error is the server's fault. */
export function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (error instanceof BodyTooLong) return Refusal.of('BodyTooLong', { limit: error.limit })
  if (error instanceof StoreUnavailable) return Refusal.of('StoreUnavailable', {}, { cause: error })
  return undefined
}
