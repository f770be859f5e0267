import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ENDPOINT, JOBS, minute, rehearse } from '../../test/rules/rehearsal.ts'
import type { HarvestRule } from '../model/harvest-rule.ts'
import { harvestJob, MANY, originEndpoint } from '../stores/nouns.contract.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-missed-'))
const stores: SqliteStore[] = []
after(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await rm(folder, { recursive: true })
})

async function rehearsed(changes?: Partial<HarvestRule>) {
  const store = await openSqliteStore(join(folder, `${stores.length}.db`))
  stores.push(store)
  const made = await rehearse(store.resources, changes)
  await made.create()
  return made
}
const ID = 'shows-20260101'

describe('events of which a rule can make nothing', () => {
  it('are recorded where nothing tells of their end, and told', async () => {
    const { told, at, runs, output, logged, world } = await rehearsed()
    told({ id: 1 }, 1, 9)
    await at(4)
    output.newEra(false)
    told({ id: 2 }, 8, 12)
    await at(13)
    assert.deepEqual(await runs(), ['1-4 EndUnknown', `8-12 ${ID}000800-10-2`])
    assert.deepEqual(logged, ['harvest-rule-missed'])
    const { items } = await world.resources.listEvents({ limit: 9 })
    assert.partialDeepStrictEqual(items, [
      {
        detailType: 'Windrow HarvestRule Notification',
        resources: ['arn:aws:mediapackage:eu-central-1:000000000000:harvest_rules/shows'],
        detail: {
          event: 'HarvestMissed',
          harvest_rule: { id: 'shows', origin_endpoint_id: 'hls' },
          events: [
            { start_time: '2026-01-01T00:01:00.000Z', event_id: 1, segmentation_type_id: 16, code: 'EndUnknown' },
          ],
        },
      },
    ])
  })

  it('are recorded where there is no media at their beginning, or their end', async () => {
    const { told, at, runs, output } = await rehearsed()
    told({ id: 1 }, 1, 4.5)
    told({ id: 2 }, 4.5, 8)
    told({ id: 3 }, 8, 9)
    await at(4)
    output.gap(minute(5))
    await at(10)
    assert.deepEqual(await runs(), ['1-4.5 EndMissing', '4.5-8 BeginningMissing', `8-9 ${ID}000800-10-3`])
  })

  it('are recorded where their beginning is not kept any more', async () => {
    const { told, at, runs, world } = await rehearsed()
    told({ id: 1 }, 1, 70)
    await at(72)
    assert.deepEqual(await runs(), ['1-70 BeforeStartoverWindow'])
    const { items } = await world.resources.listRuleRuns('shows', { limit: 9 })
    assert.match(items[0]?.failure?.message ?? '', /^The startover window of 3600 s had moved on to 2026-01-01T00:12/)
  })

  it('are recorded where they ended in what was deleted while no server ran, with the span that nobody read', async () => {
    const { told, at, runs, restart } = await rehearsed()
    told({ id: 1 }, 1, 20)
    told({ id: 2 }, 20, 30)
    told({ id: 3 }, 30, 110)
    told({ id: 4 }, 110, 119)
    await at(10)
    restart()
    await at(120)
    assert.deepEqual(await runs(), [
      '1-59 EndUnknown',
      '10-59 ContentDeleted',
      '30-110 BeforeStartoverWindow',
      `110-119 ${ID}015000-10-4`,
    ])
  })

  it('are recorded where another job has their id, or none may be made', async () => {
    const { told, at, runs, world } = await rehearsed()
    told({ id: 1 }, 1, 2)
    told({ id: 2 }, 2, 4)
    await world.resources.createHarvestJob(harvestJob(`${ID}000100-10-1`, ENDPOINT), MANY, minute(0))
    await at(3)
    const short = originEndpoint('hls', 'news', { startoverWindowSeconds: 100, revision: 2 })
    await world.resources.updateOriginEndpoint(short, 0)
    await at(4.2)
    assert.deepEqual(await runs(), ['1-2 IdTaken', '2-4 BeforeStartoverWindow'])
  })

  it('wait for an endpoint that is gone, and are made of what another output timeline shows', async () => {
    const { told, at, runs, world, output, restart } = await rehearsed()
    told({ id: 1 }, 1, 5)
    told({ id: 2 }, 5, 12)
    told({ id: 3 }, 12, 14)
    await at(3)
    await world.resources.deleteOriginEndpoint('hls', world.now, 0)
    await at(11)
    assert.deepEqual(await runs(), [])
    await world.resources.createOriginEndpoint(ENDPOINT, MANY)
    await at(11.5)
    const made = [`1-5 ${ID}000100-10-1`]
    assert.deepEqual(await runs(), made)
    output.newTimeline()
    restart()
    await at(15)
    assert.deepEqual(await runs(), [...made, `5-12 ${ID}000500-10-2`, `12-14 ${ID}001200-10-3`])
  })

  it('are none where the endpoint is deleted while they are read: they wait for it', async () => {
    for (const action of [JOBS, { kind: 'CLIP', cut: 'FRAME' } as const]) {
      const { told, at, runs, world, restart } = await rehearsed({ action })
      const { resources } = world
      told({ id: 1 }, 1, 2)
      world.resources = {
        ...resources,
        async originEndpointById(id) {
          const found = await resources.originEndpointById(id)
          if (found) await resources.deleteOriginEndpoint(id, world.now, found.revision)
          return found
        },
      }
      restart()
      await at(3)
      assert.deepEqual(await runs(), [])
      world.resources = resources
      restart()
      await resources.createOriginEndpoint(ENDPOINT, MANY)
      await at(4)
      assert.deepEqual(await runs(), [`1-2 ${ID}000100-10-1`])
    }
  })

  it('are none where dates go back, since the clock of the source was fast, or another input takes over', async () => {
    const { told, at, runs, output } = await rehearsed()
    told({ id: 1 }, 26, 28)
    await at(5)
    output.gap(minute(25))
    await at(30)
    told({ id: 2 }, 11, 13)
    told({ id: 3 }, 13, 20)
    output.gap(minute(10))
    await at(14)
    const made = [`11-13 ${ID}001100-10-2`, `26-28 ${ID}002600-10-1`]
    assert.deepEqual(await runs(), made)
    await at(21)
    assert.deepEqual(await runs(), [made[0], `13-20 ${ID}001300-10-3`, made[1]])
  })

  it('go on as the rule is now, if it was changed while one was made', async () => {
    const { told, at, runs, world, restart, rule } = await rehearsed()
    told({ id: 1 }, 1, 2)
    told({ id: 2, typeId: 0x20 }, 3, 4)
    const { resources } = world
    world.resources = {
      ...resources,
      async createHarvestJob(...args) {
        const { revision, position } = (await resources.harvestRuleById('shows'))!
        if (revision === 1) {
          const chapters = { ...rule, selection: { events: ['CHAPTER'], segmentationTypeIds: [] } } as const
          await resources.updateHarvestRule({ rule: chapters, revision: 2, position })
        }
        return resources.createHarvestJob(...args)
      },
    }
    restart()
    await at(2.2)
    await at(5)
    assert.deepEqual(await runs(), [`1-2 ${ID}000100-10-1`, `3-4 ${ID}000300-20-2`])
  })

  it('are none of a rule that is stopped, nor of a process that leaves the work to others', async () => {
    const { told, at, runs, world, rules, rule, output } = await rehearsed()
    told({ id: 1 }, 1, 2)
    const leaving = rules()
    await leaving.release()
    output.show(minute(3))
    await leaving.makeAssets()
    assert.deepEqual(await runs(), [])
    const { position } = (await world.resources.harvestRuleById('shows'))!
    await world.resources.updateHarvestRule({ rule: { ...rule, isStopped: true }, revision: 2, position })
    await at(4)
    assert.deepEqual(await runs(), [])
  })
})
