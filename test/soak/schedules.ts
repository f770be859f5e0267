import { join } from 'node:path'
import { utcMs } from '../../src/media/time.ts'
import { openPostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { seededRandom } from '../judges/random.ts'
import type { NodeStore } from '../schedules/mortal.ts'
import { judgeNodesWithSchedules } from '../schedules/real-nodes.ts'
import { judgeRealSchedule } from '../schedules/real-schedule.ts'
import { liveSchedules } from '../schedules/schedule-life.ts'
import { startPostgres } from '../servers/postgres.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'schedules'

const DAYS = 31
const QUIET = { info() {}, warn() {}, error() {} }
/** Clocks are put forward in the first month, and put back in the second, in Europe and America on different days. */
const MONTHS = [Date.UTC(2026, 2, 5), Date.UTC(2026, 9, 10)]

/** Months of schedules, with restarts, outages and crashes: each window becomes one asset, on each database. */
export async function run({ seed, log, runs }: SoakContext): Promise<Record<string, string | number>> {
  await judgeRealSchedule()
  log('real assets of every minute, across a crash')
  log(`${await judgeNodesWithSchedules()} real assets of three nodes that are killed in turn`)
  const server = await startPostgres()
  let assets = 0
  const live = async (what: string, nodes: number, open: () => Promise<NodeStore>, month: number, chance: number) => {
    const random = seededRandom(chance)
    const made = await liveSchedules({ open, nodes, random, from: utcMs(month), days: DAYS })
    log(`${what}, from ${new Date(month).toISOString().slice(0, 10)}: ${made} assets`)
    assets += made
  }
  try {
    for (let count = 0; count < runs; count++) {
      for (const [n, month] of MONTHS.entries()) {
        const chance = seed + count * MONTHS.length + n
        const path = join(temporaryFolder('schedules'), 'windrow.db')
        const alone = async () => {
          const { resources, close } = await openSqliteStore(path)
          return { resources, close }
        }
        await live('one process after another on SQLite', 1, alone, month, chance)
        const shared = await sharedBy(await server.createDatabase())
        await live('two nodes on PostgreSQL', 2, shared, month, chance)
        const unclaimed = await sharedBy(await server.createDatabase())
        const open = async () => {
          const { claims: _, ...store } = await unclaimed()
          return store
        }
        await live('three nodes that all believe to have the work', 3, open, month, chance)
      }
    }
  } finally {
    await server.stop()
  }
  return { months: runs * MONTHS.length * 3, assets }
}

async function sharedBy(url: string): Promise<() => Promise<Required<NodeStore>>> {
  return async () => {
    const { resources, workClaims: claims, close } = await openPostgresStore({ url, poolSize: 2, log: QUIET })
    return { resources, claims, close }
  }
}
