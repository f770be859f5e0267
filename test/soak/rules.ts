import { judgeNodesWithRules } from '../rules/real-nodes.ts'
import { liveRules } from '../rules/rule-life.ts'
import { liveMonths } from '../schedules/databases.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'rules'

/** Months of programmes, with restarts, outages, switches of inputs and crashes: each one becomes one asset. */
export async function run({ log, ...context }: SoakContext): Promise<Record<string, string | number>> {
  log(`${await judgeNodesWithRules()} real assets of three nodes that are killed in turn`)
  return liveMonths(liveRules, { log, ...context })
}
