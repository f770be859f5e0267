import { setTimeout as sleep } from 'node:timers/promises'
import { retry } from '../../concurrency/retry.ts'
import { ObjectsUnavailable } from '../objects.ts'
import type { Connection } from './connection.ts'
import { type BucketPlace, isSpoilt, objectsFailure } from './errors.ts'

/** Pauses before bytes that arrived wrong are sent again, in milliseconds. */
const SPOILT_PAUSES_MS = [50, 400]

export type RequestOptions = { readonly abortSignal: AbortSignal }

/**
 * Requests about the objects of one bucket, each bounded in time together with its retries. When the store does not
 * answer, or not as S3 does, they reject with ObjectsUnavailable; when `signal` aborts, as the SDK does.
 */
export class ObjectRequests {
  readonly connection: Connection
  readonly place: BucketPlace
  private readonly mostMs: number

  constructor(connection: Connection, place: BucketPlace, mostMs: number) {
    this.connection = connection
    this.place = place
    this.mostMs = mostMs
  }

  /** Resolves as `work` does, which uses the connection with these options. */
  async ask<T>(work: (options: RequestOptions) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), this.mostMs)
    const abortSignal = signal ? AbortSignal.any([signal, late.signal]) : late.signal
    try {
      return await work({ abortSignal })
    } catch (error) {
      if (signal?.aborted) throw error
      throw late.signal.aborted ? this.tooLate(error) : this.failure(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** As `ask`; `work` is done again when the bytes it has sent arrived wrong. */
  send<T>(work: (options: RequestOptions) => Promise<T>, signal: AbortSignal): Promise<T> {
    const options = { pauses: SPOILT_PAUSES_MS, isTransient: isSpoilt, sleep: (pause: number) => sleep(pause) }
    return this.ask((requestOptions) => retry(() => work(requestOptions), options), signal)
  }

  /** The error of the store for one of the SDK or of the network. */
  failure(error: unknown): unknown {
    return objectsFailure(error, this.place) ?? error
  }

  private tooLate(cause: unknown): ObjectsUnavailable {
    const { host, bucket } = this.place
    return new ObjectsUnavailable(
      `${host}, the server of bucket ${bucket}, has not done a request in ${this.mostMs} ms.`,
      { cause },
    )
  }
}
