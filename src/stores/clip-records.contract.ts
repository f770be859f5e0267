import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { utcMs } from '../media/time.ts'
import type { Clip } from '../model/clip.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import {
  type ContractStore,
  channel,
  DAY_MS,
  finishAll,
  harvestJob,
  INPUT,
  idsOf,
  keepSlots,
  later,
  MANY,
  NOTHING_SPARED,
  NOW,
  originEndpoint,
  outputSegment,
  sparedSlots,
  storeJob,
  within,
} from './nouns.contract.ts'
import type { ResourceChange } from './resources.ts'

const QUOTAS = { maxClips: 100, maxBytes: 1e12 }
const NOTHING_OLD = { harvestJobs: utcMs(0), events: utcMs(0) }

export function clip(id: string, endpoints: readonly OriginEndpoint[], changes: Partial<Clip> = {}): Clip {
  const { channelId, channelGuid } = endpoints[0]!
  const [start, end] = [later(-60_000), NOW]
  return {
    id,
    channelId,
    channelGuid,
    startTime: 'as the client wrote it',
    endTime: 'the same',
    start,
    end,
    cut: 'FRAME',
    sources: endpoints.map((endpoint, i) => ({ endpoint, kinds: i === 0 ? ['HLS', 'CMAF'] : ['DASH'] })),
    pinned: { start, end },
    bytes: 100,
    createdAt: NOW,
    modifiedAt: NOW,
    revision: 1,
    edition: 1,
    ...changes,
  }
}

