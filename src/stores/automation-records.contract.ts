import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import type { UtcMs } from '../media/time.ts'
import type { ServiceEvent } from '../model/event.ts'
import {
  type ContractStore,
  claimed,
  claimOf,
  event,
  harvestJob,
  idsOf,
  later,
  NOW,
  originEndpoint,
  storeJob,
} from './nouns.contract.ts'
import type { Page, PageRequest } from './pages.ts'
import type { ResourceChange, Resources } from './resources.ts'
import type { JobOfRun } from './schedule-records.ts'

const HOUR_MS = 3_600_000
const FAILURE = { code: 'NoSuchBucket', message: 'There is none.' }

/** What schedules and rules have in common; `record` and `revision` are those of the port. */
export type AutomationKind<Automation extends { readonly id: string }, Position extends object, Run extends object> = {
  /** As their title says it. */
  readonly name: string
  /** Of their changes. */
  readonly change: 'harvestSchedule' | 'harvestRule'
  readonly automation: (id: string, changes?: object) => Automation
  /** The position behind so many hours. */
  readonly position: (hours: number) => Position
  /** What became of what begins `hours` after NOW: a job, if it is named. */
  readonly run: (hours: number, jobId?: string) => Run & { readonly recordedAt: UtcMs }
  create(
    resources: Resources,
    automation: Automation,
    position: Position,
    most: number,
  ): Promise<'created' | 'duplicate' | 'quota'>
  /** A record, as the port has them. */
  readonly record: (automation: Automation, revision: number, position: Position) => object
  byId(resources: Resources, id: string): Promise<object | undefined>
  list(resources: Resources, page: PageRequest): Promise<Page<object>>
  idOf(record: object): string
  update(resources: Resources, record: object): Promise<'updated' | 'conflict' | 'missing'>
  remove(resources: Resources, id: string, revision?: number): Promise<'deleted' | 'missing' | 'conflict'>
  recordRuns(
    resources: Resources,
    known: { id: string; revision: number },
    outcome: { runs: readonly Run[]; position: Position; event?: ServiceEvent },
  ): Promise<'recorded' | 'overtaken'>
  listRuns(resources: Resources, id: string, page: PageRequest): Promise<Page<Run & JobOfRun>>
}

