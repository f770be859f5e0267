import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utcMs } from '../media/time.ts'
import type { Era, Slot } from '../model/output-segment.ts'
import {
  type ContractStore,
  commit,
  INPUT,
  later,
  NOW,
  outputSegment,
  SLOT_MS,
  slot,
  sourceObject,
} from './nouns.contract.ts'
import type { IngestRef, Numbering, SegmentIndex } from './segment-index.ts'

const OTHER: IngestRef = { channelGuid: 'guid-news', ingestEndpointId: 'guid-news-2' }
const FOREIGN: IngestRef = { channelGuid: 'guid-sport', ingestEndpointId: 'guid-sport' }
const NOTHING_SPARED = { pinned: [], inUse: [], limit: 1000 }

/** What every SegmentIndex promises. Each adapter's test calls this with its own `open`, which gives an empty store. */
export function segmentIndexContract(name: string, open: () => Promise<ContractStore>): void {
  describe(`${name} as a SegmentIndex: timelines`, () => {
    it('keeps state and version, and knows no timeline before the first commit', async () => {
      const store = await open()
      assert.equal(await store.segmentIndex.loadTimeline(INPUT), undefined)
      assert.equal(await store.segmentIndex.commitTimeline(INPUT, commit(0, { state: '{"é":1}' })), 'committed')
      const { segmentIndex } = await store.restart()
      assert.deepEqual({ ...(await segmentIndex.loadTimeline(INPUT)) }, { version: 1, state: '{"é":1}' })
      assert.equal(await segmentIndex.loadTimeline(OTHER), undefined)
      assert.deepEqual(
        (await segmentIndex.inputs()).map((ref) => ({ ...ref })),
        [INPUT],
      )
    })

    it('has no timeline for an input that was only asked about, or given a numbering', async () => {
      const store = await open()
      const { segmentIndex } = store
      assert.deepEqual(await segmentIndex.unplacedObjects(INPUT), [])
      assert.deepEqual(await segmentIndex.numberingsOf(INPUT), [])
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), [])
      assert.deepEqual(await segmentIndex.eras(INPUT, [0]), [])
      assert.deepEqual({ ...(await segmentIndex.forget(INPUT, NOW, NOTHING_SPARED)) }, { slots: 0, objects: 0 })
      await segmentIndex.openNumbering('e', INPUT, 2)
      assert.equal(await segmentIndex.loadTimeline(INPUT), undefined)
      assert.deepEqual(await segmentIndex.inputs(), [])
      assert.equal(await segmentIndex.commitTimeline(INPUT, commit(0)), 'committed')
    })

    it('refuses a stale commit whole', async () => {
      const { segmentIndex } = await open()
      await segmentIndex.commitTimeline(INPUT, commit(0))
      const late = commit(0, { objects: [sourceObject('k')], slots: [slot(0, ['k'])], eras: [{ id: 0, streams: [] }] })
      assert.equal(await segmentIndex.commitTimeline(INPUT, late), 'stale')
      assert.equal(await segmentIndex.commitTimeline(INPUT, { ...late, expectedVersion: 2 }), 'stale')
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), [])
      assert.deepEqual(await segmentIndex.unknownObjects(['k']), ['k'])
      assert.deepEqual({ ...(await segmentIndex.loadTimeline(INPUT)) }, { version: 1, state: 'state 1' })
    })

    it('lets one of two concurrent commits on a version win', async () => {
      const { segmentIndex } = await open()
      const answers = await Promise.all([1, 2].map(() => segmentIndex.commitTimeline(INPUT, commit(0))))
      assert.deepEqual(answers.toSorted(), ['committed', 'stale'])
    })

    it('keeps nothing of a commit that fails', async () => {
      const { segmentIndex } = await open()
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots: [slot(0, [])] }))
      const twice = commit(1, { objects: [sourceObject('k')], slots: [slot(1, ['k']), slot(0, [])] })
      await assert.rejects(segmentIndex.commitTimeline(INPUT, twice))
      assert.equal((await segmentIndex.loadTimeline(INPUT))?.version, 1)
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), [slot(0, [])])
      assert.deepEqual(await segmentIndex.unknownObjects(['k']), ['k'])
    })

    it('replaces an era that changed and gives back those asked for', async () => {
      const { segmentIndex } = await open()
      const stream = { index: 1, playlist: 'a.m3u8', role: { kind: 'variant', bandwidth: 5 }, tracks: [] } as const
      const eras: Era[] = [
        { id: 0, streams: [] },
        { id: 1, streams: [] },
        { id: 2, streams: [] },
      ]
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras }))
      await segmentIndex.commitTimeline(INPUT, commit(1, { eras: [{ id: 1, streams: [stream] }] }))
      assert.deepEqual(await segmentIndex.eras(INPUT, [2, 1, 7]), [{ id: 1, streams: [stream] }, eras[2]])
    })

    it('pages through slots, era by era', async () => {
      const { segmentIndex } = await open()
      const slots = [slot(0, ['a']), slot(1, ['b', 'c']), slot(2, []), slot(0, ['d'], { era: 1 })]
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots }))
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 2), slots.slice(0, 2))
      assert.deepEqual(await segmentIndex.slots(INPUT, { era: 0, index: 1 }, 9), slots.slice(2))
      assert.deepEqual(await segmentIndex.slots(INPUT, { era: 1, index: 0 }, 9), [])
    })

    it('knows which objects no slot holds, oldest first', async () => {
      const { segmentIndex } = await open()
      const objects = [sourceObject('c', later(3)), sourceObject('a', later(1)), sourceObject('b', later(2))]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects }))
      await segmentIndex.commitTimeline(INPUT, commit(1, { slots: [slot(0, ['a'])] }))
      assert.deepEqual(await segmentIndex.unplacedObjects(INPUT), [objects[2], objects[0]])
      assert.deepEqual(await segmentIndex.unplacedObjects(OTHER), [])
    })
  })

  describe(`${name} as a SegmentIndex: numberings`, () => {
    const plain = (numbering: Numbering | undefined) => numbering && { ...numbering }

    it('shares a numbering among endpoints of one input and segment duration', async () => {
      const store = await open()
      const { segmentIndex } = store
      assert.equal(await segmentIndex.numberingOf('e', 2), undefined)
      const first = await segmentIndex.openNumbering('e', INPUT, 2)
      assert.deepEqual(plain(first), { ...INPUT, id: first.id, segmentDurationSeconds: 2, firstNumber: 1 })
      assert.deepEqual(plain(await segmentIndex.openNumbering('f', INPUT, 2)), plain(first))
      assert.notEqual((await segmentIndex.openNumbering('g', INPUT, 4)).id, first.id)
      assert.notEqual((await segmentIndex.openNumbering('h', OTHER, 2)).id, first.id)
      const reopened = (await store.restart()).segmentIndex
      assert.deepEqual(plain(await reopened.numberingOf('f', 2)), plain(first))
      assert.equal(await reopened.numberingOf('f', 4), undefined)
      assert.deepEqual(
        (await reopened.numberingsOf(INPUT)).map(({ segmentDurationSeconds: s }) => s),
        [2, 4],
      )
    })

    it('gives one numbering to an endpoint asked for twice at once', async () => {
      const { segmentIndex } = await open()
      const [a, b] = await Promise.all([1, 2].map(() => segmentIndex.openNumbering('e', INPUT, 2)))
      assert.equal(a?.id, b?.id)
    })

    it('gives an endpoint that changes its duration, and back, a new numbering above all numbers given', async () => {
      const { segmentIndex } = await open()
      const two = await segmentIndex.openNumbering('e', INPUT, 2)
      await publish(segmentIndex, 0, two, [1, 2, 3])
      const four = await segmentIndex.openNumbering('e', INPUT, 4)
      assert.equal(four.firstNumber, 4)
      await publish(segmentIndex, 1, four, [4, 5], 1)
      const again = await segmentIndex.openNumbering('e', INPUT, 2)
      assert.notEqual(again.id, two.id)
      assert.equal(again.firstNumber, 6)
      assert.equal(await segmentIndex.numberingOf('e', 4), undefined)
      assert.equal((await segmentIndex.numberingOf('e', 2))?.id, again.id)
    })

    it('never goes back, not after everything was forgotten and the store restarted, nor on the other input', async () => {
      const store = await open()
      const two = await store.segmentIndex.openNumbering('e', INPUT, 2)
      await publish(store.segmentIndex, 0, two, [1, 2, 3])
      await store.segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await store.segmentIndex.lastOutputSegments(two.id, 9), [])
      const { segmentIndex } = await store.restart()
      assert.equal((await segmentIndex.openNumbering('f', OTHER, 2)).firstNumber, 4)
      assert.equal((await segmentIndex.openNumbering('g', FOREIGN, 2)).firstNumber, 1)
    })

    it('gives no number of a numbering twice', async () => {
      const { segmentIndex } = await open()
      const numbering = await segmentIndex.openNumbering('e', INPUT, 2)
      await publish(segmentIndex, 0, numbering, [1])
      await assert.rejects(publish(segmentIndex, 1, numbering, [1], 1))
    })
  })

  describe(`${name} as a SegmentIndex: output segments`, () => {
    it('gives back segments with their slots: one, the newest, those of a window', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openNumbering('e', INPUT, 4)
      const slots = Array.from({ length: 8 }, (_, i) => slot(i, [`${i}/a`, `${i}/b`]))
      const rows = [0, 2, 4, 6].map((i) => outputSegment(id, 1 + i / 2, slots.slice(i, i + 2)))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments: rows }))
      const { numbering, firstSlot, slotCount, ...segment } = rows[1]!
      assert.deepEqual(await segmentIndex.outputSegment(id, 2), { ...segment, slots: slots.slice(2, 4) })
      assert.equal(await segmentIndex.outputSegment(id, 5), undefined)
      assert.equal(await segmentIndex.outputSegment(id + 1, 1), undefined)
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 3)), [2, 3, 4])
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [1, 2, 3, 4])
      const between = async (start: number, end: number, limit = 9) =>
        numbersOf(await segmentIndex.outputSegmentsBetween(id, later(start), later(end), limit))
      const edge = 2 * SLOT_MS
      assert.deepEqual(await between(edge, 2 * edge), [2])
      assert.deepEqual(await between(edge - 1, 2 * edge + 1), [1, 2, 3])
      assert.deepEqual(await between(edge + 1, edge + 2), [2])
      assert.deepEqual(await between(-1e9, 0), [])
      assert.deepEqual(await between(4 * edge, 1e9), [])
      assert.deepEqual(await between(-1e9, 1e9, 3), [1, 2, 3])
      assert.deepEqual(await between(edge, 1e9, 1), [2])
    })

    it('finds what lies in a window although the time went back between eras', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openNumbering('e', INPUT, 2)
      const ahead = [0, 1, 2].map((i) => slot(i, [], { at: NOW + 60_000 }))
      const back = [0, 1, 2].map((i) => slot(i, [], { era: 1 }))
      const slots = [...ahead, ...back]
      const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      const between = async (start: number, end: number) =>
        numbersOf(await segmentIndex.outputSegmentsBetween(id, later(start), later(end), 9))
      assert.deepEqual(await between(SLOT_MS, 2 * SLOT_MS), [5])
      assert.deepEqual(await between(60_000 + SLOT_MS, 1e9), [2, 3])
      assert.deepEqual(await between(2 * SLOT_MS, 60_000 + SLOT_MS), [1, 6])
    })

    it('reads long windows in full, in order', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openNumbering('e', INPUT, 2)
      const slots = Array.from({ length: 1000 }, (_, i) => slot(i, [`k${i}`]))
      const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      const expected = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
      const window = [later(100 * SLOT_MS), later(900 * SLOT_MS)] as const
      assert.deepEqual(numbersOf(await segmentIndex.outputSegmentsBetween(id, ...window, 5000)), expected(101, 900))
      assert.deepEqual(numbersOf(await segmentIndex.outputSegmentsBetween(id, ...window, 300)), expected(101, 400))
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 600)), expected(401, 1000))
    })
  })

  describe(`${name} as a SegmentIndex: forgetting`, () => {
    it('forgets slots sealed before a time, the segments that need them, and dooms their objects', async () => {
      const store = await open()
      const { segmentIndex } = store
      const { id } = await segmentIndex.openNumbering('e', INPUT, 4)
      const slots = [0, 1, 2, 3].map((i) => slot(i, [`${i}/a`, `${i}/b`]))
      const objects = slots.flatMap(keysOf).map((key) => sourceObject(key))
      const outputSegments = [outputSegment(id, 1, slots.slice(0, 2)), outputSegment(id, 2, slots.slice(2))]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots, outputSegments }))
      const before = slots[2]!.sealedAt
      const options = { ...NOTHING_SPARED, inUse: [] }
      assert.deepEqual({ ...(await segmentIndex.forget(INPUT, before, options)) }, { slots: 2, objects: 0 })
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), slots.slice(2))
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [2])
      assert.deepEqual((await segmentIndex.doomed(9)).toSorted(), ['0/a', '0/b', '1/a', '1/b'])
      assert.deepEqual({ ...(await segmentIndex.forget(INPUT, before, options)) }, { slots: 0, objects: 0 })
      await segmentIndex.forget(INPUT, utcMs(before + 1), options)
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [])
      const reopened = (await store.restart()).segmentIndex
      assert.equal((await reopened.doomed(9)).length, 6)
      assert.equal((await reopened.doomed(4)).length, 4)
      await reopened.buried(['0/a', '0/b', '1/a', 'never doomed'])
      assert.deepEqual((await reopened.doomed(9)).toSorted(), ['1/b', '2/a', '2/b'])
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

    it('spares pinned stretches, and whole output segments that reach into them', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openNumbering('e', INPUT, 4)
      const slots = Array.from({ length: 12 }, (_, i) => slot(i, [`${i}`]))
      const outputSegments = [0, 2, 4, 6, 8, 10].map((i) => outputSegment(id, 1 + i / 2, slots.slice(i, i + 2)))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      // Within slots 5 and 6, of the third and the fourth segment.
      const pinned = [{ from: later(5.5 * SLOT_MS), to: later(6.5 * SLOT_MS) }]
      await segmentIndex.forget(INPUT, later(1e9), { ...NOTHING_SPARED, pinned })
      const kept = await segmentIndex.outputSegmentsBetween(id, pinned[0]!.from, pinned[0]!.to, 9)
      assert.deepEqual(
        kept.map(({ slots: of }) => of.length),
        [2, 2],
      )
      assert.deepEqual(numbersOf(kept), [3, 4])
      assert.equal(await segmentIndex.outputSegment(id, 1), undefined)
      assert.equal(await segmentIndex.outputSegment(id, 6), undefined)
      const doomed = await segmentIndex.doomed(99)
      assert.ok(doomed.includes('0') && doomed.includes('11') && !doomed.includes('4') && !doomed.includes('7'))
    })

    it('forgets old objects no slot holds, those in use apart', async () => {
      const { segmentIndex } = await open()
      const objects = [sourceObject('old'), sourceObject('used'), sourceObject('new', later(1)), sourceObject('placed')]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots: [slot(0, ['placed'])] }))
      const answer = await segmentIndex.forget(INPUT, later(1), { ...NOTHING_SPARED, inUse: ['used'] })
      assert.deepEqual({ ...answer }, { slots: 0, objects: 1 })
      assert.deepEqual(await segmentIndex.doomed(9), ['old'])
      assert.deepEqual(
        (await segmentIndex.unplacedObjects(INPUT)).map(({ key }) => key),
        ['used', 'new'],
      )
    })

    it('tells apart the objects no row knows; what is doomed is known until it is buried', async () => {
      const { segmentIndex } = await open()
      const objects = ['unplaced', 'placed', 'doomed'].map((key) => sourceObject(key))
      const slots = [slot(0, ['doomed']), slot(1, ['placed'])]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects, slots }))
      await segmentIndex.forget(INPUT, slots[1]!.sealedAt, { ...NOTHING_SPARED, inUse: ['unplaced'] })
      const keys = ['placed', 'doomed', 'lost', 'unplaced']
      assert.deepEqual(await segmentIndex.unknownObjects(keys), ['lost'])
      await segmentIndex.buried(['doomed'])
      assert.deepEqual((await segmentIndex.unknownObjects(keys)).toSorted(), ['doomed', 'lost'])
      assert.deepEqual(await segmentIndex.unknownObjects([]), [])
    })

    it('forgets one input and leaves the others', async () => {
      const { segmentIndex } = await open()
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots: [slot(0, ['a'])] }))
      await segmentIndex.commitTimeline(OTHER, commit(0, { slots: [slot(0, ['b'])] }))
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await segmentIndex.slots(OTHER, undefined, 9), [slot(0, ['b'])])
      assert.deepEqual(await segmentIndex.doomed(9), ['a'])
    })

    it('keeps the eras of kept slots', async () => {
      const { segmentIndex } = await open()
      const eras: Era[] = [
        { id: 0, streams: [] },
        { id: 1, streams: [] },
      ]
      const slots = [slot(0, ['a']), slot(0, ['b'], { era: 1, at: NOW + 60_000 })]
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras, slots }))
      await segmentIndex.forget(INPUT, later(60_000), NOTHING_SPARED)
      assert.deepEqual(await segmentIndex.eras(INPUT, [1]), [eras[1]])
    })

    it('forgets a channel whole, both inputs, and no other', async () => {
      const { segmentIndex } = await open()
      for (const ref of [INPUT, OTHER, FOREIGN]) {
        const numbering = await segmentIndex.openNumbering(`e of ${ref.ingestEndpointId}`, ref, 2)
        const slots = Array.from({ length: 1200 }, (_, i) => slot(i, [`${ref.ingestEndpointId}/${i}`]))
        const unplaced = sourceObject(`${ref.ingestEndpointId}/unplaced`)
        const objects = [...slots.flatMap(keysOf).map((key) => sourceObject(key)), unplaced]
        const outputSegments = slots.map((one, i) => outputSegment(numbering.id, i + 1, [one]))
        await segmentIndex.commitTimeline(ref, commit(0, { objects, slots, outputSegments }))
      }
      await segmentIndex.forgetChannel('guid-news')
      assert.deepEqual(
        (await segmentIndex.inputs()).map((ref) => ({ ...ref })),
        [FOREIGN],
      )
      assert.equal(await segmentIndex.loadTimeline(INPUT), undefined)
      assert.deepEqual(await segmentIndex.slots(OTHER, undefined, 9), [])
      assert.deepEqual(await segmentIndex.numberingsOf(INPUT), [])
      assert.equal(await segmentIndex.numberingOf('e of guid-news', 2), undefined)
      const doomed = await segmentIndex.doomed(9999)
      assert.equal(doomed.length, 2402)
      assert.ok(doomed.every((key) => key.startsWith('guid-news')))
      assert.equal((await segmentIndex.slots(FOREIGN, undefined, 9999)).length, 1200)
      await segmentIndex.forgetChannel('guid-news')
    })
  })
}

/** Commits one slot and output segment per number, into an era of their own. */
async function publish(index: SegmentIndex, version: number, numbering: Numbering, numbers: number[], era = 0) {
  const slots = numbers.map((_, i) => slot(i, [`${era}/${i}`], { era }))
  const outputSegments = slots.map((one, i) => outputSegment(numbering.id, numbers[i]!, [one]))
  await index.commitTimeline(INPUT, commit(version, { slots, outputSegments }))
}

const keysOf = (one: Slot) => Object.values(one.objects).map(({ key }) => key)
const numbersOf = (segments: readonly { readonly number: number }[]) => segments.map(({ number }) => number)
