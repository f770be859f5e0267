import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import type { UtcMs } from '../media/time.ts'
import { clip } from './clip-records.contract.ts'
import type { KeyPlace, KeyRecord, KeySource } from './content-key-records.ts'
import {
  type ContractStore,
  channel,
  finishAll,
  harvestJob,
  INPUT,
  keepSlots,
  later,
  MANY,
  NOTHING_SPARED,
  NOW,
  originEndpoint,
  outputSegment,
  SLOT_MS,
  storeJob,
} from './nouns.contract.ts'
import type { Resources } from './resources.ts'

/** One period for each slot. */
export const keySource = (id: string, changes: Partial<KeySource> = {}): KeySource => ({
  id,
  endpointGuid: 'guid-hls',
  channelGuid: 'guid-news',
  intervalMs: SLOT_MS,
  ...changes,
})

export const keyRecord = (period: number, changes: Partial<KeyRecord> = {}): KeyRecord => ({
  period,
  givenFor: period,
  recordedAt: NOW,
  body: `{"of": "größe ${period}"}`,
  sealed: `sealed ${period}`,
  ...changes,
})

/** The period of a slot. */
const periodOf = (slot: number) => NOW / SLOT_MS + slot

async function periodsLeft(resources: Resources, source: string): Promise<readonly number[]> {
  const all = Array.from({ length: 20 }, (_, i) => periodOf(i))
  const rows = await resources.recordedKeys(source, all)
  return rows.map(({ period }) => period - periodOf(0)).toSorted((a, b) => a - b)
}

async function forgetOld(resources: Resources, before: UtcMs, limit = 3): Promise<number> {
  let steps = 0
  let after: KeyPlace | undefined
  do {
    after = await resources.forgetOldKeys([{ channelGuid: 'guid-news', before }], { after, limit })
    steps++
  } while (after)
  return steps
}

