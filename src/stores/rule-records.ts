import type { ServiceEvent } from '../model/event.ts'
import type { HarvestRule, RulePosition, RuleRun } from '../model/harvest-rule.ts'
import type { Page, PageRequest } from './pages.ts'
import type { JobOfRun } from './schedule-records.ts'

/** A rule as it is stored; `revision` rises with each change of it or of its position. */
export type RuleRecord = { readonly rule: HarvestRule; readonly revision: number; readonly position: RulePosition }

/** What became of an event, and the job's state, as long as the job is known. */
export type RuleRunRecord = RuleRun & JobOfRun

/**
 * Part of the port Resources: rules, and the history of each. Whoever records what became of events moves the position
 * on in the same transaction; of several processes that do it at once, one does.
 */
export type RuleRecords = {
  /** Creates a rule with revision 1. */
  createHarvestRule(
    rule: HarvestRule,
    position: RulePosition,
    limits: { maxRules: number },
  ): Promise<'created' | 'duplicate' | 'quota'>
  harvestRuleById(id: string): Promise<RuleRecord | undefined>
  listHarvestRules(page: PageRequest): Promise<Page<RuleRecord>>
  /** Replaces the rule whose stored revision is `record.revision - 1`. */
  updateHarvestRule(record: RuleRecord): Promise<'updated' | 'conflict' | 'missing'>
  /** Deletes a rule with its history; its jobs and clips stay. With `revision`, only if that is the stored one. */
  deleteHarvestRule(id: string, revision?: number): Promise<'deleted' | 'missing' | 'conflict'>
  /**
   * Records what became of events, writes the event of the service, and moves the rule on, if its stored revision is
   * still `revision`; otherwise nothing changes. What has a job or a clip in the history stays as it is.
   */
  recordRuleRuns(
    rule: { readonly id: string; readonly revision: number },
    outcome: { runs: readonly RuleRun[]; position: RulePosition; event?: ServiceEvent },
  ): Promise<'recorded' | 'overtaken'>
  /** What became of the events of a rule, the latest first; a cursor is the key of the last one. */
  listRuleRuns(id: string, page: PageRequest): Promise<Page<RuleRunRecord>>
}
