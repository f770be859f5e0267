import { Pool } from '../../concurrency/pool.ts'
import { NotAwsAnswer } from '../../sdk-answers.ts'
import { answerStatus } from './errors.ts'
import type { ObjectRequests } from './object-requests.ts'
import { withContentMd5 } from './put.ts'

/** The most keys deleted in one request; S3 allows 1000, whose answer takes longer to read than others should wait. */
const MOST_IN_BATCH = 250
const LEAST_IN_BATCH = 2
/** Objects deleted at the same time from a server that does not know batches. */
const SINGLES_AT_ONCE = 8

type Removal = {
  readonly key: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Deletes objects. Those that are asked for in one turn of the event loop go in few requests, and each has its own
 * outcome.
 */
export class Removals {
  private readonly requests: ObjectRequests
  private readonly singles = new Pool(Array.from({ length: SINGLES_AT_ONCE }, (_, place) => place))
  private waiting: Removal[] = []
  /** Keys deleted in one request: fewer after one that was not answered in time: a slow server deletes one by one. */
  private batch = MOST_IN_BATCH
  /** False once the server has shown that it does not delete several objects at once. */
  private knowsBatches = true

  constructor(requests: ObjectRequests) {
    this.requests = requests
  }

  /** Deletes an object; an absent one is no error. */
  remove(key: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject })
      if (this.waiting.length === 1) setImmediate(() => this.flush())
    })
  }

  private flush(): void {
    const { waiting, batch } = this
    this.waiting = []
    for (let at = 0; at < waiting.length; at += batch) void this.removeAll(waiting.slice(at, at + batch))
  }

  private async removeAll(removals: readonly Removal[]): Promise<void> {
    if (removals.length > 1 && this.knowsBatches) await this.removeBatch(removals)
    else await Promise.all(removals.map((removal) => this.removeSingle(removal)))
  }

  private async removeSingle({ key, resolve, reject }: Removal): Promise<void> {
    const { connection, place } = this.requests
    const { sdk, client } = connection
    const remove = new sdk.DeleteObjectCommand({ Bucket: place.bucket, Key: key })
    const isGone = (error: unknown) => answerStatus(error) === 404 && (error as Error).name === 'NoSuchKey'
    await this.singles
      .run(() =>
        this.requests.ask(async (options) => {
          await client.send(remove, options).catch((error: unknown) => {
            if (!isGone(error)) throw error
          })
        }),
      )
      .then(resolve, reject)
  }

  private async removeBatch(removals: readonly Removal[]): Promise<void> {
    const { connection, place } = this.requests
    const { sdk, client } = connection
    const Objects = removals.map(({ key }) => ({ Key: key }))
    const remove = new sdk.DeleteObjectsCommand({ Bucket: place.bucket, Delete: { Objects } })
    withContentMd5(remove)
    try {
      const answer = await this.requests.ask((options) =>
        client.send(remove, options).catch((error: unknown) => {
          if (answerStatus(error) !== 501 && answerStatus(error) !== 405) throw error
          return undefined
        }),
      )
      if (!answer) {
        this.knowsBatches = false
        return await this.removeAll(removals)
      }
      if (removals.length === this.batch) this.batch = Math.min(2 * this.batch, MOST_IN_BATCH)
      const { Deleted = [], Errors = [] } = answer
      const outcomes = new Map<string | undefined, Error | undefined>(Deleted.map(({ Key }) => [Key, undefined]))
      for (const { Key, Code = '', Message = '' } of Errors) outcomes.set(Key, refusalBy(Code, Message))
      for (const { key, resolve, reject } of removals) {
        const problem = outcomes.has(key) ? outcomes.get(key) : new NotAwsAnswer('it does not say what was deleted')
        if (problem) reject(this.requests.failure(problem))
        else resolve()
      }
    } catch (error) {
      this.batch = Math.max(LEAST_IN_BATCH, Math.min(this.batch, removals.length >> 1))
      for (const { reject } of removals) reject(error)
    }
  }
}

/** The error that S3 states of one key, as the SDK would throw it of a request. */
function refusalBy(code: string, message: string): Error | undefined {
  if (code === 'NoSuchKey') return undefined
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: 200 } })
}
