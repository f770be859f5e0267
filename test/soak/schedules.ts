import { liveMonths } from '../schedules/databases.ts'
import { judgeNodesWithSchedules } from '../schedules/real-nodes.ts'
import { judgeRealSchedule } from '../schedules/real-schedule.ts'
import { liveSchedules } from '../schedules/schedule-life.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'schedules'

/** Months of schedules, with restarts, outages and crashes: each window becomes one asset, on each database. */
export async function run({ log, ...context }: SoakContext): Promise<Record<string, string | number>> {
  await judgeRealSchedule()
  log('real assets of every minute, across a crash')
  log(`${await judgeNodesWithSchedules()} real assets of three nodes that are killed in turn`)
  return liveMonths(liveSchedules, { log, ...context })
}
