import type { HarvestRule, RulePosition } from '../../model/harvest-rule.ts'
import { RULE_TABLES } from '../automation-tables.ts'
import type { PageRequest } from '../pages.ts'
import type { RuleRecord } from '../rule-records.ts'
import { automations } from './automations.ts'
import type { SqliteDatabase } from './database.ts'
import type { Changes, Operations } from './synchronous.ts'

export function ruleOperations(db: SqliteDatabase, changes: Changes) {
  const rules = automations({ db, changes }, RULE_TABLES)
  const recordOf = ({ automation, ...record }: Stored): RuleRecord => ({ rule: automation, ...record })
  type Stored = NonNullable<ReturnType<typeof rules.byId>>

  return {
    createHarvestRule: (rule: HarvestRule, position: RulePosition, { maxRules }: { maxRules: number }) =>
      rules.create(rule, position, maxRules),

    harvestRuleById(id: string) {
      const stored = rules.byId(id)
      return stored && recordOf(stored)
    },

    listHarvestRules(page: PageRequest) {
      const { items, ...next } = rules.list(page)
      return { items: items.map(recordOf), ...next }
    },

    updateHarvestRule: ({ rule, position, revision }: RuleRecord) => rules.update(rule, position, revision),

    deleteHarvestRule: rules.remove,
    recordRuleRuns: rules.record,
    listRuleRuns: rules.listRuns,
  } satisfies Partial<Operations>
}
