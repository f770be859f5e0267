import assert from 'node:assert/strict'
import type { Blocks } from '../../test/programs.ts'
import { ticks, type UtcRange, utcMs } from '../media/time.ts'
import type { HarvestJob } from '../model/harvest-job.ts'
import type { Slot } from '../model/output-segment.ts'
import {
  type ContractStore,
  claimed,
  claimOf,
  commit,
  era,
  event,
  FOREIGN,
  finishAll,
  harvestJob,
  INPUT,
  keysOf,
  later,
  NOTHING_SPARED,
  NOW,
  numbersOf,
  OTHER,
  originEndpoint,
  outputSegment,
  SLOT_MS,
  slot,
  sourceObject,
  storeJob,
  within,
} from './nouns.contract.ts'
import type { Forgotten } from './object-ledger.ts'

const counted = ({ slots, objects }: Forgotten) => ({ slots, objects })

/** A job of these spans of the channel. */
function jobOf(...spans: readonly UtcRange[]): HarvestJob {
  const endpoint = originEndpoint('1', 'news')
  const { channelGuid, id: originEndpointId } = endpoint
  const ranges = spans.map((span) => ({ ...span, channelGuid, originEndpointId, startTime: '', endTime: '' }))
  return harvestJob('j', endpoint, { ...spans[0]!, ...(ranges.length > 1 && { ranges }) })
}

