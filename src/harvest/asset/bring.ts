import type { HarvestObject } from '../../model/harvest-run.ts'
import type { Bucket } from '../../stores/buckets.ts'
import type { ObjectBody } from '../../stores/object-body.ts'
import { retryTransient, type Sleep } from '../retry.ts'
import { digested, digesting } from './digest.ts'
import type { AssetObject } from './files.ts'

/** An object of an asset, in its bucket. */
export type Brought = {
  readonly object: HarvestObject
  /** True when the bucket has taken it over from the archive. */
  readonly isTaken: boolean
  /** Why the bucket refused to do so, in a sentence. */
  readonly refusal?: string
}

/** Has a bucket take an object over where it is, or else puts it. Throws LostMedia and BucketRefused. */
export async function bring(
  { key, body: make }: AssetObject,
  bucket: Bucket,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<Brought> {
  const body = await make()
  const brought = await bringBody({ key, body }, bucket, sleep, signal)
  // Not after a failure: the bytes may still be on their way to the network then.
  body.release?.()
  return brought
}

async function bringBody(
  { key, body }: { readonly key: string; readonly body: ObjectBody },
  bucket: Bucket,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<Brought> {
  signal.throwIfAborted()
  const { size } = body
  const taking = await retryTransient(() => bucket.take(key, body, signal), sleep, signal)
  if (taking.isTaken) {
    const sha256 = taking.isProven ? (body.sha256 ?? '') : ''
    return { object: { key, size, sha256 }, isTaken: true }
  }
  const { refusal } = taking
  const put = (sent: ObjectBody) => retryTransient(() => bucket.put(key, sent, signal), sleep, signal)
  const object = { key, size, sha256: await send(body, put, signal) }
  return { object, isTaken: false, ...(refusal !== undefined && { refusal }) }
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
