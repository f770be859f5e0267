import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ticks, utcMs } from '../media/time.ts'
import type { Slot } from '../model/output-segment.ts'
import { type SlotReads, slotBegunBy } from './slot-search.ts'

const INPUT = { channelGuid: 'c'.repeat(32), ingestEndpointId: 'i' }

/** An input with these slots, in their order; `reads` counts what was read of it. */
function inputOf(slots: readonly Slot[]): SlotReads & { reads: number } {
  const index = {
    reads: 0,
    async lastSlots(_: unknown, limit: number) {
      index.reads++
      return slots.slice(-limit)
    },
    async slots(_: unknown, after: { era: number; index: number } | undefined, limit: number) {
      index.reads++
      const isAfter = ({ era, index }: Slot) =>
        after === undefined || era > after.era || (era === after.era && index > after.index)
      return slots.filter(isAfter).slice(0, limit)
    },
  }
  return index
}

const slot = (era: number, index: number, startUtc: number, ms = 2000): Slot => ({
  era,
  index,
  startUtc: utcMs(startUtc),
  duration: ticks(ms * 90),
  start: ticks(0),
  sealedAt: utcMs(0),
  objects: {},
})

describe('the slot of an input that begins by a moment', () => {
  it('is none where there is nothing, or nothing yet', async () => {
    assert.equal(await slotBegunBy(inputOf([]), INPUT), undefined)
    assert.equal(await slotBegunBy(inputOf([]), INPUT, utcMs(5)), undefined)
    assert.equal(await slotBegunBy(inputOf([slot(1, 0, 10)]), INPUT, utcMs(9)), undefined)
  })

  it('is the newest, and may be followed by another, where nothing begins later', async () => {
    const input = inputOf([slot(1, 0, 0), slot(1, 1, 2000)])
    for (const moment of [undefined, 2000, 9000]) {
      const found = await slotBegunBy(input, INPUT, moment === undefined ? undefined : utcMs(moment))
      assert.deepEqual([found?.slot.index, found?.isSettled], [1, false])
    }
  })

  it('is the last one of all that begin by then, whatever their eras, lengths and holes', async () => {
    const gaps = fc.record({
      /** The next era, or the next index, and how many of them have gone. */
      isNew: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      lost: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5000) }),
      ms: fc.oneof(
        { weight: 5, arbitrary: fc.constant(2000) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 90_000 }) },
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(gaps, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, part) => {
          const slots: Slot[] = []
          let [era, index, at] = [7, 3, 1_000_000]
          for (const { isNew, lost, ms } of steps) {
            slots.push(slot(era, index, at, ms))
            at += ms * (1 + lost)
            index = isNew ? 0 : index + 1 + lost
            era += isNew ? 1 + lost : 0
          }
          const moment = utcMs(Math.floor(990_000 + part * (at - 990_000)))
          const found = await slotBegunBy(inputOf(slots), INPUT, moment)
          assert.deepEqual(
            found?.slot,
            slots.findLast(({ startUtc }) => startUtc <= moment),
          )
        },
      ),
    )
  })

  it('is found in a few reads, however many there are', async () => {
    const fortnight = Array.from({ length: 100_000 }, (_, i) => slot(1 + Math.floor(i / 30_000), i % 30_000, i * 2000))
    for (const part of [0.001, 0.2, 0.5, 0.77, 0.999]) {
      const input = inputOf(fortnight)
      const moment = utcMs(Math.floor(200_000_000 * part) + 500)
      const found = await slotBegunBy(input, INPUT, moment)
      assert.equal(found?.slot.startUtc, Math.floor(moment / 2000) * 2000)
      assert.equal(found?.isSettled, true)
      assert.ok(input.reads < 12, `${input.reads} reads`)
    }
  })
})
