import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { seededRandom } from '../../test/judges/random.ts'
import { JOBS, minute, rehearse } from '../../test/rules/rehearsal.ts'
import { liveRules } from '../../test/rules/rule-life.ts'
import { utcMs } from '../media/time.ts'
import type { HarvestRule } from '../model/harvest-rule.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-rules-'))
const stores = new Set<SqliteStore>()
after(async () => {
  await Promise.all([...stores].map((store) => store.close()))
  await rm(folder, { recursive: true })
})

async function openStore(path = join(folder, `${stores.size}.db`)): Promise<SqliteStore> {
  const store = await openSqliteStore(path)
  stores.add(store)
  return store
}

const rehearsed = async (changes?: Partial<HarvestRule>, limits?: object) =>
  rehearse((await openStore()).resources, changes, limits)
const ID = 'shows-20260101'

describe('what a rule makes of programmes', () => {
  it('is a job of each when it is over, with its exact times and a key of its own', async () => {
    const { create, told, at, runs, windows, world } = await rehearsed()
    await create()
    told({ id: 1, upid: 'NEWS' }, 1.004, 11)
    told({ id: 1, typeId: 0x30 }, 2, 3)
    told({ id: 2 }, 11, 15.006)
    await at(11)
    assert.deepEqual(await runs(), [], 'the segment with which it ends is not shown yet')
    await at(11.2)
    assert.deepEqual(await runs(), [`1.004-11 ${ID}000100-10-1`])
    await at(16)
    await at(17)
    assert.deepEqual(await runs(), [`1.004-11 ${ID}000100-10-1`, `11-15.006 ${ID}001100-10-2`])
    // Whole segments, of which the event begins or ends with one a third of a second later.
    assert.deepEqual(await windows(), ['00:01:00.240-00:11:00.000', '00:11:00.000-00:15:00.360'])
    assert.partialDeepStrictEqual(await world.resources.harvestJobById(`${ID}000100-10-1`), {
      ruleId: 'shows',
      s3Destination: { manifestKey: `news/NEWS/${ID}000100-10-1.m3u8` },
      options: JOBS.options,
    })
    const { items } = await world.resources.listRuleRuns('shows', { limit: 9 })
    const upid = { type: 0x0f, hex: Buffer.from('NEWS').toString('hex') }
    assert.deepEqual(items[1]?.event, { kind: 'segmentation', id: 1, typeId: 0x10, upid, start: minute(1.004) })
  })

  it('shows no segment that an event only touches by what its time is rounded by', async () => {
    const { create, told, at, windows } = await rehearsed()
    await create()
    // 18 ms before a segment, and after one.
    told({ id: 1 }, 2 - 0.0003, 4 + 0.0003)
    await at(5)
    assert.deepEqual(await windows(), ['00:02:00.000-00:04:00.000'])
    const exact = await rehearsed({ action: { ...JOBS, options: { ...JOBS.options, cut: 'FRAME' } } })
    await exact.create()
    exact.told({ id: 1 }, 2 - 0.0003, 4 + 0.0003)
    await exact.at(5)
    assert.deepEqual(await exact.windows(), ['00:01:59.982-00:04:00.018'])
  })

  it('is made once when a process dies between the job and its record', async () => {
    const { create, told, at, runs, windows, world, restart, logged } = await rehearsed()
    await create()
    told({ id: 1 }, 1, 2)
    const { resources } = world
    world.resources = { ...resources, recordRuleRuns: () => Promise.reject(new Error('killed')) }
    restart()
    await at(3)
    assert.deepEqual([await runs(), logged], [[], ['harvest-rule-failed']])
    world.resources = resources
    restart()
    await at(3)
    assert.deepEqual(await runs(), [`1-2 ${ID}000100-10-1`])
    assert.equal((await windows()).length, 1)
  })

  it('is made after a restart of what ended meanwhile, and of what had begun before', async () => {
    const { create, told, at, runs, restart } = await rehearsed()
    await create()
    told({ id: 1 }, 1, 9)
    told({ id: 2 }, 9, 12)
    told({ id: 3 }, 12, 40)
    await at(5)
    restart()
    await at(30)
    assert.deepEqual(await runs(), [`1-9 ${ID}000100-10-1`, `9-12 ${ID}000900-10-2`])
  })

  it('waits while there are too many jobs, and loses no event', async () => {
    const { create, told, at, runs, harvest } = await rehearsed({}, { maxHarvestJobsInProgress: 2 })
    await create()
    for (let n = 0; n < 4; n++) told({ id: n }, 1 + n, 2 + n)
    await at(9)
    assert.equal((await runs()).length, 2)
    await at(9.5)
    assert.equal((await runs()).length, 2)
    for (let job = 0; job < 2; job++) await harvest()
    await at(9.5)
    assert.deepEqual(
      (await runs()).map((run) => run.split('-').at(-1)),
      ['0', '1', '2', '3'],
    )
  })

  it('is one for events that another input goes on with', async () => {
    const { create, told, at, runs, output } = await rehearsed()
    await create()
    told({ id: 1 }, 1, 9)
    await at(4)
    output.switchInput(true, 300)
    await at(6)
    output.newEra(true)
    await at(7)
    output.switchInput(false, 100)
    await at(10)
    assert.deepEqual(await runs(), [`1-9 ${ID}000100-10-1`])
  })

  it('is made of what runs when the rule begins, and of nothing that was over', async () => {
    const { create, told, at, runs } = await rehearsed()
    told({ id: 1 }, 1, 3)
    told({ id: 2 }, 3, 6)
    await at(4)
    await create()
    await at(7)
    assert.deepEqual(await runs(), [`3-6 ${ID}000300-10-2`])
  })

  it('is made of what the rule is for alone: words, UPIDs and lengths', async () => {
    const upid = 'NEWS*'
    const selection = {
      events: ['PROGRAM', 'BREAK'],
      segmentationTypeIds: [0x40],
      upid,
      minDurationSeconds: 60,
    } as const
    const { create, told, at, runs } = await rehearsed({ selection })
    await create()
    told({ id: 1, upid: 'NEWS/1' }, 1, 3)
    told({ id: 2, upid: 'FILM/1' }, 3, 5)
    told({ id: 3, upid: 'NEWS/2', typeId: 0x22 }, 5, 7)
    told({ id: 4, upid: 'NEWS/3' }, 7, 7.9)
    told({ id: 5, upid: 'NEWS/4', typeId: 0x40 }, 8, 9)
    told({ id: 6, upid: 'NEWS/5', typeId: 0x20 }, 9, 11)
    await at(12)
    assert.deepEqual(await runs(), [`1-3 ${ID}000100-10-1`, `5-7 ${ID}000500-22-3`, `8-9 ${ID}000800-40-5`])
  })

  it('is a clip, which lasts as long as the rule says', async () => {
    const action = { kind: 'CLIP', cut: 'FRAME', expiresAfterSeconds: 600 } as const
    const { create, told, at, runs, world, restart } = await rehearsed({ action }, { maxClips: 1 })
    await create()
    told({ id: 1 }, 1, 3)
    told({ id: 2 }, 3, 4)
    const { resources } = world
    world.resources = { ...resources, recordRuleRuns: () => Promise.reject(new Error('killed')) }
    restart()
    await at(3.2)
    world.resources = resources
    restart()
    await at(3.2)
    await at(5)
    assert.deepEqual(await runs(), [`1-3 ${ID}000100-10-1`, '3-4 TooManyClips'])
    assert.partialDeepStrictEqual(await resources.clipById(`${ID}000100-10-1`), {
      ruleId: 'shows',
      originEndpointId: 'hls',
      cut: 'FRAME',
      start: minute(1),
      end: minute(3),
      expiresAt: minute(13.2),
    })
  })

  it('is one asset each, however often the process is killed', async () => {
    const path = join(folder, 'life.db')
    const open = async () => {
      const { resources, close } = await openStore(path)
      return { resources, close }
    }
    const from = utcMs(Date.UTC(2026, 2, 28, 20))
    assert.ok((await liveRules({ open, nodes: 1, random: seededRandom(7), from, days: 1 })) > 20)
  })
})
