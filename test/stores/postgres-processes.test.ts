import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { utcMs } from '../../src/media/time.ts'
import {
  channel,
  type claimed,
  claimOf,
  event,
  harvestJob,
  LEASE_MS,
  later,
  MANY,
  NOW,
  originEndpoint,
  storeJob,
} from '../../src/stores/nouns.contract.ts'
import { openPostgresStore, type PostgresStore } from '../../src/stores/postgres/postgres-store.ts'
import type { ResourceChange } from '../../src/stores/resources.ts'
import { seededRandom } from '../judges/random.ts'
import { needing } from '../programs.ts'
import { liveRules } from '../rules/rule-life.ts'
import { liveSchedules } from '../schedules/schedule-life.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'

const { after, before, describe, it } = needing('postgres')

const PEER = fileURLToPath(new URL('postgres-peer.ts', import.meta.url))

let server: PostgresServer
const stores: PostgresStore[] = []
const children: ChildProcess[] = []
before(async () => {
  server = await startPostgres()
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(stores.map((store) => store.close()))
  await server?.stop()
})

async function open(url: string): Promise<PostgresStore['resources']> {
  const store = await openPostgresStore({ url, poolSize: 4, log: { info() {}, warn() {}, error() {} } })
  stores.push(store)
  return store.resources
}

type Line = { readonly ready?: true; readonly answer?: unknown; readonly change?: ResourceChange }

/** Another process with a store of its own on the same database. */
class Peer {
  private readonly child: ChildProcess
  private readonly lines: Line[] = []
  readonly heard: ResourceChange[] = []
  private wake = () => {}

