import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { openSqliteHere } from '../../test/stores/sqlite-here.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Slot, SourceStream } from '../model/output-segment.ts'
import { commit, era, INPUT, later, NOTHING_SPARED, outputSegment, SLOT_MS, slot } from '../stores/nouns.contract.ts'
import { ENTRIES_OF_A_SPAN } from '../stores/run-reader.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { Overviews } from './overviews.ts'

const ENDPOINT = {
  guid: 'e'.repeat(32),
  id: 'e',
  revision: 1,
  packaging: { segment: { durationSeconds: 2 } } as OriginEndpoint['packaging'],
} as OriginEndpoint
const CHANNEL = {
  channelGuid: INPUT.channelGuid,
  ingestEndpointIds: [INPUT.ingestEndpointId, 'silent'],
  endpoints: [ENDPOINT, { ...ENDPOINT, guid: 'never played', id: 'f' }],
}
const STREAMS: readonly SourceStream[] = [1, 2].map((index) => ({
  index,
  playlist: `${index}.m3u8`,
  role: { kind: 'variant', bandwidth: index },
  tracks: [],
}))

const folder = await mkdtemp(join(tmpdir(), 'windrow-overviews-'))
const stores: ReturnType<typeof openSqliteHere>[] = []
after(async () => {
  for (const store of stores) await store.close()
  await rm(folder, { recursive: true })
})

/** A channel whose slots, each an output segment, can be added and deleted. */
async function growing() {
  const store = openSqliteHere(join(folder, `${stores.length}.db`))
  stores.push(store)
  const { segmentIndex } = store
  const { id } = await segmentIndex.openOutputTimeline(ENDPOINT, INPUT, 2)
  let [version, count, at, now] = [0, 0, 0, later(0)]
  return {
    segmentIndex,
    get now() {
      return now
    },
    /** Adds slots behind so long a gap; of some the second stream lacks the media. */
    async add(many: number, gapMs = 0, lackingFrom = many) {
      at += gapMs
      const slots = Array.from({ length: many }, (_, i): Slot => {
        const index = count + i
        const found = slot(0, i < lackingFrom ? [`${index}a`, `${index}b`] : [`${index}a`], { era: 1 })
        const startUtc = later(at + i * SLOT_MS)
        return { ...found, index, startUtc, sealedAt: utcMs(startUtc + SLOT_MS) }
      })
      const outputSegments = slots.map((one, i) => ({
        ...outputSegment(id, count + i + 1, [one]),
        discontinuity: i === 0 && gapMs > 0,
      }))
      await segmentIndex.commitTimeline(INPUT, commit(version++, { eras: [era(1, STREAMS)], slots, outputSegments }))
      count += many
      at += many * SLOT_MS
      now = later(at)
    },
    /** Deletes what was sealed before a share of all that there was. */
    async forget(share: number): Promise<UtcMs> {
      const before = later(at * share)
      await segmentIndex.forget(INPUT, before, { ...NOTHING_SPARED, limit: 1e6 })
      return before
    },
  }
}

const ALWAYS = { window: { start: later(-1e9), end: later(1e9) }, resolutionMs: 1000 }

