import { randomUUID } from 'node:crypto'
import type { ClaimedWorkDeps } from '../archive/claimed-work.ts'
import { SoleWork } from '../archive/sole-work.ts'
import type { ControlContext } from '../control/control-context.ts'
import type { Log } from '../log.ts'
import { isoDateTime, type UtcMs } from '../media/time.ts'
import { isOfLength, type MarkedEvent } from '../model/event-selection.ts'
import {
  eventKey,
  type FinishedEvent,
  type HarvestRule,
  type RulePosition,
  type RuleRun,
  spanKey,
} from '../model/harvest-rule.ts'
import { endUtcOf } from '../model/output-segment.ts'
import { allOf } from '../stores/pages.ts'
import type { Resources } from '../stores/resources.ts'
import type { RuleRecord } from '../stores/rule-records.ts'
import { type AssetDeps, type RulePlace, ruledAsset } from './asset.ts'
import { ruleSteps } from './ended-events.ts'
import { missedEvents } from './event.ts'
import { readAfter } from './reading.ts'

export type RulesDeps = AssetDeps &
  Pick<ControlContext, 'account'> & {
    readonly resources: Resources
    readonly log: Log
    /** What processes need that share the resources: one of them makes the assets. Absent for a process alone. */
    readonly shared?: ClaimedWorkDeps | undefined
  }

export type Rules = {
  /** Makes assets of events that are over, if this process is the one that does. Called often. */
  makeAssets(): Promise<void>
  /** Leaves the work to others, at once and for good. */
  release(): Promise<void>
}

const WORK = 'harvest-rules'
/** Batches of segments that one rule reads before others have their turn. */
const MOST_BATCHES = 8
/** How far a rule reads before its position is recorded though nothing has become of an event. */
const UNRECORDED_SEGMENTS = 32

/** Makes the harvest jobs and clips of rules when events are over. */
export function createRules(deps: RulesDeps): Rules {
  const { resources, log, shared } = deps
  const work = new SoleWork(WORK, shared)
  const reader = new RuleReader(deps)

  return {
    async makeAssets() {
      if (!(await work.claim())) return
      const records: RuleRecord[] = []
      for await (const record of allOf((page) => resources.listHarvestRules(page))) records.push(record)
      reader.forgetOthers(records)
      for (const record of records) {
        if (!work.isMine()) return
        if (record.rule.isStopped) continue
        try {
          await reader.advance(record, () => work.isMine())
        } catch (error) {
          const about = { event: 'harvest-rule-failed', harvestRule: record.rule.id, error } as const
          log.error(about, 'what a harvest rule makes of an event could not be made; it is tried again')
        }
      }
    },

    release: () => work.release(),
  }
}

/** How far a rule has been read, at a revision of its record. */
type Known = { readonly revision: number; readonly position: RulePosition }

/** Reads for rules, and remembers how far where that is not worth a record. */
class RuleReader {
  private readonly deps: RulesDeps
  private readonly known = new Map<string, Known>()

  constructor(deps: RulesDeps) {
    this.deps = deps
  }

