import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { commit, INPUT, later, NOW, slot, sourceObject } from './nouns.contract.ts'
import { StoreUnavailable } from './resources.ts'
import type { SegmentIndex } from './segment-index.ts'
import { ObjectAbandoned, type StagedObjects } from './staged-objects.ts'

type Store = { readonly segmentIndex: SegmentIndex; readonly stagedObjects: StagedObjects }

/** A commit of objects that were staged before. */
export function commitOfStaged(expectedVersion: number, ...keys: readonly string[]) {
  return commit(expectedVersion, { objects: keys.map((key) => sourceObject(key)), staged: keys })
}

/** The contract of every StagedObjects, with the SegmentIndex that records them. */
export function stagedObjectsContract(
  name: string,
  open: () => Promise<Store>,
  { describe, it }: Blocks = needing(),
): void {
  describe(`${name} as StagedObjects`, () => {
    it('are staged no longer once a commit has recorded them', async () => {
      const { segmentIndex, stagedObjects } = await open()
      for (const key of ['a', 'b', 'c']) await stagedObjects.stage(key, NOW)
      assert.equal(await segmentIndex.commitTimeline(INPUT, commitOfStaged(0, 'a')), 'committed')
      const placed = { ...commitOfStaged(1, 'b'), slots: commit(1, { slots: [slot(0, ['a', 'b'])] }).slots }
      assert.equal(await segmentIndex.commitTimeline(INPUT, placed), 'committed')
      const silent = commit(2, { objects: [sourceObject('c')] })
      assert.equal(await segmentIndex.commitTimeline(INPUT, silent), 'committed', 'without a word of the staging')
      assert.equal(await stagedObjects.abandon(later(1e9), 9), 0)
      assert.deepEqual(await segmentIndex.pendingDeletions(9), [])
    })

    it('are abandoned when they were staged before a time, at most so many at once', async () => {
      const { segmentIndex, stagedObjects } = await open()
      for (const [age, key] of ['a', 'b', 'c'].entries()) await stagedObjects.stage(key, later(age))
      const abandoned = []
      for (let n = 0; n < 3; n++) abandoned.push(await stagedObjects.abandon(later(2), 1))
      assert.deepEqual(abandoned, [1, 1, 0])
      assert.deepEqual((await segmentIndex.pendingDeletions(9)).toSorted(), ['a', 'b'])
      assert.equal(await segmentIndex.commitTimeline(INPUT, commitOfStaged(0, 'c')), 'committed')
    })

    it('are not recorded once they were abandoned, and nothing else of the commit is', async () => {
      const { segmentIndex, stagedObjects } = await open()
      await stagedObjects.stage('late', NOW)
      await stagedObjects.abandon(later(1), 9)
      await stagedObjects.stage('in time', later(1))
      const late = { ...commitOfStaged(0, 'in time', 'late'), slots: commit(0, { slots: [slot(0, ['late'])] }).slots }
      await assert.rejects(segmentIndex.commitTimeline(INPUT, late), (error) => {
        return error instanceof ObjectAbandoned && error instanceof StoreUnavailable && error.message.includes('late')
      })
      assert.equal(await segmentIndex.loadTimeline(INPUT), undefined)
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), [])
      assert.deepEqual(await segmentIndex.usage(), [])
      assert.deepEqual(await segmentIndex.pendingDeletions(9), ['late'])
      assert.equal(await segmentIndex.commitTimeline(INPUT, commitOfStaged(0, 'in time')), 'committed')
    })

    it('are deleted again when they were abandoned and deleted while they were still written', async () => {
      const { segmentIndex, stagedObjects } = await open()
      await stagedObjects.stage('late', NOW)
      await stagedObjects.abandon(later(1), 9)
      await segmentIndex.objectsDeleted(['late'])
      await assert.rejects(segmentIndex.commitTimeline(INPUT, commitOfStaged(0, 'late')), ObjectAbandoned)
      assert.deepEqual(await segmentIndex.pendingDeletions(9), ['late'])
    })

    it('are never deleted once they are recorded, even when a commit names them again', async () => {
      const { segmentIndex, stagedObjects } = await open()
      await stagedObjects.stage('k', NOW)
      await segmentIndex.commitTimeline(INPUT, commitOfStaged(0, 'k'))
      await assert.rejects(segmentIndex.commitTimeline(INPUT, commitOfStaged(1, 'k')))
      assert.deepEqual(await segmentIndex.pendingDeletions(9), [])
      assert.deepEqual(await segmentIndex.unsettledObjects(INPUT, 9), [sourceObject('k')])
    })

    it('stay staged when a commit is stale, whatever has become of them', async () => {
      const { segmentIndex, stagedObjects } = await open()
      await stagedObjects.stage('k', NOW)
      assert.equal(await segmentIndex.commitTimeline(INPUT, commitOfStaged(7, 'k')), 'stale')
      assert.equal(await stagedObjects.abandon(later(1), 9), 1)
      assert.equal(await segmentIndex.commitTimeline(INPUT, commitOfStaged(7, 'k')), 'stale')
    })

    it('are told from those that nobody will record', async () => {
      const { segmentIndex, stagedObjects } = await open()
      for (const key of ['late', 'recorded', 'staged']) await stagedObjects.stage(key, key === 'late' ? NOW : later(1))
      await stagedObjects.abandon(later(1), 9)
      await segmentIndex.commitTimeline(INPUT, commitOfStaged(0, 'recorded'))
      const keys = await stagedObjects.unstaged(['staged', 'late', 'recorded', 'never staged'])
      assert.deepEqual(keys.toSorted(), ['late', 'never staged', 'recorded'])
    })

    it('are not unknown to the index', async () => {
      const { segmentIndex, stagedObjects } = await open()
      await stagedObjects.stage('k', NOW)
      assert.deepEqual(await segmentIndex.unknownObjects(['k', 'l']), ['l'])
    })
  })
}
