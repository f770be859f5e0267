import type { Clock } from '../../clock.ts'
import { AdaptiveLimit, type Limit } from '../../concurrency/adaptive-limit.ts'
import type { HarvestObject } from '../../model/harvest-run.ts'
import { type Bucket, BucketRefused, MOST_TIMES_REMOTE } from '../../stores/buckets.ts'
import type { ObjectBody } from '../../stores/object-body.ts'
import { retryTransient, type Sleep } from '../retry.ts'
import { digested, digesting } from './digest.ts'
import type { AssetObject } from './files.ts'

/** Bytes that may be under way to a remote bucket where it takes more objects than at first. */
const MOST_REMOTE_BYTES = 64 << 20

/** An object of an asset, in its bucket. */
export type Brought = {
  readonly object: HarvestObject
  /** True when the bucket has taken it over from the archive. */
  readonly isTaken: boolean
  /** Why the bucket refused to do so, in a sentence. */
  readonly refusal?: string
}

export type DestinationDeps = {
  readonly sleep: Sleep
  /** The clock by which it is told how long objects take. */
  readonly steady: Clock
  /** Objects written at the same time, at first. Memory: this many times the largest segment. */
  readonly objectsAtOnce: number
}

/** The bucket that the objects of an asset are brought to. */
export class Destination {
  private readonly bucket: Bucket
  private readonly deps: DestinationDeps
  /** Adapts to what a remote bucket takes; what is local is as fast as its disk. */
  private readonly adapting: AdaptiveLimit | undefined

  constructor(bucket: Bucket, deps: DestinationDeps) {
    this.bucket = bucket
    this.deps = deps
    const first = deps.objectsAtOnce
    const bounds = { first, most: MOST_TIMES_REMOTE * first, mostUnits: MOST_REMOTE_BYTES }
    this.adapting = bucket.isRemote ? new AdaptiveLimit(bounds) : undefined
  }

  /** How many objects are to be brought at the same time. */
  get atOnce(): number | Limit {
    return this.adapting ?? this.deps.objectsAtOnce
  }

  /** Has the bucket take an object over where it is, or else puts it. Throws LostMedia and BucketRefused. */
  async bring({ key, body: make }: AssetObject, signal: AbortSignal): Promise<Brought> {
    const began = this.deps.steady()
    const body = await make()
    const brought = await this.bringBody(key, body, signal)
    // Not after a failure: the bytes may still be on their way to the network then.
    body.release?.()
    this.adapting?.done(body.size, this.deps.steady() - began)
    return brought
  }

  private async bringBody(key: string, body: ObjectBody, signal: AbortSignal): Promise<Brought> {
    signal.throwIfAborted()
    const { bucket } = this
    const { size } = body
    const retried = <T>(work: () => Promise<T>) => retryTransient(() => this.heeding(work), this.deps.sleep, signal)
    const taking = await retried(() => bucket.take(key, body, signal))
    if (taking.isTaken) {
      const sha256 = taking.isProven ? (body.sha256 ?? '') : ''
      return { object: { key, size, sha256 }, isTaken: true }
    }
    const { refusal } = taking
    const put = (sent: ObjectBody) => retried(() => bucket.put(key, sent, signal))
    const object = { key, size, sha256: await send(body, put, signal) }
    return { object, isTaken: false, ...(refusal !== undefined && { refusal }) }
  }

  /** Does what `work` does, and notes when the bucket says that it is too much. */
  private async heeding<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof BucketRefused && error.code === 'Unavailable') this.adapting?.refused()
      throw error
    }
  }
}

/** Puts a body; gives its SHA-256. */
async function send(body: ObjectBody, put: (sent: ObjectBody) => Promise<void>, signal: AbortSignal): Promise<string> {
  if (body.sha256 === undefined && (body.kind === 'stream' || body.kind === 'objects')) {
    const sent = digesting(body)
    await put(sent)
    if (sent.sha256 === undefined) throw new Error('a body was put that was not read to its end')
    return sent.sha256
  }
  const sent = await digested(body)
  signal.throwIfAborted()
  await put(sent)
  return sent.sha256
}
