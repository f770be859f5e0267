import { isoDateTime } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import { type MarkedEvent, upidText } from '../model/event-selection.ts'
import type { RuleRecord, RuleRunRecord } from '../stores/rule-records.ts'
import { describedOptions } from './described-options.ts'
import type { MarkedEventReport, RuleReport, RuleRunReport } from './rule-operations.ts'

/** A rule as `/windrow/v1/harvest_rules/{id}` describes it. It waits while its origin endpoint is gone. */
export function ruleReport({ rule, position }: RuleRecord, account: Account, isThere: boolean): RuleReport {
  const { action, selection } = rule
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
      ? { s3Destination: action.s3Destination, ...describedOptions(action.options) }
      : { cut: action.cut, expiresAfterSeconds: action.expiresAfterSeconds }),
    createdAt: isoDateTime(rule.createdAt),
    modifiedAt: isoDateTime(rule.modifiedAt),
    state: rule.isStopped ? 'STOPPED' : isThere ? 'ACTIVE' : 'WAITING',
    readUntil: position.until > 0 ? isoDateTime(position.until) : undefined,
    openEvents: position.open.map((event) => ({ startTime: isoDateTime(event.start), ...eventReport(event) })),
  }
}

function eventReport({ kind, id, typeId, upid }: MarkedEvent): MarkedEventReport {
  return { kind, id, typeId, upid: upid && upidText(upid) }
}

/** What became of an event. The state is that of its job, CLIPPED where a clip was made, or MISSED. */
export function ruleRunReport(run: RuleRunRecord): RuleRunReport {
  const { start, end, recordedAt, event, jobId, clipId, job, failure } = run
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
