import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { found } from '../../test/found.ts'
import { probeAt, variants } from '../../test/timeline/rehearsal.ts'
import { wholeWindow } from '../../test/whole-window.ts'
import { ticks, ticksFromSeconds, utcMs } from '../media/time.ts'
import { emptyTimeline } from '../model/input-timeline/state.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Era, OutputSegment, Slot } from '../model/output-segment.ts'
import { openOutputTimelineState } from '../model/output-timeline/state.ts'
import { parseSegmentPage } from '../model/segment-page.ts'
import { openFileObjects } from '../stores/file-objects.ts'
import { commit, era, INPUT, later, NOW, outputSegment, SLOT_MS, slot, sourceObject } from '../stores/nouns.contract.ts'
import type { SegmentIndex } from '../stores/segment-index.ts'
import { openSqliteStore, type SqliteStore } from '../stores/sqlite/sqlite-store.ts'
import { type Archive, openArchive } from './archive.ts'

const ENDPOINT = {
  guid: 'e'.repeat(32),
  id: 'e',
  channelGuid: INPUT.channelGuid,
  revision: 1,
  packaging: { segment: { durationSeconds: 2 } } as OriginEndpoint['packaging'],
} as OriginEndpoint

/** Two seconds each, from 10 s and 2026 on. */
const run = (count: number, from = 0, more: { era?: number; at?: number } = {}): Slot[] =>
  Array.from({ length: count }, (_, i) => slot(from + i, [], more))
