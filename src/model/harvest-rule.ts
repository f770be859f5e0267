import { isoDateTime, type UtcMs, type UtcRange } from '../media/time.ts'
import type { ClipCut } from './clip.ts'
import { expandedKey, type PatternValues } from './destination-pattern.ts'
import { type EventSelection, isSameEvent, type MarkedEvent, selects, upidText } from './event-selection.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import type { HarvestOptions, S3Destination } from './harvest-job.ts'

/** Harvest jobs, or clips, that make themselves: one of each event that SCTE 35 marks in what an endpoint shows. */
export type HarvestRule = {
  readonly id: string
  readonly originEndpointId: string
  readonly selection: EventSelection
  readonly action: RuleAction
  readonly isStopped: boolean
  readonly createdAt: UtcMs
  readonly modifiedAt: UtcMs
}

/** What becomes of an event. */
export type RuleAction =
  | {
      readonly kind: 'JOB'
      /** Its key is a pattern that names each event differently. */
      readonly s3Destination: S3Destination
      readonly options: HarvestOptions
    }
  | {
      readonly kind: 'CLIP'
      readonly cut: ClipCut
      /** Counted from when the clip is made; absent where it lasts until it is deleted. */
      readonly expiresAfterSeconds?: number
    }

/** How far a rule has read what its endpoint shows. */
export type RulePosition = {
  /** Everything before has been read, by the source's clock. */
  readonly until: UtcMs
  /** The newest output segment that has been read; absent before the first, and where the endpoint is another now. */
  readonly segment?: { readonly outputTimeline: number; readonly number: number }
  /** The events that the rule is for and that go on there. */
  readonly open: readonly MarkedEvent[]
}

/** What became of an event, or of a span of time of which nobody knows what events there were. */
export type RuleRun = UtcRange & {
  /** Tells it from others of the rule, in the order of their beginnings. */
  readonly key: string
  readonly recordedAt: UtcMs
  /** Absent of a span. */
  readonly event?: MarkedEvent
  /** The job, or the clip, that was made; both absent where none could be. */
  readonly jobId?: string
  readonly clipId?: string
  /** Why none could be made. */
  readonly failure?: HarvestFailure
}

export const RULE_KEY = 's3Destination.manifestKey'
/** Characters of a UPID in a key, and what stands there for none. */
const MOST_UPID = 100
const NO_UPID = 'none'

/** What tells an event from others of a rule: the same whoever finds it, so that its asset is made once. */
export function eventKey({ start, kind, id, typeId = 0 }: MarkedEvent): string {
  const type = kind === 'splice' ? kind : typeId.toString(16).padStart(2, '0')
  return `${secondOf(start)}-${type}-${id}`
}

/** What tells a span from events. */
export function spanKey({ start }: UtcRange): string {
  return `${secondOf(start)}-span`
}

const secondOf = (moment: UtcMs) => isoDateTime(moment).replaceAll(/\D/g, '').slice(0, 14)

/** The id of the job, or the clip, of an event. */
export function ruledId({ id }: Pick<HarvestRule, 'id'>, event: MarkedEvent): string {
  return `${id}-${eventKey(event)}`
}

/** What patterns of a rule's key stand for. */
export function ruledValues(
  { id, originEndpointId: endpoint }: Pick<HarvestRule, 'id' | 'originEndpointId'>,
  event: MarkedEvent,
  end: UtcMs,
  channel: string,
): PatternValues {
  const { start, upid } = event
  const own = { id: ruledId({ id }, event), rule: id, event: String(event.id) }
  const text = upid ? upidText(upid).slice(0, MOST_UPID) : NO_UPID
  return { channel, endpoint, ...own, upid: text.replaceAll(/[^0-9A-Za-z_-]/g, '_'), start, end }
}

/** Where the asset of an event is written. */
export function ruledDestination(
  rule: Pick<HarvestRule, 'id' | 'originEndpointId'>,
  s3Destination: S3Destination,
  event: MarkedEvent,
  { end, channel }: { readonly end: UtcMs; readonly channel: string },
): S3Destination {
  const manifestKey = expandedKey(RULE_KEY, s3Destination.manifestKey, ruledValues(rule, event, end, channel))
  return { ...s3Destination, manifestKey }
}

/** What an output segment tells of events, of all kinds. */
export type ToldAtSegment = {
  /** Those that have begun with it, or before, and go on. */
  readonly open: readonly MarkedEvent[]
  /** Those that end with it. */
  readonly ends: readonly (EndOfEvent & { readonly event: MarkedEvent })[]
}

/** `isTold` where the source says that an event ends there; otherwise nothing tells of it any more. */
export type EndOfEvent = { readonly end: UtcMs; readonly isTold: boolean }

/** An event that is over. */
export type FinishedEvent = EndOfEvent & { readonly event: MarkedEvent }

/** Follows the events that a rule is for, from one output segment to the next. */
export class FollowedEvents {
  private readonly isMeant: ReturnType<typeof selects>
  private events: readonly MarkedEvent[]

  constructor(selection: EventSelection, open: readonly MarkedEvent[]) {
    this.isMeant = selects(selection)
    this.events = open.filter((event) => this.isMeant(event))
  }

  /** Those that go on. */
  get open(): readonly MarkedEvent[] {
    return this.events
  }

  /**
   * Goes on to an output segment, which begins at `start`; gives the events that are over. One of which another input
   * goes on to tell, or another era, goes on with the start it has.
   */
  enter(told: ToldAtSegment, start: UtcMs): readonly FinishedEvent[] {
    const now = told.open.filter((event) => this.isMeant(event))
    const over: FinishedEvent[] = []
    const going = new Map<MarkedEvent, MarkedEvent>()
    for (const event of this.events) {
      const end = told.ends.find((each) => isSameEvent(each.event, event))
      const next = end?.isTold ? undefined : now.find((each) => isSameEvent(each, event))
      if (next) going.set(next, event)
      else over.push({ event, end: end?.end ?? start, isTold: end?.isTold ?? false })
    }
    this.events = now.map((event) => going.get(event) ?? event)
    return over
  }
}
