import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { utcMs } from '../media/time.ts'
import type { Clip } from '../model/clip.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import {
  type ContractStore,
  channel,
  DAY_MS,
  harvestJob,
  idsOf,
  later,
  MANY,
  NOW,
  originEndpoint,
  storeJob,
} from './nouns.contract.ts'
import type { ResourceChange, Resources } from './resources.ts'

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

  const pins = async (resources: Resources, at = NOW) =>
    (await resources.retentionDemands(at, 0)).flatMap(({ pinned }) => pinned)

  describe(`${name} as Resources: clips`, () => {
    it('keeps a clip as it was made, also after a restart, and lists clips by channel in creation order', async () => {
      const store = await opened()
      await store.resources.createChannel(channel('sport'), MANY)
      const elsewhere = originEndpoint('3', 'sport')
      await store.resources.createOriginEndpoint(elsewhere, MANY)
      const clips = [clip('b', [first]), clip('s', [elsewhere]), clip('a', [first, second], { expiresAt: later(1) })]
      for (const each of clips) assert.equal(await store.resources.createClip(each, QUOTAS), 'created')
      const { resources } = await store.restart()
      assert.deepEqual(await resources.clipById('a'), clips[2])
      assert.equal(await resources.clipById('c'), undefined)
      assert.deepEqual(await idsOf((page) => resources.listClips(page), 2), [['b', 's'], ['a']])
      const ofNews = await idsOf((page) => resources.listClips({ ...page, channelId: 'news' }), 1)
      assert.deepEqual(ofNews, [['b'], ['a']])
    })

    it('refuses a second clip of the same id, one of no endpoint, and more than the quotas', async () => {
      const { resources } = await opened()
      const quotas = { maxClips: 2, maxBytes: 250 }
      assert.equal(await resources.createClip(clip('a', [first]), quotas), 'created')
      assert.equal(await resources.createClip(clip('a', [second]), quotas), 'duplicate')
      assert.equal(await resources.createClip(clip('b', [originEndpoint('gone', 'news')]), quotas), 'no-endpoint')
      assert.equal(await resources.createClip(clip('b', [first], { bytes: 151 }), quotas), 'byte-quota')
      assert.equal(await resources.createClip(clip('b', [first], { bytes: 150 }), quotas), 'created')
      assert.equal(await resources.createClip(clip('c', [first], { bytes: 0 }), quotas), 'clip-quota')
      const { clips, pinnedBytes } = await resources.resourceCounts(NOW)
      assert.deepEqual({ clips, pinnedBytes }, { clips: 2, pinnedBytes: 250 })
    })

    it('gives the id of a clip that has ended to another one, before `expire` comes', async () => {
      const { resources } = await opened()
      await resources.createClip(clip('a', [first], { expiresAt: later(5) }), QUOTAS)
      assert.equal(await resources.createClip(clip('a', [first], { createdAt: later(4) }), QUOTAS), 'duplicate')
      const next = clip('a', [second], { createdAt: later(5), edition: 2 })
      assert.equal(await resources.createClip(next, { maxClips: 1, maxBytes: 100 }), 'created')
      assert.deepEqual(await resources.clipById('a'), next)
    })

    it('keeps a quota that concurrent creations reach together', async () => {
      const { resources } = await opened()
      const made = ['a', 'b', 'c', 'd'].map((id) =>
        resources.createClip(clip(id, [first]), { maxClips: 9, maxBytes: 200 }),
      )
      assert.deepEqual((await Promise.all(made)).toSorted(), ['byte-quota', 'byte-quota', 'created', 'created'])
    })

    it('takes a change only as the successor of what it holds, and one that grows only within the quota', async () => {
      const { resources } = await opened()
      await resources.createClip(clip('a', [first]), QUOTAS)
      const changed = clip('a', [first], { revision: 2, edition: 2, pinned: { start: utcMs(1), end: utcMs(2) } })
      assert.equal(await resources.updateClip({ ...changed, bytes: 101 }, { maxBytes: 100 }), 'byte-quota')
      // What it has, it may keep, when the quota is lower now.
      assert.equal(await resources.updateClip(changed, { maxBytes: 10 }), 'updated')
      assert.equal(await resources.updateClip(changed, QUOTAS), 'conflict')
      assert.equal(await resources.updateClip(clip('b', [first], { revision: 2 }), QUOTAS), 'missing')
      const other = clip('a', [originEndpoint('gone', 'news')], { revision: 3 })
      assert.equal(await resources.updateClip(other, QUOTAS), 'no-endpoint')
      assert.deepEqual(await resources.clipById('a'), changed)
      assert.deepEqual(await pins(resources), [{ start: 1, end: 2 }])
    })

    it('pins what a clip shows until it is deleted, or has ended, beside the windows of jobs', async () => {
      const { resources } = await opened()
      const pinned = (n: number) => ({ pinned: { start: utcMs(n), end: utcMs(n + 5) } })
      await storeJob(resources, harvestJob('j', first, { start: utcMs(1), end: utcMs(2) }))
      await resources.createClip(clip('a', [first], pinned(10)), QUOTAS)
      await resources.createClip(clip('b', [first], { ...pinned(20), expiresAt: later(DAY_MS) }), QUOTAS)
      const begins = async (at = NOW) =>
        (await pins(resources, at)).map(({ start }) => start as number).toSorted((a, b) => a - b)
      assert.deepEqual(await begins(), [1, 10, 20])
      await resources.expire(later(DAY_MS - 1), NOTHING_OLD)
      // Only what has been deleted is let go: a date that is wrong lets nothing go.
      assert.deepEqual(await begins(later(9 * DAY_MS)), [1, 10, 20])
      await resources.expire(later(DAY_MS), NOTHING_OLD)
      assert.deepEqual(await begins(), [1, 10])
      assert.equal(await resources.clipById('b'), undefined)
      assert.equal(await resources.deleteClip('a'), 'deleted')
      assert.equal(await resources.deleteClip('a'), 'missing')
      assert.deepEqual(await begins(), [1])
    })

    it('ends what clips show of an endpoint with it, and a clip with its last endpoint', async () => {
      const { resources } = await opened()
      await resources.createClip(clip('both', [first, second]), QUOTAS)
      await resources.createClip(clip('one', [first]), QUOTAS)
      await resources.deleteOriginEndpoint('1', NOW, 0)
      assert.equal(await resources.clipById('one'), undefined)
      const { sources, revision } = (await resources.clipById('both'))!
      assert.deepEqual(
        sources.map(({ endpoint }) => endpoint.id),
        ['2'],
      )
      const late = clip('both', [second], { revision: 2 })
      assert.equal(await resources.updateClip(late, QUOTAS), 'conflict')
      assert.equal(await resources.updateClip({ ...late, revision: revision + 1 }, QUOTAS), 'updated')
      await resources.deleteOriginEndpoint('2', NOW, 0)
      assert.deepEqual(await pins(resources), [])
    })

    it('tells of each change of a clip, and of no refusal', async () => {
      const { resources } = await opened()
      const heard: ResourceChange[] = []
      const stop = resources.onChange((change) => heard.push(change))
      await resources.createClip(clip('a', [first]), QUOTAS)
      await resources.createClip(clip('a', [first]), QUOTAS)
      await resources.updateClip(clip('a', [first], { revision: 2 }), QUOTAS)
      await resources.updateClip(clip('a', [first], { revision: 2 }), QUOTAS)
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
      await resources.createClip(clip('a', [first]), QUOTAS)
      assert.deepEqual(await resources.resourceCounts(NOW), {
        channels: 1,
        harvestJobsInProgress: 2,
        harvestJobsScheduled: 1,
        harvestSchedules: 0,
        clips: 1,
        pinnedBytes: 100,
      })
    })
  })
}
