import { RULE_TABLES } from '../automation-tables.ts'
import type { RuleRecord, RuleRecords } from '../rule-records.ts'
import { automations } from './automations.ts'
import type { PostgresDatabase } from './database.ts'

export function ruleOperations(db: PostgresDatabase) {
  const rules = automations(db, RULE_TABLES, 'harvestRules')
  const recordOf = ({ automation, ...record }: Stored): RuleRecord => ({ rule: automation, ...record })
  type Stored = NonNullable<Awaited<ReturnType<typeof rules.byId>>>

  return {
    createHarvestRule: (rule, position, { maxRules }) => rules.create(rule, position, maxRules),

    async harvestRuleById(id) {
      const stored = await rules.byId(id)
      return stored && recordOf(stored)
    },

    async listHarvestRules(page) {
      const { items, ...next } = await rules.list(page)
      return { items: items.map(recordOf), ...next }
    },

    updateHarvestRule: ({ rule, position, revision }) => rules.update(rule, position, revision),
    deleteHarvestRule: rules.remove,
    recordRuleRuns: rules.record,
    listRuleRuns: rules.listRuns,
  } satisfies Partial<RuleRecords>
}
