import type { Clock } from '../clock.ts'
import { FaultLog } from '../http/fault-log.ts'
import type { Log } from '../log.ts'
import { LostMedia } from '../model/lost-media.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import { NoContentKey } from '../packaging/content-keys.ts'
import { ContentDeleted } from '../packaging/paged-window.ts'
import { StoreUnavailable } from '../stores/resources.ts'
import { ManifestsBusy } from './manifests/window-queue.ts'
import { MovieRefused } from './movies/movie-refused.ts'
import { PLAYBACK_ERRORS } from './playback-error.ts'
import { splitPath } from './playback-path.ts'
import type { PlaybackRefusal } from './responses.ts'

/** A refusal, with the error it was made of where there was one. */
export type ThrownRefusal = PlaybackRefusal & { readonly cause?: unknown }

/** Returns the refusal for an error; undefined when it is the server's fault. */
export function refusalBy(error: unknown): ThrownRefusal | undefined {
  if (error instanceof RuleViolation) return { error: 'InvalidQuery', sentence: `${error.message}.` }
  if (error instanceof ManifestsBusy) return { error: 'ManifestsBusy' }
  if (error instanceof NoContentKey)
    return { error: 'NoKeyYet', sentence: `This endpoint has no content key so far: ${error.message}.` }
  if (error instanceof MovieRefused) return error.refusal
  if (error instanceof ContentDeleted) return { error: 'NoLongerKept', sentence: 'The window is no longer kept.' }
  if (error instanceof LostMedia) return { error: 'SegmentLost', cause: error }
  return error instanceof StoreUnavailable ? { error: 'StoreUnavailable', cause: error } : undefined
}

/** Logs refusals, at most once a second for each endpoint and reason, since players retry. */
export class PlaybackRefusals {
  private readonly log: Log
  private readonly refusals: FaultLog
  private readonly losses: FaultLog

  constructor(log: Log, clock: Clock) {
    this.log = log
    this.refusals = new FaultLog(log, clock, 'info')
    this.losses = new FaultLog(log, clock, 'error')
  }

  report({ error, sentence, reason: logged, cause }: ThrownRefusal, path: string, requestId: string): void {
    // The GUID of these may be made up, and must not flood the log.
    const { guid } = error === 'NoSuchEndpoint' || error === 'TooManyMisses' ? {} : splitPath(path)
    const fields = { requestId, code: error, status: PLAYBACK_ERRORS[error].status, path }
    const key = `${error} ${guid} ${logged}`
    if (cause instanceof LostMedia) {
      const { key: object, reason } = cause
      const lost = { event: 'segment-lost', ...fields, key: object, reason } as const
      this.losses.report(`${object} ${reason}`, lost, 'a requested segment is lost')
    } else if (cause instanceof StoreUnavailable) {
      const reason = cause.message
      this.log.warn({ event: 'store-unavailable', ...fields, reason }, 'the store could not serve a request')
    } else {
      const reason = logged ?? sentence ?? PLAYBACK_ERRORS[error].sentence
      this.refusals.report(key, { event: 'playback-refused', ...fields, reason }, "a player's request got no media")
    }
  }

  /** Logs what has only been counted so far. */
  flush(): void {
    this.refusals.flush()
    this.losses.flush()
  }
}