describe('overviews of a channel', () => {
  it('tell of content, gaps and discontinuities what there is', async () => {
    const channel = await growing()
    await channel.add(10)
    await channel.add(5, 60_000, 3)
    const overview = await new Overviews({ segmentIndex: channel.segmentIndex, clock: () => channel.now }).overview(
      CHANNEL,
      ALWAYS,
    )
    const content = [
      { start: later(0), end: later(20_000) },
      { start: later(80_000), end: later(90_000) },
    ]
    const gaps = [
      { start: later(20_000), end: later(80_000), count: 1 },
      { start: later(86_000), end: later(90_000), streams: [2], count: 1 },
    ]
    const extent = { start: later(0), end: later(90_000) }
    const [input, silent] = overview.inputs
    assert.deepEqual(
      { ...input, eras: [] },
      { ingestEndpointId: INPUT.ingestEndpointId, content, gaps, extent, eras: [] },
    )
    assert.deepEqual(silent, { ingestEndpointId: 'silent', content: [], gaps: [], eras: [] })
    const discontinuity = { time: later(80_000), ingestEndpointId: INPUT.ingestEndpointId }
    assert.deepEqual(overview.outputs, [
      {
        segmentDurationSeconds: 2,
        originEndpointIds: ['e'],
        ingestEndpointId: INPUT.ingestEndpointId,
        content,
        gaps,
        extent,
        inputSwitches: [],
        discontinuities: [{ time: later(80_000), first: discontinuity, last: discontinuity, count: 1 }],
      },
    ])
    assert.deepEqual([overview.adBreaks, overview.programmes, overview.pictures], [[], [], undefined])
  })

  it('are the same whether they were read before or not, while content comes and is deleted', async () => {
    const share = (min: number, max: number) => fc.integer({ min, max }).map((percent) => percent / 100)
    const change = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ add: fc.constantFrom(1, 40, 600), gap: fc.constantFrom(0, 500, 90_000) }),
      },
      { weight: 1, arbitrary: fc.record({ forget: share(0, 90) }) },
    )
    const view = fc.record({
      from: share(-10, 100),
      length: fc.constantFrom(0.01, 0.3, 2),
      resolutionMs: fc.constantFrom(100, 5000, 300_000),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(change, view), { minLength: 3, maxLength: 6 }), async (steps) => {
        const channel = await growing()
        const { segmentIndex } = channel
        await channel.add(600)
        const remembering = new Overviews({ segmentIndex, clock: () => channel.now })
        for (const [each, { from, length, resolutionMs }] of steps) {
          if ('add' in each) await channel.add(each.add, each.gap, Math.ceil(each.add / 2))
          else remembering.kept(new Map([[INPUT.channelGuid, await channel.forget(each.forget)]]))
          const all = channel.now - later(0)
          const start = later(all * from)
          const asked = { window: { start, end: utcMs(start + Math.ceil(all * length)) }, resolutionMs }
          const fresh = new Overviews({ segmentIndex, clock: () => channel.now })
          assert.deepEqual(await remembering.overview(CHANNEL, asked), await fresh.overview(CHANNEL, asked))
        }
      }),
      { numRuns: Number(process.env['WINDROW_TEST_RUNS'] ?? 8) },
    )
  })

  it('begin where the oldest content is left', async () => {
    const channel = await growing()
    await channel.add(900)
    const overviews = new Overviews({ segmentIndex: channel.segmentIndex, clock: () => channel.now })
    const extents = async () => {
      const { inputs, outputs } = await overviews.overview(CHANNEL, ALWAYS)
      return [inputs[0]!, outputs[0]!].map(({ extent, content }) => [extent?.start, content[0]?.start])
    }
    assert.deepEqual(await extents(), [
      [later(0), later(0)],
      [later(0), later(0)],
    ])
    overviews.kept(new Map([[INPUT.channelGuid, await channel.forget(0.25)]]))
    assert.deepEqual(await extents(), [
      [later(448_000), later(448_000)],
      [later(448_000), later(448_000)],
    ])
  })

  /** Counts how often each operation of an index is called. */
  function counting(segmentIndex: SegmentIndex) {
    const calls: Record<string, number> = {}
    const counted = Object.entries(segmentIndex).map(([name, operation]) => [
      name,
      (...args: readonly never[]) => {
        calls[name] = (calls[name] ?? 0) + 1
        return (operation as (...args: readonly never[]) => unknown)(...args)
      },
    ])
    return { calls, index: Object.fromEntries(counted) as SegmentIndex }
  }

  it('read what does not change once, also for those who ask at the same time', async () => {
    const channel = await growing()
    await channel.add(5 * ENTRIES_OF_A_SPAN + 10)
    await channel.add(100)
    const { calls, index } = counting(channel.segmentIndex)
    const overviews = new Overviews({ segmentIndex: index, clock: () => channel.now })
    overviews.kept(new Map([[INPUT.channelGuid, later(-1e9)]]))
    await Promise.all([1, 2, 3].map(() => overviews.overview(CHANNEL, ALWAYS)))
    assert.deepEqual([calls['slotRuns'], calls['segmentRuns']], [6, 6])
    // The last, which is not full, has changed.
    await channel.add(1)
    await overviews.overview(CHANNEL, ALWAYS)
    assert.deepEqual([calls['slotRuns'], calls['segmentRuns']], [7, 7])
    const narrow = {
      start: later(3 * ENTRIES_OF_A_SPAN * SLOT_MS),
      end: later(3 * ENTRIES_OF_A_SPAN * SLOT_MS + 60_000),
    }
    await overviews.overview(CHANNEL, { window: narrow, resolutionMs: 1000 })
    assert.deepEqual([calls['slotRuns'], calls['segmentRuns'], calls['slotsLeft']], [7, 7, undefined])
  })

  it('read no more of a long past than a window asks for', async () => {
    const channel = await growing()
    await channel.add(6 * ENTRIES_OF_A_SPAN)
    const { calls, index } = counting(channel.segmentIndex)
    const overviews = new Overviews({ segmentIndex: index, clock: () => channel.now })
    const start = later(2.5 * ENTRIES_OF_A_SPAN * SLOT_MS)
    await overviews.overview(CHANNEL, { window: { start, end: utcMs(start + 60_000) }, resolutionMs: 1000 })
    assert.deepEqual([calls['slotRuns'], calls['segmentRuns']], [1, 1])
  })
})