const numbers = (segments: readonly OutputSegment[] = []) => segments.map(({ number }) => number)
const ids = (eras: readonly Era[]) => eras.map(({ id }) => id)
const count = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('windows of the archive', () => {
  let folder: string
  let store: SqliteStore
  let archive: Archive

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-windows-'))
    store = await openSqliteStore(join(folder, 'windrow.db'))
  })
  afterEach(async () => {
    await archive?.close()
    await store.close()
    await rm(folder, { recursive: true })
  })

  /** Opens an archive that holds these slots, each of them an output segment numbered from 1. */
  async function open(slots: readonly Slot[], eras: readonly Era[] = [era(0)], changed: Partial<SegmentIndex> = {}) {
    const { segmentIndex, resources } = store
    const outputTimeline = await segmentIndex.openOutputTimeline(ENDPOINT, INPUT, 2)
    const filled = openOutputTimelineState(ticksFromSeconds(2), 1, INPUT.ingestEndpointId)
    const outputTimelines = [
      {
        id: outputTimeline.id,
        expectedVersion: 0,
        state: JSON.stringify({ ...filled, nextNumber: slots.length + 1 }),
      },
    ]
    const state = JSON.stringify(emptyTimeline())
    const clocks = new Map(eras.map(({ id, clock }) => [id, clock.utc]))
    const outputSegments = slots.map((one, i) => ({
      ...outputSegment(outputTimeline.id, i + 1, [one]),
      eraClock: clocks.get(one.era) ?? NOW,
    }))
    await segmentIndex.commitTimeline(INPUT, commit(0, { state, slots, eras, outputSegments, outputTimelines }))
    archive = await openArchive({
      segmentIndex: { ...segmentIndex, ...changed },
      resources,
      objects: await openFileObjects(join(folder, 'objects')),
      clock: () => NOW,
      log: { info() {}, warn() {}, error() {} },
      retention: { liveMs: 1e9, marginMs: 0, graceMs: 0 },
      account: { region: 'eu-west-1', accountId: '111122223333' },
    })
  }

  it('are found around a time of an era, in memory and in the index alike', async () => {
    let asked = 0
    await open(run(860), [era(0)], {
      outputSegmentsAround: (...args) => {
        asked++
        return store.segmentIndex.outputSegmentsAround(...args)
      },
    })
    const around = async (seconds: number, id = 0) =>
      numbers((await archive.outputSegmentsAround(ENDPOINT, { era: id, time: ticksFromSeconds(seconds) })).segments)
    assert.deepEqual(await around(1718), [858, 859, 860])
    assert.deepEqual(await around(1501), [749, 750, 751, 752, 753, 754])
    assert.equal(asked, 0, 'the newest are in memory')
    assert.deepEqual(await around(100), [49, 50, 51, 52, 53, 54])
    assert.deepEqual(await around(0), [1, 2, 3, 4])
    assert.deepEqual(await around(-9), [1, 2, 3])
    assert.deepEqual(await around(0, 1), [])
    assert.equal(asked, 4)
  })

  it('that are not there are told apart: not yet, no longer kept, none', async () => {
    const asked: number[] = []
    const { segmentIndex } = store
    await open([...run(700), ...run(160, 700, { era: 1 })], [era(0), era(1)], {
      outputSegment: (timeline, number) => {
        asked.push(number)
        // Retention has taken the first hundred.
        return number <= 100 ? Promise.resolve(undefined) : segmentIndex.outputSegment(timeline, number)
      },
      outputSegmentsAround: async (...args) =>
        (await segmentIndex.outputSegmentsAround(...args)).filter(({ number }) => number > 100),
    })
    const numbered = (number: number) => archive.outputSegment(ENDPOINT, number)
    assert.equal(await numbered(861), 'not yet')
    assert.equal(await numbered(0), 'no such')
    assert.equal(found(await numbered(860))?.segment.number, 860)
    assert.deepEqual(asked, [], 'the index is not asked for what cannot be there')
    assert.equal(found(await numbered(150))?.segment.number, 150)
    assert.equal(await numbered(100), 'no longer kept')
    assert.deepEqual(asked, [150, 100])

    const at = async (id: number, seconds: number) => {
      const place = { era: id, time: ticksFromSeconds(seconds) }
      return (await archive.outputSegmentsAround(ENDPOINT, place)).absence
    }
    const [beginning, end] = [run(1, 700, { era: 1 }), run(1, 860, { era: 1 })].map(([slot]) => slot!.start / 90_000)
    assert.equal(await at(1, end!), 'not yet')
    assert.equal(await at(1, end! - 0.1), 'not yet', 'sound may begin before its segment')
    assert.equal(await at(1, end! - 3), 'no such')
    assert.equal(await at(1, beginning! - 1), 'no such', 'its first segment is known')
    assert.equal(await at(0, run(1, 50)[0]!.start / 90_000), 'no longer kept')
  })

  it('are found although the source corrected its date by hours', async () => {
    const away = 5 * 3_600_000
    await open([...run(700), ...run(700, 700, { at: NOW + away })])
    const { segments } = await archive.outputSegmentsAround(ENDPOINT, { era: 0, time: ticks(1300 * SLOT_MS * 90) })
    assert.deepEqual(numbers(segments), count(1299, 1304))
    assert.equal(segments[0]?.startUtc, NOW + away + 1298 * SLOT_MS)
  })

  it('tell the eras whose clocks may show a moment', async () => {
    const clocked = (id: number, seconds: number): Era => ({
      ...era(id),
      clock: { time: ticks(0), utc: later(seconds * 1000) },
    })
    const eras = [clocked(0, 0), clocked(1, 1400), clocked(2, 1500), clocked(3, 1502)]
    await open([...run(700), ...run(50, 0, { era: 1 }), ...run(1, 0, { era: 2 }), ...run(49, 0, { era: 3 })], eras)
    const at = async (seconds: number) => ids(await archive.erasAt(ENDPOINT, later(seconds * 1000)))
    assert.deepEqual(await at(-11), [])
    assert.deepEqual(await at(0), [0])
    assert.deepEqual(await at(1395), [0, 1])
    assert.deepEqual(await at(1450), [0, 1])
    assert.deepEqual(await at(1503), [0, 1, 2, 3])
    assert.deepEqual(await at(1e6), [0, 1, 2, 3])
  })

  it('tell the era of a moment that many begin after, a segment each', async () => {
    const eras = Array.from({ length: 12 }, (_, id) => ({
      ...era(id),
      clock: { time: ticks(0), utc: later(id * SLOT_MS) },
    }))
    await open(
      eras.flatMap(({ id }) => run(1, 0, { era: id })),
      eras,
    )
    assert.ok(ids(await archive.erasAt(ENDPOINT, NOW)).includes(0))
  })

  it('are what they were some time ago, in memory and in the index alike', async () => {
    await open(run(760))
    const shown = async (number: number, seconds: number) => {
      const at = later(number * SLOT_MS)
      const window = await archive.live(ENDPOINT, seconds, at)
      const edge = await archive.edge(ENDPOINT, at)
      assert.equal(edge?.segment.number, number)
      assert.equal(edge?.publishedUntil, later(760 * SLOT_MS))
      assert.deepEqual(edge?.following, window?.following)
      assert.equal((await archive.edge(ENDPOINT, utcMs(at - 1)))?.segment.number, number === 1 ? undefined : number - 1)
      return [numbers(window?.segments), numbers(window?.following)]
    }
    assert.deepEqual(await shown(760, 10), [count(756, 760), []])
    assert.deepEqual(await shown(700, 10), [count(696, 700), count(701, 708)])
    assert.deepEqual(await shown(164, 20), [count(155, 164), count(165, 172)], 'beyond what is in memory')
    assert.deepEqual(await shown(2, 300), [[1, 2], count(3, 10)])
    assert.deepEqual(await shown(150, 290), [count(6, 150), count(151, 158)])
    assert.deepEqual(await shown(1, 10), [[1], count(2, 9)])
    assert.equal(await archive.live(ENDPOINT, 60, later(SLOT_MS - 1)), undefined)
  })

  it('are read in pages of numbers, up to an edge', async () => {
    await open([...run(12), ...run(8, 0, { era: 1, at: NOW + 12 * SLOT_MS })], [era(0), era(1)])
    const edge = (await archive.edge(ENDPOINT))!
    const segmentRange = await archive.range(ENDPOINT, { start: later(5000), end: later(9000) }, edge)
    assert.deepEqual([segmentRange?.numbers, segmentRange && ids(segmentRange.eras)], [{ after: 2, last: 5 }, [0]])
    assert.deepEqual([numbers(segmentRange?.following), segmentRange?.ended], [count(6, 13), false])
    const page = parseSegmentPage(await segmentRange!.page({ after: 1, last: 3 }))
    assert.deepEqual(page, (await wholeWindow(archive, ENDPOINT, { start: later(2001), end: later(5001) }))?.segments)
    const both = await archive.range(ENDPOINT, { start: later(23_000), end: later(1e9) }, edge)
    assert.deepEqual([both?.numbers, both && ids(both.eras), both?.following], [{ after: 11, last: 20 }, [0, 1], []])
    const early = (await archive.edge(ENDPOINT, later(3 * SLOT_MS)))!
    assert.deepEqual((await archive.range(ENDPOINT, { start: NOW, end: later(1e9) }, early))?.numbers, {
      after: 0,
      last: 3,
    })
    assert.equal(await archive.range(ENDPOINT, { start: later(50_000), end: later(60_000) }, edge), undefined)
    assert.equal(await archive.range(ENDPOINT, { start: later(8000), end: later(9000) }, early), undefined)
  })

  it('tell nobody of an era before it is shown: until then another may get its id', async () => {
    await open([], [])
    await archive.storeParentPlaylist(INPUT, variants('a', 'b'))
    const push = async (stream: string, i: number, seconds: number, { breaks = false, width = 640 } = {}) => {
      const name = `${stream}-${i}`
      const probe = probeAt(seconds, width)
      await archive.storeSegment(INPUT, { ...sourceObject(name), name, probe })
      const duration = ticksFromSeconds(2)
      const segments = [{ name, duration, discontinuity: breaks }]
      const playlist = { name: stream, targetDuration: duration, mediaSequence: i, segments, ended: false }
      await archive.storeMediaPlaylist(INPUT, playlist)
    }
    const widths = async (id: number) =>
      found(await archive.era(ENDPOINT, id))?.streams.map(
        ({ tracks: [track] }) => track?.kind === 'video' && track.width,
      )
    for (const stream of ['a', 'b']) await push(stream, 0, 10)
    assert.deepEqual(await widths(1), [640, 640])
    // The first stream runs ahead, into another picture.
    await push('a', 1, 12, { breaks: true })
    await push('a', 2, 500, { width: 960 })
    const told = await widths(2)
    await push('b', 1, 12, { breaks: true })
    const shown = await widths(2)
    assert.deepEqual(shown, [640, 640])
    assert.deepEqual(told ?? shown, shown)
    assert.equal(await widths(3), undefined)
    await push('b', 2, 500)
    assert.deepEqual(await widths(3), [960, 640])
    assert.deepEqual(
      (await archive.live(ENDPOINT, 60))?.segments.map((one) => one.era),
      [1, 2, 3],
    )
  })
})
