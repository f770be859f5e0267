import assert from 'node:assert/strict'
import type { Blocks } from '../../test/programs.ts'
import { ticks } from '../media/time.ts'
import type { AdEvent } from '../model/ad-events/ad-event.ts'
import { MOST_AD_EVENTS } from '../model/ad-events/begun-before.ts'
import {
  type ContractStore,
  commit,
  era,
  FOREIGN,
  finishAll,
  harvestJob,
  INPUT,
  later,
  NOTHING_SPARED,
  NOW,
  OTHER,
  originEndpoint,
  SLOT_MS,
  slot,
  storeJob,
  within,
} from './nouns.contract.ts'
import type { SegmentIndex } from './segment-index.ts'

/** The ad event with a number of its era. */
export function adEvent(number: number, changes: Partial<AdEvent> = {}): AdEvent {
  const begin = { start: ticks(number * 90_000), startUtc: later(number * 1000) }
  return { number, kind: 'segmentation', id: 7, typeId: 0x34, ...begin, opener: 'fc30', ...changes }
}

/** Those of the first nine ad events of eras that are kept, each as `era/number`. */
async function keptOf(index: SegmentIndex, ...eras: readonly number[]): Promise<readonly string[]> {
  const numbers = Array.from({ length: 9 }, (_, i) => i + 1)
  const kept = await index.adEvents(
    INPUT.channelGuid,
    eras.map((id) => ({ era: id, numbers })),
  )
  return kept.map((row) => `${row.era}/${row.event.number}`)
}

