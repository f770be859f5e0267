import assert from 'node:assert/strict'
import { type Blocks, needing } from '../../test/programs.ts'
import { utcMs } from '../media/time.ts'
import type { Slot, SourceStream } from '../model/output-segment.ts'
import { slotRuns } from '../model/overview/slot-runs.ts'
import {
  type ContractStore,
  commit,
  era,
  FOREIGN,
  INPUT,
  later,
  NOTHING_SPARED,
  OTHER,
  outputSegment,
  SLOT_MS,
  slot,
} from './nouns.contract.ts'
import { ENTRIES_OF_A_SPAN, type RunSpan, SPANS_AT_ONCE } from './run-reader.ts'
import type { SegmentIndex } from './segment-index.ts'

const COUNT = 2 * ENTRIES_OF_A_SPAN + 40
const STREAMS: readonly SourceStream[] = [1, 2].map((index) => ({
  index,
  playlist: `${index}.m3u8`,
  role: { kind: 'variant', bandwidth: index },
  tracks: [],
}))
const ERAS = [1, 2].map((id) => era(id, STREAMS))

/** Slots of two eras; in some, the second stream has nothing, or goes on from the one before. */
const SLOTS = Array.from({ length: COUNT }, (_, i): Slot => {
  const [eraId, index] = i < 700 ? [1, i] : [2, i - 700]
  const isLacking = i % 100 === 7 || i % 100 === 8
  const found = slot(i, isLacking ? [`${i}a`] : [`${i}a`, `${i}b`], { era: eraId })
  return { ...found, index, ...(i % 100 === 8 && { continued: [2], adTags: ['#EXT-X-CUE-OUT:\u0000"n":[9]'] }) }
})