/** The contract of every Resources about clips. */
export function clipRecordsContract(
  name: string,
  open: () => Promise<ContractStore>,
  { describe, it }: Blocks = needing(),
): void {
  const [first, second] = [originEndpoint('1', 'news'), originEndpoint('2', 'news')]

  async function opened(): Promise<ContractStore> {
    const store = await open()
    await store.resources.createChannel(channel('news'), MANY)
    for (const each of [first, second]) await store.resources.createOriginEndpoint(each, MANY)
    return store
  }

  describe(`${name} as Resources: clips`, () => {
    it('keeps a clip as it was made, also after a restart, and lists clips by channel in creation order', async () => {
      const store = await opened()
      await store.resources.createChannel(channel('sport'), MANY)
      const elsewhere = originEndpoint('3', 'sport')
      await store.resources.createOriginEndpoint(elsewhere, MANY)
      const clips = [clip('b', [first]), clip('s', [elsewhere]), clip('a', [first, second], { expiresAt: later(1) })]
      for (const each of clips) assert.equal(await store.resources.createClip(each, QUOTAS, []), 'created')
      const { resources } = await store.restart()
      assert.deepEqual(await resources.clipById('a'), clips[2])
      assert.equal(await resources.clipById('c'), undefined)
      assert.deepEqual(await idsOf((page) => resources.listClips(page), 2), [['b', 's'], ['a']])
      const ofNews = await idsOf((page) => resources.listClips({ ...page, channelId: 'news' }), 1)
      assert.deepEqual(ofNews, [['b'], ['a']])
      const newestFirst = await idsOf((page) => resources.listClips({ ...page, isNewestFirst: true }), 2)
      assert.deepEqual(newestFirst, [['a', 's'], ['b']])
    })

    it('finds the clips of a channel that show some of a span and have not ended, by their beginnings', async () => {
      const { resources } = await opened()
      const at = (id: string, start: number, end: number, changes: Partial<Clip> = {}) =>
        clip(id, [first], {
          start: later(start),
          end: later(end),
          pinned: { start: later(start - 9), end: later(end + 9) },
          startTime: '\u0000',
          ...changes,
        })
      const clips = [
        at('later', 50, 90),
        at('early', 10, 30),
        at('before', 0, 20),
        at('behind', 60, 70),
        at('ended', 30, 40, { expiresAt: later(100) }),
        at('ending', 30, 40, { expiresAt: later(101) }),
      ]
      for (const each of clips) await resources.createClip(each, QUOTAS, [])
      const span = { start: later(20), end: later(60) }
      const find = async (limit: number, guid = first.channelGuid) =>
        (await resources.clipsWithin(guid, span, later(100), limit)).map(({ id }) => id)
      assert.deepEqual(await find(9), ['early', 'ending', 'later'])
      assert.deepEqual(await find(2), ['early', 'ending'])
      assert.deepEqual(await find(9, 'guid-sport'), [])
      assert.deepEqual(await resources.clipsWithin(first.channelGuid, span, later(100), 1), [clips[1]])
    })

    it('refuses a second clip of the same id, one of no endpoint, and more than the quotas', async () => {
      const { resources } = await opened()
      const quotas = { maxClips: 2, maxBytes: 250 }
      assert.equal(await resources.createClip(clip('a', [first]), quotas, []), 'created')
      assert.equal(await resources.createClip(clip('a', [second]), quotas, []), 'duplicate')
      assert.equal(await resources.createClip(clip('b', [originEndpoint('gone', 'news')]), quotas, []), 'no-endpoint')
      assert.equal(await resources.createClip(clip('b', [first], { bytes: 151 }), quotas, []), 'byte-quota')
      assert.equal(await resources.createClip(clip('b', [first], { bytes: 150 }), quotas, []), 'created')
      assert.equal(await resources.createClip(clip('c', [first], { bytes: 0 }), quotas, []), 'clip-quota')
      const { clips, pinnedBytes } = await resources.resourceCounts(NOW)
      assert.deepEqual({ clips, pinnedBytes }, { clips: 2, pinnedBytes: 250 })
    })

    it('gives the id of a clip that has ended to another one, before `expire` comes', async () => {
      const { resources } = await opened()
      await resources.createClip(clip('a', [first], { expiresAt: later(5) }), QUOTAS, [])
      assert.equal(await resources.createClip(clip('a', [first], { createdAt: later(4) }), QUOTAS, []), 'duplicate')
      const next = clip('a', [second], { createdAt: later(5), edition: 2 })
      assert.equal(await resources.createClip(next, { maxClips: 1, maxBytes: 100 }, []), 'created')
      assert.deepEqual(await resources.clipById('a'), next)
    })

    it('keeps a quota that concurrent creations reach together', async () => {
      const { resources } = await opened()
      const made = ['a', 'b', 'c', 'd'].map((id) =>
        resources.createClip(clip(id, [first]), { maxClips: 9, maxBytes: 200 }, []),
      )
      assert.deepEqual((await Promise.all(made)).toSorted(), ['byte-quota', 'byte-quota', 'created', 'created'])
    })

    it('takes a change only as the successor of what it holds, and one that grows only within the quota', async () => {
      const store = await opened()
      const { resources } = store
      await keepSlots(store)
      await resources.createClip(clip('a', [first]), QUOTAS, [])
      const changed = clip('a', [first], { revision: 2, edition: 2, pinned: within(3) })
      assert.equal(await resources.updateClip({ ...changed, bytes: 101 }, { maxBytes: 100 }, []), 'byte-quota')
      // What it has, it may keep, when the quota is lower now.
      assert.equal(await resources.updateClip(changed, { maxBytes: 10 }, []), 'updated')
      assert.equal(await resources.updateClip(changed, QUOTAS, []), 'conflict')
      assert.equal(await resources.updateClip(clip('b', [first], { revision: 2 }), QUOTAS, []), 'missing')
      const other = clip('a', [originEndpoint('gone', 'news')], { revision: 3 })
      assert.equal(await resources.updateClip(other, QUOTAS, []), 'no-endpoint')
      assert.deepEqual(await resources.clipById('a'), changed)
      assert.deepEqual(await sparedSlots(store), [3])
    })

    it('pins what a clip shows until it is deleted, or has ended, beside the windows of jobs', async () => {
      const store = await opened()
      const { resources } = store
      await keepSlots(store)
      await storeJob(resources, harvestJob('j', first, within(1)))
      await resources.createClip(clip('a', [first], { pinned: within(3) }), QUOTAS, [])
      const ending = clip('b', [first], { pinned: within(5), expiresAt: later(DAY_MS) })
      await resources.createClip(ending, QUOTAS, [])
      assert.deepEqual(await sparedSlots(store), [1, 3, 5])
      await resources.expire(later(DAY_MS - 1), NOTHING_OLD)
      assert.deepEqual(await sparedSlots(store), [1, 3, 5])
      await resources.expire(later(DAY_MS), NOTHING_OLD)
      assert.deepEqual(await sparedSlots(store), [1, 3])
      assert.equal(await resources.clipById('b'), undefined)
      assert.equal(await resources.deleteClip('a', 2), 'conflict')
      assert.equal(await resources.deleteClip('a', 1), 'deleted')
      assert.equal(await resources.deleteClip('a'), 'missing')
      assert.deepEqual(await sparedSlots(store), [1])
    })

    it('makes and changes a clip only while all that it is to show is there', async () => {
      const store = await opened()
      const { resources, segmentIndex } = store
      const slots = await keepSlots(store)
      const { id } = await segmentIndex.openOutputTimeline({ guid: first.guid, revision: 1 }, INPUT, 2)
      const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
      await segmentIndex.commitOutputTimelines(INPUT.channelGuid, { outputTimelines: [], outputSegments })
      const shown = (from: number, to: number) => {
        return [{ outputTimeline: id, first: from + 1, last: to + 1, count: to - from + 1 }]
      }
      const of = (from: number, to: number) => ({ ...within(from, to), pinned: within(from, to) })
      await segmentIndex.forget(INPUT, slots[3]!.sealedAt, NOTHING_SPARED)
      const whole = clip('a', [first], of(2, 5))
      assert.equal(await resources.createClip(whole, QUOTAS, shown(2, 5)), 'content-deleted')
      assert.equal(await resources.clipById('a'), undefined)
      assert.equal(await resources.createClip({ ...whole, ...of(3, 5) }, QUOTAS, shown(3, 5)), 'created')
      assert.deepEqual(await sparedSlots(store), [3, 4, 5])
      const longer = { ...whole, ...of(3, 6), revision: 2 }
      assert.equal(await resources.updateClip(longer, QUOTAS, shown(3, 6)), 'content-deleted')
      const shorter = { ...longer, ...of(4, 5) }
      assert.equal(await resources.updateClip(shorter, QUOTAS, shown(4, 5)), 'updated')
      assert.deepEqual(await sparedSlots(store), [4, 5])
    })

    it('makes a job of a clip only of what that pins, which is kept until both have ended', async () => {
      const store = await opened()
      const { resources } = store
      await keepSlots(store)
      const job = (id: string, from: number, to: number) => harvestJob(id, first, { ...within(from, to), clip: 'a' })
      assert.equal(await storeJob(resources, job('early', 3, 5)), 'no-clip')
      await resources.createClip(clip('a', [first], { pinned: within(2, 6) }), QUOTAS, [])
      assert.equal(await storeJob(resources, job('longer', 2, 7)), 'no-clip')
      assert.equal(await storeJob(resources, job('within', 3, 5)), 'created')
      await resources.deleteClip('a')
      assert.equal(await storeJob(resources, job('late', 3, 5)), 'no-clip')
      assert.deepEqual(await sparedSlots(store), [3, 4, 5])
      await finishAll(resources)
      assert.deepEqual(await sparedSlots(store), [])
    })

    it('ends what clips show of an endpoint with it, and a clip with its last endpoint', async () => {
      const store = await opened()
      const { resources } = store
      await keepSlots(store)
      await resources.createClip(clip('both', [first, second], { pinned: within(3) }), QUOTAS, [])
      await resources.createClip(clip('one', [first]), QUOTAS, [])
      await resources.deleteOriginEndpoint('1', NOW, 0)
      assert.equal(await resources.clipById('one'), undefined)
      const { sources, revision } = (await resources.clipById('both'))!
      assert.deepEqual(
        sources.map(({ endpoint }) => endpoint.id),
        ['2'],
      )
      const late = clip('both', [second], { revision: 2, pinned: within(3) })
      assert.equal(await resources.updateClip(late, QUOTAS, []), 'conflict')
      assert.equal(await resources.updateClip({ ...late, revision: revision + 1 }, QUOTAS, []), 'updated')
      assert.deepEqual(await sparedSlots(store), [3])
      await resources.deleteOriginEndpoint('2', NOW, 0)
      assert.deepEqual(await sparedSlots(store), [])
    })

    it('tells of each change of a clip, and of no refusal', async () => {
      const { resources } = await opened()
      const heard: ResourceChange[] = []
      const stop = resources.onChange((change) => heard.push(change))
      await resources.createClip(clip('a', [first]), QUOTAS, [])
      await resources.createClip(clip('a', [first]), QUOTAS, [])
      await resources.updateClip(clip('a', [first], { revision: 2 }), QUOTAS, [])
      await resources.updateClip(clip('a', [first], { revision: 2 }), QUOTAS, [])
      await resources.deleteClip('a')
      await resources.deleteClip('a')
      stop()
      const change: ResourceChange = { kind: 'clip', id: 'a' }
      assert.deepEqual(heard, [change, change, change])
    })

    it('counts everything that has a quota', async () => {
      const { resources } = await opened()
      await storeJob(resources, harvestJob('now', first))
      await resources.createHarvestJob(harvestJob('soon', first), MANY, later(DAY_MS))
      await resources.createClip(clip('a', [first]), QUOTAS, [])
      assert.deepEqual(await resources.resourceCounts(NOW), {
        channels: 1,
        harvestJobsInProgress: 2,
        harvestJobsScheduled: 1,
        harvestSchedules: 0,
        harvestRules: 0,
        clips: 1,
        pinnedBytes: 100,
      })
    })
  })
}