export function contentKeyRecordsContract(
  name: string,
  open: () => Promise<ContractStore>,
  blocks: Blocks = needing(),
): void {
  const { describe, it } = blocks
  // Databases have their troubles with U+0000.
  const endpoint = originEndpoint('hls', 'news', { description: 'a\u0000b' })

  async function opened(): Promise<ContractStore> {
    const store = await open()
    await store.resources.createChannel(channel('news'), MANY)
    await store.resources.createOriginEndpoint(endpoint, MANY)
    return store
  }

  /** A store with ten slots, each in an output segment and a key period of its own, with keys of one source. */
  async function filled(): Promise<ContractStore> {
    const store = await opened()
    const slots = await keepSlots(store)
    const { id } = await store.segmentIndex.openOutputTimeline({ guid: endpoint.guid, revision: 1 }, INPUT, 2)
    const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
    await store.segmentIndex.commitOutputTimelines(INPUT.channelGuid, { outputTimelines: [], outputSegments })
    for (const [n] of slots.entries()) await store.resources.recordKeys(keySource('a'), keyRecord(periodOf(n)))
    return store
  }

  describe(`${name} as Resources: content keys`, () => {
    it('gives back the keys of periods to the letter, also after a restart', async () => {
      const store = await opened()
      const records = [keyRecord(7), keyRecord(8, { givenFor: 7 }), keyRecord(2 ** 40)]
      for (const record of records) {
        assert.deepEqual({ ...(await store.resources.recordKeys(keySource('a'), record)) }, record)
      }
      const { resources } = await store.restart()
      const found = await resources.recordedKeys('a', [2 ** 40, 9, 8, 7])
      assert.deepEqual(
        found.map((row) => ({ ...row })).toSorted((a, b) => a.period - b.period),
        records,
      )
      assert.deepEqual(await resources.recordedKeys('b', [7]), [])
      assert.deepEqual(await resources.recordedKeys('a', []), [])
    })

    it('keeps the first keys of a period, whoever comes at the same time, and gives them to all', async () => {
      const { resources } = await opened()
      const all = Array.from({ length: 8 }, (_, n) => keyRecord(7, { sealed: `of ${n}`, givenFor: n }))
      const answers = await Promise.all(all.map((record) => resources.recordKeys(keySource('a'), record)))
      const [stored] = await resources.recordedKeys('a', [7])
      for (const answer of answers) assert.deepEqual(answer, stored)
      assert.deepEqual(await resources.recordKeys(keySource('a'), keyRecord(7)), stored)
      const other = keyRecord(7, { sealed: 'of another source' })
      assert.deepEqual({ ...(await resources.recordKeys(keySource('b'), other)) }, other)
    })

    it('finds the newest keys before a period', async () => {
      const { resources } = await opened()
      for (const period of [10, 9, 4]) await resources.recordKeys(keySource('a'), keyRecord(period))
      await resources.recordKeys(keySource('b'), keyRecord(8))
      assert.equal((await resources.recordedKeysBefore('a', 10))?.period, 9)
      assert.equal((await resources.recordedKeysBefore('a', 9))?.period, 4)
      assert.equal(await resources.recordedKeysBefore('a', 4), undefined)
    })

    it('forgets keys of which there is no content any more, in steps, and none that are young', async () => {
      const { resources, segmentIndex } = await filled()
      for (const n of [12, 13]) await resources.recordKeys(keySource('a'), keyRecord(periodOf(n)))
      const constant = keySource('never ends', { intervalMs: 0 })
      await resources.recordKeys(constant, keyRecord(0))
      await forgetOld(resources, later(1e9))
      assert.deepEqual(await periodsLeft(resources, 'a'), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      await segmentIndex.forget(INPUT, later(4.5 * SLOT_MS), NOTHING_SPARED)
      // Recorded later than the content is old.
      await forgetOld(resources, NOW)
      assert.deepEqual(await periodsLeft(resources, 'a'), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      await forgetOld(resources, later(3 * SLOT_MS))
      assert.deepEqual(await periodsLeft(resources, 'a'), [3, 4, 5, 6, 7, 8, 9])
      assert.equal(await forgetOld(resources, later(1e9), 1), 8)
      assert.deepEqual(await periodsLeft(resources, 'a'), [4, 5, 6, 7, 8, 9])
      assert.equal((await resources.recordedKeys(constant.id, [0])).length, 1)
    })

    it('keeps the keys of content that jobs and clips have pinned', async () => {
      const { resources, segmentIndex } = await filled()
      const span = (n: number) => ({ start: later((n + 0.25) * SLOT_MS), end: later((n + 0.75) * SLOT_MS) })
      await storeJob(resources, harvestJob('j', endpoint, span(2)))
      await resources.createClip(clip('c', [endpoint], { pinned: span(6) }), { maxClips: 9, maxBytes: 1e9 }, [])
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      await forgetOld(resources, later(1e9))
      assert.deepEqual(await periodsLeft(resources, 'a'), [2, 6])
      await finishAll(resources)
      await resources.deleteClip('c')
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      await forgetOld(resources, later(1e9))
      assert.deepEqual(await periodsLeft(resources, 'a'), [])
    })

    it('keeps the keys of a job with content of other channels until it ends', async () => {
      const { resources } = await opened()
      await resources.recordKeys(keySource('a'), keyRecord(periodOf(0)))
      const ranges = [{ ...harvestJob('j', endpoint), channelGuid: 'guid-sport' }]
      await storeJob(resources, harvestJob('j', endpoint, { ranges, otherEndpoints: [originEndpoint('o', 'sport')] }))
      await forgetOld(resources, later(1e9))
      assert.deepEqual(await periodsLeft(resources, 'a'), [0])
      await finishAll(resources)
      await forgetOld(resources, later(1e9))
      assert.deepEqual(await periodsLeft(resources, 'a'), [])
    })

    it('forgets the keys of sources that no endpoint has had for the grace period', async () => {
      const { resources } = await opened()
      for (const id of ['a', 'b']) await resources.recordKeys(keySource(id), keyRecord(periodOf(0)))
      const left = async () => [await periodsLeft(resources, 'a'), await periodsLeft(resources, 'b')].flat().length
      await resources.forgetUnusedSources(['a', 'b'], NOW, 0)
      await resources.forgetUnusedSources(['a'], later(1000), 500)
      await resources.forgetUnusedSources(['a'], later(1499), 500)
      assert.equal(await left(), 2)
      // Back in time.
      await resources.forgetUnusedSources(['a', 'b'], later(1500), 500)
      await resources.forgetUnusedSources(['a'], later(1600), 500)
      await resources.forgetUnusedSources(['a'], later(2099), 500)
      assert.equal(await left(), 2)
      await resources.forgetUnusedSources(['a'], later(2100), 500)
      assert.deepEqual(await periodsLeft(resources, 'a'), [0])
      assert.deepEqual(await periodsLeft(resources, 'b'), [])
    })

    it('keeps those as long as a job in progress or a clip has the endpoint as it was', async () => {
      const { resources } = await opened()
      await resources.recordKeys(keySource('a', { intervalMs: 0 }), keyRecord(periodOf(0)))
      await storeJob(resources, harvestJob('j', endpoint))
      await resources.createClip(clip('c', [endpoint]), { maxClips: 9, maxBytes: 1e9 }, [])
      const forget = () => resources.forgetUnusedSources([], later(9), 0)
      for (let i = 0; i < 2; i++) await forget()
      await finishAll(resources)
      await forget()
      assert.deepEqual(await periodsLeft(resources, 'a'), [0])
      await resources.deleteClip('c')
      await forget()
      assert.deepEqual(await periodsLeft(resources, 'a'), [])
    })
  })
}
