import assert from 'node:assert/strict'
import pg from 'pg'
import { needing } from '../../../test/programs.ts'
import { deadlocksIn, type PostgresServer, startPostgres } from '../../../test/servers/postgres.ts'
import type { Log } from '../../log.ts'
import { later } from '../nouns.contract.ts'
import { claimedWork, sharedWorkClaimsContract } from '../work-claims.contract.ts'
import type { WorkClaims } from '../work-claims.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'

const blocks = needing('postgres')
const { after, before, describe, it } = blocks

const quiet: Log = { info() {}, warn() {}, error() {} }
let server: PostgresServer
const opened = new Set<PostgresStore>()

before(async () => {
  server = await startPostgres()
})
after(async () => {
  await closeAll()
  await server?.stop()
})

const closeAll = () => Promise.all([...opened].map((store) => store.close()))

async function open(url: string): Promise<WorkClaims> {
  const store = await openPostgresStore({ url, poolSize: 4, log: quiet })
  opened.add(store)
  return store.workClaims
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

sharedWorkClaimsContract('PostgreSQL', async () => open(await server.createDatabase()), blocks)

describe('claims of work in PostgreSQL', () => {
  it('are renewed by writing one row, however many they are', async () => {
    const url = await server.createDatabase()
    const [claims, client] = [await open(url), await connect(url)]
    const names = Array.from({ length: 1000 }, (_, n) => `channel/${n}`)
    const written = async () => (await client.query('SELECT name, xmin, ctid FROM windrow.claimed_work')).rows
    await claimedWork(claims, 'a', names)
    const rows = await written()
    await claimedWork(claims, 'a', names, later(500))
    assert.deepEqual(await claimedWork(claims, 'b', names, later(600)), [])
    assert.equal(rows.length, 1000)
    assert.deepEqual(await written(), rows)
    await client.end()
  })

  it('are kept by a lease that is being renewed while another process finds it expired', async () => {
    const url = await server.createDatabase()
    const [claims, client] = [await open(url), await connect(url)]
    await claimedWork(claims, 'a', ['1'])
    await client.query('BEGIN')
    await client.query("UPDATE windrow.work_owner SET lease_until = $1 WHERE owner = 'a'", [later(9000)])
    assert.deepEqual(await claimedWork(claims, 'b', ['1', '2'], later(5000)), ['2'])
    await client.query('COMMIT')
    assert.deepEqual(await claimedWork(claims, 'b', ['1', '2'], later(5100)), ['2'])
    await client.end()
  })

  it('are of one process at a moment, however many claim and release at once', async () => {
    const url = await server.createDatabase()
    const processes = await Promise.all([open(url), open(url), open(url)])
    const names = Array.from({ length: 40 }, (_, n) => `channel/${n}`)
    const leaseMs = 100
    const held = new Map<string, { owner: string; until: number }>()
    for (let round = 0; round < 30; round++) {
      const now = later(round * 40)
      // Each names the work in another order; some are slow to renew what they have, or give it up.
      const claiming = processes.map(async (claims, n) => {
        const owner = `process ${n}`
        if ((round + n) % 4 === 0) return { owner, has: [], isReleased: false }
        const isReleased = round % 10 === n
        if (isReleased) await claims.releaseWork(owner)
        const order = n === 1 ? names.toReversed() : [...names.slice(7 * n), ...names.slice(0, 7 * n)]
        return { owner, has: await claims.claimWork({ owner, names: order, now, leaseMs }), isReleased }
      })
      const answers = await Promise.all(claiming)
      const released = new Set(answers.filter(({ isReleased }) => isReleased).map(({ owner }) => owner))
      for (const [name, { owner }] of held) if (released.has(owner)) held.delete(name)
      for (const { owner, has } of answers) {
        for (const name of has) {
          const hold = held.get(name)
          assert.ok(!hold || hold.owner === owner || hold.until <= now, `${name} of ${owner} is of ${hold?.owner}`)
          held.set(name, { owner, until: now + leaseMs })
        }
      }
    }
    assert.equal(held.size, names.length)
    await closeAll()
    assert.equal(await deadlocksIn(url), 0)
  })

  it('leave no rows behind of processes that are gone', async () => {
    const url = await server.createDatabase()
    const [claims, client] = [await open(url), await connect(url)]
    await claimedWork(claims, 'a', ['deleted channel', 'retention'])
    await claimedWork(claims, 'b', ['scrub'], later(3_600_000))
    const rows = async (table: string) =>
      (await client.query<{ owner: string }>(`SELECT owner FROM windrow.${table}`)).rows
    assert.deepEqual([await rows('claimed_work'), await rows('work_owner')], [[{ owner: 'b' }], [{ owner: 'b' }]])
    await claims.releaseWork('b')
    assert.deepEqual([await rows('claimed_work'), await rows('work_owner')], [[], []])
    await client.end()
  })
})