/** The part of the contract of every SegmentIndex about how content lies in time. Called as that is. */
export function runReaderContract(
  name: string,
  open: () => Promise<ContractStore>,
  { describe, it }: Blocks = needing(),
): void {
  async function filled(firstNumber = 1): Promise<SegmentIndex & { readonly outputTimeline: number }> {
    const { segmentIndex } = await open()
    // An output timeline begins above every number that there was in its channel.
    const before = await segmentIndex.openOutputTimeline({ guid: 'before', revision: 1 }, OTHER, 2)
    const early = slot(0, ['early'])
    const highest = outputSegment(before.id, firstNumber - 1, [early])
    if (firstNumber > 1)
      await segmentIndex.commitTimeline(OTHER, commit(0, { slots: [early], outputSegments: [highest] }))
    const { id } = await segmentIndex.openOutputTimeline({ guid: 'e', revision: 1 }, INPUT, 6)
    const outputSegments = SLOTS.map((one, i) => ({
      ...outputSegment(id, firstNumber + i, [one]),
      discontinuity: i === 700,
    }))
    await segmentIndex.commitTimeline(INPUT, commit(0, { eras: ERAS, slots: SLOTS, outputSegments }))
    return { ...segmentIndex, outputTimeline: id }
  }

  const counts = (spans: readonly RunSpan[]) => spans.map(({ count, isFull }) => [count, isFull])
  const sealedAt = (i: number) => SLOTS[i]!.sealedAt

  describe(`${name} as a RunReader: slots`, () => {
    it('are in spans in the order of their sealing, which are full but for the last', async () => {
      const index = await filled()
      const spans = await index.slotSpans(INPUT, -1)
      assert.deepEqual(counts(spans), [
        [ENTRIES_OF_A_SPAN, true],
        [ENTRIES_OF_A_SPAN, true],
        [40, false],
      ])
      const second = spans[1]!
      assert.deepEqual([second.after, second.last], [sealedAt(511), sealedAt(1023)])
      assert.deepEqual(second.range, { start: SLOTS[512]!.startUtc, end: sealedAt(1023) })
      assert.deepEqual(second.sealed, { first: sealedAt(512), last: sealedAt(1023) })
      assert.deepEqual(await index.slotSpans(INPUT, spans[0]!.last), spans.slice(1))
      assert.deepEqual(await index.slotSpans(INPUT, spans[2]!.last), [])
      assert.deepEqual(await index.slotSpans(FOREIGN, -1), [])
    })

    it('are in a few spans at a time', async () => {
      const { segmentIndex } = await open()
      const many = ENTRIES_OF_A_SPAN * SPANS_AT_ONCE + 1
      await segmentIndex.commitTimeline(
        INPUT,
        commit(0, { slots: Array.from({ length: many }, (_, i) => slot(i, [])) }),
      )
      const spans = await segmentIndex.slotSpans(INPUT, -1)
      assert.equal(spans.length, SPANS_AT_ONCE)
      assert.deepEqual(counts(await segmentIndex.slotSpans(INPUT, spans.at(-1)!.last)), [[1, false]])
    })

    it('of which many are sealed at once are in one span', async () => {
      const { segmentIndex } = await open()
      const slots = SLOTS.slice(0, 600).map((one) => ({ ...one, sealedAt: later(9) }))
      await segmentIndex.commitTimeline(INPUT, commit(0, { slots }))
      const [span, ...others] = await segmentIndex.slotSpans(INPUT, -1)
      assert.deepEqual([span?.count, others], [600, []])
    })

    it('make runs of those that lack the same streams, of each era its own', async () => {
      const index = await filled()
      for (const span of await index.slotSpans(INPUT, -1)) {
        const placed = SLOTS.filter(({ sealedAt: at }) => at > span.after && at <= span.last).map((one) => ({
          era: one.era,
          index: one.index,
          start: one.startUtc,
          end: utcMs(one.startUtc + SLOT_MS),
          streams: [...Object.keys(one.objects).map(Number), ...(one.continued ?? [])],
        }))
        assert.deepEqual(await index.slotRuns(INPUT, span), slotRuns(placed, erasOf(placed)))
      }
      const { runs } = await index.slotRuns(INPUT, { after: -1, last: sealedAt(20) })
      assert.deepEqual(
        runs.map(({ first, last, missing }) => [first, last, missing]),
        [
          [0, 6, undefined],
          [7, 7, [2]],
          [8, 20, undefined],
        ],
      )
      assert.deepEqual(await index.slotRuns(FOREIGN, { after: -1, last: sealedAt(20) }), { runs: [], eras: [] })
    })

    it('are left in spans from which some are deleted', async () => {
      const index = await filled()
      const spans = await index.slotSpans(INPUT, -1)
      await index.forget(INPUT, sealedAt(100), NOTHING_SPARED)
      const left = await index.slotsLeft(INPUT, [...spans.slice(0, 2), { after: 0, last: 1 }])
      const range = { start: SLOTS[100]!.startUtc, end: spans[0]!.range.end }
      const sealed = { first: sealedAt(100), last: spans[0]!.sealed.last }
      assert.deepEqual(left, [{ ...spans[0]!, count: 412, range, sealed }, spans[1], undefined])
      assert.deepEqual(await index.slotsLeft(INPUT, []), [])
      const [first] = (await index.slotRuns(INPUT, spans[0]!)).runs
      assert.equal(first?.first, 100)
    })
  })

  describe(`${name} as a RunReader: output segments`, () => {
    it('are in spans of as many numbers, whichever is the first', async () => {
      const index = await filled(700)
      const spans = await index.segmentSpans(index.outputTimeline, -1)
      assert.deepEqual(
        spans.map(({ after, last, count, isFull }) => [after, last, count, isFull]),
        [
          [512, 1024, 325, true],
          [1024, 1536, 512, true],
          [1536, 2048, 227, false],
        ],
      )
      assert.deepEqual(spans[1]?.range, { start: SLOTS[325]!.startUtc, end: sealedAt(836) })
      assert.deepEqual(spans[1].sealed, { first: sealedAt(325), last: sealedAt(836) })
      assert.deepEqual(await index.segmentSpans(index.outputTimeline, 1024), spans.slice(1))
      assert.deepEqual(await index.segmentSpans(index.outputTimeline, 2048), [])
      await index.forget(INPUT, sealedAt(400), NOTHING_SPARED)
      assert.deepEqual(counts(await index.segmentSpans(index.outputTimeline, -1)), [
        [437, true],
        [227, false],
      ])
      const left = await index.segmentsLeft(index.outputTimeline, spans.slice(0, 2))
      assert.deepEqual(
        left.map((span) => span && [span.after, span.last, span.count, span.range.start, span.sealed.first]),
        [undefined, [1024, 1536, 437, SLOTS[400]!.startUtc, sealedAt(400)]],
      )
    })

    it('make runs that tell of their slots', async () => {
      const index = await filled()
      const { runs, ads } = await index.segmentRuns(index.outputTimeline, { after: 690, last: 710 })
      const common = { input: INPUT.ingestEndpointId, shiftMs: 0 }
      const [middle, end] = [SLOTS[700]!.startUtc, utcMs(SLOTS[709]!.startUtc + SLOT_MS)]
      assert.deepEqual(runs, [
        {
          ...common,
          first: 691,
          last: 700,
          start: SLOTS[690]!.startUtc,
          end: middle,
          discontinuity: false,
          slots: { era: 1, first: 690, last: 699 },
        },
        {
          ...common,
          first: 701,
          last: 710,
          start: middle,
          end,
          discontinuity: true,
          slots: { era: 2, first: 0, last: 9 },
        },
      ])
      assert.deepEqual(ads, [])
    })

    it('tell of the input that they show, by how much it is moved, and what becomes of ad events', async () => {
      const index = await filled()
      const own = slot(0, ['other'], { at: later(1e7) })
      const shownAds = { begins: [{ era: 0, numbers: [3] }] }
      const outputSegments = [
        {
          ...outputSegment(index.outputTimeline, COUNT + 1, [own]),
          source: { ingestEndpointId: OTHER.ingestEndpointId, era: 9 },
          shift: { ticks: own.start, ms: -40 },
          shownAds,
        },
      ]
      await index.commitTimeline(OTHER, commit(0, { slots: [own], outputSegments }))
      const { runs, ads } = await index.segmentRuns(index.outputTimeline, { after: COUNT, last: COUNT + 1 })
      assert.deepEqual(
        runs.map(({ input, slots, shiftMs }) => [input, slots, shiftMs]),
        [[OTHER.ingestEndpointId, { era: 9, first: 0, last: 0 }, -40]],
      )
      assert.deepEqual(ads, [
        { at: own.startUtc, begins: [{ era: 0, number: 3 }], ends: [], joins: [], passed: [], renamed: [] },
      ])
    })
  })
}

/** The eras of some slots, and of the first one that before it. */
function erasOf(placed: readonly { readonly era: number }[]) {
  const first = placed[0]?.era ?? 0
  return ERAS.filter(({ id }) => id >= first - 1 && id <= placed.at(-1)!.era)
}
