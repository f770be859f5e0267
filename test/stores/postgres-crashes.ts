import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../src/log.ts'
import {
  channel,
  claimOf,
  event,
  harvestJob,
  LEASE_MS,
  later,
  NOW,
  originEndpoint,
  storeJob,
} from '../../src/stores/nouns.contract.ts'
import type { Page, PageRequest } from '../../src/stores/pages.ts'
import { openPostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { type Resources, StoreUnavailable } from '../../src/stores/resources.ts'
import { seededRandom } from '../judges/random.ts'
import { startPostgres } from '../servers/postgres.ts'

const WRITERS = 6
const NO_LIMITS = { maxChannels: 1e9, maxPerChannel: 1e9, maxInProgress: 1e9, maxScheduled: 1e9, idFreeAfterMs: 0 }
const quiet: Log = { info() {}, warn() {}, error() {} }

export type DatabaseCrashFigures = {
  readonly kills: number
  readonly acknowledged: number
  /** Writes whose answer the crash cut off: they may be there or not, but whole. */
  readonly unanswered: number
  /** From the start of the recovering database to the first answer of a store that was open all the time. */
  readonly longestRecoveryMs: number
}

/** What was acknowledged. */
class Ledger {
  readonly revisions = new Map<string, number>()
  readonly events = new Set<string>()
  readonly objects = new Set<string>()
  readonly ended = new Set<string>()
  acknowledged = 0
  unanswered = 0
}

/** Writers that never rest, over one store that stays open, on a database that is killed with -9 time and again. */
export async function killDatabaseUnderLoad(options: {
  kills: number
  seed: number
  log?: (line: string) => void
}): Promise<DatabaseCrashFigures> {
  const random = seededRandom(options.seed)
  const server = await startPostgres()
  const ledger = new Ledger()
  let longestRecoveryMs = 0
  try {
    const store = await openPostgresStore({ url: await server.createDatabase(), poolSize: WRITERS, log: quiet })
    for (let kill = 1; kill <= options.kills; kill++) {
      const stop = new AbortController()
      const writing = Array.from({ length: WRITERS }, (_, w) =>
        write(store.resources, ledger, `${kill}-${w}`, stop.signal),
      )
      const goal = ledger.acknowledged + random.integer(1, 400)
      while (ledger.acknowledged < goal) await Promise.race([sleep(1), ...writing])
      await server.kill()
      stop.abort()
      await Promise.all(writing)
      await assert.rejects(store.resources.channelById('anybody'), StoreUnavailable)
      const began = performance.now()
      await server.start()
      await store.resources.channelById('anybody')
      longestRecoveryMs = Math.max(longestRecoveryMs, Math.round(performance.now() - began))
      await check(store.resources, ledger)
      options.log?.(`kill ${kill}: ${ledger.acknowledged} acknowledged so far, all there`)
    }
    await store.close()
  } finally {
    await server.stop()
  }
  const { acknowledged, unanswered } = ledger
  return { kills: options.kills, acknowledged, unanswered, longestRecoveryMs }
}

/** One writer: a channel, its change, an event, a job from its creation to its end; again and again until the crash. */
async function write(resources: Resources, ledger: Ledger, name: string, signal: AbortSignal): Promise<void> {
  const note = (acknowledge: () => void) => {
    acknowledge()
    ledger.acknowledged++
  }
  try {
    for (let i = 0; !signal.aborted; i++) {
      const id = `${name}-${i}`
      assert.equal(await resources.createChannel(channel(id), NO_LIMITS), 'created')
      note(() => ledger.revisions.set(id, 1))
      assert.equal(await resources.updateChannel(channel(id, { revision: 2 })), 'updated')
      note(() => ledger.revisions.set(id, 2))
      await resources.appendEvent(event(id))
      note(() => ledger.events.add(id))
      await storeJob(resources, harvestJob(id, originEndpoint('e', id)), NO_LIMITS)
      const job = await resources.claimHarvestJob({ owner: name, now: NOW, leaseMs: LEASE_MS })
      if (!job) continue
      const objects = [{ key: `${name}/${i}`, size: i, sha256: '00' }]
      const kept = await resources.checkpointHarvestJob(claimOf(job), { now: NOW, leaseMs: LEASE_MS, objects })
      assert.equal(kept, 'kept')
      note(() => ledger.objects.add(`${job.id} ${name}/${i}`))
      const end = { at: later(1), outcome: { state: 'SUCCEEDED' }, event: event(`end of ${job.id}`) } as const
      assert.equal(await resources.finishHarvestJob(claimOf(job), end), 'finished')
      note(() => ledger.ended.add(job.id))
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    ledger.unanswered++
  }
}

/** Every acknowledged write is there; a job and the event of its end are there together or not at all. */
async function check(resources: Resources, ledger: Ledger): Promise<void> {
  const channels = new Map(
    (await all((page) => resources.listChannels(page))).map(({ id, revision }) => [id, revision]),
  )
  for (const [id, revision] of ledger.revisions) {
    assert.ok((channels.get(id) ?? 0) >= revision, `channel ${id} is at ${channels.get(id)} instead of ${revision}`)
  }
  const events = (await all((page) => resources.listEvents(page))).map(({ id }) => id)
  const known = new Set(events)
  assert.equal(known.size, events.length)
  for (const id of ledger.events) assert.ok(known.has(id), `event ${id} is lost`)
  const jobs = await all((page) => resources.listHarvestJobs({ ...page, createdAfter: later(-1) }))
  for (const { id, status } of jobs) assert.equal(known.has(`end of ${id}`), status === 'SUCCEEDED', `job ${id}`)
  const ended = new Set(jobs.filter(({ status }) => status === 'SUCCEEDED').map(({ id }) => id))
  for (const id of ledger.ended) assert.ok(ended.has(id), `the end of job ${id} is lost`)
  for (const written of ledger.objects) {
    const [id = '', key = ''] = written.split(' ')
    const objects = await resources.listHarvestObjects(id, { limit: 9 })
    assert.ok(
      objects.items.some((object) => object.key === key),
      `object ${key} of job ${id} is lost`,
    )
  }
  ledger.objects.clear()
}

async function all<T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let after: string | undefined
  do {
    const page = await list(after === undefined ? { limit: 1000 } : { limit: 1000, after })
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return items
}
