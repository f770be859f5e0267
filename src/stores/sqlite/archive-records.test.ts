import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { archiveRecordsContract, fillArchive, type RecordsPlace } from '../archive-records.contract.ts'
import { SLOTS } from '../archive-records.ts'
import { DatabaseInUse } from '../resources.ts'
import { openSqliteRecords } from './archive-records.ts'
import { openSqliteStore } from './sqlite-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-records-'))
let files = 0
after(() => rm(folder, { recursive: true }))

function placeAt(path: string): RecordsPlace {
  return {
    async serve() {
      const store = await openSqliteStore(path)
      return { ...store, restart: () => Promise.reject(new Error('not here')) }
    },
    records: async (options) => openSqliteRecords(path, options),
  }
}

const newPath = () => join(folder, `${++files}.db`)

archiveRecordsContract('SQLite', async () => placeAt(newPath()))

describe('records in SQLite', () => {
  it('are of one process alone', async () => {
    const path = newPath()
    const store = await placeAt(path).serve()
    assert.throws(() => openSqliteRecords(path, { migrates: false }), DatabaseInUse)
    await store.close()
    const records = openSqliteRecords(path, { migrates: false })
    await assert.rejects(placeAt(path).serve(), /in use by another process/)
    await records.close()
  })

  it('have a summary for a slot that an earlier version stored without one', async () => {
    const path = newPath()
    const store = await placeAt(path).serve()
    await fillArchive(store)
    await store.close()
    const before = openSqliteRecords(path, { migrates: false })
    const slots = await before.read(SLOTS, undefined, 9)
    await before.close()
    const database = new DatabaseSync(path)
    database.exec('DELETE FROM slot_summary')
    database.close()
    const records = openSqliteRecords(path, { migrates: false })
    assert.deepEqual(await records.read(SLOTS, undefined, 9), slots)
    await records.close()
  })

  it('of another version are not copied', async () => {
    const path = newPath()
    await (await placeAt(path).serve()).close()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 3')
    database.close()
    assert.throws(
      () => openSqliteRecords(path, { migrates: false }),
      /it has version 3, but this program copies version \d+: start this release on it once before/,
    )
  })
})
