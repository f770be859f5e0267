/** Simulations of months, on each database and with as many nodes as may share one. */
import { join } from 'node:path'
import { type UtcMs, utcMs } from '../../src/media/time.ts'
import { openPostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { temporaryFolder } from '../judges/processes.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { startPostgres } from '../servers/postgres.ts'
import type { SoakContext } from '../soak-plan.ts'
import type { NodeStore } from './mortal.ts'

const DAYS = 31
const QUIET = { info() {}, warn() {}, error() {} }
/** Clocks are put forward in the first month, and put back in the second, in Europe and America on different days. */
const MONTHS = [Date.UTC(2026, 2, 5), Date.UTC(2026, 9, 10)]

type Life = {
  readonly open: () => Promise<NodeStore>
  readonly nodes: number
  readonly random: Random
  readonly from: UtcMs
  readonly days: number
}

/** Lives months, with restarts, outages and crashes; `live` resolves to the number of assets of one. */
export async function liveMonths(
  live: (life: Life) => Promise<number>,
  { seed, log, runs }: Pick<SoakContext, 'seed' | 'log' | 'runs'>,
): Promise<Record<string, number>> {
  const server = await startPostgres()
  let assets = 0
  const month = async (what: string, life: Pick<Life, 'open' | 'nodes'>, from: number, chance: number) => {
    const made = await live({ ...life, random: seededRandom(chance), from: utcMs(from), days: DAYS })
    log(`${what}, from ${new Date(from).toISOString().slice(0, 10)}: ${made} assets`)
    assets += made
  }
  try {
    for (let count = 0; count < runs; count++) {
      for (const [n, from] of MONTHS.entries()) {
        const chance = seed + count * MONTHS.length + n
        const path = join(temporaryFolder('months'), 'windrow.db')
        const alone = async () => {
          const { resources, close } = await openSqliteStore(path)
          return { resources, close }
        }
        await month('one process after another on SQLite', { nodes: 1, open: alone }, from, chance)
        const shared = await sharedBy(await server.createDatabase())
        await month('two nodes on PostgreSQL', { nodes: 2, open: shared }, from, chance)
        const unclaimed = await sharedBy(await server.createDatabase())
        const open = async () => {
          const { claims: _, ...store } = await unclaimed()
          return store
        }
        await month('three nodes that all believe to have the work', { nodes: 3, open }, from, chance)
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
