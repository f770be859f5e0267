import assert from 'node:assert/strict'
import pg from 'pg'
import { needing } from '../../../test/programs.ts'
import { deadlocksIn, isWaitedForBy, type PostgresServer, startPostgres } from '../../../test/servers/postgres.ts'
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
  it('are made in the order of their names, so that claims of the same work do not deadlock', async () => {
    const url = await server.createDatabase()
    const [claims, client] = [await open(url), await connect(url)]
    await claimedWork(claims, 'a', ['1', '2'])
    const lock = (name: string) =>
      client.query('SELECT FROM windrow.work_claim WHERE name = $1 FOR UPDATE NOWAIT', [name])
    await client.query('BEGIN')
    await lock('1')
    const claiming = claimedWork(claims, 'a', ['2', '1'])
    const releasing = claims.releaseWork('a')
    await isWaitedForBy(client, 2)
    await lock('2')
    await client.query('COMMIT')
    await Promise.all([claiming, releasing])
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

  it('leave no rows behind of work that nobody claims any more', async () => {
    const url = await server.createDatabase()
    const [claims, client] = [await open(url), await connect(url)]
    await claimedWork(claims, 'a', ['deleted channel', 'retention'])
    await claimedWork(claims, 'b', ['scrub'], later(3_600_000))
    const { rows } = await client.query<{ name: string }>('SELECT name FROM windrow.work_claim')
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['scrub'],
    )
    await client.end()
  })
})