/** The contract of every Resources about what makes jobs by itself, and its history. */
export function automationRecordsContract<A extends { readonly id: string }, P extends object, R extends object>(
  name: string,
  open: () => Promise<ContractStore>,
  kind: AutomationKind<A, P, R>,
  { describe, it }: Blocks = needing(),
): void {
  const { automation, position, run, record } = kind
  const create = (resources: Resources, id: string) => kind.create(resources, automation(id), position(0), 100)
  const runsOf = async (resources: Resources, id: string) => (await kind.listRuns(resources, id, { limit: 9 })).items

  describe(`${name} as Resources: ${kind.name}`, () => {
    it('are created once, within a quota, and given back as they were, also after a restart', async () => {
      const store = await open()
      const twice = await Promise.all([create(store.resources, 'a'), create(store.resources, 'a')])
      assert.deepEqual(twice.toSorted(), ['created', 'duplicate'])
      assert.equal(await kind.create(store.resources, automation('b'), position(0), 1), 'quota')
      const { resources } = await store.restart()
      const stored = record(automation('a'), 1, position(0))
      assert.deepEqual(await kind.byId(resources, 'a'), stored)
      assert.equal(await kind.byId(resources, 'b'), undefined)
      assert.deepEqual(await kind.list(resources, { limit: 9 }), { items: [stored] })
    })

    it('are listed page by page', async () => {
      const { resources } = await open()
      for (const id of ['c', 'a', 'b']) await create(resources, id)
      const list = async (page: PageRequest) => {
        const { items, ...next } = await kind.list(resources, page)
        return { items: items.map((each) => ({ id: kind.idOf(each) })), ...next }
      }
      assert.deepEqual(await idsOf(list, 2), [['c', 'a'], ['b']])
    })

    it('are changed only by who knows their last revision', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      const stopped = record(automation('a', { isStopped: true }), 2, position(3))
      assert.equal(await kind.update(resources, stopped), 'updated')
      assert.deepEqual(await kind.byId(resources, 'a'), stopped)
      assert.equal(await kind.update(resources, stopped), 'conflict')
      assert.equal(await kind.update(resources, record(automation('x'), 2, position(0))), 'missing')
    })

    it('are told of when they are created, changed, move on and are deleted', async () => {
      const { resources } = await open()
      const heard: ResourceChange[] = []
      resources.onChange((change) => heard.push(change))
      await create(resources, 'a')
      await create(resources, 'a')
      const changed = record(automation('a', { isStopped: true }), 2, position(3))
      await kind.update(resources, changed)
      await kind.update(resources, changed)
      const outcome = { runs: [run(0, 'a-0')], position: position(2), event: event('e') }
      await kind.recordRuns(resources, { id: 'a', revision: 2 }, outcome)
      await kind.recordRuns(resources, { id: 'a', revision: 2 }, outcome)
      await kind.remove(resources, 'a')
      await kind.remove(resources, 'a')
      const change: ResourceChange = { kind: kind.change, id: 'a' }
      assert.deepEqual(heard, [change, change, change, { kind: 'event', id: 'e' }, change])
    })

    it('move on with what became of their windows or events, by one process only', async () => {
      let store = await open()
      await create(store.resources, 'a')
      const move = (id: string, revision: number) =>
        kind.recordRuns(
          store.resources,
          { id, revision },
          { runs: [run(0, 'a-0'), run(1)], position: position(2), event: event(`${id}${revision}`) },
        )
      const both = await Promise.all([move('a', 1), move('a', 1).catch((error: Error) => error.message)])
      assert.deepEqual(both.toSorted(), ['overtaken', 'recorded'])
      assert.equal(await move('nobody', 1), 'overtaken')
      store = await store.restart()
      const { resources } = store
      assert.deepEqual(await kind.byId(resources, 'a'), record(automation('a'), 2, position(2)))
      assert.deepEqual(await kind.listRuns(resources, 'a', { limit: 9 }), { items: [run(1), run(0, 'a-0')] })
      assert.deepEqual(await idsOf((page) => resources.listEvents(page), 9), [['a1']])
      assert.equal(await kind.update(resources, record(automation('a'), 2, position(0))), 'conflict')
    })

    it('keep the job that a run has in their history, though it is recorded again', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      const recordOne = (revision: number, one: R) =>
        kind.recordRuns(resources, { id: 'a', revision }, { runs: [one], position: position(0) })
      await recordOne(1, run(0))
      assert.equal(await recordOne(2, run(0, 'a-0')), 'recorded')
      assert.deepEqual(await runsOf(resources, 'a'), [run(0, 'a-0')], 'it was missed before')
      assert.equal(await recordOne(3, run(0)), 'recorded')
      assert.deepEqual(await runsOf(resources, 'a'), [run(0, 'a-0')])
      assert.deepEqual(await kind.byId(resources, 'a'), record(automation('a'), 4, position(0)))
    })

    it('tell the state of each job, the latest run first, page by page', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      const endpoint = originEndpoint('hls', 'news')
      for (const id of ['a-0', 'a-1']) await storeJob(resources, harvestJob(id, endpoint))
      await resources.finishHarvestJob(claimOf(await claimed(resources)), {
        at: NOW,
        outcome: { state: 'FAILED', failure: FAILURE },
        event: event('e'),
      })
      const runs = [0, 1, 2].map((hours) => run(hours, `a-${hours}`))
      await kind.recordRuns(resources, { id: 'a', revision: 1 }, { runs, position: position(3) })
      const first = await kind.listRuns(resources, 'a', { limit: 2 })
      assert.deepEqual(first.items, [runs[2], { ...runs[1], job: { state: 'QUEUED' } }])
      const rest = await kind.listRuns(resources, 'a', { limit: 2, after: first.next! })
      assert.deepEqual(rest, { items: [{ ...runs[0], job: { state: 'FAILED', failure: FAILURE } }] })
      assert.deepEqual(await kind.listRuns(resources, 'b', { limit: 2 }), { items: [] })
    })

    it('are deleted with their history, and forget what is old', async () => {
      const { resources } = await open()
      await create(resources, 'a')
      const outcome = { runs: [run(0), run(1)], position: position(2) }
      await kind.recordRuns(resources, { id: 'a', revision: 1 }, outcome)
      await resources.expire(later(HOUR_MS), { harvestJobs: later(HOUR_MS), events: NOW })
      assert.deepEqual(await runsOf(resources, 'a'), [run(1)])
      assert.equal(await kind.remove(resources, 'a', 9), 'conflict')
      assert.equal(await kind.remove(resources, 'a', 2), 'deleted')
      assert.equal(await kind.remove(resources, 'a'), 'missing')
      assert.equal(await create(resources, 'a'), 'created')
      assert.deepEqual(await runsOf(resources, 'a'), [])
    })
  })
}
