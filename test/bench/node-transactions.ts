import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Deployment, RENDITIONS } from './deployments.ts'
import type { Measure } from './measure.ts'

const SLOTS = 20
/** PostgreSQL adds what an idle connection has done to its counts within ten seconds. */
const COUNTED_MS = 12_000
const IDLE_MS = 15_000

type Count = { readonly transactions: number; readonly at: number }

/**
 * Transactions and WAL of a slot of a channel that comes in on all nodes, request by request. What a deployment does
 * when nothing comes in is stated apart, and taken off.
 */
export async function transactionMeasures(deployments: readonly Deployment[]): Promise<Measure[]> {
  const shared = deployments.filter(({ databaseUrl }) => databaseUrl !== undefined)
  const client = new pg.Client({ connectionString: shared[0]!.databaseUrl })
  await client.connect()
  try {
    await sleep(COUNTED_MS)
    const before = await counts(client, shared)
    const wal: number[] = []
    for (const { nodes, channels } of shared) {
      channels[0]!.pusher.comeTo(nodes)
      const from = await walPosition(client)
      for (let slot = 0; slot < SLOTS; slot++) await channels[0]!.pusher.pushNext()
      wal.push((await walPosition(client)) - from)
    }
    await sleep(COUNTED_MS)
    const after = await counts(client, shared)
    const idleFrom = await walPosition(client)
    await sleep(IDLE_MS)
    const idle = await counts(client, shared)
    const idleWal = (((await walPosition(client)) - idleFrom) * 1000) / IDLE_MS
    const perSecond = shared.map((_, n) => rate(after[n]!, idle[n]!))
    const perSlot = shared.map((_, n) => {
      const busy = idle[n]!.transactions - before[n]!.transactions
      return (busy - (perSecond[n]! * (idle[n]!.at - before[n]!.at)) / 1000) / SLOTS
    })
    const line = (name: string, values: readonly number[], n: number, unit: string, note?: string): Measure => {
      const [value, peerValue] = [values[n]!, values[0]!]
      const peer = 'one node'
      return {
        name: `${name}, ${shared[n]!.form}`,
        value,
        unit,
        peer,
        peerValue,
        ratio: peerValue / value,
        ...(note && { note }),
      }
    }
    const idleNote = `all deployments together write ${idleWal.toFixed(0)} B of WAL a second when idle`
    return shared.flatMap((_, n) => [
      line(`transactions of a slot of ${RENDITIONS} renditions`, perSlot, n, 'transactions'),
      line(
        `WAL of a slot of ${RENDITIONS} renditions`,
        wal.map((bytes) => bytes / SLOTS),
        n,
        'B',
        n === 0 ? idleNote : undefined,
      ),
      line('transactions of idle nodes', perSecond, n, 'a second'),
    ])
  } finally {
    await client.end()
  }
}

async function counts(client: pg.Client, deployments: readonly Deployment[]): Promise<readonly Count[]> {
  const { rows } = await client.query<{ name: string; commits: string }>(
    'SELECT datname AS name, xact_commit AS commits FROM pg_stat_database',
  )
  return deployments.map(({ databaseUrl }) => {
    const name = decodeURIComponent(new URL(databaseUrl!).pathname.slice(1))
    return { transactions: Number(rows.find((row) => row.name === name)?.commits), at: performance.now() }
  })
}

async function walPosition(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bytes",
  )
  return Number(rows[0]?.bytes)
}

const rate = (from: Count, to: Count) => ((to.transactions - from.transactions) * 1000) / (to.at - from.at)
