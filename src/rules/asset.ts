import type { LiveEdge } from '../archive/reader.ts'
import type { ControlContext } from '../control/control-context.ts'
import { storeClip } from '../control/new-clip.ts'
import { harvestableEndpoint } from '../control/new-harvest-job.ts'
import { failed, type JobOutcome, makeJob } from '../control/self-made-job.ts'
import { isoDateTime, type UtcRange, utcMs } from '../media/time.ts'
import type { HarvestFailure } from '../model/harvest-failure.ts'
import { isBefore } from '../model/harvest-gaps.ts'
import { lateFailure, usableSpan } from '../model/harvest-request.ts'
import {
  type FinishedEvent,
  type HarvestRule,
  type RuleAction,
  ruledDestination,
  ruledId,
} from '../model/harvest-rule.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { endUtcOf } from '../model/output-segment.ts'
import { RuleViolation } from '../model/rule-violation.ts'
import { quoteValue } from '../model/rules.ts'
import { endsOf, metBy, type RuleArchive } from './reading.ts'

export type AssetDeps = Pick<ControlContext, 'resources' | 'clock' | 'extent' | 'limits' | 'harvest' | 'clips'> & {
  readonly archive: RuleArchive
}

/** Where a rule is at work: its endpoint, and the newest segment that this shows. */
export type RulePlace = { readonly rule: HarvestRule; readonly endpoint: OriginEndpoint; readonly edge: LiveEdge }

export type AssetOutcome = JobOutcome | { readonly clipId: string }

/**
 * Makes the job, or the clip, of an event that is over, unless that has been done before. 'quota': there are too many
 * jobs in progress for now.
 */
export async function ruledAsset(
  { rule, endpoint, edge }: RulePlace,
  ended: FinishedEvent,
  deps: AssetDeps,
): Promise<AssetOutcome | 'quota'> {
  const { event, end } = ended
  if (!ended.isTold) return failed('EndUnknown', `From ${isoDateTime(end)} on nothing tells of it, nor that it ended.`)
  const span = await wholeSpan({ start: event.start, end }, { rule, endpoint, edge }, deps)
  if ('failure' in span) return span
  const { action } = rule
  if (action.kind === 'CLIP') return clipOf(rule, action, { event, span }, deps)
  const rest = () => ({
    originEndpointId: endpoint.id,
    startTime: isoDateTime(span.start),
    endTime: isoDateTime(span.end),
    s3Destination: ruledDestination(rule, action.s3Destination, event, { end, channel: endpoint.channelId }),
  })
  return makeJob(deps, { id: ruledId(rule, event), rest, options: action.options, maker: { ruleId: rule.id } })
}

/** What is to be shown of an event, if the endpoint shows its beginning and its end. */
async function wholeSpan(
  { start, end }: UtcRange,
  { rule: { action }, endpoint, edge }: RulePlace,
  { archive, extent }: AssetDeps,
): Promise<UtcRange | { readonly failure: HarvestFailure }> {
  const content = await extent(endpoint)
  if (!content) return failed('NoContent', 'There is no content any more.')
  const usable = usableSpan(content, endpoint)
  if (isBefore(start, usable.start)) return { failure: lateFailure(start, content, endpoint) }
  const ends = await endsOf(archive, endpoint, { start, end }, edge)
  if (!ends) return failed('NoContent', `There is no media from ${isoDateTime(start)} to ${isoDateTime(end)}.`)
  const { first, last } = ends
  if (isBefore(start, first.startUtc)) {
    return failed('BeginningMissing', `There is no media from ${isoDateTime(start)} to ${isoDateTime(first.startUtc)}.`)
  }
  const until = endUtcOf(last)
  if (isBefore(until, end)) {
    return failed('EndMissing', `There is no media from ${isoDateTime(until)} to ${isoDateTime(end)}.`)
  }
  const span = { start: utcMs(Math.max(start, usable.start)), end }
  const cut = action.kind === 'CLIP' ? action.cut : action.options.cut
  if ((cut ?? 'SEGMENT') !== 'SEGMENT' || first.number === last.number) return span
  // Whole segments are shown: none that the event only touches by what its time is rounded by.
  return { start: metBy(span.start, endUtcOf(first)), end: metBy(end, last.startUtc) }
}

async function clipOf(
  rule: HarvestRule,
  { cut, expiresAfterSeconds }: RuleAction & { kind: 'CLIP' },
  { event, span }: { readonly event: FinishedEvent['event']; readonly span: UtcRange },
  deps: AssetDeps,
): Promise<AssetOutcome> {
  const { id: ruleId, originEndpointId } = rule
  const id = ruledId(rule, event)
  const expiresAt = expiresAfterSeconds && utcMs(deps.clock() + expiresAfterSeconds * 1000)
  try {
    const endpoint = await harvestableEndpoint(deps.resources, originEndpointId)
    const times = { ...span, startTime: isoDateTime(span.start), endTime: isoDateTime(span.end) }
    const asked = { id, ...times, cut, ruleId, originEndpointId, endpoints: [endpoint] }
    const result = await storeClip(deps, { ...asked, ...(expiresAt && { expiresAt }) }, span.end)
    if (typeof result === 'object') return { clipId: id }
    switch (result) {
      case 'duplicate': {
        // It was made before a crash, or by a rule of that id before.
        const known = await deps.resources.clipById(id)
        if (known?.ruleId === ruleId) return { clipId: id }
        return failed('IdTaken', `There is another clip with the id ${quoteValue(id)}.`)
      }
      case 'clip-quota':
        return failed('TooManyClips', `There are ${deps.limits.maxClips} clips already (max-clips).`)
      case 'byte-quota':
        return failed('TooManyClips', `Clips would pin more than ${deps.limits.maxClipBytes} bytes (max-clip-bytes).`)
      case 'content-deleted':
      case 'no-endpoint':
        return failed('ContentDeleted', 'Its content is being deleted.')
    }
  } catch (error) {
    if (error instanceof RuleViolation) return failed('ClipRefused', `The clip was refused: ${error.message}.`)
    throw error
  }
}
