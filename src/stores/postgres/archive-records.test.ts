import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { needing } from '../../../test/programs.ts'
import { type PostgresServer, startPostgres } from '../../../test/servers/postgres.ts'
import type { Log } from '../../log.ts'
import {
  archiveRecordsContract,
  copyRows,
  fillArchive,
  type RecordsPlace,
  rowsOf,
} from '../archive-records.contract.ts'
import { openSqliteRecords } from '../sqlite/archive-records.ts'
import { openSqliteStore } from '../sqlite/sqlite-store.ts'
import { openPostgresRecords } from './archive-records.ts'
import { openPostgresStore } from './postgres-store.ts'

const blocks = needing('postgres')
const { after, before, describe, it } = blocks

const log: Log = { info() {}, warn() {}, error() {} }
let server: PostgresServer
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windrow-records-'))
  server = await startPostgres()
})
after(async () => {
  await server?.stop()
  await rm(folder, { recursive: true })
})

function placeAt(url: string): RecordsPlace {
  return {
    async serve() {
      const store = await openPostgresStore({ url, poolSize: 2, log })
      return { ...store, restart: () => Promise.reject(new Error('not here')) }
    },
    records: (options) => openPostgresRecords({ url, log, ...options }),
  }
}

/** Two databases, one after the other without what they had: a new one for each case would cost more. */
const databases: string[] = []
let openings = 0

async function emptyPlace(): Promise<RecordsPlace> {
  const turn = openings++ % 2
  databases[turn] ??= await server.createDatabase()
  const client = new pg.Client({ connectionString: databases[turn] })
  await client.connect()
  await client.query('SET client_min_messages = error; DROP SCHEMA IF EXISTS windrow CASCADE')
  await client.end()
  return placeAt(databases[turn])
}

archiveRecordsContract('PostgreSQL', emptyPlace, blocks)

describe('records in PostgreSQL', () => {
  it('are those of SQLite, and SQLite has them again', async () => {
    const [there, back] = [join(folder, 'there.db'), join(folder, 'back.db')]
    const store = await openSqliteStore(there)
    await fillArchive({ ...store, restart: () => Promise.reject(new Error('not here')) })
    await store.close()
    const first = openSqliteRecords(there, { migrates: false })
    const second = await openPostgresRecords({ url: await server.createDatabase(), log, migrates: true })
    const third = openSqliteRecords(back, { migrates: true })
    await copyRows(first, second)
    await copyRows(second, third)
    const rows = await rowsOf(first)
    assert.deepEqual(await rowsOf(second), rows)
    assert.deepEqual(await rowsOf(third), rows)
    await Promise.all([first, second, third].map((records) => records.close()))
  })

  it('tell who else uses the database', async () => {
    const url = await server.createDatabase()
    const records = await openPostgresRecords({ url, log, migrates: true })
    assert.deepEqual(await records.otherProcesses(), [])
    const store = await placeAt(url).serve()
    const copy = await openPostgresRecords({ url, log, migrates: true })
    assert.deepEqual((await records.otherProcesses()).toSorted(), [
      'windrow archive copy at 127.0.0.1',
      'windrow serve at 127.0.0.1',
    ])
    await Promise.all([store.close(), copy.close()])
    assert.deepEqual(await records.otherProcesses(), [])
    await records.close()
  })

  it('go on from the moment by which processes kept their clocks together', async () => {
    const url = await server.createDatabase()
    const store = await openPostgresStore({ url, poolSize: 2, log })
    await store.steadyRecord.replace(undefined, { steady: 5000, date: 9000 })
    await store.close()
    const records = await openPostgresRecords({ url, log, migrates: true })
    assert.deepEqual((await rowsOf(records))['clock'], ['[5000,9000]'])
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('INSERT INTO windrow.clock (steady, date) VALUES (4000, 7000)')
    assert.deepEqual((await rowsOf(records))['clock'], ['[5000,8000]'])
    await client.query('UPDATE windrow.clock SET steady = 6000')
    assert.deepEqual((await rowsOf(records))['clock'], ['[6000,7000]'])
    await client.end()
    await records.close()
  })
})
