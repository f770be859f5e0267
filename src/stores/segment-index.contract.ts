import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { ticks, utcMs } from '../media/time.ts'
import { slotSummaryOf } from '../model/slot-summary.ts'
import { adEventsContract } from './ad-events.contract.ts'
import { forgettingContract } from './forgetting.contract.ts'
import {
  type ContractStore,
  commit,
  era,
  FOREIGN,
  INPUT,
  later,
  NOTHING_SPARED,
  NOW,
  numbersOf,
  OTHER,
  outputSegment,
  SLOT_MS,
  slot,
  sourceObject,
} from './nouns.contract.ts'
import type { SegmentIndex } from './segment-index.ts'
import { HIGHEST_SLOT } from './segment-reader.ts'
import type { EndpointRevision, OutputTimeline } from './timeline-store.ts'

/**
 * The contract of every SegmentIndex. Each adapter's test calls this with its own `open`, which gives an empty store.
 */
export function segmentIndexContract(
  name: string,
  open: () => Promise<ContractStore>,
  blocks: Blocks = needing(),
): void {
  const { describe, it } = blocks
  describe(`${name} as a SegmentIndex: timelines`, () => {
    it('keeps state and version, and knows no timeline before the first commit', async () => {
      const store = await open()
      assert.equal(await store.segmentIndex.loadTimeline(INPUT), undefined)
      assert.equal(await store.segmentIndex.commitTimeline(INPUT, commit(0, { state: '{"é":1}' })), 'committed')
      const { segmentIndex } = await store.restart()
      assert.deepEqual({ ...(await segmentIndex.loadTimeline(INPUT)) }, { version: 1, state: '{"é":1}' })
      assert.equal(await segmentIndex.loadTimeline(OTHER), undefined)
      assert.deepEqual(
        (await segmentIndex.inputs()).map(({ oldest: _, ...ref }) => ref),
        [INPUT],
      )
    })

    it('gives the newest slots of an input, whatever their eras', async () => {
      const { segmentIndex } = await open()
      for (const id of [1, 2]) {
        const slots = [slot(0, [], { era: id }), slot(1, [], { era: id })]
        await segmentIndex.commitTimeline(INPUT, commit(id - 1, { eras: [era(id)], slots }))
      }
      const last = async (limit: number) =>
        (await segmentIndex.lastSlots(INPUT, limit)).map((one) => `${one.era}/${one.index}`)
      assert.deepEqual(await last(3), ['1/1', '2/0', '2/1'])
      assert.deepEqual(await last(9), ['1/0', '1/1', '2/0', '2/1'])
      assert.deepEqual(await segmentIndex.lastSlots(OTHER, 9), [])
      const [next] = await segmentIndex.slots(INPUT, { era: 1, index: HIGHEST_SLOT }, 1)
      assert.deepEqual([next?.era, next?.index], [2, 0])
    })

    it('tells the versions of a channel, of which the others have none', async () => {
      const { segmentIndex } = await open()
      const versions = async (channelGuid = INPUT.channelGuid) => {
        const { inputs, outputTimelines } = await segmentIndex.versionsOf(channelGuid)
        return [[...inputs], [...outputTimelines]]
      }
      assert.deepEqual(await versions(), [[], []])
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      assert.deepEqual(await versions(), [[], [[id, 0]]])
      await segmentIndex.commitTimeline(INPUT, commit(0))
      await segmentIndex.commitTimeline(OTHER, commit(0))
      await segmentIndex.commitTimeline(INPUT, {
        ...commit(1),
        outputTimelines: [{ id, expectedVersion: 0, state: '{}' }],
      })
      const inputs = [
        [INPUT.ingestEndpointId, 2],
        [OTHER.ingestEndpointId, 1],
      ]
      assert.deepEqual(await versions(), [inputs, [[id, 1]]])
      assert.deepEqual(await versions(FOREIGN.channelGuid), [[], []])
    })

    it('has no timeline for an input that was only asked about, or given an output timeline', async () => {
      const store = await open()
      const { segmentIndex } = store
      assert.deepEqual(await segmentIndex.unsettledObjects(INPUT, 9), [])
      assert.deepEqual(await segmentIndex.outputTimelinesOf(INPUT.channelGuid), [])
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), [])
      assert.deepEqual(await segmentIndex.eras(INPUT.channelGuid, [0]), [])
      assert.equal((await segmentIndex.forget(INPUT, NOW, NOTHING_SPARED)).slots, 0)
      await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      assert.equal(await segmentIndex.loadTimeline(INPUT), undefined)
      assert.deepEqual(await segmentIndex.inputs(), [])
      assert.equal(await segmentIndex.commitTimeline(INPUT, commit(0)), 'committed')
    })

    it('refuses a stale commit whole', async () => {
      const { segmentIndex } = await open()
      await segmentIndex.commitTimeline(INPUT, commit(0))
      const late = commit(0, { objects: [sourceObject('k')], slots: [slot(0, ['k'])], eras: [era(0)] })
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
      const eras = [0, 1, 2].map((id) => era(id))
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras }))
      await segmentIndex.commitTimeline(INPUT, commit(1, { eras: [era(1, [stream])] }))
      assert.deepEqual(await segmentIndex.eras(INPUT.channelGuid, [2, 1, 7]), [era(1, [stream]), eras[2]])
    })

    it('pages through slots, era by era', async () => {
      const { segmentIndex } = await open()
      const slots = [slot(0, ['a']), slot(1, ['b', 'c']), slot(2, []), slot(0, ['d'], { era: 1 })]
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots }))
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 2), slots.slice(0, 2))
      assert.deepEqual(await segmentIndex.slots(INPUT, { era: 0, index: 1 }, 9), slots.slice(2))
      assert.deepEqual(await segmentIndex.slots(INPUT, { era: 1, index: 0 }, 9), [])
    })

    it('knows the newest objects no slot holds and no commit settled, oldest first', async () => {
      const { segmentIndex } = await open()
      const objects = [sourceObject('c', later(3)), sourceObject('a', later(1)), sourceObject('b', later(2))]
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects }))
      await segmentIndex.commitTimeline(INPUT, commit(1, { slots: [slot(0, ['a'])] }))
      assert.deepEqual(await segmentIndex.unsettledObjects(INPUT, 9), [objects[2], objects[0]])
      assert.deepEqual(await segmentIndex.unsettledObjects(INPUT, 1), [objects[0]])
      assert.deepEqual(await segmentIndex.unsettledObjects(OTHER, 9), [])
      await segmentIndex.commitTimeline(INPUT, commit(2, { settled: ['a', 'b'] }))
      assert.deepEqual(await segmentIndex.unsettledObjects(INPUT, 9), [objects[0]])
      await segmentIndex.forget(INPUT, later(3), NOTHING_SPARED)
      assert.deepEqual(await segmentIndex.pendingDeletions(9), ['b'], 'settled is not kept for ever')
    })
  })

  describe(`${name} as a SegmentIndex: output timelines`, () => {
    const plain = (outputTimeline: OutputTimeline | undefined) => outputTimeline && { ...outputTimeline }

    it('shares an output timeline among endpoints of one channel and segment duration', async () => {
      const store = await open()
      const { segmentIndex } = store
      assert.equal(await segmentIndex.outputTimelineOf(at('e'), 2), undefined)
      const first = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      assert.deepEqual(plain(first), {
        ...INPUT,
        id: first.id,
        segmentDurationSeconds: 2,
        isCut: false,
        firstNumber: 1,
      })
      assert.deepEqual(plain(await segmentIndex.openOutputTimeline(at('f'), INPUT, 2)), plain(first))
      assert.notEqual((await segmentIndex.openOutputTimeline(at('g'), INPUT, 4)).id, first.id)
      assert.equal((await segmentIndex.openOutputTimeline(at('h'), OTHER, 2)).id, first.id)
      assert.notEqual((await segmentIndex.openOutputTimeline(at('i'), FOREIGN, 2)).id, first.id)
      const reopened = (await store.restart()).segmentIndex
      assert.deepEqual(plain(await reopened.outputTimelineOf(at('f'), 2)), plain(first))
      assert.equal(await reopened.outputTimelineOf(at('f'), 4), undefined)
      assert.deepEqual(
        (await reopened.outputTimelinesOf(INPUT.channelGuid)).map(({ segmentDurationSeconds: s }) => s),
        [2, 4],
      )
    })

    it('has output timelines that are cut beside those that are not, and assigns neither in place of the other', async () => {
      const store = await open()
      const uncut = await store.segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const cut = await store.segmentIndex.openOutputTimeline(at('f'), INPUT, 2, true)
      assert.notEqual(cut.id, uncut.id)
      assert.deepEqual([uncut.isCut, cut.isCut], [false, true])
      const { segmentIndex } = await store.restart()
      assert.equal((await segmentIndex.openOutputTimeline(at('g'), INPUT, 2, true)).id, cut.id)
      assert.equal((await segmentIndex.openOutputTimeline(at('h'), INPUT, 2, false)).id, uncut.id)
      assert.equal((await segmentIndex.openOutputTimeline(at('i'), INPUT, 2)).id, uncut.id)
      assert.deepEqual(plain(await segmentIndex.outputTimelineOf(at('f'), 2, true)), plain(cut))
      assert.equal(await segmentIndex.outputTimelineOf(at('f'), 2), undefined)
      assert.equal(await segmentIndex.outputTimelineOf(at('e'), 2, true), undefined)
      const stored = await segmentIndex.outputTimelinesOf(INPUT.channelGuid)
      assert.deepEqual(
        stored.map(({ id, isCut }) => [id, isCut]),
        [
          [uncut.id, false],
          [cut.id, true],
        ],
      )
    })

    it('gives an endpoint that is cut from now on, or no longer, a new output timeline above all numbers given', async () => {
      const { segmentIndex } = await open()
      const uncut = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      await publish(segmentIndex, 0, uncut, [1, 2, 3])
      const cut = await segmentIndex.openOutputTimeline(at('e', 2), INPUT, 2, true)
      assert.equal(cut.firstNumber, 4)
      await publish(segmentIndex, 1, cut, [4, 5], 1)
      const again = await segmentIndex.openOutputTimeline(at('e', 3), INPUT, 2)
      assert.deepEqual([again.firstNumber, again.isCut], [6, false])
      assert.equal((await segmentIndex.outputTimelineOf(at('e', 1), 2))?.id, uncut.id, 'as its revision was')
      assert.equal((await segmentIndex.outputTimelineOf(at('e', 2), 2, true))?.id, cut.id)
      assert.deepEqual(await segmentIndex.endpointsOf(cut.id), [])
    })

    it('gives one output timeline to an endpoint asked for twice at once', async () => {
      const { segmentIndex } = await open()
      const [a, b] = await Promise.all([1, 2].map(() => segmentIndex.openOutputTimeline(at('e'), INPUT, 2)))
      assert.equal(a?.id, b?.id)
    })

    it('gives an endpoint that changes its duration, and back, a new output timeline above all numbers given', async () => {
      const { segmentIndex } = await open()
      const two = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      await publish(segmentIndex, 0, two, [1, 2, 3])
      const four = await segmentIndex.openOutputTimeline(at('e'), INPUT, 4)
      assert.equal(four.firstNumber, 4)
      await publish(segmentIndex, 1, four, [4, 5], 1)
      const again = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      assert.notEqual(again.id, two.id)
      assert.equal(again.firstNumber, 6)
      assert.equal(await segmentIndex.outputTimelineOf(at('e'), 4), undefined)
      assert.equal((await segmentIndex.outputTimelineOf(at('e'), 2))?.id, again.id)
    })

    it('keeps what an old revision of an endpoint opens late from its newer ones', async () => {
      const { segmentIndex } = await open()
      const four = await segmentIndex.openOutputTimeline(at('e', 2), INPUT, 4)
      const two = await segmentIndex.openOutputTimeline(at('e', 1), INPUT, 2)
      assert.equal((await segmentIndex.outputTimelineOf(at('e', 3), 4))?.id, four.id)
      assert.equal((await segmentIndex.outputTimelineOf(at('e', 1), 2))?.id, two.id)
    })

    it('never goes back, not after everything was forgotten and the store restarted, nor on the other input', async () => {
      const store = await open()
      const two = await store.segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      await publish(store.segmentIndex, 0, two, [1, 2, 3])
      await store.segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await store.segmentIndex.lastOutputSegments(two.id, 9), [])
      const { segmentIndex } = await store.restart()
      assert.equal((await segmentIndex.openOutputTimeline(at('f'), OTHER, 4)).firstNumber, 4)
      assert.equal((await segmentIndex.openOutputTimeline(at('g'), FOREIGN, 2)).firstNumber, 1)
    })

    it('keeps the state of an output timeline with what it publishes, unless another took that step', async () => {
      const store = await open()
      const outputTimeline = await store.segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const step = (expectedVersion: number, number: number) => ({
        outputTimelines: [{ id: outputTimeline.id, expectedVersion, state: `state ${number}` }],
        outputSegments: [outputSegment(outputTimeline.id, number, [slot(number, [])])],
      })
      const { channelGuid } = INPUT
      const { segmentIndex: first } = store
      assert.equal(await first.commitTimeline(INPUT, commit(0, step(0, 1))), 'committed')
      assert.equal(await first.commitTimeline(OTHER, commit(0, { ...step(0, 2), slots: [slot(9, ['k'])] })), 'stale')
      assert.equal(await first.commitOutputTimelines(channelGuid, step(0, 3)), 'stale')
      assert.equal(await first.commitOutputTimelines(channelGuid, step(1, 4)), 'committed')
      const { segmentIndex } = await store.restart()
      const [stored] = await segmentIndex.outputTimelinesOf(INPUT.channelGuid)
      assert.deepEqual(plain(stored), { ...plain(outputTimeline), version: 2, state: 'state 4' })
      assert.deepEqual(await segmentIndex.slots(OTHER, undefined, 9), [])
      assert.equal(await segmentIndex.commitTimeline(OTHER, commit(0)), 'committed')
    })

    it('moves timelines on with a step that had to see all of them', async () => {
      const { segmentIndex } = await open()
      await segmentIndex.commitTimeline(INPUT, commit(0))
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const step = (expectedVersion: number, seen: number) => ({
        outputTimelines: [{ id, expectedVersion, state: '' }],
        outputSegments: [],
        seen: [{ ingestEndpointId: INPUT.ingestEndpointId, expectedVersion: seen }],
      })
      assert.equal(await segmentIndex.commitOutputTimelines(INPUT.channelGuid, step(0, 0)), 'stale')
      assert.equal(await segmentIndex.commitOutputTimelines(INPUT.channelGuid, step(0, 1)), 'committed')
      assert.equal(await segmentIndex.commitTimeline(INPUT, commit(1)), 'stale')
      assert.equal((await segmentIndex.loadTimeline(INPUT))?.version, 2)
    })

    it('makes output segments of the slots of either input', async () => {
      const store = await open()
      const { id } = await store.segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const own = slot(0, ['own'])
      const foreign = slot(0, ['foreign'], { era: 7 })
      const source = { ingestEndpointId: OTHER.ingestEndpointId, era: 7 }
      await store.segmentIndex.commitTimeline(INPUT, commit(0, { slots: [own] }))
      await store.segmentIndex.commitTimeline(
        OTHER,
        commit(0, {
          objects: [sourceObject('foreign')],
          slots: [foreign],
          eras: [era(7)],
          outputSegments: [
            outputSegment(id, 1, [own]),
            { ...outputSegment(id, 2, [foreign]), source },
            { ...outputSegment(id, 3, [foreign]), era: 0, shift: { ticks: ticks(90_000), ms: 5 }, source },
          ],
        }),
      )
      const { segmentIndex } = await store.restart()
      const [first, second, third] = await segmentIndex.lastOutputSegments(id, 9)
      assert.deepEqual(first?.slots, [own])
      assert.deepEqual(second?.slots, [foreign])
      const [shown] = third?.slots ?? []
      assert.deepEqual([shown?.era, shown?.start, shown?.startUtc], [0, 90_000, NOW + 5])
      await segmentIndex.forget(OTHER, later(1e9), NOTHING_SPARED)
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(id, 9)), [1])
      assert.deepEqual(await segmentIndex.pendingDeletions(9), ['foreign'])
    })

    it('knows the endpoints an output timeline serves', async () => {
      const { segmentIndex } = await open()
      const two = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      await segmentIndex.openOutputTimeline(at('f'), INPUT, 2)
      assert.deepEqual(await segmentIndex.endpointsOf(two.id), ['e', 'f'])
      await segmentIndex.openOutputTimeline(at('e', 2), INPUT, 4)
      assert.deepEqual(await segmentIndex.endpointsOf(two.id), ['f'])
    })

    it('copies the output segments of an output timeline, in steps, under numbers of their own', async () => {
      const store = await open()
      const { segmentIndex } = store
      const two = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const slots = [0, 1, 2, 3].map((i) => slot(i, []))
      const outputSegments = [1, 2, 4, 5].map((number, i) => {
        const period = { number: i < 2 ? 1 : 4, start: ticks(i) }
        return { ...outputSegment(two.id, number, [slots[i]!]), period }
      })
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      await segmentIndex.openOutputTimeline(at('e', 2), INPUT, 6)
      const again = await segmentIndex.openOutputTimeline(at('e', 3), INPUT, 2)
      assert.equal(again.firstNumber, 6)
      assert.equal(await segmentIndex.copyOutputSegments(two.id, again.id, 3), false)
      assert.deepEqual(numbersOf(await segmentIndex.lastOutputSegments(again.id, 9)), [6, 7, 9])
      assert.equal(await segmentIndex.copyOutputSegments(two.id, again.id, 3), true)
      assert.equal(await segmentIndex.copyOutputSegments(two.id, again.id, 3), true)
      const index = (await store.restart()).segmentIndex
      const unnumbered = async ({ id, firstNumber }: OutputTimeline) =>
        (await index.lastOutputSegments(id, 9)).map(({ number, period, ...segment }) => {
          return { ...segment, number: number - firstNumber, period: (period?.number ?? NaN) - firstNumber }
        })
      assert.deepEqual(await unnumbered(again), await unnumbered(two))
      const window = { start: later(0), end: later(SLOT_MS) }
      assert.deepEqual(await index.outputSegmentRange(again.id, window), { after: 5, last: 6 })
      await index.openOutputTimeline(at('e', 4), INPUT, 6)
      assert.equal((await index.openOutputTimeline(at('e', 5), INPUT, 2)).firstNumber, 11)
      await index.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await index.lastOutputSegments(again.id, 9), [])
      assert.equal(await index.copyOutputSegments(two.id, again.id, 3), true, 'there is nothing left')
    })

    it('knows the eras of a copied output timeline, and forgets them with their segments', async () => {
      const { segmentIndex } = await open()
      const two = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const slots = [4, 4, 3, 7].map((one, i) => slot(i, [], { era: one, at: NOW + i * SLOT_MS }))
      const outputSegments = slots.map((one, i) => outputSegment(two.id, i + 1, [one]))
      const eras = [4, 3, 7].map((one) => era(one))
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras, slots, outputSegments }))
      await segmentIndex.openOutputTimeline(at('e', 2), INPUT, 6)
      const { id } = await segmentIndex.openOutputTimeline(at('e', 3), INPUT, 2)
      const shown = (after: number, last: number) => segmentIndex.erasShown(id, { after, last })
      const begun = async (of: number) => (await segmentIndex.erasBegunBefore(of, later(8), 9)).map((one) => one.id)
      assert.equal(await segmentIndex.copyOutputSegments(two.id, id, 3), false)
      assert.deepEqual(await shown(0, 99), [4, 3], 'as far as it goes')
      assert.equal(await segmentIndex.copyOutputSegments(two.id, id, 3), true)
      assert.deepEqual(await shown(0, 99), [4, 3, 7])
      assert.deepEqual(await shown(6, 7), [3])
      assert.deepEqual(await begun(id), await begun(two.id))
      assert.deepEqual(await begun(id), [4, 3, 7])
      const next = slot(9, [], { era: 7, at: NOW + 4 * SLOT_MS })
      const rows = [outputSegment(two.id, 5, [next]), outputSegment(id, 9, [next])]
      await segmentIndex.commitTimeline(INPUT, commit(1, { slots: [next], outputSegments: rows }))
      assert.deepEqual(await shown(0, 99), [4, 3, 7])
      await segmentIndex.forget(INPUT, later(1e9), { inUse: [], limit: 3 })
      assert.deepEqual(await shown(0, 99), [7])
    })

    it('gives no number of an output timeline twice', async () => {
      const { segmentIndex } = await open()
      const outputTimeline = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      await publish(segmentIndex, 0, outputTimeline, [1])
      await assert.rejects(publish(segmentIndex, 1, outputTimeline, [1], 1))
    })
  })

  describe(`${name} as a SegmentIndex: output segments`, () => {
    it('gives back segments with their slots: one, the newest, those of a window', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 4)
      const slots = Array.from({ length: 8 }, (_, i) => slot(i, [`${i}/a`, `${i}/b`]))
      const rows = [0, 2, 4, 6].map((i) => outputSegment(id, 1 + i / 2, slots.slice(i, i + 2)))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments: rows }))
      const { outputTimeline, firstSlot, slotCount, eraClock, ...segment } = rows[1]!
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
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
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

    it('finds what begins around a time of an era, and nothing of another era', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const slots = [0, 1].flatMap((era) => Array.from({ length: 8 }, (_, i) => slot(i, [], { era })))
      const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      const around = async (era: number, slotsIn: number, count = 2) =>
        numbersOf(await segmentIndex.outputSegmentsAround(id, { era, time: ticks(slotsIn * SLOT_MS * 90) }, count))
      assert.deepEqual(await around(1, 3), [11, 12, 13, 14])
      assert.deepEqual(await around(1, 3.5, 1), [12, 13])
      assert.deepEqual(await around(1, -1), [9, 10])
      assert.deepEqual(await around(0, 100), [7, 8])
      assert.deepEqual(await around(2, 1), [])
      assert.deepEqual(numbersOf(await segmentIndex.outputSegmentsNumbered(id, { after: 7, last: 10 })), [8, 9, 10])
    })

    it('knows how far the numbers went at a moment', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 4)
      const slots = [0, 1].flatMap((era) =>
        Array.from({ length: 4 }, (_, i) => slot(i, [], { era, at: NOW + era * 8000 })),
      )
      const outputSegments = [0, 2, 4, 6].map((i) => outputSegment(id, 1 + i / 2, slots.slice(i, i + 2)))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments }))
      const by = (slotsIn: number) => segmentIndex.numberSealedBy(id, later(slotsIn * SLOT_MS))
      assert.deepEqual(
        [await by(1), await by(2), await by(3), await by(4), await by(4.9), await by(5), await by(6), await by(99)],
        [undefined, 1, 1, 2, 2, 2, 3, 4],
      )
      assert.equal(await segmentIndex.numberSealedBy(id + 1, later(1e9)), undefined)
    })

    it('finds the eras an output timeline shows, in their order and by their clocks', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
      const shown = (after: number, last: number) => segmentIndex.erasShown(id, { after, last })
      assert.deepEqual(await shown(0, 9), [])
      const slots = [4, 3, 7].flatMap((one, n) =>
        [0, 1].map((i) => slot(i, [], { era: one, at: NOW + 2 * n * SLOT_MS })),
      )
      const outputSegments = slots.map((one, i) => outputSegment(id, i + 1, [one]))
      const eras = [4, 3, 7, 5].map((one) => era(one))
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras, slots, outputSegments }))
      assert.deepEqual(await shown(0, 9), [4, 3, 7])
      assert.deepEqual(await shown(1, 2), [4])
      assert.deepEqual(await shown(2, 4), [3])
      assert.deepEqual(await shown(3, 5), [3, 7])
      const begun = async (ms: number, limit: number) =>
        (await segmentIndex.erasBegunBefore(id, later(ms), limit)).map((one) => one.id)
      assert.deepEqual(await begun(8, 9), [4, 3, 7])
      assert.deepEqual(await begun(5, 9), [4, 3])
      assert.deepEqual(await begun(8, 2), [3, 7])
      assert.deepEqual(await begun(3, 9), [])
      await segmentIndex.forget(INPUT, later(1e9), { inUse: [], limit: 3 })
      assert.deepEqual(await shown(0, 9), [3, 7])
      assert.deepEqual(await begun(8, 9), [3, 7])
    })

    it('tells output segments with summaries of their slots', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 4)
      const adTags = ['#EXT-X-DATERANGE:ID="é",X-A="\'\\\\"', '#EXT-X-CUE-OUT:30']
      const slots = [0, 1, 2, 3].map((i) => ({ ...slot(i, [`k${i}`]), ...(i === 2 && { adTags }) }))
      const shift = { ticks: ticks(90), ms: 1 }
      const segments = [
        outputSegment(id, 1, slots.slice(0, 2)),
        { ...outputSegment(id, 2, slots.slice(2)), shift, source: { ...INPUT, era: slots[2]!.era } },
      ]
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots, outputSegments: segments }))
      const range = { after: 0, last: 9 }
      const whole = await segmentIndex.outputSegmentsNumbered(id, range)
      assert.deepEqual(await segmentIndex.slots(INPUT, undefined, 9), slots)
      const written = (page: Uint8Array) => JSON.parse(new TextDecoder().decode(page)) as unknown
      const [first, second, third, fourth] = slots.map(slotSummaryOf)
      const [one, two] = whole.map(({ number: _, era: __, slots: ___, ...body }) => body)
      const expected = [1, 0, one, first, 1, 0, null, second, 2, 0, two, third, 2, 0, null, fourth]
      assert.deepEqual(written(await segmentIndex.outputSegmentSummaries(id, range)), expected)
      assert.deepEqual(written(await segmentIndex.outputSegmentSummaries(id, { after: 1, last: 1 })), [])
    })

    it('reads long windows in full, in order', async () => {
      const { segmentIndex } = await open()
      const { id } = await segmentIndex.openOutputTimeline(at('e'), INPUT, 2)
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

  describe(`${name} as a SegmentIndex: the scrub and the clocks`, () => {
    it('gives the slots of all inputs to the scrub, in steps, and remembers how far it has come', async () => {
      const store = await open()
      const { segmentIndex } = store
      assert.equal(await segmentIndex.scrubPosition(), undefined)
      const slots = [slot(0, ['a']), slot(1, ['b']), slot(2, ['c'])]
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots: slots.slice(0, 2) }))
      await segmentIndex.commitTimeline(FOREIGN, commit(0, { slots: slots.slice(2) }))
      const all = await segmentIndex.slotsToScrub(0, 9)
      assert.deepEqual(
        all.map(({ channelGuid, slot: read }) => [channelGuid, read]),
        slots.map((one, i) => [(i < 2 ? INPUT : FOREIGN).channelGuid, one]),
      )
      assert.deepEqual(await segmentIndex.slotsToScrub(all[0]!.id, 1), all.slice(1, 2))
      assert.deepEqual(await segmentIndex.slotsToScrub(all[2]!.id, 9), [])
      await segmentIndex.recordScrub({ slot: all[0]!.id, began: NOW })
      await segmentIndex.recordScrub({ slot: all[1]!.id, began: later(1) })
      const position = await (await store.restart()).segmentIndex.scrubPosition()
      assert.deepEqual({ ...position }, { slot: all[1]!.id, began: later(1) })
    })

    it('remembers the clocks, and goes on where content is newer', async () => {
      const store = await open()
      const { segmentIndex } = store
      assert.equal(await segmentIndex.recordedClock(), undefined)
      await segmentIndex.commitTimeline(INPUT, commit(0, { objects: [sourceObject('a', later(5))] }))
      assert.deepEqual(await segmentIndex.recordedClock(), { steady: later(5), date: later(5) })
      await segmentIndex.recordClock({ steady: later(4), date: utcMs(104) })
      assert.deepEqual(await segmentIndex.recordedClock(), { steady: later(5), date: 105 })
      await segmentIndex.recordClock({ steady: later(50), date: utcMs(150) })
      const reopened = (await store.restart()).segmentIndex
      assert.deepEqual({ ...(await reopened.recordedClock()) }, { steady: later(50), date: 150 })
      const sealed = slot(0, ['a'], { at: later(60) - SLOT_MS })
      await reopened.commitTimeline(INPUT, commit(1, { slots: [sealed] }))
      assert.deepEqual(await reopened.recordedClock(), { steady: later(60), date: 160 })
    })
  })

  adEventsContract(name, open, blocks)
  forgettingContract(name, open, blocks)
}

/** Commits one slot and one output segment for each number, into an era of their own. */
async function publish(
  index: SegmentIndex,
  version: number,
  outputTimeline: OutputTimeline,
  numbers: number[],
  era = 0,
) {
  const slots = numbers.map((_, i) => slot(i, [`${era}/${i}`], { era }))
  const outputSegments = slots.map((one, i) => outputSegment(outputTimeline.id, numbers[i]!, [one]))
  await index.commitTimeline(INPUT, commit(version, { slots, outputSegments }))
}

const at = (guid: string, revision = 1): EndpointRevision => ({ guid, revision })