/** The contract of every SegmentIndex about deleting content. */
export function forgettingContract(name: string, open: () => Promise<ContractStore>, { describe, it }: Blocks): void {
  describe(`${name} as a SegmentIndex: forgetting`, () => {
    it('forgets slots sealed before a time, the segments that need them, and leaves their objects pending deletion', async () => {
      const store = await open()
      const { segmentIndex } = store
      const { id } = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, INPUT, 4)
      const slots = [0, 1, 2, 3].map((i) => slot(i, [`${i}/a`, `${i}/b`]))
      const objects = slots.flatMap(keysOf).map((key) => sourceObject(key))
      const outputSegments = [outputSegment(id, 1, slots.slice(0, 2)), outputSegment(id, 2, slots.slice(2))]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots, outputSegments }))
      const before = slots[2]!.sealedAt
      const options = { ...NOTHING_SPARED, inUse: [] }
      assert.deepEqual(counted(await segmentIndex.forget(INPUT, before, options)), { slots: 2, objects: 0 })
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), slots.slice(2))
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [2])
      assert.deepEqual((await segmentIndex.pendingDeletions(9)).toSorted(), ['0/a', '0/b', '1/a', '1/b'])
      assert.deepEqual(counted(await segmentIndex.forget(INPUT, before, options)), { slots: 0, objects: 0 })
      await segmentIndex.forget(INPUT, utcMs(before + 1), options)
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [])
      const reopened = (await store.restart()).segmentIndex
      assert.equal((await reopened.pendingDeletions(9)).length, 6)
      assert.equal((await reopened.pendingDeletions(4)).length, 4)
      await reopened.objectsDeleted(['0/a', '0/b', '1/a', 'never pending'])
      assert.deepEqual((await reopened.pendingDeletions(9)).toSorted(), ['1/b', '2/a', '2/b'])
    })

    it('leaves every text pending deletion that shares a slot with another', async () => {
      const { segmentIndex } = await open()
      const text = (key: string) => ({ key, size: 7, crc32: 1, sha256: '00' })
      const shared: Slot = {
        ...slot(0, ['a']),
        objects: { 1: text('a'), 2: { ...text('b'), more: [text('c'), text('d')] } },
      }
      const objects = keysOf(shared).map((key) => sourceObject(key))
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots: [shared] }))
      assert.deepEqual(await segmentIndex.unsettledObjects(INPUT, 9), [])
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual((await segmentIndex.pendingDeletions(9)).toSorted(), ['a', 'b', 'c', 'd'])
    })

    it('leaves an object pending deletion when the last of several slots lets go of it', async () => {
      const { segmentIndex } = await open()
      const slots = [0, 1, 2].map((i) => slot(i, ['shared', `${i}`]))
      const objects = ['shared', '0', '1', '2'].map((key) => sourceObject(key))
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots }))
      await segmentIndex.forget(INPUT, later(1e9), { ...NOTHING_SPARED, limit: 2 })
      assert.deepEqual((await segmentIndex.pendingDeletions(9)).toSorted(), ['0', '1'])
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual((await segmentIndex.pendingDeletions(9)).toSorted(), ['0', '1', '2', 'shared'])
    })

    it('knows what it keeps of each channel', async () => {
      const store = await open()
      const kept = async () => (await store.segmentIndex.usage()).map((usage) => ({ ...usage }))
      assert.deepEqual(await kept(), [])
      const [first, second] = [slot(0, ['a', 'b']), slot(1, ['c'])]
      const objects = ['a', 'b', 'c', 'd'].map((key) => sourceObject(key))
      await store.segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots: [first, second] }))
      await store.segmentIndex.commitTimeline(OTHER, commit(0, { objects: [sourceObject('e')] }))
      await store.segmentIndex.commitTimeline(FOREIGN, commit(0, { objects: [sourceObject('f')] }))
      const foreign = { channelGuid: FOREIGN.channelGuid, objects: 1, bytes: 7 }
      assert.deepEqual(await kept(), [foreign, { channelGuid: INPUT.channelGuid, objects: 5, bytes: 35 }].sort(byGuid))
      await store.segmentIndex.forget(INPUT, second.sealedAt, NOTHING_SPARED)
      assert.deepEqual(await kept(), [foreign, { channelGuid: INPUT.channelGuid, objects: 2, bytes: 14 }].sort(byGuid))
      const reopened = (await store.restart()).segmentIndex
      await reopened.forgetChannel(INPUT.channelGuid)
      assert.deepEqual(
        (await reopened.usage()).map((usage) => ({ ...usage })),
        [foreign],
      )
    })

    it('forgets in steps of the limit, oldest first', async () => {
      const { segmentIndex } = await open()
      const slots = [0, 1, 2].map((i) => slot(i, [`${i}`]))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots }))
      const options = { ...NOTHING_SPARED, limit: 2 }
      assert.equal((await segmentIndex.forget(INPUT, later(1e9), options)).slots, 2)
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), slots.slice(2))
      assert.equal((await segmentIndex.forget(INPUT, later(1e9), options)).slots, 1)
    })

    it('spares pinned spans, and whole output segments that reach into them', async () => {
      const { segmentIndex, resources } = await open()
      const { id } = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, INPUT, 4)
      const slots = Array.from({ length: 12 }, (_, i) => slot(i, [`${i}`]))
      const outputSegments = [0, 2, 4, 6, 8, 10].map((i) => outputSegment(id, 1 + i / 2, slots.slice(i, i + 2)))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      // Within slots 5 and 6, of the third and the fourth segment.
      const pinned = { start: later(5.5 * SLOT_MS), end: later(6.5 * SLOT_MS) }
      await storeJob(resources, jobOf(pinned))
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      const kept = await segmentIndex.outputSegmentsBetween(id, pinned.start, pinned.end, 9)
      assert.deepEqual(
        kept.map(({ slots: of }) => of.length),
        [2, 2],
      )
      assert.deepEqual(numbersOf(kept), [3, 4])
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [3, 4])
      const pending = await segmentIndex.pendingDeletions(99)
      assert.deepEqual(
        pending.toSorted((a, b) => Number(a) - Number(b)),
        ['0', '1', '2', '3', '8', '9', '10', '11'],
      )
    })

    it('spares the slots of output segments that are shown in a pinned span by other dates', async () => {
      const { segmentIndex, resources } = await open()
      const { id } = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, INPUT, 2)
      const slots = Array.from({ length: 10 }, (_, i) => slot(i, [`${i}`]))
      const shift = { ticks: ticks(0), ms: 5 * SLOT_MS }
      const outputSegments = slots.map((one, i) => ({
        ...outputSegment(id, i + 1, [one]),
        startUtc: utcMs(one.startUtc + shift.ms),
        shift,
      }))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      await storeJob(resources, jobOf(within(7)))
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      // The third is shown then; the eighth may have to stand in for the other input.
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [3, 8])
    })

    it('spares thousands of pinned spans, in any order, and all around them goes step by step', async () => {
      const { segmentIndex, resources } = await open()
      const slots = Array.from({ length: 40 }, (_, i) => slot(i, [`${i}`]))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots }))
      const long = { start: later(10.5 * SLOT_MS), end: later(13.5 * SLOT_MS) }
      const elsewhere = Array.from({ length: 3000 }, (_, i) => within(i % 2 === 0 ? 50 + i : -50 - i))
      await storeJob(resources, jobOf(...elsewhere, within(30), long, within(11), within(3)))
      const steps: number[] = []
      for (let done: Forgotten | undefined; !done?.isDone; steps.push(done.slots))
        done = await segmentIndex.forget(INPUT, later(1e9), { inUse: [], limit: 10, walk: done?.walk })
      assert.deepEqual(steps, [10, 10, 10, 4])
      const kept = await segmentIndex.slots(INPUT, undefined, 99)
      assert.deepEqual(
        kept.map(({ index }) => index),
        [3, 10, 11, 12, 13, 30],
      )
      await finishAll(resources)
      assert.equal((await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)).slots, 6)
    })

    it('goes on where it was, until something is no longer pinned', async () => {
      const { segmentIndex, resources } = await open()
      const slots = Array.from({ length: 10 }, (_, i) => slot(i, [`${i}`]))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots }))
      await storeJob(resources, jobOf(within(2, 3)))
      const forget = (walk: Forgotten['walk']) =>
        segmentIndex.forget(INPUT, slots[6]!.sealedAt, { ...NOTHING_SPARED, walk })
      const first = await forget(undefined)
      assert.deepEqual([first.slots, first.isDone], [4, true])
      // Nothing is sealed so late: it shows that old slots are not looked at again.
      await segmentIndex.commitTimeline(INPUT, commit(1, { slots: [slot(0, ['late'], { era: 1 })] }))
      await storeJob(resources, { ...jobOf(within(8)), id: 'another' })
      const second = await forget(first.walk)
      assert.deepEqual([second.slots, second.isDone], [0, true])
      assert.equal((await forget(undefined)).slots, 1)
      const claim = claimOf(await claimed(resources))
      const end = { at: NOW, outcome: { state: 'SUCCEEDED' } as const, event: event('end') }
      await resources.finishHarvestJob(claim, end)
      assert.equal((await forget(second.walk)).slots, 2)
    })

    it('comes past more pinned slots than one transaction looks at', async () => {
      const { segmentIndex, resources } = await open()
      const many = 5000
      const slots = Array.from({ length: many + 1 }, (_, i) => slot(i, []))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots }))
      await storeJob(resources, jobOf(within(0, many - 1)))
      const options = { inUse: [], limit: 10 }
      const first = await segmentIndex.forget(INPUT, later(1e9), options)
      assert.deepEqual([first.slots, first.isDone], [0, false])
      const second = await segmentIndex.forget(INPUT, later(1e9), { ...options, walk: first.walk })
      assert.deepEqual([second.slots, second.isDone], [1, true])
    })

    it('forgets old objects no slot holds, those in use apart', async () => {
      const { segmentIndex } = await open()
      const objects = [sourceObject('old'), sourceObject('used'), sourceObject('new', later(1)), sourceObject('placed')]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots: [slot(0, ['placed'])] }))
      const answer = await segmentIndex.forget(INPUT, later(1), { ...NOTHING_SPARED, inUse: ['used'] })
      assert.deepEqual(counted(answer), { slots: 0, objects: 1 })
      assert.deepEqual(await segmentIndex.pendingDeletions(9), ['old'])
      assert.deepEqual(
        (await segmentIndex.unsettledObjects(INPUT, 9)).map(({ key }) => key),
        ['used', 'new'],
      )
    })

    it('tells apart the objects no row knows; one that is pending deletion is known until it is deleted', async () => {
      const { segmentIndex } = await open()
      const objects = ['unplaced', 'placed', 'pending'].map((key) => sourceObject(key))
      const slots = [slot(0, ['pending']), slot(1, ['placed'])]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots }))
      await segmentIndex.forget(INPUT, slots[1]!.sealedAt, { ...NOTHING_SPARED, inUse: ['unplaced'] })
      const keys = ['placed', 'pending', 'lost', 'unplaced']
      assert.deepEqual(await segmentIndex.unknownObjects(keys), ['lost'])
      await segmentIndex.objectsDeleted(['pending'])
      assert.deepEqual((await segmentIndex.unknownObjects(keys)).toSorted(), ['lost', 'pending'])
      assert.deepEqual(await segmentIndex.unknownObjects([]), [])
    })

    it('forgets one input and leaves the others', async () => {
      const { segmentIndex } = await open()
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots: [slot(0, ['a'])] }))
      await segmentIndex.commitTimeline(OTHER, commit(0, { slots: [slot(0, ['b'])] }))
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await segmentIndex.slots(OTHER, undefined, 9), [slot(0, ['b'])])
      assert.deepEqual(await segmentIndex.pendingDeletions(9), ['a'])
    })

    it('keeps the objects that a slot of the other input holds, too', async () => {
      const { segmentIndex } = await open()
      const filled = slot(0, ['own', 'lent'])
      await segmentIndex.commitTimeline(
        OTHER,
        commit(0, { objects: [sourceObject('lent')], slots: [slot(0, ['lent'])] }),
      )
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects: [sourceObject('own')], slots: [filled] }))
      await segmentIndex.forget(OTHER, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await segmentIndex.pendingDeletions(9), [])
      assert.deepEqual(await segmentIndex.unknownObjects(['lent']), [])
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual((await segmentIndex.pendingDeletions(9)).toSorted(), ['lent', 'own'])
    })

    it('keeps the eras in which slots of the other input are shown, and those in use', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, INPUT, 2)
      const eras = [era(0), era(1), era(2), era(3)]
      const own = slot(0, [], { era: 3, at: NOW + 60_000 })
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras, slots: [own] }))
      const foreign = slot(0, [], { era: 9, at: NOW + 60_000 })
      const source = { ingestEndpointId: OTHER.ingestEndpointId, era: 9 }
      const shift = { ticks: ticks(0), ms: 0 }
      const outputSegments = [{ ...outputSegment(id, 1, [foreign]), era: 1, shift, source }]
      await segmentIndex.commitTimeline(OTHER, commit(0, { slots: [foreign], outputSegments }))
      await segmentIndex.forget(INPUT, later(1), { ...NOTHING_SPARED, inUseEras: [2] })
      assert.deepEqual(
        (await segmentIndex.eras(INPUT.channelGuid, [0, 1, 2, 3])).map((one) => one.id),
        [1, 2, 3],
      )
    })

    it('forgets alias eras that nothing shows, however new they are', async () => {
      const { segmentIndex } = await open()
      const alias = (id: number) => ({ ...era(id), origin: { kind: 'alias', of: 0 } as const })
      const slots = [slot(0, ['a'])]
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras: [era(0), era(1), alias(7), alias(8)], slots }))
      await segmentIndex.forget(INPUT, NOW, { ...NOTHING_SPARED, inUseEras: [8] })
      assert.deepEqual(await segmentIndex.eras(INPUT.channelGuid, [0, 1, 7, 8]), [era(0), era(1), alias(8)])
    })

    it('keeps the eras of kept slots', async () => {
      const { segmentIndex } = await open()
      const eras = [era(0), era(1)]
      const slots = [slot(0, ['a']), slot(0, ['b'], { era: 1, at: NOW + 60_000 })]
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras, slots }))
      await segmentIndex.forget(INPUT, later(60_000), NOTHING_SPARED)
      assert.deepEqual(await segmentIndex.eras(INPUT.channelGuid, [1]), [eras[1]])
    })

    it('tells how old the oldest content of each input is', async () => {
      const { segmentIndex } = await open()
      const oldest = async () => (await segmentIndex.inputs()).map((input) => input.oldest)
      await segmentIndex.commitTimeline(INPUT, commit(0))
      assert.deepEqual(await oldest(), [null])
      const unplaced = { ...sourceObject('unplaced'), receivedAt: later(5000) }
      await segmentIndex.commitTimeline(INPUT, commit(1, { objects: [unplaced] }))
      assert.deepEqual(await oldest(), [later(5000)])
      const placed = { ...sourceObject('placed'), receivedAt: later(0) }
      const slots = [slot(0, ['placed'], { at: later(2000) }), slot(1, [], { at: later(4000) })]
      await segmentIndex.commitTimeline(INPUT, commit(2, { objects: [placed], eras: [era(0)], slots }))
      const { sealedAt } = slots[0]!
      assert.deepEqual(await oldest(), [Math.min(sealedAt, later(5000))])
      await segmentIndex.forget(INPUT, later(1e9), { ...NOTHING_SPARED, inUse: ['unplaced'] })
      assert.deepEqual(await oldest(), [later(5000)])
    })

    it('forgets a channel whole, both inputs, and no other', async () => {
      const { segmentIndex } = await open()
      for (const ref of [INPUT, OTHER, FOREIGN]) {
        const outputTimeline = await segmentIndex.openOutputTimeline(
          { guid: `e of ${ref.ingestEndpointId}`, revision: 1 },
          ref,
          ref === OTHER ? 4 : 2,
        )
        const slots = Array.from({ length: 1200 }, (_, i) => slot(i, [`${ref.ingestEndpointId}/${i}`]))
        const unplaced = sourceObject(`${ref.ingestEndpointId}/unplaced`)
        const objects = [...slots.flatMap(keysOf).map((key) => sourceObject(key)), unplaced]
        const outputSegments = slots.map((one, i) => outputSegment(outputTimeline.id, i + 1, [one]))
        await segmentIndex.commitTimeline(ref, commit(0, { objects, slots, outputSegments }))
      }
      await segmentIndex.forgetChannel('guid-news')
      assert.deepEqual(
        (await segmentIndex.inputs()).map(({ oldest: _, ...ref }) => ref),
        [FOREIGN],
      )
      assert.equal(await segmentIndex.loadTimeline(INPUT), undefined)
      assert.deepEqual(await segmentIndex.slots(OTHER, undefined, 9), [])
      assert.deepEqual(await segmentIndex.outputTimelinesOf(INPUT.channelGuid), [])
      assert.equal(await segmentIndex.outputTimelineOf({ guid: 'e of guid-news', revision: 1 }, 2), undefined)
      const pending = await segmentIndex.pendingDeletions(9999)
      assert.equal(pending.length, 2402)
      assert.ok(pending.every((key) => key.startsWith('guid-news')))
      assert.equal((await segmentIndex.slots(FOREIGN, undefined, 9999)).length, 1200)
      await segmentIndex.forgetChannel('guid-news')
    })

    it('keeps a channel of which something is pinned', async () => {
      const { segmentIndex, resources } = await open()
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots: [slot(0, ['a']), slot(1, ['b'])] }))
      await storeJob(resources, jobOf(within(0)))
      assert.equal(await segmentIndex.forgetChannel(INPUT.channelGuid), false)
      assert.deepEqual(await segmentIndex.pendingDeletions(9), [])
      await finishAll(resources)
      assert.equal(await segmentIndex.forgetChannel(INPUT.channelGuid), true)
      assert.equal((await segmentIndex.pendingDeletions(9)).length, 2)
    })

    it('forgets with a channel the segments that an output timeline has shown of the other input', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, INPUT, 2)
      const [own, others] = [slot(0, ['a']), slot(0, ['b'], { era: 1_000_001, at: later(SLOT_MS) })]
      const ofOther = { ingestEndpointId: OTHER.ingestEndpointId, era: others.era }
      await segmentIndex.commitTimeline(OTHER, commit(0, { objects: [sourceObject('b')], slots: [others] }))
      const outputSegments = [outputSegment(id, 1, [own]), { ...outputSegment(id, 2, [others]), source: ofOther }]
      await segmentIndex.commitTimeline(
        INPUT,
        commit(0, { objects: [sourceObject('a')], slots: [own], outputSegments }),
      )
      assert.equal(await segmentIndex.numberSealedBy(id, later(1e9)), 2)
      await segmentIndex.forgetChannel('guid-news')
      assert.equal(await segmentIndex.numberSealedBy(id, later(1e9)), undefined)
    })
  })
}

const byGuid = (a: { channelGuid: string }, b: { channelGuid: string }) => (a.channelGuid < b.channelGuid ? -1 : 1)