  private constructor(url: string, name: string) {
    this.child = spawn(process.execPath, [PEER, url, name], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(this.child)
    createInterface({ input: this.child.stdout! }).on('line', (text) => {
      const line = JSON.parse(text) as Line
      if (line.change) this.heard.push(line.change)
      else this.lines.push(line)
      this.wake()
    })
  }

  static async start(url: string, name: string): Promise<Peer> {
    const peer = new Peer(url, name)
    await peer.until(() => peer.lines.shift())
    return peer
  }

  async call(name: string, ...args: unknown[]): Promise<unknown> {
    this.child.stdin!.write(`${JSON.stringify({ call: name, args })}\n`)
    return (await this.until(() => this.lines.shift())).answer
  }

  /** What `look` finds, as soon as it does: looked for after everything the process says. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  async kill(): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }
}

describe('two processes on one PostgreSQL', () => {
  it('see and hear what the other changes', async () => {
    const url = await server.createDatabase()
    const resources = await open(url)
    const heard: ResourceChange[] = []
    let wake = () => {}
    resources.onChange((change) => {
      heard.push(change)
      wake()
    })
    const peer = await Peer.start(url, 'peer')
    const ofChannel: ResourceChange = { kind: 'channel', id: 'a', guid: 'guid-a' }
    const ofEndpoint: ResourceChange = { kind: 'originEndpoint', id: 'e', guid: 'guid-e', channelGuid: 'guid-a' }

    await resources.createChannel(channel('a'), MANY)
    assert.deepEqual(await peer.until(() => peer.heard.shift()), ofChannel)
    assert.deepEqual(await peer.call('channelByGuid', 'guid-a'), channel('a'))

    heard.length = 0
    await peer.call('createOriginEndpoint', originEndpoint('e', 'a'), MANY)
    await peer.call('updateChannel', channel('a', { revision: 2 }))
    while (heard.length < 2) await new Promise<void>((resolve) => (wake = resolve))
    assert.deepEqual(heard, [ofEndpoint, ofChannel])
    assert.deepEqual(await resources.originEndpointById('e'), originEndpoint('e', 'a'))
    assert.equal((await resources.channelById('a'))?.revision, 2)
    await peer.until(() => (peer.heard.length >= 2 ? true : undefined))
    assert.deepEqual(peer.heard, [ofEndpoint, ofChannel], 'each its own change once')
  })

  it('hear how the harvest jobs of the other get on', async () => {
    const url = await server.createDatabase()
    const resources = await open(url)
    const peer = await Peer.start(url, 'peer')
    const change: ResourceChange = { kind: 'harvestJob', id: 'job' }
    const told = async () => assert.deepEqual(await peer.until(() => peer.heard.shift()), change)
    await storeJob(resources, harvestJob('job', originEndpoint('e', 'a')))
    await told()
    const job = await resources.claimHarvestJob({ owner: 'me', now: NOW, leaseMs: LEASE_MS })
    await told()
    const objects = [{ key: 'a', size: 1, sha256: '00' }]
    await resources.checkpointHarvestJob(claimOf(job!), { now: NOW, leaseMs: LEASE_MS, objects })
    await told()
    const end = { at: NOW, outcome: { state: 'SUCCEEDED' }, event: event('end') } as const
    await resources.finishHarvestJob(claimOf(job!), end)
    await told()
    assert.deepEqual(await peer.until(() => peer.heard.shift()), { kind: 'event', id: 'end' })
  })

  it('run each harvest job once, and end each with one event', async () => {
    const url = await server.createDatabase()
    const resources = await open(url)
    const ids = Array.from({ length: 60 }, (_, i) => `job-${i}`)
    for (const id of ids) await storeJob(resources, harvestJob(id, originEndpoint('e', 'a')))
    const peers = await Promise.all(['one', 'two', 'three'].map((name) => Peer.start(url, name)))
    const done = (await Promise.all(peers.map((peer) => peer.call('harvest')))) as string[][]
    assert.deepEqual(done.flat().toSorted(), ids.toSorted())
    const { items } = await resources.listEvents({ limit: 99 })
    assert.equal(items.length, 60)
    assert.ok(done.filter((jobs) => jobs.length > 0).length > 1, 'one process had all the jobs')
  })

  it('take over the job of a process that died, when its lease has run out', async () => {
    const url = await server.createDatabase()
    const resources = await open(url)
    await storeJob(resources, harvestJob('j', originEndpoint('e', 'a')))
    const peer = await Peer.start(url, 'peer')
    const theirs = (await peer.call('claimHarvestJob', { owner: 'peer', now: NOW, leaseMs: LEASE_MS })) as Awaited<
      ReturnType<typeof claimed>
    >
    await peer.kill()
    const again = (now: number) => resources.claimHarvestJob({ owner: 'us', now: later(now), leaseMs: LEASE_MS })
    assert.equal(await again(LEASE_MS - 1), undefined)
    const ours = await again(LEASE_MS)
    assert.equal(ours?.id, 'j')
    assert.ok(ours.run.fence > theirs.run.fence)
    const end = { at: NOW, outcome: { state: 'SUCCEEDED' }, event: event('1') } as const
    assert.equal(await resources.finishHarvestJob(claimOf(theirs), end), 'lost')
    assert.equal(await resources.finishHarvestJob(claimOf(ours), end), 'finished')
  })

  const nodesOf = (url: string) => async () => {
    const store = await openPostgresStore({ url, poolSize: 2, log: { info() {}, warn() {}, error() {} } })
    return { resources: store.resources, claims: store.workClaims, close: () => store.close() }
  }

  it('become one asset each of the windows of schedules, while clocks are put back and nodes die', async () => {
    const open = nodesOf(await server.createDatabase())
    const from = utcMs(Date.UTC(2026, 9, 24, 20))
    assert.ok((await liveSchedules({ open, nodes: 2, random: seededRandom(1), from, days: 0.5 })) > 20)
  })

  it('become one asset each of the programmes that rules are for, while inputs are switched and nodes die', async () => {
    const open = nodesOf(await server.createDatabase())
    const from = utcMs(Date.UTC(2026, 9, 24, 20))
    assert.ok((await liveRules({ open, nodes: 2, random: seededRandom(2), from, days: 0.5 })) > 15)
  })
})
