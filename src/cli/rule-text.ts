import type { RuleReport, RuleRunReport } from '../control/rule-operations.ts'

/** A rule in one line, such as a list has. */
export function ruleLine({ id, state, events, segmentationTypeIds = [], upid, ...rule }: RuleReport): string {
  const types = segmentationTypeIds.map((typeId) => `0x${typeId.toString(16)}`)
  const names = [...events.map((word) => word.toLowerCase().replaceAll('_', '-')), ...types].join(', ')
  const { minDurationSeconds: least, maxDurationSeconds: most } = rule
  const bounds = [least !== undefined && `at least ${least} s`, most !== undefined && `at most ${most} s`]
  const limits = [upid !== undefined && `of ${upid}`, ...bounds].filter((each) => each !== false)
  return `${id}  ${state}  ${[names, ...limits].join(', ')}\n`
}

/** A rule with what it has read, and what became of the last events. */
export function ruleText(rule: RuleReport): string {
  const { originEndpointId, readUntil, openEvents, lastRuns = [] } = rule
  const lines = [`  of       ${originEndpointId}`, `  to       ${destinationText(rule)}`]
  if (readUntil !== undefined) lines.push(`  read     until ${readUntil}`)
  lines.push(...openEvents.map((event) => `  open     since ${event.startTime}  ${eventText(event)}`))
  lines.push(...lastRuns.map((run) => `  run      ${ruleRunLine(run)}`))
  return [ruleLine(rule).trimEnd(), ...lines, ''].join('\n')
}

function destinationText({ s3Destination, expiresAfterSeconds }: RuleReport): string {
  if (s3Destination) return `${s3Destination.bucketName}/${s3Destination.manifestKey}`
  return expiresAfterSeconds === undefined ? 'clips' : `clips of ${expiresAfterSeconds} s`
}

/** What became of an event, in one line. */
export function ruleRunLine({ startTime, endTime, event, state, ...run }: RuleRunReport): string {
  const { jobId, clipId, failure } = run
  const made = jobId ?? clipId
  const parts = [`${startTime} to ${endTime}`, event && eventText(event), state ?? 'FORGOTTEN', made].filter(
    (each) => each,
  )
  return `${parts.join('  ')}${failure ? `: ${failure.message}` : ''}`
}

function eventText({ kind, id, typeId, upid }: NonNullable<RuleRunReport['event']>): string {
  const type = typeId === undefined ? kind : `0x${typeId.toString(16)}`
  return `${type} ${id}${upid === undefined ? '' : ` ${upid}`}`
}
