import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../judges/processes.ts'
import { Windrow } from '../judges/windrow.ts'
import { needing } from '../programs.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import {
  type Asset,
  apiOf,
  askForHarvest,
  describeHarvest,
  digestOf,
  endsTold,
  harvestEnd,
  type Programme,
  publishProgramme,
} from './harvest-faults.ts'

const { after, before, it } = needing('ffmpeg', 'postgres')

const BUCKET = 'clips'
const JOBS = Array.from({ length: 20 }, (_, n) => `job-${n}`)
const LEASE_MS = 1000
const SECONDS_OF_PROGRAMME = 20

let database: PostgresServer
let writer: Windrow
let reader: Windrow
let programme: Programme
before(async () => {
  database = await startPostgres()
  const environment = {
    WINDROW_DATABASE_URL: await database.createDatabase(),
    WINDROW_HARVEST_LEASE: `${LEASE_MS}ms`,
    WINDROW_HARVEST_WORKERS: '2',
    WINDROW_MAX_HARVEST_JOBS: `${JOBS.length}`,
    // Slow enough to be frozen in the middle: one object at a time, each copied and synced.
    WINDROW_HARVEST_CONCURRENCY: '1',
    WINDROW_HARVEST_LINKS: 'false',
  }
  writer = await Windrow.start({ environment: { ...environment, WINDROW_ROLES: 'control,ingest,origin' } })
  programme = await publishProgramme(writer, SECONDS_OF_PROGRAMME)
  const { dataFolder } = writer
  reader = await Windrow.start({ environment: { ...environment, WINDROW_ROLES: 'harvest' }, dataFolder })
})
after(async () => {
  await reader?.kill()
  await writer?.stop()
  await database?.stop()
})

it('two processes share the jobs of one archive; one that was frozen past its leases changes nothing', async () => {
  const api = apiOf(writer)
  await askForHarvest(api, 'undisturbed', BUCKET, programme)
  await harvestEnd(api, 'undisturbed')
  const undisturbed = assetIn('undisturbed')
  for (const id of JOBS) await askForHarvest(api, id, BUCKET, programme)

  // The reader alone harvests, so whatever is RUNNING is its own.
  await eventually('the reader to have ended a job', () => succeededAt(reader).length > 1 || undefined)
  const held = await freezeWithJobs()
  await writer.stop()
  await writer.start({ WINDROW_ROLES: 'control,harvest,ingest,origin' })
  await eventually('its jobs to be taken over', async () => {
    const now = await states()
    return held.some((id) => now.find((job) => job.id === id)!.attempts > 1) || undefined
  })
  process.kill(reader.pid, 'SIGCONT')
  for (const id of JOBS) assert.equal((await harvestEnd(api, id)).state, 'SUCCEEDED')
  assert.equal(await reader.stop(), 0)

  for (const id of JOBS) assert.deepEqual(assetIn(id), undisturbed, id)
  assert.deepEqual((await endsTold(api)).toSorted(), [...JOBS, 'undisturbed'].toSorted())
  const ended = [...succeededAt(writer), ...succeededAt(reader)]
  assert.deepEqual(ended.toSorted(), [...JOBS, 'undisturbed'].toSorted())
  assert.match(reader.log, /harvest job taken over by another worker/)
})

it('a second writer of the same folder is refused, and so is a reader of another one', async () => {
  const environment = { WINDROW_DATABASE_URL: await database.createDatabase() }
  const { dataFolder } = writer
  await assert.rejects(Windrow.start({ environment, dataFolder }), /is in use by another process/)
  const harvest = { ...environment, WINDROW_ROLES: 'harvest' }
  await assert.rejects(Windrow.start({ environment: harvest }), /start the process that writes the archive first/)
})

/** Freezes the reader when it has jobs, and gives those: what it had sent before may still end one. */
async function freezeWithJobs(): Promise<readonly string[]> {
  const running = async () => (await states()).filter(({ state }) => state === 'RUNNING').map(({ id }) => id)
  for (;;) {
    await eventually('the reader to have a job', async () => (await running()).length > 0 || undefined)
    process.kill(reader.pid, 'SIGSTOP')
    await sleep(LEASE_MS)
    const held = await running()
    if (held.length > 0) return held
    process.kill(reader.pid, 'SIGCONT')
  }
}

const states = () => Promise.all(JOBS.map((id) => describeHarvest(apiOf(writer), id)))

/** Jobs of which a process says in its log that it has ended them. */
function succeededAt({ log }: Windrow): string[] {
  const lines = log.split('\n').filter((line) => line.includes('harvest job SUCCEEDED'))
  return lines.map((line) => (JSON.parse(line) as { readonly harvestJob: string }).harvestJob)
}

function assetIn(id: string): Asset {
  const folder = join(writer.bucketFolder(BUCKET), id)
  return new Map(readdirSync(folder).map((name) => [name, digestOf(readFileSync(join(folder, name)))]))
}
