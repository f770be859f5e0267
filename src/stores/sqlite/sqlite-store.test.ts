import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { ContractStore } from '../nouns.contract.ts'
import { resourcesContract } from '../resources.contract.ts'
import { segmentIndexContract } from '../segment-index.contract.ts'
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-sqlite-'))
const stores = new Set<SqliteStore>()
let files = 0

async function openTracked(path: string): Promise<SqliteStore> {
  const store = await openSqliteStore(path)
  stores.add(store)
  return store
}

after(async () => {
  await Promise.all([...stores].map((store) => store.close()))
  await rm(folder, { recursive: true })
})

async function openContractStore(path = join(folder, `${++files}.db`)): Promise<ContractStore> {
  const store = await openTracked(path)
  return {
    ...store,
    async restart() {
      await store.close()
      return openContractStore(path)
    },
  }
}

resourcesContract('SQLite', openContractStore)
segmentIndexContract('SQLite', openContractStore)
