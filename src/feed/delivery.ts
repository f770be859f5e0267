import { withinTime } from '../concurrency/unless-aborted.ts'
import { DigestClient } from './digest-client.ts'

/** An ingest endpoint as the API describes it; the URL ends in the base name of everything that is put. */
export type FeedTarget = { readonly url: string; readonly username: string; readonly password: string }

/** Time as it passes, in milliseconds. */
export type Pace = {
  /** Since 1970. */
  readonly now: () => number
  /** Rejects when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Thrown when an ingest endpoint refuses what is fed, or does not answer for long. The message is one line. */
export class FeedRefused extends Error {
  override readonly name = 'FeedRefused'
}

/** How long a server may be away, or without space: it may be restarting. */
const MOST_AWAY_MS = 60_000
const PAUSE_MS = 200
/** How long one PUT may take. */
const MOST_PUT_MS = 60_000
/** The longest Retry-After that is obeyed, in seconds. */
const MOST_RETRY_AFTER = 30
const MOST_REASON = 300

/** Puts files to one ingest endpoint, each until it is taken. */
export class FeedDelivery {
  private readonly url: string
  private readonly client: DigestClient
  private readonly pace: Pace
  /** No PUT begins before: the server has asked for that. */
  private heldUntil = 0
  /** When the last PUT was taken, or the first one began. */
  private takenAt: number | undefined

  constructor({ url, username, password }: FeedTarget, pace: Pace) {
    this.url = url
    this.client = new DigestClient(username, password)
    this.pace = pace
  }

  /**
   * Puts a file under a name, which is added to the base name, again while the server is away, restarts, has no space
   * or asks for fewer requests. Throws FeedRefused when it refuses the file, or takes none for a minute.
   */
  async put(name: string, contentType: string, body: Uint8Array<ArrayBuffer> | string, signal: AbortSignal) {
    const { pace } = this
    const url = this.url + name
    this.takenAt ??= pace.now()
    for (;;) {
      signal.throwIfAborted()
      if (this.heldUntil > pace.now()) await pace.sleep(this.heldUntil - pace.now(), signal)
      const problem = await this.try({ url, contentType, body }, signal)
      if (problem === undefined) {
        this.takenAt = pace.now()
        return
      }
      if (pace.now() - this.takenAt > MOST_AWAY_MS) throw new FeedRefused(`${problem}, for a minute`)
      if (this.heldUntil <= pace.now()) await pace.sleep(PAUSE_MS, signal)
    }
  }

  /** Undefined when the file is taken; what is wrong when it is worth another try. */
  private async try(file: Parameters<DigestClient['put']>[0], signal: AbortSignal): Promise<string | undefined> {
    const { origin } = new URL(file.url)
    let response: Response
    let answer: string
    try {
      response = await withinTime(MOST_PUT_MS, signal, (ending) => this.client.put(file, ending))
      answer = (await response.text()).trim().slice(0, MOST_REASON)
    } catch (error) {
      signal.throwIfAborted()
      const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } }
      return `${origin} does not answer (${cause?.code ?? message})`
    }
    if (response.ok) return undefined
    const { status } = response
    if (status === 401) {
      throw new FeedRefused(`${origin} does not take the ingest credentials of the channel: they may have been rotated`)
    }
    if (status < 500 && status !== 429) throw new FeedRefused(`PUT ${file.url} was answered ${status}: ${answer}`)
    const seconds = Number(response.headers.get('retry-after') ?? 0)
    if (seconds > 0) {
      this.heldUntil = Math.max(this.heldUntil, this.pace.now() + Math.min(seconds, MOST_RETRY_AFTER) * 1000)
    }
    return `PUT ${file.url} is answered ${status}: ${answer}`
  }
}