  forgetOthers(records: readonly RuleRecord[]): void {
    const ids = new Set(records.map(({ rule }) => rule.id))
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id)
  }

  /** Goes on with a rule, up to the newest segment or a bound of what one takes in its turn. */
  async advance(record: RuleRecord, isMine: () => boolean): Promise<void> {
    const { resources, archive } = this.deps
    const { rule } = record
    const endpoint = await resources.originEndpointById(rule.originEndpointId)
    // Content waits, as long as it is kept, for an endpoint of that id.
    const edge = endpoint && (await archive.edge(endpoint))
    if (!endpoint || !edge) return
    let current = record
    for (let batches = 0; batches < MOST_BATCHES && isMine(); batches++) {
      const more = await this.read(current, { rule, endpoint, edge })
      if (!more) return
      current = more
    }
  }

  /** Reads a batch of segments; gives the record as it is then, where there are more. */
  private async read(record: RuleRecord, place: RulePlace): Promise<RuleRecord | undefined> {
    const { rule, endpoint, edge } = place
    const known = this.known.get(rule.id)
    const position = known?.revision === record.revision ? known.position : record.position
    if (position.segment?.number === edge.segment.number) return undefined
    const reading = await readAfter(this.deps.archive, endpoint, position, edge)
    if (!reading) return undefined
    const runs: RuleRun[] = []
    if (reading.deleted) runs.push(deletedRun(reading.deleted, this.deps.clock()))
    let reached = position
    let isLater = false
    for (const { segment, ended, open } of ruleSteps(rule, reading, position.open)) {
      const own = await this.runsOf(ended, place)
      isLater = own === 'later'
      if (own === 'later') break
      runs.push(...own)
      const { outputTimeline } = reading
      reached = { until: endUtcOf(segment), segment: { outputTimeline, number: segment.number }, open }
    }
    if (reached === position) return undefined
    const moved = await this.record(record, runs, reached)
    return moved && reading.hasMore && !isLater ? moved : undefined
  }

  /** What becomes of events that are over; 'later' where there are too many jobs in progress, or no endpoint by now. */
  private async runsOf(ended: readonly FinishedEvent[], place: RulePlace): Promise<readonly RuleRun[] | 'later'> {
    const runs: RuleRun[] = []
    for (const each of ended) {
      const { event, end, isTold } = each
      const { selection } = place.rule
      // Nobody knows how long one is whose end is not told.
      if (isTold && !isOfLength(selection, end - event.start)) continue
      const outcome = await ruledAsset(place, each, this.deps)
      if (outcome === 'quota' || ('failure' in outcome && !(await this.isThere(place)))) return 'later'
      const times = { start: event.start, end, recordedAt: this.deps.clock() }
      runs.push({ key: eventKey(event), ...times, event, ...outcome })
    }
    return runs
  }

  private async isThere({ endpoint }: RulePlace): Promise<boolean> {
    return (await this.deps.resources.originEndpointById(endpoint.id)) !== undefined
  }

  /**
   * Records what became of events and how far a rule has come, or remembers it where that is not worth it. Gives the
   * record as it is then; undefined where others have moved the rule on.
   */
  private async record(
    record: RuleRecord,
    runs: readonly RuleRun[],
    position: RulePosition,
  ): Promise<RuleRecord | undefined> {
    const { rule, revision } = record
    if (runs.length === 0 && isNear(record.position, position)) {
      this.known.set(rule.id, { revision, position })
      return record
    }
    this.known.delete(rule.id)
    const recorded = await this.recordRuns(record, runs, position)
    if (!recorded) return undefined
    this.logMissed(rule, runs.filter(isMissed))
    return { ...recorded, position }
  }

  private async recordRuns(
    record: RuleRecord,
    runs: readonly RuleRun[],
    position: RulePosition,
  ): Promise<RuleRecord | undefined> {
    const { resources, account, clock } = this.deps
    const missed = runs.filter(isMissed)
    for (let current = record; ; ) {
      const { rule, revision } = current
      const event = missed.length > 0 && missedEvents(rule, missed, account, { id: randomUUID(), at: clock() })
      const outcome = { runs, position, ...(event && { event }) }
      const result = await resources.recordRuleRuns({ id: rule.id, revision }, outcome)
      if (result === 'recorded') return { ...current, revision: revision + 1 }
      // A rule that was changed meanwhile goes on as it is now, unless somebody has moved it on, or begun it anew.
      const newest = await resources.harvestRuleById(rule.id)
      if (!newest || !isSamePosition(newest.position, record.position)) return undefined
      current = newest
    }
  }

  private logMissed({ id }: HarvestRule, missed: readonly RuleRun[]): void {
    const [first] = missed
    if (!first) return
    const about = { event: 'harvest-rule-missed', harvestRule: id, events: missed.length } as const
    const { code, message: reason } = first.failure ?? {}
    this.deps.log.warn(
      { ...about, from: isoDateTime(first.start), code, reason },
      'nothing could be made of events that a rule is for',
    )
  }
}

const isMissed = ({ jobId, clipId }: RuleRun) => jobId === undefined && clipId === undefined

function deletedRun({ start, end }: { readonly start: UtcMs; readonly end: UtcMs }, recordedAt: UtcMs): RuleRun {
  const message = 'It was deleted before the rule had read it: nobody knows what events were there.'
  return { key: spanKey({ start, end }), start, end, recordedAt, failure: { code: 'ContentDeleted', message } }
}

/** True where nothing is lost if a rule goes on from the former position again. */
function isNear(former: RulePosition, position: RulePosition): boolean {
  const [a, b] = [former.segment, position.segment]
  if (!a || !b || a.outputTimeline !== b.outputTimeline || b.number - a.number >= UNRECORDED_SEGMENTS) return false
  return areSame(former.open, position.open)
}

function isSamePosition(a: RulePosition, b: RulePosition): boolean {
  const [of, to] = [a.segment, b.segment]
  return a.until === b.until && of?.number === to?.number && of?.outputTimeline === to?.outputTimeline
}

function areSame(a: readonly MarkedEvent[], b: readonly MarkedEvent[]): boolean {
  return a.length === b.length && a.every((event, i) => eventKey(event) === eventKey(b[i]!))
}
