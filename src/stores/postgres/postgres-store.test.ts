import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { startPostgres } from '../../../test/servers/postgres.ts'
import type { Log } from '../../log.ts'
import type { ContractStore } from '../nouns.contract.ts'
import { resourcesContract } from '../resources.contract.ts'
import { openSqliteStore } from '../sqlite/sqlite-store.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'

const quiet: Log = { info() {}, warn() {}, error() {} }
const folder = await mkdtemp(join(tmpdir(), 'windrow-postgres-'))
const server = await startPostgres()
const open = new Set<{ close(): Promise<void> }>()
let files = 0

after(async () => {
  await Promise.all([...open].map((store) => store.close()))
  await server.stop()
  await rm(folder, { recursive: true })
})

async function openTracked(url: string): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, poolSize: 4, log: quiet })
  open.add(store)
  return store
}

/** Resources in PostgreSQL beside a segment index in SQLite. */
async function openContractStore(at?: { url: string; path: string }): Promise<ContractStore> {
  const { url, path } = at ?? { url: await server.createDatabase(), path: join(folder, `${++files}.db`) }
  const store = await openTracked(url)
  const index = await openSqliteStore(path)
  open.add(index)
  return {
    resources: store.resources,
    segmentIndex: index.segmentIndex,
    async restart() {
      await Promise.all([store.close(), index.close()])
      return openContractStore({ url, path })
    },
  }
}

resourcesContract('PostgreSQL', openContractStore)
