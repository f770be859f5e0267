import { msFromTicks, type UtcMs, utcMs } from '../media/time.ts'
import type { AdEvent } from '../model/ad-events/ad-event.ts'
import { isSameEvent, type MarkedEvent } from '../model/event-selection.ts'
import {
  type EndOfEvent,
  type FinishedEvent,
  FollowedEvents,
  type HarvestRule,
  type ToldAtSegment,
} from '../model/harvest-rule.ts'
import type { SegmentSummary } from '../model/output-segment.ts'
import { type EndedEvent, type EventsAtSegment, shownEvents } from '../packaging/ads/shown-events.ts'
import { metBy, type RuleReading } from './reading.ts'

/** segmentation_type_id of Program Start, of which another one ends it (SCTE 35 §10.3.3.1). */
const PROGRAM_START = 0x10

/** What has become of the events that a rule is for, when a segment begins. */
export type RuleStep = {
  readonly segment: SegmentSummary
  readonly ended: readonly FinishedEvent[]
  /** Those that go on with it. */
  readonly open: readonly MarkedEvent[]
}

/** Follows the events that a rule is for through segments that have not been read, one after the other. */
export function* ruleSteps(
  { selection }: Pick<HarvestRule, 'selection'>,
  { before, segments, adEvents }: Pick<RuleReading, 'before' | 'segments' | 'adEvents'>,
  open: readonly MarkedEvent[],
): Generator<RuleStep> {
  const followed = new FollowedEvents(selection, open)
  const all = before ? [before, ...segments] : segments
  const shown = shownEvents({ segments: all, adEvents })
  let next = shown.next()
  let ended: readonly FinishedEvent[] = []
  for (const segment of all) {
    const found = !next.done && next.value[0] === segment ? next.value[1] : undefined
    if (found) next = shown.next()
    const isRead = segment === before
    const told = toldAt(found, segment)
    // What ended with a segment that has been read is known. It tells what goes on.
    const over = followed.enter(isRead ? { ...told, ends: [] } : told, segment.startUtc)
    ended = [...ended, ...over]
    if (isRead) continue
    yield { segment, ended, open: followed.open }
    ended = []
  }
}

function toldAt(found: EventsAtSegment | undefined, segment: SegmentSummary): ToldAtSegment {
  if (!found) return { open: [], ends: [] }
  const { begins, goesOn, ends } = found
  const told = (segment.shownAds?.ends ?? []).flatMap(({ isAssumed, endUtc }) => (isAssumed ? [] : endUtc))
  const endOf = ({ event, closer, endUtc }: EndedEvent): EndOfEvent => {
    if (closer !== undefined || told.includes(endUtc)) return { end: endUtc, isTold: true }
    // Of what another input does not show any more, it says nothing: only what follows does, or what was planned.
    const following = begins.find((each) => isNextProgramme(each, event))
    if (following) return { end: following.startUtc, isTold: true }
    return { end: endUtc, isTold: metBy(plannedEnd(event), endUtc) === endUtc }
  }
  return {
    open: [...goesOn, ...begins].map(markedEvent),
    ends: ends.map((end) => ({ event: markedEvent(end.event), ...endOf(end) })),
  }
}

/** True of a programme that begins while another one has not ended, and is not the same as another input has it. */
function isNextProgramme(beginning: AdEvent, event: AdEvent): boolean {
  const areProgrammes = beginning.typeId === PROGRAM_START && event.typeId === PROGRAM_START
  return areProgrammes && !isSameEvent(markedEvent(beginning), markedEvent(event))
}

/** When an event ends of which no message tells anything else; Infinity where none tells that. */
function plannedEnd({ startUtc, plannedDuration }: AdEvent): UtcMs {
  return utcMs(startUtc + (plannedDuration === undefined ? Number.POSITIVE_INFINITY : msFromTicks(plannedDuration)))
}

function markedEvent({ kind, id, typeId, upid, startUtc }: AdEvent): MarkedEvent {
  return { kind, id, ...(typeId !== undefined && { typeId }), ...(upid && { upid }), start: startUtc }
}
