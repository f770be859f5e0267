import { isoDateTime } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import { type MarkedEvent, upidText } from '../model/event-selection.ts'
import type { RuleRecord, RuleRunRecord } from '../stores/rule-records.ts'

/** Whether a rule is at work; it waits while its origin endpoint is gone. */
type RuleState = 'ACTIVE' | 'WAITING' | 'STOPPED'

/** A rule as `/windrow/v1/harvest_rules/{id}` describes it. Undefined members are left out. */
export function ruleReport({ rule, position }: RuleRecord, account: Account, isThere: boolean) {
  const { action, selection } = rule
  const state: RuleState = rule.isStopped ? 'STOPPED' : isThere ? 'ACTIVE' : 'WAITING'
  return {
    id: rule.id,
    arn: arnOf(account, 'harvest_rules', rule.id),
    originEndpointId: rule.originEndpointId,
    events: selection.events,
    segmentationTypeIds: selection.segmentationTypeIds.length > 0 ? selection.segmentationTypeIds : undefined,
    upid: selection.upid,
    minDurationSeconds: selection.minDurationSeconds,
    maxDurationSeconds: selection.maxDurationSeconds,
    action: action.kind,
    ...(action.kind === 'JOB'
      ? { s3Destination: action.s3Destination, ...action.options }
      : { cut: action.cut, expiresAfterSeconds: action.expiresAfterSeconds }),
    createdAt: isoDateTime(rule.createdAt),
    modifiedAt: isoDateTime(rule.modifiedAt),
    state,
    readUntil: position.until > 0 ? isoDateTime(position.until) : undefined,
    openEvents: position.open.map((event) => ({ startTime: isoDateTime(event.start), ...eventReport(event) })),
  }
}

/** The response, including members that JSON leaves out; `lastRuns` where one rule is described. */
export type RuleReport = ReturnType<typeof ruleReport> & { readonly lastRuns?: readonly RuleRunReport[] }

function eventReport({ kind, id, typeId, upid }: MarkedEvent) {
  return { kind, id, typeId, upid: upid && upidText(upid) }
}

/** What became of an event. The state is that of its job, CLIPPED where a clip was made, or MISSED. */
export function ruleRunReport({ start, end, recordedAt, event, jobId, clipId, job, failure }: RuleRunRecord) {
  const reason = failure ?? job?.failure
  return {
    startTime: isoDateTime(start),
    endTime: isoDateTime(end),
    recordedAt: isoDateTime(recordedAt),
    event: event && eventReport(event),
    jobId,
    clipId,
    state: clipId !== undefined ? 'CLIPPED' : jobId === undefined ? 'MISSED' : job?.state,
    failure: reason && { code: reason.code, message: reason.message },
  }
}

export type RuleRunReport = ReturnType<typeof ruleRunReport>