/** The contract of every SegmentIndex about ad events. */
export function adEventsContract(name: string, open: () => Promise<ContractStore>, { describe, it }: Blocks): void {
  describe(`${name} as a SegmentIndex: ad events`, () => {
    it('gives those asked for, of either input, in the order of eras and numbers', async () => {
      const store = await open()
      const upid = { type: 0x0c, hex: '4142' }
      const whole = adEvent(12, { plannedDuration: ticks(1), isRestricted: true, upid })
      const first = [adEvent(1), adEvent(2, { kind: 'splice' }), whole].map((event) => ({ era: 4, event }))
      const second = [adEvent(1, { id: 8 }), adEvent(3)].map((event) => ({ era: 1_000_001, event }))
      await store.segmentIndex.commitTimeline(OTHER, commit(0, { eras: [era(1_000_001)], adEvents: second }))
      await store.segmentIndex.commitTimeline(INPUT, commit(0, { eras: [era(4)], adEvents: first }))
      await store.segmentIndex.commitTimeline(FOREIGN, commit(0, { adEvents: [{ era: 4, event: adEvent(3) }] }))
      const { segmentIndex } = await store.restart()
      const wanted = [
        { era: 1_000_001, numbers: [1, 2] },
        { era: 4, numbers: [12, 1, 3] },
        { era: 4, numbers: [1] },
        { era: 5, numbers: [1] },
      ]
      assert.deepEqual(await segmentIndex.adEvents(INPUT.channelGuid, wanted), [first[0], first[2], second[0]])
      assert.deepEqual(await segmentIndex.adEvents('guid-nobody', wanted), [])
      assert.deepEqual(await segmentIndex.adEvents(INPUT.channelGuid, []), [])
      assert.deepEqual(await segmentIndex.adEvents(INPUT.channelGuid, [{ era: 4, numbers: [] }]), [])
    })

    it('refuses to look for more than it may be asked at once', async () => {
      const { segmentIndex } = await open()
      const asked = (count: number) => {
        const numbers = Array.from({ length: count - 1 }, (_, i) => i)
        return segmentIndex.adEvents(INPUT.channelGuid, [
          { era: 0, numbers },
          { era: 1, numbers: [1] },
        ])
      }
      assert.deepEqual(await asked(MOST_AD_EVENTS), [])
      await assert.rejects(asked(MOST_AD_EVENTS + 1), { name: 'RangeError', message: /MOST_AD_EVENTS/ })
    })

    it('keeps neither beginnings nor ends of a commit that is stale or fails', async () => {
      const { segmentIndex } = await open()
      const slots = [0, 1].map((i) => slot(i, []))
      const adEvents = [{ era: 0, event: adEvent(1) }]
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras: [era(0)], slots, adEvents }))
      const failing = { adEvents: [{ era: 0, event: adEvent(2) }], adEventEnds: [{ era: 0, number: 1, slot: 0 }] }
      assert.equal(await segmentIndex.commitTimeline(INPUT, commit(0, failing)), 'stale')
      await assert.rejects(segmentIndex.commitTimeline(INPUT, commit(1, { ...failing, slots })))
      await segmentIndex.forget(INPUT, slots[1]!.sealedAt, NOTHING_SPARED)
      assert.deepEqual(await keptOf(segmentIndex, 0), ['0/1'])
    })

    it('forgets one when no slot is left up to that with which it ended, and none that goes on', async () => {
      const store = await open()
      const slots = Array.from({ length: 6 }, (_, i) => slot(i, []))
      const events = [1, 2, 3, 4].map((number) => ({ era: 0, event: adEvent(number) }))
      await store.segmentIndex.commitTimeline(
        INPUT,
        // The second begins and ends in one commit.
        commit(0, {
          eras: [era(0)],
          slots: slots.slice(0, 3),
          adEvents: events.slice(0, 2),
          adEventEnds: [{ era: 0, number: 2, slot: 2 }],
        }),
      )
      await store.segmentIndex.commitTimeline(
        INPUT,
        commit(1, {
          slots: slots.slice(3),
          adEvents: events.slice(2),
          adEventEnds: [
            { era: 0, number: 3, slot: 4 },
            { era: 0, number: 1, slot: 3 },
          ],
        }),
      )
      const { segmentIndex } = await store.restart()
      const kept: (readonly string[])[] = []
      for (const { sealedAt } of [...slots, slot(6, [])]) {
        await segmentIndex.forget(INPUT, sealedAt, NOTHING_SPARED)
        kept.push(await keptOf(segmentIndex, 0))
      }
      const all = ['0/1', '0/2', '0/3', '0/4']
      assert.deepEqual(kept, [all, all, all, ['0/1', '0/3', '0/4'], ['0/3', '0/4'], ['0/4'], ['0/4']])
    })

    it('forgets those of an era with it, also one that never ended', async () => {
      const { segmentIndex } = await open()
      const slots = [0, 1, 2].map((id) => slot(0, [], { era: id, at: NOW + id * SLOT_MS }))
      const adEvents = [0, 1, 2].flatMap((id) => [1, 2].map((number) => ({ era: id, event: adEvent(number) })))
      const adEventEnds = [0, 1, 2].map((id) => ({ era: id, number: 1, slot: 0 }))
      await segmentIndex.commitTimeline(
        INPUT,
        commit(0, { eras: [0, 1, 2].map((id) => era(id)), slots, adEvents, adEventEnds }),
      )
      await segmentIndex.forget(INPUT, slots[2]!.sealedAt, { ...NOTHING_SPARED, inUseEras: [1] })
      assert.deepEqual(await keptOf(segmentIndex, 0, 1, 2), ['1/2', '2/1', '2/2'])
      await segmentIndex.forget(INPUT, slots[2]!.sealedAt, NOTHING_SPARED)
      assert.deepEqual(await keptOf(segmentIndex, 0, 1, 2), ['2/1', '2/2'])
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await keptOf(segmentIndex, 0, 1, 2), ['2/2'], 'its era may go on')
    })

    it('forgets those of one input and leaves the others', async () => {
      const { segmentIndex } = await open()
      for (const [ref, id] of [
        [INPUT, 0],
        [OTHER, 1_000_001],
      ] as const) {
        const ended = { era: id, number: 1, slot: 0 }
        const parts = { eras: [era(id)], slots: [slot(0, [], { era: id })] }
        const adEvents = [{ era: id, event: adEvent(1) }]
        await segmentIndex.commitTimeline(ref, commit(0, { ...parts, adEvents, adEventEnds: [ended] }))
      }
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await keptOf(segmentIndex, 0, 1_000_001), ['1000001/1'])
    })

    it('keeps those that pinned slots may name, until these are no longer pinned', async () => {
      const { segmentIndex, resources } = await open()
      const slots = Array.from({ length: 10 }, (_, i) => slot(i, []))
      const adEvents = [1, 2, 3].map((number) => ({ era: 0, event: adEvent(number) }))
      const adEventEnds = [3, 4, 9].map((index, i) => ({ era: 0, number: i + 1, slot: index }))
      await segmentIndex.commitTimeline(INPUT, commit(0, { eras: [era(0)], slots, adEvents, adEventEnds }))
      await storeJob(resources, harvestJob('j', originEndpoint('1', 'news'), within(4, 5)))
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await keptOf(segmentIndex, 0), ['0/2', '0/3'])
      await finishAll(resources)
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      assert.deepEqual(await keptOf(segmentIndex, 0), [])
    })

    it('has one that is given the number of another in its place, and open', async () => {
      const { segmentIndex } = await open()
      const begin = (id: number) => ({ adEvents: [{ era: 0, event: adEvent(1, { id }) }] })
      const ended = { adEventEnds: [{ era: 0, number: 1, slot: 0 }] }
      await segmentIndex.commitTimeline(
        INPUT,
        commit(0, { eras: [era(0)], slots: [slot(0, [])], ...begin(5), ...ended }),
      )
      await segmentIndex.commitTimeline(INPUT, commit(1, { slots: [slot(1, [])], ...begin(6) }))
      await segmentIndex.forget(INPUT, later(1e9), NOTHING_SPARED)
      const found = await segmentIndex.adEvents(INPUT.channelGuid, [{ era: 0, numbers: [1] }])
      assert.deepEqual(found, [{ era: 0, event: adEvent(1, { id: 6 }) }])
    })
  })
}
