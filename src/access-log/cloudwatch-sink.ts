import { setTimeout } from 'node:timers/promises'
import type { CloudWatchLogsClient, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs'
import type { Clock } from '../clock.ts'
import { PAUSES_TO_A_MINUTE_MS, pauseAfter } from '../concurrency/retry.ts'
import { settledWithin } from '../concurrency/settled-within.ts'
import type { Log } from '../log.ts'
import { boundedClient } from '../sdk-answers.ts'
import type { DroppedLines } from './dropped-lines.ts'
import type { WrittenLines } from './line-batch.ts'
import { type CloudWatchEvent, logEventBatches } from './log-event-batches.ts'
import { PendingLines } from './pending-lines.ts'
import type { AccessLine, AccessLogSink } from './sink.ts'

/** About as much as a call takes, so that few are made under load. */
const BATCH_SIZE = 1_000_000
const DELAY_MS = 1000
const TIMEOUT_MS = 10_000
/** How long the last lines may take. */
const CLOSE_MS = 5000

export type CloudWatchSinkOptions = {
  readonly region: string
  /** Endpoint of CloudWatch Logs; when absent, that of AWS for the region. */
  readonly endpoint?: string | undefined
  /** The log stream of this process in every log group. */
  readonly stream: string
  readonly date: Clock
  readonly log: Log
  readonly dropped: DroppedLines
  /** Milliseconds before another try, of which the last repeats. */
  readonly pauses?: readonly number[]
}

type Sdk = typeof import('@aws-sdk/client-cloudwatch-logs')

/**
 * Writes access logs to CloudWatch Logs, with credentials from the default chain of the AWS SDK. What is not taken is
 * tried again until too much waits behind it; what is refused for good is dropped.
 */
export class CloudWatchSink implements AccessLogSink {
  private readonly options: CloudWatchSinkOptions
  private readonly pending: PendingLines
  private readonly closing = new AbortController()
  private opening: Promise<{ readonly sdk: Sdk; readonly client: CloudWatchLogsClient }> | undefined
  /** Log groups in which there is a stream of this process. */
  private readonly withStream = new Set<string>()

  constructor(options: CloudWatchSinkOptions) {
    this.options = options
    this.pending = new PendingLines({
      delayMs: DELAY_MS,
      batchSize: BATCH_SIZE,
      dropped: options.dropped,
      write: (group, lines) => this.put(group, lines),
    })
  }

  write(group: string, line: AccessLine): void {
    this.pending.add(group, line)
  }

  /** There are no files. */
  async reopen(): Promise<void> {}

  async close(): Promise<void> {
    const rest = this.pending.flush()
    await settledWithin(CLOSE_MS, rest)
    this.closing.abort()
    await rest
    await this.opening?.then(({ client }) => client.destroy())
  }

  private async put(group: string, lines: WrittenLines): Promise<void> {
    const { batches, outside } = logEventBatches(lines, this.options.date())
    this.options.dropped.count(outside, 'CloudWatch Logs takes none from 14 days ago, and none of the future')
    for (const batch of batches) await this.putBatch(group, batch)
  }

  private async putBatch(group: string, events: readonly CloudWatchEvent[]): Promise<void> {
    const { log, dropped, pauses = PAUSES_TO_A_MINUTE_MS } = this.options
    for (let failures = 1; ; failures++) {
      try {
        const refused = await this.putEvents(group, events)
        return dropped.count(refused, 'CloudWatch Logs refuses them for their times')
      } catch (error) {
        if (this.closing.signal.aborted || isFinal(error)) return dropped.count(events.length, error)
        const reason = error instanceof Error ? error.message : String(error)
        log.warn({ event: 'access-log-not-delivered', group, reason }, 'CloudWatch Logs took no lines: trying again')
        const pause = pauseAfter(pauses, failures)
        await setTimeout(pause, undefined, { signal: this.closing.signal }).catch(() => {})
      }
    }
  }

  /** Resolves to the number of events that were refused. */
  private async putEvents(group: string, events: readonly CloudWatchEvent[]): Promise<number> {
    this.opening ??= this.open()
    const { sdk, client } = await this.opening
    const stream = { logGroupName: group, logStreamName: this.options.stream }
    const abortSignal = this.closing.signal
    if (!this.withStream.has(group)) {
      await createStream(sdk, client, stream, abortSignal)
      this.withStream.add(group)
    }
    try {
      const command = new sdk.PutLogEventsCommand({ ...stream, logEvents: [...events] })
      const { rejectedLogEventsInfo } = await client.send(command, { abortSignal })
      return refusedOf(events.length, rejectedLogEventsInfo)
    } catch (error) {
      if (error instanceof sdk.DataAlreadyAcceptedException) return 0
      if (error instanceof sdk.ResourceNotFoundException) this.withStream.delete(group)
      throw error
    }
  }

  /** Loads the SDK on first use. */
  private async open() {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs')
    const { region, endpoint } = this.options
    return { sdk, client: boundedClient(sdk.CloudWatchLogsClient, { region, endpoint, timeoutMs: TIMEOUT_MS }) }
  }
}

/** Makes the stream where there is none, and its group as well: who may not make groups can make it beforehand. */
async function createStream(
  sdk: Sdk,
  client: CloudWatchLogsClient,
  stream: { readonly logGroupName: string; readonly logStreamName: string },
  abortSignal: AbortSignal,
): Promise<void> {
  const isThere = (error: unknown) => {
    if (!(error instanceof sdk.ResourceAlreadyExistsException)) throw error
  }
  const create = () => client.send(new sdk.CreateLogStreamCommand(stream), { abortSignal }).then(() => {}, isThere)
  try {
    await create()
  } catch (error) {
    if (!(error instanceof sdk.ResourceNotFoundException)) throw error
    const { logGroupName } = stream
    await client.send(new sdk.CreateLogGroupCommand({ logGroupName }), { abortSignal }).then(() => {}, isThere)
    await create()
  }
}

/** The number of events that were refused for their times, of so many. */
function refusedOf(events: number, rejected: RejectedLogEventsInfo | undefined): number {
  const { tooOldLogEventEndIndex = 0, expiredLogEventEndIndex = 0, tooNewLogEventStartIndex = events } = rejected ?? {}
  return Math.max(tooOldLogEventEndIndex, expiredLogEventEndIndex) + (events - tooNewLogEventStartIndex)
}

/** True of a refusal that another try does not change. */
function isFinal(error: unknown): boolean {
  const {
    $fault: fault,
    $retryable: retryable,
    name,
  } = error as Partial<Record<'$fault' | '$retryable' | 'name', unknown>>
  return fault === 'client' && retryable === undefined && name !== 'ResourceNotFoundException'
}
